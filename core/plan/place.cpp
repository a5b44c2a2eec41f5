/// Sees slices of columns and what is joined of other values. Makes them parts of the memory those
/// own, and lets values move, so that what products read and write together can be rectangles of
/// one matrix (gather.cpp puts them there); a value that is wanted at two places is copied. The
/// memory of what is not needed after the run serves several values, one after another.

#include <unroll/core/plan/passes.h>

namespace unroll {

void place(Draft& draft) {
  draft.reuses_memory = true;
  draft.arrangement.open();
  draft.resolve_views();
}

}  // namespace unroll
