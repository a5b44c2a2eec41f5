#include <unroll/optim/adam.h>
#include <unroll/optim/check.h>

#include <cmath>

namespace unroll {
namespace {

template <class Options>
void check(const char* who, const Options& o) {
  require_fraction(who, "a beta1", o.beta1);
  require_fraction(who, "a beta2", o.beta2);
  require_above_zero(who, "an epsilon", o.epsilon);
  require_not_negative(who, "a weight decay", o.weight_decay);
}

/// The step both share: p loses the fraction `shrink` of itself, and l2 p is added to g.
template <class Options>
void adam_step(const char* who, Slots& slots, const Gradients& gradients, double learning_rate,
               double shrink, double l2_decay, const Options& o) {
  require_above_zero_as(gradients.parameters().dtype(), who, "an epsilon", o.epsilon);
  const double t = static_cast<double>(slots.steps() + 1);
  slots.step(gradients, [&]<class T>(const Block<T>& block) {
    const T lr = static_cast<T>(learning_rate / (1 - std::pow(o.beta1, t)));
    const T scale = static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, t)));
    const T keep = static_cast<T>(1 - shrink);
    const T l2 = static_cast<T>(l2_decay);
    const T beta1 = static_cast<T>(o.beta1);
    const T rest1 = static_cast<T>(1 - o.beta1);
    const T beta2 = static_cast<T>(o.beta2);
    const T rest2 = static_cast<T>(1 - o.beta2);
    const T epsilon = static_cast<T>(o.epsilon);
    block.template each<2>([=](T& p, T g, T& m, T& v) {
      g += l2 * p;
      m = beta1 * m + rest1 * g;
      v = beta2 * v + rest2 * (g * g);
      p = keep * p - lr * m / (std::sqrt(v) * scale + epsilon);
    });
  });
}

}  // namespace

Adam::Adam(const Options& o)
    : SlotOptimizer(require_not_negative("Adam", "a learning rate", o.learning_rate),
                    Untouched::move, {{"m"}, {"v", true}}),
      options_(o) {
  check("Adam", o);
}

void Adam::step(const Gradients& gradients) {
  adam_step("Adam", slots_, gradients, learning_rate, 0, options_.weight_decay, options_);
}

AdamW::AdamW(const Options& o)
    : SlotOptimizer(require_not_negative("AdamW", "a learning rate", o.learning_rate),
                    Untouched::move, {{"m"}, {"v", true}}),
      options_(o) {
  check("AdamW", o);
}

void AdamW::step(const Gradients& gradients) {
  adam_step("AdamW", slots_, gradients, learning_rate, learning_rate * options_.weight_decay, 0,
            options_);
}

}  // namespace unroll
