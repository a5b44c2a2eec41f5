#include <unroll/layers/linear.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>

namespace unroll {

Linear::Linear(const Parameters& p, Index in, Index out, bool bias, const Initializer& initialize)
    : W(p.add("W", {out, in}, initialize)) {
  if (bias) b = p.add("b", {out}, zeros());
}

Var Linear::operator()(Var x) const {
  Tape& tape = x.tape();
  if (!b) return linear(x, tape.parameter(W));
  return linear(x, tape.parameter(W), tape.parameter(b));
}

Embedding::Embedding(const Parameters& p, Index count, Index size, const Initializer& initialize)
    : W(p.add("W", {count, size}, initialize)) {}

Var Embedding::operator()(Var ids) const { return embedding(ids.tape().parameter(W), ids); }

}  // namespace unroll
