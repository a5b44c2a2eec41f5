#include <unroll/optim/check.h>
#include <unroll/optim/sgd.h>

namespace unroll {
namespace {

Untouched untouched_by(const SgdOptions& o) {
  return o.momentum == 0 && o.weight_decay == 0 ? Untouched::stay : Untouched::move;
}

std::vector<Slots::Slot> slots_of(const SgdOptions& o) {
  return o.momentum == 0 ? std::vector<Slots::Slot>{} : std::vector<Slots::Slot>{{"v"}};
}

}  // namespace

Sgd::Sgd(const Options& o)
    : SlotOptimizer(require_not_negative("Sgd", "a learning rate", o.learning_rate),
                    untouched_by(o), slots_of(o)),
      options_(o) {
  require_fraction("Sgd", "a momentum", o.momentum);
  require_not_negative("Sgd", "a weight decay", o.weight_decay);
  if (o.nesterov && o.momentum == 0) fail<Error>("Sgd: nesterov needs a momentum above 0");
}

void Sgd::step(const Gradients& gradients) {
  slots_.step(gradients, [this]<class T>(const Block<T>& block) {
    const T lr = static_cast<T>(learning_rate);
    const T mu = static_cast<T>(options_.momentum);
    const T l2 = static_cast<T>(options_.weight_decay);
    if (options_.momentum == 0) {
      block.template each<0>([=](T& p, T g) { p -= lr * (g + l2 * p); });
    } else if (!options_.nesterov) {
      block.template each<1>([=](T& p, T g, T& v) {
        v = mu * v + (g + l2 * p);
        p -= lr * v;
      });
    } else {
      block.template each<1>([=](T& p, T g, T& v) {
        g += l2 * p;
        v = mu * v + g;
        p -= lr * (g + mu * v);
      });
    }
  });
}

}  // namespace unroll
