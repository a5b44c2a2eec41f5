#pragma once
/// minGRU and minLSTM ("Were RNNs all we needed?", Feng, Tung, Ahmed, Bengio & Hajimirsadeghi
/// 2024): gates that see x alone, so that the recurrence is linear in h.
///
/// Both in the paper's plain form, the candidate n linear in x; its form in logarithms, for scans,
/// replaces that by a positive function and computes something else.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct MinGru {
  using State = Var;
  static constexpr std::string_view source = "Feng et al. 2024, minGRU";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + bz)\n"
      "n = Wn x + bn\n"
      "h' = (1 - z) h + z n";

  MinGru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), z(p / "z", in, hidden, options), n(p / "n", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x));
    return (1 - zt) * h + zt * n(x);
  }

  Index hidden;
  Projection z, n;
};

/// Its gates are normalised to sum to 1. in: (B, in) or ids (B), out: h (B, hidden).
struct MinLstm {
  using State = Var;
  static constexpr std::string_view source = "Feng et al. 2024, minLSTM";
  static constexpr std::string_view equations =
      "f = sigmoid(Wf x + bf)\n"
      "i = sigmoid(Wi x + bi)\n"
      "n = Wn x + bn\n"
      "h' = f / (f + i) h + i / (f + i) n";

  MinLstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, with_forget_bias(options)),
        i(p / "i", in, hidden, options),
        n(p / "n", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    // f / (f + i), of their logarithms: it is not 0 / 0 where both gates are shut.
    const Var share = sigmoid(log_sigmoid(f(x)) - log_sigmoid(i(x)));
    return share * h + (1 - share) * n(x);
  }

  Index hidden;
  Projection f, i, n;
};

}  // namespace unroll
