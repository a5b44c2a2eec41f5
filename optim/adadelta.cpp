#include <unroll/optim/adadelta.h>
#include <unroll/optim/check.h>

#include <cmath>

namespace unroll {

AdaDelta::AdaDelta(const Options& o)
    : SlotOptimizer(require_not_negative("AdaDelta", "a learning rate", o.learning_rate),
                    o.weight_decay == 0 ? Untouched::fade : Untouched::move,
                    {{"v", true}, {"u", true}}),
      options_(o) {
  require_fraction("AdaDelta", "a decay", o.decay);
  require_above_zero("AdaDelta", "an epsilon", o.epsilon);
  require_not_negative("AdaDelta", "a weight decay", o.weight_decay);
}

void AdaDelta::step(const Gradients& gradients) {
  require_above_zero_as(gradients.parameters().dtype(), "AdaDelta", "an epsilon", options_.epsilon);
  slots_.step(gradients, [this]<class T>(const Block<T>& block) {
    const T lr = static_cast<T>(learning_rate);
    const T l2 = static_cast<T>(options_.weight_decay);
    const T rho = static_cast<T>(options_.decay);
    const T rest = static_cast<T>(1 - options_.decay);
    const T epsilon = static_cast<T>(options_.epsilon);
    const T fade = static_cast<T>(std::pow(options_.decay, static_cast<double>(block.idle)));
    block.template each<2>([=](T& p, T g, T& v, T& u) {
      g += l2 * p;
      u = fade * u;
      v = rho * (fade * v) + rest * (g * g);
      const T d = std::sqrt(u + epsilon) / std::sqrt(v + epsilon) * g;
      u = rho * u + rest * (d * d);
      p -= lr * d;
    });
  });
}

}  // namespace unroll
