#include <unroll/core/plan/access.h>
#include <unroll/core/plan/assemble.h>
#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/order.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace unroll {
namespace {

struct Pass {
  std::string_view name;
  bool Passes::*on;
  void (*run)(Draft&);  // null: it has its part in what is done for every plan
};

/// The passes in the order they work.
constexpr std::array<Pass, 6> kPasses{{{"accumulate", &Passes::accumulate, accumulate},
                                       {"join", &Passes::join, join},
                                       {"batch", &Passes::batch, batch},
                                       {"place", &Passes::place, nullptr},
                                       {"fuse", &Passes::fuse, nullptr},
                                       {"spread", &Passes::spread, nullptr}}};

const Pass& find_pass(std::string_view name) {
  const auto* const pass =
      std::find_if(kPasses.begin(), kPasses.end(), [&](const Pass& p) { return p.name == name; });
  if (pass == kPasses.end()) {
    fail<Error>("UNROLL_PLAN: no pass '{}'; expected on, off, or some of {}", name,
                fmt::join(Passes::names(), ", "));
  }
  return *pass;
}

/// Where `columns` is on, values may lie side by side from the start.
Plan make_plan(const Graph& graph, const Request& request, const Passes& passes, int threads,
               bool columns) {
  Draft draft(graph, request, passes.place, columns);
  for (const Pass& pass : kPasses) {
    if (passes.*pass.on && pass.run != nullptr) pass.run(draft);
  }
  settle_roles(draft, passes.fuse);
  if (passes.fuse) pair(draft);
  place(draft);
  const std::optional<std::vector<Task>> tasks = order_tasks(draft, passes.fuse);
  if (tasks && !draft.arrangement.has_overlaps()) {
    Plan plan = assemble(draft, *tasks, passes.place);
    if (passes.spread) spread(plan, threads);
    plan.wanted_threads = threads;
    return plan;
  }
  // Products that wait for each other, or values wanted at overlapping places: both are rare, the
  // more so without columns side by side, and without these passes neither can be.
  if (columns) return make_plan(graph, request, passes, threads, false);
  Passes fewer = passes;
  fewer.join = fewer.batch = fewer.place = fewer.accumulate = false;
  UNROLL_CHECK(fewer != passes);
  return make_plan(graph, request, fewer, threads, false);
}

}  // namespace

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

Plan make_plan(const Graph& graph, const Request& request, const Passes& passes, int threads) {
  return make_plan(graph, request, passes, threads, passes.place);
}

}  // namespace unroll
