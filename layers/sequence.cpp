#include <unroll/layers/sequence.h>

namespace unroll {

Var length_mask(Tape& tape, std::span<const Index> lengths, Index steps) {
  const auto batch = static_cast<Index>(lengths.size());
  Tensor mask(DType::f32, {steps, batch});
  const std::span<float> values = mask.values<float>();
  for (Index b = 0; b < batch; ++b) {
    const Index length = lengths[static_cast<std::size_t>(b)];
    if (length < 0 || length > steps) {
      fail<Error>("length_mask: sequence {} has length {}, expected 0 to {}", b, length, steps);
    }
    for (Index t = 0; t < length; ++t) values[static_cast<std::size_t>(t * batch + b)] = 1;
  }
  return tape.input(mask);
}

}  // namespace unroll
