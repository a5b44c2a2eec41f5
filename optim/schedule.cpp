#include <unroll/optim/check.h>
#include <unroll/optim/schedule.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unroll {
namespace {

void require_factor(const char* who, double factor) {
  if (!(factor > 0 && factor <= 1)) {
    fail<Error>("{}: a factor of {}, expected one above 0 and at most 1", who, factor);
  }
}

void require_at_least(const char* who, const char* what, Index value, Index least) {
  if (value < least) {
    fail<Error>("{}: a {} of {}, expected one of {} or above", who, what, value, least);
  }
}

void check(const ConstantRate& s) { require_above_zero("ConstantRate", "a rate", s.r); }

void check(const HoldThenDecay& s) {
  require_above_zero("HoldThenDecay", "a rate", s.r);
  require_at_least("HoldThenDecay", "hold", s.hold, 0);
  require_factor("HoldThenDecay", s.factor);
}

void check(const StepDecay& s) {
  require_above_zero("StepDecay", "a rate", s.r);
  require_at_least("StepDecay", "step", s.every, 1);
  require_factor("StepDecay", s.factor);
}

void check(const CosineDecay& s) {
  require_above_zero("CosineDecay", "a rate", s.r);
  require_at_least("CosineDecay", "length", s.length, 1);
  require_not_negative("CosineDecay", "a last rate", s.end);
}

void check(const HalveOnRise& s) {
  require_above_zero("HalveOnRise", "a rate", s.r);
  require_factor("HalveOnRise", s.factor);
}

double rate_of(const ConstantRate& s, Index) { return s.r; }

double rate_of(const HoldThenDecay& s, Index t) {
  return s.r * std::pow(s.factor, static_cast<double>(std::max<Index>(0, t + 1 - s.hold)));
}

double rate_of(const StepDecay& s, Index t) {
  const Index times = t / s.every;
  return s.r * std::pow(s.factor, static_cast<double>(times));
}

double rate_of(const CosineDecay& s, Index t) {
  const double part = static_cast<double>(std::min(t, s.length)) / static_cast<double>(s.length);
  return s.end + (s.r - s.end) * (1 + std::cos(std::numbers::pi * part)) / 2;
}

double rate_of(const HalveOnRise& s, Index) { return s.r; }

}  // namespace

Schedule::Schedule(Kind kind, Index warm_up) : kind_(kind), warm_up_(warm_up) {
  require_at_least("Schedule", "warm-up", warm_up, 0);
  std::visit([](const auto& s) { check(s); }, kind_);
}

double Schedule::rate(Index t) const {
  require_at_least("Schedule", "time", t, 0);
  const double base = std::visit(
      [&](const auto& s) { return rate_of(s, std::max<Index>(0, t - warm_up_)); }, kind_);
  if (t >= warm_up_) return base;
  return base * static_cast<double>(t + 1) / static_cast<double>(warm_up_ + 1);
}

bool Schedule::observe(double loss) {
  if (std::isnan(loss)) fail<Error>("Schedule: the loss is not a number");
  auto* const s = std::get_if<HalveOnRise>(&kind_);
  if (s == nullptr) return false;
  const bool risen = loss > s->last_loss;
  if (risen) s->r *= s->factor;
  s->last_loss = loss;
  return risen;
}

std::vector<double> Schedule::state() const {
  const auto* const s = std::get_if<HalveOnRise>(&kind_);
  return s == nullptr ? std::vector<double>{} : std::vector<double>{s->r, s->last_loss};
}

void Schedule::restore(std::span<const double> state) {
  const std::size_t expected = this->state().size();
  if (state.size() != expected) {
    fail<Error>("Schedule: a state of {} numbers, expected {}", state.size(), expected);
  }
  if (auto* const s = std::get_if<HalveOnRise>(&kind_)) {
    HalveOnRise restored = *s;
    restored.r = state[0];
    restored.last_loss = state[1];
    check(restored);
    *s = restored;
  }
}

bool EarlyStopping::observe(double loss) {
  require_at_least("EarlyStopping", "patience", patience, 1);
  const bool better = loss < best;
  if (better) best = loss;
  since = better ? 0 : since + 1;
  return better;
}

}  // namespace unroll
