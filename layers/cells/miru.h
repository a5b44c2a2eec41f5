#pragma once
/// The minimal recurrent units of 2026 (Neurocomputing 132847): a GRU whose update gate, or both of
/// whose gates, are constants.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// How much of h is kept, and in the second form let through to the candidate.
inline constexpr double kMiruShare = 0.5;

/// in: (B, in) or ids (B), out: h (B, hidden).
struct Miru {
  using State = Var;
  static constexpr std::string_view source = "MiRU1, Neurocomputing 2026, 132847";
  static constexpr std::string_view equations =
      "r = sigmoid(Wr x + Ur h + br)\n"
      "g = tanh(Wg x + Ug (r h) + bg)\n"
      "h' = h / 2 + g / 2";

  Miru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), r(p / "r", in, hidden, options), g(p / "g", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    return kMiruShare * h + (1 - kMiruShare) * tanh(g(x, sigmoid(r(x, h)) * h));
  }

  Index hidden;
  Gate r, g;
};

/// in: (B, in) or ids (B), out: h (B, hidden).
struct MiruConstant {
  using State = Var;
  static constexpr std::string_view source = "MiRU2, Neurocomputing 2026, 132847";
  static constexpr std::string_view equations =
      "g = tanh(Wg x + Ug (h / 2) + bg)\n"
      "h' = h / 2 + g / 2";

  MiruConstant(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), g(p / "g", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    return kMiruShare * h + (1 - kMiruShare) * tanh(g(x, kMiruShare * h));
  }

  Index hidden;
  Gate g;
};

}  // namespace unroll
