#pragma once
/// The LSTM of 1997 (Hochreiter & Schmidhuber), which cannot forget, and its memory blocks (Gers,
/// Schmidhuber & Cummins 2000): cells that share their gates.

#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// Its squashing functions are sigmoids of other ranges: g from -2 to 2, h(c) from -1 to 1.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct Lstm1997 {
  using State = Lstm::State;
  static constexpr std::string_view source = "Hochreiter & Schmidhuber 1997";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "o = sigmoid(Wo x + Uo h + bo)\n"
      "g = 4 sigmoid(Wg x + Ug h + bg) - 2\n"
      "c' = c + i g\n"
      "h' = o (2 sigmoid(c') - 1)";

  Lstm1997(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var c = s.c + sigmoid(i(x, s.h)) * (4 * sigmoid(g(x, s.h)) - 2);
    return {sigmoid(o(x, s.h)) * (2 * sigmoid(c) - 1), c};
  }

  Index hidden;
  Gate i, o, g;
};

/// CellOptions::depth cells share the gates of their block; where the hidden size is no multiple of
/// it the last block has fewer. in: (B, in) or ids (B), out: h (B, hidden).
struct LstmBlocks {
  using State = Lstm::State;
  static constexpr std::string_view source = "Gers et al. 2000";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + bi), one for each block\n"
      "f = sigmoid(Wf x + Uf h + bf), one for each block\n"
      "o = sigmoid(Wo x + Uo h + bo), one for each block\n"
      "g = 4 sigmoid(Wg x + Ug h + bg) - 2\n"
      "c' = f c + i g\n"
      "h' = o (2 sigmoid(c') - 1)";

  LstmBlocks(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        size(depth_of("lstm-blocks", options)),
        blocks((hidden + size - 1) / size),
        i(p / "i", in, hidden, blocks, options),
        f(p / "f", in, hidden, blocks, with_forget_bias(options)),
        o(p / "o", in, hidden, blocks, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = for_cells(sigmoid(i(x, s.h)));
    const Var ft = for_cells(sigmoid(f(x, s.h)));
    const Var ot = for_cells(sigmoid(o(x, s.h)));
    const Var c = ft * s.c + it * (4 * sigmoid(g(x, s.h)) - 2);
    return {ot * (2 * sigmoid(c) - 1), c};
  }

  /// A gate (B, blocks) repeated for each cell of its block: (B, hidden).
  [[nodiscard]] Var for_cells(Var gate) const {
    const Index batch = gate.shape()[0];
    const Var repeated = broadcast_to(reshape(gate, {batch, blocks, 1}), {batch, blocks, size});
    return slice(reshape(repeated, {batch, blocks * size}), 1, 0, hidden);
  }

  Index hidden;
  Index size;  // cells of a block
  Index blocks;
  Gate i, f, o, g;
};

}  // namespace unroll
