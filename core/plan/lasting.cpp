/// Values last where somebody may ask for them, and computing them again is not the better choice.
/// It is for what operations that read parameters compute, such as W x and U h of all steps: large,
/// read once, and all it takes to have them again is x, h, and a copy of W and U when these change.
/// And it is for what is element-wise of values that last themselves, such as x less its mean.

#include <unroll/core/plan/lasting.h>

#include <algorithm>

namespace unroll {
namespace {

/// How many times the size of a parameter its readers have to be, together, to be worth a copy of
/// it a step.
constexpr Index kWorth = 4;

class Lasting {
 public:
  Lasting(const Draft& draft, const std::vector<std::uint8_t>& stored)
      : draft_(draft),
        stored_(stored),
        lasts_(draft.values.size(), 0),
        read_(draft.values.size(), 0) {}

  std::vector<std::uint8_t> find() {
    const auto count = static_cast<Id>(draft_.request.work.size());
    for (Id id = 0; id < count; ++id) {
      if (!comes_of_parameters(id) || !is_askable(id)) continue;
      for_each_parameter(id, [&](Id owner) { read_[owner] += size(id); });
    }
    for (Id id = 0; id < draft_.values.size(); ++id) {
      if (id < count ? !goes(id) : !value(id).may_go) keep(id);
    }
    return std::move(lasts_);
  }

 private:
  [[nodiscard]] const Value& value(Id id) const { return draft_.values[id]; }
  [[nodiscard]] Index size(Id id) const { return value(id).rows * value(id).columns; }

  [[nodiscard]] bool goes(Id id) const {
    if (value(id).may_go) return true;
    if (!is_askable(id)) return false;
    // Views can be had again whenever what they are of can.
    if (value(id).role == Role::view || value(id).role == Role::joined) return true;
    if (value(id).role == Role::elementwise) {
      const auto inputs = draft_.inputs_of(id);
      return std::all_of(inputs.begin(), inputs.end(), [&](Id input) { return is_near(input); });
    }
    const auto inputs = draft_.inputs_of(id);
    // Where states are products some have to last: without any it is a long way back in time.
    bool worth =
        comes_of_parameters(id) && std::all_of(inputs.begin(), inputs.end(), [&](Id input) {
          return !comes_of_parameters(value(input).place.owner) || is_near(input, 1);
        });
    for_each_parameter(id,
                       [&](Id owner) { worth = worth && read_[owner] >= kWorth * size(owner); });
    return worth;
  }

  /// Whether somebody may ask for it, but nobody did.
  [[nodiscard]] bool is_askable(Id id) const {
    return draft_.request.kind_of(id).later == Request::Later::askable && !value(id).target;
  }

  /// Whether a value, which was looked at before, is in memory after the run.
  [[nodiscard]] bool is_there(Id id) const {
    const Id owner = value(id).place.owner;
    const Role role = value(owner).role;
    if (value(draft_.behind_views(id)).role == Role::joined) return false;
    if (role == Role::source) return !value(owner).parameter;
    return lasts_[owner] != 0 && (role != Role::elementwise || stored_[owner] != 0);
  }

  /// Or comes of such values and parameters in a few steps.
  [[nodiscard]] bool is_near(Id id, int steps = 2) const {
    if (is_there(id)) return true;
    if (value(draft_.behind_views(id)).role == Role::joined) return false;
    const Id owner = value(id).place.owner;
    if (steps == 0 || !comes_of_parameters(owner)) return false;
    const auto inputs = draft_.inputs_of(owner);
    return std::all_of(inputs.begin(), inputs.end(), [&](Id input) {
      return value(input).parameter || is_near(input, steps - 1);
    });
  }

  /// Whether a kernel or product of its own computes it, of parameters among other things.
  [[nodiscard]] bool comes_of_parameters(Id id) const {
    const Role role = value(id).role;
    return (role == Role::product || role == Role::kernel) && draft_.reads_parameter(id);
  }

  template <class F>
  void for_each_parameter(Id id, F f) const {
    for (const Id input : draft_.inputs_of(id)) {
      if (value(input).parameter) f(value(input).place.owner);
    }
  }

  void keep(Id id) {
    const Id viewed = draft_.behind_views(id);
    if (value(viewed).role == Role::joined && lasts_[viewed] == 0) {
      lasts_[viewed] = 1;  // it owns no memory: a mark that its parts are kept
      for (const Id part : draft_.inputs_of(viewed)) keep(part);
    }
    lasts_[value(id).place.owner] = 1;
  }

  const Draft& draft_;
  const std::vector<std::uint8_t>& stored_;
  std::vector<std::uint8_t> lasts_;
  std::vector<Index> read_;  // by parameter: the elements of what is computed from it
};

}  // namespace

std::vector<std::uint8_t> find_lasting(const Draft& draft,
                                       const std::vector<std::uint8_t>& stored) {
  return Lasting(draft, stored).find();
}

}  // namespace unroll
