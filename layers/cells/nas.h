#pragma once
/// The cell that a search found (Zoph & Le 2017, appendix, figure 8): a tree of eight pairs.

#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// W x and U h are added in each pair, but multiplied in the fourth.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct Nas {
  using State = Lstm::State;
  static constexpr std::string_view source = "Zoph & Le 2017";
  static constexpr std::string_view equations =
      "a1 = sigmoid(W1 x + U1 h), a2 = relu(W2 x + U2 h)\n"
      "a3 = sigmoid(W3 x + U3 h), a4 = relu((W4 x) (U4 h))\n"
      "a5 = tanh(W5 x + U5 h), a6 = sigmoid(W6 x + U6 h)\n"
      "a7 = tanh(W7 x + U7 h), a8 = sigmoid(W8 x + U8 h)\n"
      "c' = tanh(tanh(a1 a2) + c) tanh(a3 + a4)\n"
      "h' = tanh(c' tanh(tanh(a5 a6) + sigmoid(a7 + a8)))";

  Nas(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden) {
    for (Index i = 1; i <= 8; ++i) pairs.emplace_back(p / i, in, hidden, without_bias(options));
  }

  [[nodiscard]] State step(Var x, State s) const {
    const auto a = [&](std::size_t i) { return pairs[i - 1](x, s.h); };
    const Var a4 = relu(pairs[3].x(x) * pairs[3].h(s.h));
    const Var l1 = tanh(tanh(sigmoid(a(1)) * relu(a(2))) + s.c);
    const Var l2 = tanh(sigmoid(a(3)) + a4);
    const Var l3 = tanh(tanh(a(5)) * sigmoid(a(6)));
    const Var l4 = sigmoid(tanh(a(7)) + sigmoid(a(8)));
    const Var c = l1 * l2;
    return {tanh(c * tanh(l3 + l4)), c};
  }

  Index hidden;
  std::vector<Gate> pairs;  // a1 ... a8
};

}  // namespace unroll
