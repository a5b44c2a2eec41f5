#pragma once
/// The child-sum Tree-LSTM (Tai, Socher & Manning 2015): an LSTM over a tree instead of a sequence.

#include <unroll/layers/cells/lstm.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// A node reads its x and the states of its children, any number of them, in no order; each child
/// has a forget gate of its own. With one child a node is a step of Lstm.
///
///   h = sum_k h_k
///   i = sigmoid(Wi x + Ui h + bi)
///   o = sigmoid(Wo x + Uo h + bo)
///   g = tanh(Wg x + Ug h + bg)
///   f_k = sigmoid(Wf x + Uf h_k + bf)
///   c' = i g + sum_k f_k c_k
///   h' = o tanh(c')
///
/// x: (B, in) or ids (B), the same node of B trees of one form; out: h (B, hidden).
struct TreeLstm {
  using State = Lstm::State;

  TreeLstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : lstm(p, in, hidden, options) {}

  /// The state of a node; a leaf has no children.
  [[nodiscard]] State step(Var x, std::span<const State> children) const {
    const Var Wf = lstm.f.x(x);
    const Var none = full(x.tape(), {x.shape()[0], lstm.hidden}, 0);
    Var h = none;
    Var kept = none;
    for (const State& child : children) {
      h = h + child.h;
      kept = kept + sigmoid(Wf + lstm.f.h(child.h)) * child.c;
    }
    const Var it = sigmoid(lstm.i(x, h));
    const Var ot = sigmoid(lstm.o(x, h));
    const Var gt = tanh(lstm.g(x, h));
    const Var c = it * gt + kept;
    return {ot * tanh(c), c};
  }

  Lstm lstm;
};

}  // namespace unroll
