#pragma once
/// The linear recurrent unit (Orvieto et al. 2023): a diagonal recurrence of complex numbers.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>

#include <cmath>
#include <numbers>

namespace unroll {

/// A map to or from complex numbers: its real and its imaginary part. re, im: (out x in).
struct ComplexMatrix {
  ComplexMatrix(const Parameters& p, Index in, Index out)
      : re(p.add("re", {out, in}, normal(1 / std::sqrt(2.0 * static_cast<double>(in))))),
        im(p.add("im", {out, in}, normal(1 / std::sqrt(2.0 * static_cast<double>(in))))) {}
  Parameter re, im;
};

/// As many complex states as hidden units, on a ring of radius `least` to `most`, with angles up to
/// `phase`, drawn as the paper does. x is first brought to u of `hidden` features.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct Lru {
  struct State {
    Var y;       // (B, hidden), an output only
    Var re, im;  // (B, hidden)
  };
  static constexpr double least = 0.4;
  static constexpr double most = 0.99;
  static constexpr double phase = 2 * std::numbers::pi / 10;
  static constexpr std::string_view source = "Orvieto et al. 2023";
  static constexpr std::string_view equations =
      "u = W x + b\n"
      "a = exp(-exp(v) + i exp(w)), complex\n"
      "s' = a s + exp(g) (B u), complex\n"
      "y = Re(C s') + d u";

  Lru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        u(p / "u", in, hidden, options),
        v(p.add("v", {hidden}, ring())),
        w(p.add("w", {hidden}, angles())),
        g(p.add("g", {hidden}, constant(0.5 * std::log(1 - most * most)))),
        B(p / "B", hidden, hidden),
        C(p / "C", hidden, hidden),
        d(p.add("d", {hidden}, normal(1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Expression size = exp(-exp(v));
    const Expression a_re = size * cos(exp(w));
    const Expression a_im = size * sin(exp(w));
    const Var ut = u(x);
    const Var re = a_re * s.re - a_im * s.im + exp(g) * linear(ut, B.re);
    const Var im = a_re * s.im + a_im * s.re + exp(g) * linear(ut, B.im);
    return {linear(re, C.re) - linear(im, C.im) + d * ut, re, im};
  }

  Index hidden;
  Projection u;
  Parameter v, w, g;  // (hidden): logarithms of decay, angle and scale
  ComplexMatrix B, C;
  Parameter d;  // (hidden)

 private:
  /// v such that |a| = exp(-exp(v)) is uniform on the ring.
  static Initializer ring() {
    return [](const Shape&, std::span<double> values, Random& random) {
      for (double& value : values) {
        const double square = random.uniform(least * least, most * most);
        value = std::log(-0.5 * std::log(square));
      }
    };
  }
  static Initializer angles() {
    return [](const Shape&, std::span<double> values, Random& random) {
      for (double& value : values) value = std::log(random.uniform(1e-3, phase));
    };
  }
};

}  // namespace unroll
