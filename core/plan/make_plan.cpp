#include <unroll/core/plan/emit.h>
#include <unroll/core/plan/gather.h>
#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/passes.h>
#include <unroll/core/plan/trace.h>
#include <unroll/core/run/team_trial.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace unroll {
namespace {

/// Whether every stage is printed.
bool traces() {
  static const bool traces = std::getenv("UNROLL_PLAN_TRACE") != nullptr;
  return traces;
}

/// The wishes that were dropped, those that are alike as one.
std::vector<std::string> notes_of(const Draft& draft) {
  std::map<std::tuple<std::string_view, std::string_view, std::string>, int> counts;
  for (const Dropped& dropped : draft.dropped) {
    const Id id = dropped.value;
    const bool work = id < draft.work();
    const Value& value = draft.values[id];
    std::string what =
        work ? fmt::format("{} {}", value.op->name, draft.request.kind_of(id).shape.to_string())
             : fmt::format("({} x {})", value.rows, value.columns);
    ++counts[{dropped.pass, dropped.what, std::move(what)}];
  }
  std::vector<std::string> notes;
  for (const auto& [key, count] : counts) {
    const auto& [pass, what, value] = key;
    notes.push_back(fmt::format("{}: {}{} {}", pass, value,
                                count == 1 ? "" : fmt::format(", {} times,", count), what));
  }
  return notes;
}

}  // namespace

bool verifies() {
#ifdef NDEBUG
  static const bool verifies = std::getenv("UNROLL_PLAN_VERIFY") != nullptr;
  return verifies;
#else
  return true;
#endif
}

Plan make_plan(const Graph& graph, Request request, const Passes& passes, int threads) {
  Draft draft(graph, request);
  draft.most_threads = threads;
  draft.shares_little = verifies();  // so that tests meet what threads do
  Trace trace;
  const auto end_stage = [&](std::string_view stage) {
    if (verifies()) draft.verify();
    if (traces()) fmt::print("{}", trace.after(stage, draft));
  };
  end_stage("describing the nodes");
  run_passes(draft, passes, end_stage);
  gather(draft);
  end_stage("gather");
  const std::vector<Task> tasks = order_tasks(draft);
  if (traces()) fmt::print("{}", to_string(draft, tasks));
  const Storage storage = find_storage(draft, tasks);
  Plan plan = emit(draft, tasks, storage, lay_out(storage.buffers));
  plan.wanted_threads = threads;
  plan.trial = std::make_shared<TeamTrial>();
  plan.notes = notes_of(draft);
  plan.request = std::move(request);  // its vectors stay where they are: steps point into them
  return plan;
}

}  // namespace unroll
