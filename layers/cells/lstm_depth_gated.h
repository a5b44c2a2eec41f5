#pragma once
/// The depth-gated LSTM (Yao, Cohn, Vylomova, Duh & Dyer 2015): a stack whose memories are
/// connected, from the layer below, through a gate.

#include <unroll/layers/cells/lstm.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// A layer above the lowest: an LSTM that adds d times y, the new memory of the layer below. The
/// depth gate's p and q are vectors: diagonal matrices.
struct DepthGatedLayer {
  DepthGatedLayer(const Parameters& p, Index hidden, const CellOptions& options)
      : lstm(p, hidden, hidden, options),
        d(p / "d", hidden, hidden, options),
        p((p / "d").add("p", {hidden}, fan_in_uniform())),
        q((p / "d").add("q", {hidden}, fan_in_uniform())) {}

  [[nodiscard]] Lstm::State step(Var x, Var y, Lstm::State s) const {
    const Var it = sigmoid(lstm.i(x, s.h));
    const Var ft = sigmoid(lstm.f(x, s.h));
    const Var ot = sigmoid(lstm.o(x, s.h));
    const Var gt = tanh(lstm.g(x, s.h));
    const Var dt = sigmoid(d(x) + p * s.c + q * y);
    const Var c = dt * y + ft * s.c + it * gt;
    return {ot * tanh(c), c};
  }

  Lstm lstm;
  Projection d;
  Parameter p, q;
};

/// CellOptions::depth layers; the lowest, with no memory below it, is an Lstm. Its gates i, f, o
/// are those of Lstm, without peepholes, so that the depth gate is the one difference to a
/// Stack<Lstm>. in: (B, in) or ids (B), out: h (B, hidden) of the top.
struct LstmDepthGated {
  using State = std::vector<Lstm::State>;  // of each layer, from the bottom
  static constexpr std::string_view source = "Yao et al. 2015";
  static constexpr std::string_view equations =
      "an LSTM, and on it layers that see its h as x and its c' as y:\n"
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "f = sigmoid(Wf x + Uf h + bf)\n"
      "o = sigmoid(Wo x + Uo h + bo)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "d = sigmoid(Wd x + pd c + qd y + bd)\n"
      "c' = d y + f c + i g\n"
      "h' = o tanh(c')";

  LstmDepthGated(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : lowest(p / 0, in, hidden, options) {
    for (Index l = 1; l < depth_of("LstmDepthGated", options); ++l) {
      layers.emplace_back(p / l, hidden, options);
    }
  }

  [[nodiscard]] State step(Var x, const State& s) const {
    State next{lowest.step(x, s[0])};
    for (const DepthGatedLayer& layer : layers) {
      const Lstm::State below = next.back();
      next.push_back(layer.step(below.h, below.c, s[next.size()]));
    }
    return next;
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, lowest.hidden}, 0);
    return State(1 + layers.size(), {zeros, zeros});
  }

  Lstm lowest;
  std::vector<DepthGatedLayer> layers;
};

}  // namespace unroll
