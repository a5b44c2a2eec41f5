#pragma once
/// Grid LSTM (Kalchbrenner, Danihelka & Graves 2015), here its grid of time and depth: where an
/// LSTM has a memory along time, this has a second one along depth, from the input up to the
/// output.

#include <unroll/layers/cells/lstm.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// One side of a block: an LSTM that sees the hidden states of both sides and has a memory along
/// its own. As the paper writes it, the output gate is inside the tanh.
struct GridSide {
  GridSide(const Parameters& p, Index hidden, const CellOptions& options)
      : gates(p, hidden, hidden, options) {}

  /// Of the hidden states y and h of both sides and its own memory c, all (B, hidden): the next
  /// ones.
  [[nodiscard]] Lstm::State step(Var y, Var h, Var c) const {
    const Var it = sigmoid(gates.i(y, h));
    const Var ft = sigmoid(gates.f(y, h));
    const Var ot = sigmoid(gates.o(y, h));
    const Var gt = tanh(gates.g(y, h));
    const Var next = ft * c + it * gt;
    return {tanh(ot * next), next};
  }

  Lstm gates;
};

/// CellOptions::depth blocks on each other. The open points: both sides of a block are computed
/// from the same hidden states (neither has priority), weights are not shared between layers or
/// sides, and hidden state and memory along depth begin as two projections of x. in: (B, in) or ids
/// (B), out: y (B, hidden) of the top.
struct LstmGrid {
  /// The state of one block.
  struct Layer {
    Var y;  // (B, hidden), what goes up: an output only, the next step makes its own
    Var h;  // (B, hidden), along time
    Var c;  // (B, hidden), along time
  };
  using State = std::vector<Layer>;  // from the bottom
  static constexpr std::string_view source = "Kalchbrenner et al. 2015, time and depth";
  static constexpr std::string_view equations =
      "y = Wy x + by, m = Wm x + bm, then up the layers:\n"
      "for each side s, time with memory c and depth with memory m:\n"
      "i = sigmoid(Wsi y + Usi h + bsi)\n"
      "f = sigmoid(Wsf y + Usf h + bsf)\n"
      "o = sigmoid(Wso y + Uso h + bso)\n"
      "g = tanh(Wsg y + Usg h + bsg)\n"
      "c' = f c + i g, or m' = f m + i g\n"
      "h' = tanh(o c'), or y' = tanh(o m')";

  LstmGrid(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), y(p / "y", in, hidden, options), m(p / "m", in, hidden, options) {
    for (Index l = 0; l < depth_of("LstmGrid", options); ++l) {
      blocks.push_back(
          {GridSide(p / l / "time", hidden, options), GridSide(p / l / "depth", hidden, options)});
    }
  }

  [[nodiscard]] State step(Var x, const State& s) const {
    State next;
    Lstm::State up{y(x), m(x)};
    for (const Block& block : blocks) {
      const Layer& old = s[next.size()];
      const Lstm::State time = block.time.step(up.h, old.h, old.c);
      up = block.depth.step(up.h, old.h, up.c);
      next.push_back({up.h, time.h, time.c});
    }
    return next;
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    return State(blocks.size(), {zeros, zeros, zeros});
  }

  /// Its two sides, and their weights.
  struct Block {
    GridSide time, depth;
  };
  Index hidden;
  Projection y, m;
  std::vector<Block> blocks;
};

}  // namespace unroll
