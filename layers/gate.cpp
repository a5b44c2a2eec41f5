#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>

namespace unroll {

Input Input::one_hot(Index count) {
  Input input(count);
  input.ids = true;
  return input;
}

CellOptions with_forget_bias(const CellOptions& options) {
  CellOptions result = options;
  result.b = [b = options.b, bias = options.forget_bias](const Shape& shape,
                                                         std::span<double> values, Random& random) {
    b(shape, values, random);
    for (double& value : values) value += bias;
  };
  return result;
}

Gate::Gate(const Parameters& p, Input in, Index hidden, const CellOptions& options)
    : U(p.add("U", {hidden, hidden}, options.U)), ids_(in.ids) {
  if (in.ids) {
    W = p.add("W", {in.size, hidden}, options.W ? options.W : fan_in_uniform_transposed());
  } else {
    W = p.add("W", {hidden, in.size}, options.W ? options.W : fan_in_uniform());
  }
  if (options.bias) b = p.add("b", {hidden}, options.b);
}

Var Gate::x(Var x) const {
  Tape& tape = x.tape();
  const bool has_bias = static_cast<bool>(b);
  if (ids_) {
    const Var Wx = embedding(tape.parameter(W), x);
    return has_bias ? Wx + b : Wx;
  }
  return has_bias ? linear(x, tape.parameter(W), tape.parameter(b)) : linear(x, tape.parameter(W));
}

Var Gate::h(Var h) const {
  Tape& tape = h.tape();
  const std::optional<Var> mask = tape.input_mask(U);
  return linear(mask ? h * *mask : h, tape.parameter(U));
}

Var Gate::operator()(Var x, Var h) const { return this->x(x) + this->h(h); }

}  // namespace unroll
