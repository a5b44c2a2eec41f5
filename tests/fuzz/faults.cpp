// Values that are no numbers, and errors in the middle of a run.
#include "fuzz/structures.h"

namespace unroll::fuzz {
namespace {

using Run = void (*)(Program&);

/// A network with embeddings; none of these asks for gradients that it does not show.
void run_one_with_ids(Program& p) {
  static const std::vector<Run> runs{tied, attention, trees, batched_trees, growing};
  p.one_of(runs)(p);
}

void run_one(Program& p) {
  static const std::vector<Run> runs{
      skips,    delays,    interleaved,        masks,        joined_states,
      groups,   products,  matrix_states,      attention,    tied,
      replaced, shrinking, of_parameters_only, shared_layers};
  p.one_of(runs)(p);
}

}  // namespace

void not_finite(Program& p) {
  p.spoil_values();
  run_one(p);
}

void bad_id(Program& p) {
  p.spoil_ids(p.below(6));
  run_one_with_ids(p);
  if (p.one_in(2)) p.clear();
  run_one_with_ids(p);
  p.clear();
  run_one(p);
}

void two_bad_ids(Program& p) {
  p.spoil_ids(p.below(4));
  p.spoil_ids(p.below(8));
  run_one_with_ids(p);
  p.clear();
  run_one_with_ids(p);
}

}  // namespace unroll::fuzz
