#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/index.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

namespace unroll {
namespace {

/// Replaces masked logits: lower than any real logit, but finite, so that a row without unmasked
/// logits gives no NaN.
constexpr double kLowest = -1e30;

Var reduce(Var loss, Reduction reduction) {
  return reduction == Reduction::sum ? sum(loss) : mean(loss);
}

}  // namespace

Var masked_softmax(Var x, Var mask, Index axis) {
  return keep(softmax(where(mask, x, kLowest), axis), mask);
}

Var nll_loss(Var log_p, Var targets, Reduction reduction) {
  return reduce(-pick(log_p, targets), reduction);
}

Var mse_loss(Var y, Var target, Reduction reduction) {
  return reduce(square(y - target), reduction);
}

Var l1_loss(Var y, Var target, Reduction reduction) { return reduce(abs(y - target), reduction); }

Var huber_loss(Var y, Var target, double delta, Reduction reduction) {
  if (!(delta > 0)) fail<ValueError>("huber_loss: a delta of {}: one above 0 is needed", delta);
  const Var distance = abs(y - target);
  const Var near = minimum(distance, delta);
  return reduce(0.5 * square(near) + delta * (distance - near), reduction);
}

Var binary_cross_entropy_with_logits(Var logits, Var targets, Reduction reduction) {
  return reduce(softplus(logits) - logits * targets, reduction);
}

Var kl_divergence(Var p, Var log_q, Reduction reduction) {
  const Var positive = p > 0;
  const Var ratio = log(where(positive, p, 1)) - log_q;
  return reduce(sum(where(positive, p * ratio, 0), -1), reduction);
}

}  // namespace unroll
