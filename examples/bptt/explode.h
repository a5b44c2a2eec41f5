#pragma once
/// The cliff and the clip (Pascanu, Mikolov & Bengio 2013, section 2.3 and figure 6): a network of
/// one unit whose gradient explodes, and descent with and without clipping.

#include <unroll/unroll.h>

#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// The cell of figure 6: x' = w sigmoid(x) + b, without an input. Whatever is broadcast against w
/// and b is one network each.
struct OneUnit {
  unroll::Var w;  // (N)
  unroll::Var b;  // (N)

  [[nodiscard]] unroll::Var step(unroll::Var x) const { return w * sigmoid(x) + b; }
};

inline constexpr unroll::Index kCliffSteps = 50;
inline constexpr double kCliffStart = 0.5;   // x_0
inline constexpr double kCliffTarget = 0.7;  // of sigmoid(x_50)

/// (sigmoid(x_50) - 0.7)^2 of the networks, (N).
[[nodiscard]] unroll::Var cliff_loss(const OneUnit& unit);

/// A place on the error surface: the parameters, the loss there and its gradient.
struct CliffPoint {
  double w = 0;
  double b = 0;
  double loss = 0;
  double dw = 0;
  double db = 0;

  /// The length of the gradient.
  [[nodiscard]] double norm() const;
};

/// Loss and gradient of many networks at once, at places (w[i], b[i]).
[[nodiscard]] std::vector<CliffPoint> cliff_points(const std::vector<double>& w,
                                                   const std::vector<double>& b);

/// `steps` of gradient descent from (w, b), and the place where it ends: steps + 1 places. Where
/// `clip` is above 0, gradients longer than it are made that long.
[[nodiscard]] std::vector<CliffPoint> descend(double w, double b, double learning_rate, double clip,
                                              unroll::Index steps);

/// Where the wall stands, for a w from 4.5 to 6.5: the b at which the loss is 0.18, halfway up.
[[nodiscard]] double wall_at(double w);

/// The longest step between one place and the next.
[[nodiscard]] double longest_step(const std::vector<CliffPoint>& path);

/// The chapter.
void run_explode(const Folder& folder);

}  // namespace bptt
