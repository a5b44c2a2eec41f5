#include <unroll/core/op.h>

namespace unroll {

int Signature::axis(Index axis) const {
  const int rank = shape(0).rank();
  const Index counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) {
    reject("axis {} of {}, which has {} dimensions", axis, shape(0).to_string(), rank);
  }
  return static_cast<int>(counted);
}

}  // namespace unroll
