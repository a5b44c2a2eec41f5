/// What the planner takes for each node of a training step of W2: forward, and the gradient of
/// every parameter.

#include <chrono>

#include "bench/bench_kernels.h"
#include "bench/planned_graph.h"
#include "bench/workloads.h"

namespace bench {
namespace {

using namespace unroll;
using Clock = std::chrono::steady_clock;

/// Times `work` for a benchmark that reports nanoseconds a node; returns the number of nodes.
template <class Work, class Between>
void time_nodes(benchmark::State& state, Index nodes, int wanted, Work&& work, Between&& between) {
  double seconds = 0;
  for (auto _ : state) {
    const auto begun = Clock::now();
    work();
    const double taken = std::chrono::duration<double>(Clock::now() - begun).count();
    state.SetIterationTime(taken);
    seconds += taken;
    between();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["ns/node"] = 1e9 * seconds / runs / static_cast<double>(nodes);
  state.SetLabel(fmt::format("{} nodes, at most {} ns each are wanted", nodes, wanted));
}

/// The graph of a step as it is before it runs, with a plan for what Gradients asks for: every
/// gradient at its place in one block, but for those of embeddings, of which it asks for the rows.
class PlannedStep {
 public:
  PlannedStep() : workload_(make_workload("W2")), block_(workload_.parameters.flat()) {
    const std::vector<Parameter> parameters = workload_.parameters.all();
    const Var loss = workload_.loss(tape_);
    std::vector<Var> of;
    for (const Parameter& parameter : parameters) of.push_back(tape_.parameter(parameter));
    const std::vector<Var> gradients = tape_.gradients(loss, of);
    Graph graph = tape_.graph();
    std::vector<std::uint32_t> targets;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      Node& node = graph.nodes[gradients[i].index()];
      if (node.op->row_sparse) {
        for (const std::uint32_t input : graph.inputs_of(node)) targets.push_back(input);
        continue;
      }
      const auto offset = static_cast<std::size_t>(parameters[i].offset());
      if (node.op->kind != OpKind::view) node.destination = block_.data() + offset * sizeof(float);
      targets.push_back(gradients[i].index());
    }
    planned.emplace(std::move(graph), std::move(targets), 1);
  }

  std::optional<PlannedGraph> planned;

 private:
  Workload workload_;
  Tape tape_;
  Tensor block_;
};

void recording(benchmark::State& state) {
  const Workload workload = make_workload("W2");
  Tape tape;
  const auto record = [&] {
    tape.clear();
    (void)tape.gradients(workload.loss(tape), workload.parameters);
  };
  record();
  time_nodes(state, tape.node_count(), 60, record, [] {});
}

void finding(benchmark::State& state) {
  PlannedStep step;
  bool found = true;
  time_nodes(
      state, step.planned->nodes(), 25, [&] { found = found && step.planned->find(); },
      [&] { step.planned->forget(); });
  if (!found) state.SkipWithError("the plan was not found");
}

void making(benchmark::State& state) {
  PlannedStep step;
  time_nodes(
      state, step.planned->nodes(), 1000, [&] { step.planned->make(); }, [] {});
}

}  // namespace

void register_planner() {
  const auto add = [](const char* name, void (*run)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, run)->UseManualTime()->Unit(benchmark::kMicrosecond);
  };
  add("planner/W2/recording", recording);
  add("planner/W2/finding", finding);
  add("planner/W2/making", making);
}

}  // namespace bench
