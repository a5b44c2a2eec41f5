#include <unroll/core/plan/passes.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace unroll {
namespace {

struct Pass {
  std::string_view name;
  bool Passes::*on;
  void (*run)(Draft&);
};

/// The passes in the order they work. What each does stands beside its switch in core/passes.h and
/// at the top of its file.
constexpr std::array<Pass, 6> kPasses{{{"accumulate", &Passes::accumulate, accumulate},
                                       {"join", &Passes::join, join},
                                       {"batch", &Passes::batch, batch},
                                       {"fuse", &Passes::fuse, fuse},
                                       {"place", &Passes::place, place},
                                       {"spread", &Passes::spread, spread}}};

const Pass& find_pass(std::string_view name) {
  const auto* const pass = std::ranges::find(kPasses, name, &Pass::name);
  if (pass == kPasses.end()) {
    fail<Error>("UNROLL_PLAN: no pass '{}'; expected on, off, or some of {}", name,
                fmt::join(Passes::names(), ", "));
  }
  return *pass;
}

}  // namespace

bool Passes::any() const {
  return std::ranges::any_of(kPasses, [&](const Pass& pass) { return this->*pass.on; });
}

Passes Passes::none() {
  Passes passes;
  for (const Pass& pass : kPasses) passes.*pass.on = false;
  return passes;
}

std::vector<std::string_view> Passes::names() {
  std::vector<std::string_view> names;
  for (const Pass& pass : kPasses) names.push_back(pass.name);
  return names;
}

Passes Passes::without(std::string_view name) const {
  Passes passes = *this;
  passes.*find_pass(name).on = false;
  return passes;
}

Passes Passes::parse(std::string_view text) {
  if (text == "on") return {};
  Passes passes = none();
  if (text == "off") return passes;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    passes.*find_pass(name).on = true;
  }
  return passes;
}

const Passes& Passes::from_environment() {
  static const Passes passes = [] {
    const char* const text = std::getenv("UNROLL_PLAN");
    return text == nullptr ? Passes{} : parse(text);
  }();
  return passes;
}

std::string Passes::to_string() const {
  std::vector<std::string_view> on;
  for (const Pass& pass : kPasses) {
    if (this->*pass.on) on.push_back(pass.name);
  }
  return on.empty() ? "off" : fmt::format("{}", fmt::join(on, ","));
}

void run_passes(Draft& draft, const Passes& passes,
                const std::function<void(std::string_view)>& after) {
  for (const Pass& pass : kPasses) {
    if (!(passes.*pass.on)) continue;
    pass.run(draft);
    after(pass.name);
  }
}

}  // namespace unroll
