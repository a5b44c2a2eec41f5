#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>

namespace unroll {
namespace {

CellOptions with_bias_moved(const CellOptions& options, double by) {
  CellOptions result = options;
  result.b = [b = options.b, by](const Shape& shape, std::span<double> values, Random& random) {
    b(shape, values, random);
    for (double& value : values) value += by;
  };
  return result;
}

Parameter add_W(const Parameters& p, std::string_view name, Input in, Index out,
                const CellOptions& options) {
  if (in.ids) {
    return p.add(name, {in.size, out}, options.W ? options.W : fan_in_uniform_transposed());
  }
  return p.add(name, {out, in.size}, options.W ? options.W : fan_in_uniform());
}

/// W x + b of vectors or ids.
Var project(const Parameter& W, const Parameter& b, bool ids, Var x) {
  Tape& tape = x.tape();
  const bool has_bias = static_cast<bool>(b);
  if (ids) {
    const Var Wx = embedding(tape.parameter(W), x);
    return has_bias ? Wx + b : Wx;
  }
  return has_bias ? linear(x, tape.parameter(W), tape.parameter(b)) : linear(x, tape.parameter(W));
}

}  // namespace

Var seen_by(const Parameter& U, Var h) {
  const std::optional<Var> mask = h.tape().input_mask(U);
  return mask ? h * *mask : h;
}

Input Input::one_hot(Index count) {
  Input input(count);
  input.ids = true;
  return input;
}

CellOptions with_forget_bias(const CellOptions& options) {
  return with_bias_moved(options, options.forget_bias);
}

CellOptions with_coupled_bias(const CellOptions& options) {
  return with_bias_moved(options, -options.forget_bias);
}

CellOptions without_bias(const CellOptions& options) {
  CellOptions result = options;
  result.bias = false;
  return result;
}

Index depth_of(std::string_view cell, const CellOptions& options) {
  if (options.depth < 1) fail<Error>("{}: depth {}, expected 1 or more", cell, options.depth);
  return options.depth;
}

Projection::Projection(const Parameters& p, Input in, Index out, const CellOptions& options,
                       std::string_view name)
    : W(add_W(p, name, in, out, options)), ids_(in.ids) {
  if (options.bias) b = p.add("b", {out}, options.b);
}

Var Projection::operator()(Var x) const { return project(W, b, ids_, x); }

Fitted::Fitted(const Parameters& p, Input in, Index size, const CellOptions& options) {
  if (in.ids || in.size != size) P.emplace(p, in, size, without_bias(options), "P");
}

Var Fitted::operator()(Var x) const { return P ? (*P)(x) : x; }

Recurrent::Recurrent(const Parameters& p, Index from, Index out, const CellOptions& options)
    : U(p.add("U", {out, from}, options.U)) {
  if (options.bias) b = p.add("b", {out}, options.b);
}

Var Recurrent::operator()(Var h) const {
  Tape& tape = h.tape();
  const Var seen = seen_by(U, h);
  return b ? linear(seen, tape.parameter(U), tape.parameter(b)) : linear(seen, tape.parameter(U));
}

Gate::Gate(const Parameters& p, Input in, Index hidden, const CellOptions& options)
    : Gate(p, in, hidden, hidden, options) {}

Gate::Gate(const Parameters& p, Input in, Index from, Index out, const CellOptions& options)
    : U(p.add("U", {out, from}, options.U)), ids_(in.ids) {
  W = add_W(p, "W", in, out, options);
  if (options.bias) b = p.add("b", {out}, options.b);
}

Var Gate::x(Var x) const { return project(W, b, ids_, x); }

Var Gate::h(Var h) const { return linear(seen_by(U, h), h.tape().parameter(U)); }

Var Gate::operator()(Var x, Var h) const { return this->x(x) + this->h(h); }

}  // namespace unroll
