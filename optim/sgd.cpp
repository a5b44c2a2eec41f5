#include <unroll/optim/sgd.h>

namespace unroll {

void Sgd::step(const Gradients& gradients) const {
  const auto update = [&]<class T>(T rate) {
    const std::span<const T> g = gradients.values<T>();  // computed before anything changes
    const std::span<T> p = gradients.parameters().change<T>();
    for (const auto& [begin, end] : gradients.segments()) {
      const T* const from = g.data() + begin;
      T* const to = p.data() + begin;
      for (Index i = 0; i < end - begin; ++i) to[i] -= rate * from[i];
    }
  };
  if (gradients.parameters().dtype() == DType::f32) {
    update(static_cast<float>(learning_rate));
  } else {
    update(learning_rate);
  }
}

}  // namespace unroll
