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

Var by_mask(Var mask, Var x, const Operand& other) {
  Shape shape = mask.shape();
  while (shape.rank() < x.shape().rank()) shape = shape.inserted(shape.rank(), 1);
  return where(reshape(mask, shape), x, other);
}

void require_like(std::string_view where, std::span<const Var> next, std::span<const Var> before) {
  if (next.size() != before.size()) {
    fail<ShapeError>("{}: the step makes a state of {} parts from one of {}, expected as many",
                     where, next.size(), before.size());
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (next[i].shape() == before[i].shape()) continue;
    fail<ShapeError>(
        "{}: part {} of the state is {} before the step and {} after it, expected one shape", where,
        i, before[i].shape().to_string(), next[i].shape().to_string());
  }
}

void require_batch(Var x, Var output) {
  const Shape& read = x.shape();
  const int least = is_floating(x.dtype()) ? 3 : 2;
  if (read.rank() < least) {
    fail<ShapeError>("unroll_over: x is {}: {} is needed", read.to_string(),
                     least == 3 ? "(steps x batch x features)" : "(steps x batch) of ids");
  }
  const Shape& state = output.shape();
  if (state.rank() == 0 || state[0] != read[1]) {
    fail<ShapeError>("unroll_over: x is {}, of {} sequences, and the output of the state {}",
                     read.to_string(), read[1], state.to_string());
  }
}

}  // namespace unroll
