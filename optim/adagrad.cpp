#include <unroll/optim/adagrad.h>
#include <unroll/optim/check.h>

#include <cmath>

namespace unroll {

Adagrad::Adagrad(const Options& o)
    : SlotOptimizer(require_not_negative("Adagrad", "a learning rate", o.learning_rate),
                    o.weight_decay == 0 ? Untouched::stay : Untouched::move, {{"v", true}}),
      options_(o) {
  require_above_zero("Adagrad", "an epsilon", o.epsilon);
  require_not_negative("Adagrad", "a weight decay", o.weight_decay);
}

void Adagrad::step(const Gradients& gradients) {
  slots_.step(gradients, [this]<class T>(const Block<T>& block) {
    const T lr = static_cast<T>(learning_rate);
    const T l2 = static_cast<T>(options_.weight_decay);
    const T epsilon = static_cast<T>(options_.epsilon);
    block.template each<1>([=](T& p, T g, T& v) {
      g += l2 * p;
      v += g * g;
      p -= lr * g / (std::sqrt(v) + epsilon);
    });
  });
}

}  // namespace unroll
