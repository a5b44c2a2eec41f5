#pragma once
/// The antisymmetric network (Chang, Chen, Haber & Chi 2019): a differential equation at the edge
/// of stability, since the eigenvalues of U - U^T are imaginary.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// U - U^T, computed once for all steps. U: (hidden x hidden).
struct Antisymmetric {
  Antisymmetric(const Parameters& p, Index hidden, const CellOptions& options)
      : U(p.add("U", {hidden, hidden}, options.U)) {}
  /// (U - U^T) h - gamma h: (B, hidden)
  Var operator()(Var h) const { return linear(seen_by(U, h), U - transpose(U)) - gamma * h; }

  static constexpr double gamma = 0.01;  // a little diffusion
  Parameter U;
};

/// The step epsilon and the diffusion gamma are searched in the paper; here they are 0.1 and 0.01.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct AntisymmetricRnn {
  using State = Var;
  static constexpr double epsilon = 0.1;
  static constexpr std::string_view source = "Chang et al. 2019";
  static constexpr std::string_view equations =
      "M = U - U^T - gamma I\n"
      "h' = h + epsilon tanh(W x + M h + b)";

  AntisymmetricRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), W(p, in, hidden, options), M(p, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const { return h + epsilon * tanh(W(x) + M(h)); }

  Index hidden;
  Projection W;
  Antisymmetric M;
};

/// With a gate that sees the same M h. in: (B, in) or ids (B), out: h (B, hidden).
struct AntisymmetricGated {
  using State = Var;
  static constexpr std::string_view source = "Chang et al. 2019, gated";
  static constexpr std::string_view equations =
      "M = U - U^T - gamma I\n"
      "z = sigmoid(Wz x + M h + bz)\n"
      "h' = h + epsilon z tanh(Wh x + M h + bh)";

  AntisymmetricGated(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p / "h", in, hidden, options),
        z(p / "z", in, hidden, options),
        M(p, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var Mh = M(h);
    return h + AntisymmetricRnn::epsilon * sigmoid(z(x) + Mh) * tanh(W(x) + Mh);
  }

  Index hidden;
  Projection W, z;
  Antisymmetric M;
};

}  // namespace unroll
