#pragma once
/// The LSTM with layer normalisation (Ba, Kiros & Hinton 2016).

#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/layer_norm.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// What x and what h add to the four gates is normalised, each over all gates at once as the paper
/// writes it, and so is c on its way out; c itself is not. The paper's three biases in the sum of
/// two normed vectors are one, b. W: (4 hidden x in), U: (4 hidden x hidden), b: (4 hidden), in the
/// order i, f, o, g. in: (B, in) or ids (B), out: h (B, hidden).
struct LstmLayerNorm {
  using State = Lstm::State;
  static constexpr std::string_view source = "Ba et al. 2016";
  static constexpr std::string_view equations =
      "[i, f, o, g] = LN(W x) + LN(U h) + b\n"
      "c' = sigmoid(f) c + sigmoid(i) tanh(g)\n"
      "h' = sigmoid(o) tanh(LN(c'))";

  LstmLayerNorm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        gates(p, in, hidden, 4 * hidden, without_bias(options)),
        norm_x(p / "norm_x", 4 * hidden, /*bias=*/false),
        norm_h(p / "norm_h", 4 * hidden, /*bias=*/false),
        norm_c(p / "norm_c", hidden, options.bias) {
    if (options.bias) b = p.add("b", {4 * hidden}, with_forget_bias_in_f(options));
  }

  [[nodiscard]] State step(Var x, State s) const {
    const Var sum = norm_x(gates.x(x)) + norm_h(gates.h(s.h));
    const std::vector<Var> a = split(b ? sum + b : sum, 4, 1);
    const Var c = sigmoid(a[1]) * s.c + sigmoid(a[0]) * tanh(a[3]);
    return {sigmoid(a[2]) * tanh(norm_c(c)), c};
  }

  /// b as the options say, and the forget bias on its second quarter.
  static Initializer with_forget_bias_in_f(const CellOptions& options) {
    return [b = options.b, bias = options.forget_bias](const Shape& shape, std::span<double> values,
                                                       Random& random) {
      b(shape, values, random);
      const std::size_t hidden = values.size() / 4;
      for (double& value : values.subspan(hidden, hidden)) value += bias;
    };
  }

  Index hidden;
  Gate gates;
  LayerNorm norm_x, norm_h, norm_c;
  Parameter b;  // of no tree without a bias
};

}  // namespace unroll
