#include "bench/workload_parts.h"

#include <cmath>

namespace bench {

using namespace unroll;

Tensor zipf_ids(const Shape& shape, Index count, std::uint64_t seed) {
  Tensor ids(DType::i32, shape);
  Random random(seed);
  const double range = std::log(static_cast<double>(count) + 1);
  for (std::int32_t& id : ids.values<std::int32_t>()) {
    id = static_cast<std::int32_t>(std::exp(random.uniform() * range)) - 1;
  }
  return ids;
}

Tensor uniform_ids(const Shape& shape, Index count, std::uint64_t seed) {
  Tensor ids(DType::i32, shape);
  Random random(seed);
  for (std::int32_t& id : ids.values<std::int32_t>()) {
    id = static_cast<std::int32_t>(random.below(count));
  }
  return ids;
}

Tensor uniform_values(const Shape& shape, std::uint64_t seed) {
  Tensor values(DType::f32, shape);
  Random random(seed);
  for (float& value : values.values<float>()) value = static_cast<float>(random.uniform(-1, 1));
  return values;
}

void sgd(Gradients& gradients) { Sgd(0.1).step(gradients); }

void clipped_sgd(Gradients& gradients) {
  clip_by_global_norm(gradients, 5);
  sgd(gradients);
}

}  // namespace bench
