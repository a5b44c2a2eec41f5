#include <unroll/optim/check.h>
#include <unroll/optim/rmsprop.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

Untouched untouched_by(const RmsPropOptions& o) {
  return o.momentum == 0 && o.weight_decay == 0 ? Untouched::fade : Untouched::move;
}

std::vector<Slots::Slot> slots_of(const RmsPropOptions& o) {
  std::vector<Slots::Slot> slots{{"v", true}};
  if (o.centred) slots.push_back({"m"});
  if (o.momentum != 0) slots.push_back({"u"});
  return slots;
}

}  // namespace

RmsProp::Options RmsProp::wildml() {
  return {.learning_rate = 1e-3, .decay = 0.9, .epsilon = 1e-6, .epsilon_is = Epsilon::inside};
}

RmsProp::Options RmsProp::graves() {
  return {.learning_rate = 1e-4,
          .decay = 0.95,
          .epsilon = 1e-4,
          .epsilon_is = Epsilon::inside,
          .centred = true,
          .momentum = 0.9};
}

RmsProp::RmsProp(const Options& o)
    : SlotOptimizer(require_not_negative("RmsProp", "a learning rate", o.learning_rate),
                    untouched_by(o), slots_of(o)),
      options_(o) {
  require_fraction("RmsProp", "a decay", o.decay);
  require_fraction("RmsProp", "a momentum", o.momentum);
  require_above_zero("RmsProp", "an epsilon", o.epsilon);
  require_not_negative("RmsProp", "a weight decay", o.weight_decay);
}

void RmsProp::step(const Gradients& gradients) {
  require_above_zero_as(gradients.parameters().dtype(), "RmsProp", "an epsilon", options_.epsilon);
  slots_.step(gradients, [this]<class T>(const Block<T>& block) {
    const Options& o = options_;
    const T lr = static_cast<T>(learning_rate);
    const T l2 = static_cast<T>(o.weight_decay);
    const T rho = static_cast<T>(o.decay);
    const T rest = static_cast<T>(1 - o.decay);
    const T mu = static_cast<T>(o.momentum);
    const T inside = o.epsilon_is == Epsilon::inside ? static_cast<T>(o.epsilon) : 0;
    const T outside = o.epsilon_is == Epsilon::outside ? static_cast<T>(o.epsilon) : 0;
    const T fade = static_cast<T>(std::pow(o.decay, static_cast<double>(block.idle)));
    const auto decayed = [=](T g, T p) { return g + l2 * p; };
    const auto mean = [=](T old, T now) { return rho * (fade * old) + rest * now; };
    const auto scaled = [=](T g, T v) { return lr * g / (std::sqrt(v + inside) + outside); };
    const auto variance = [](T v, T m) { return std::max(v - m * m, T{0}); };

    if (!o.centred && o.momentum == 0) {
      block.template each<1>([=](T& p, T g, T& v) {
        g = decayed(g, p);
        v = mean(v, g * g);
        p -= scaled(g, v);
      });
    } else if (!o.centred) {
      block.template each<2>([=](T& p, T g, T& v, T& u) {
        g = decayed(g, p);
        v = mean(v, g * g);
        u = mu * u + scaled(g, v);
        p -= u;
      });
    } else if (o.momentum == 0) {
      block.template each<2>([=](T& p, T g, T& v, T& m) {
        g = decayed(g, p);
        v = mean(v, g * g);
        m = mean(m, g);
        p -= scaled(g, variance(v, m));
      });
    } else {
      block.template each<3>([=](T& p, T g, T& v, T& m, T& u) {
        g = decayed(g, p);
        v = mean(v, g * g);
        m = mean(m, g);
        u = mu * u + scaled(g, variance(v, m));
        p -= u;
      });
    }
  });
}

}  // namespace unroll
