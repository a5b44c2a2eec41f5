#include <unroll/layers/linear.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>

namespace unroll {

Linear::Linear(const Parameters& p, Index in, Index out, bool bias, const Initializer& initialize,
               const Initializer& initialize_bias)
    : Linear(p.add("W", {out, in}, initialize), p, bias, initialize_bias) {}

Linear::Linear(const Parameter& W, const Parameters& p, bool bias,
               const Initializer& initialize_bias)
    : W(W) {
  if (bias) b = p.add("b", {W.shape()[0]}, initialize_bias);
}

Var Linear::operator()(Var x) const {
  Tape& tape = x.tape();
  if (!b) return linear(x, tape.parameter(W));
  return linear(x, tape.parameter(W), tape.parameter(b));
}

Var softmax_cross_entropy(const Linear& readout, Var x, Var targets, Reduction reduction,
                          Index ignore_index) {
  const Var logits = readout(x);
  logits.tape().discard(logits);
  return softmax_cross_entropy(logits, targets, reduction, ignore_index);
}

Embedding::Embedding(const Parameters& p, Index count, Index size, const Initializer& initialize)
    : W(p.add("W", {count, size}, initialize)) {}

Var Embedding::operator()(Var ids) const { return embedding(ids.tape().parameter(W), ids); }

}  // namespace unroll
