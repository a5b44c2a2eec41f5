#include <unroll/layers/layer_norm.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/reduce.h>

namespace unroll {
namespace {

constexpr double kEpsilon = 1e-5;

}  // namespace

LayerNorm::LayerNorm(const Parameters& p, Index size, bool bias)
    : gain(p.add("gain", {size}, constant(1))) {
  if (bias) b = p.add("b", {size}, zeros());
}

Var LayerNorm::operator()(Var x) const {
  const Var centred = x - mean(x, -1, true);
  const Var variance = mean(square(centred), -1, true);
  const Var y = gain * (centred / sqrt(variance + kEpsilon));
  return b ? y + b : y;
}

}  // namespace unroll
