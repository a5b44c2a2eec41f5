// Random programs, planned in every way, against nodes run one by one.
#include "core/plan/planned.h"
#include "core/plan/random_program.h"

#include <map>
#include <numeric>

namespace unroll::testing {
namespace {

/// Which of the passes are on: bit by bit.
Passes passes_of(unsigned bits) {
  std::string names;
  for (const std::string_view name : Passes::names()) {
    if ((bits & 1U) != 0) names += fmt::format("{}{}", names.empty() ? "" : ",", name);
    bits >>= 1U;
  }
  return Passes::parse(names);
}
const unsigned kSubsets = 1U << Passes::names().size();

struct Outcome {
  std::vector<std::vector<double>> nodes;  // the value of each node, empty where it cannot be asked
  std::vector<std::vector<double>> flats;  // gradients
};

enum class Change : std::uint8_t { never, before_gradients, after_gradients };  // of the parameters

struct Way {
  Passes passes;
  Change change = Change::never;
  std::uint64_t order = 0;  // in which nodes are asked for
};

/// Whether it is nobody's business what a node's value was, once its gradient has been computed.
bool may_be_lost(const Node& node) { return node.unasked; }

/// Records a program and asks for everything there is.
Outcome run(Tape& tape, const Recipe& recipe, const Way& way) {
  clear_to_nan(tape);
  RandomProgram program(tape, recipe);
  Random random(way.order);
  for (const Var& loss : program.losses) {
    if (way.order == 0 || random.below(2) == 0) (void)loss.item();
  }
  const auto change = [&](Change now) {
    if (way.change != now) return;
    for (const Parameter& p : program.parameters.all()) {
      p.set(random_tensor(p.shape(), 99, -1, 1));
    }
  };
  change(Change::before_gradients);
  Outcome outcome;
  for (const Gradients& gradients : program.gradients) {
    outcome.flats.push_back(gradients.flat().to_doubles());
  }
  change(Change::after_gradients);
  const auto count = static_cast<std::uint32_t>(tape.node_count());
  std::vector<std::uint32_t> nodes(count);
  std::iota(nodes.begin(), nodes.end(), 0U);
  for (std::uint32_t i = count; i > 1 && way.order != 0; --i) {
    std::swap(nodes[i - 1], nodes[static_cast<std::size_t>(random.below(i))]);
  }
  outcome.nodes.resize(count);
  for (const std::uint32_t node : nodes) {
    const bool changed = way.change != Change::never;
    if (changed && tape.graph().nodes[node].parameter >= 0) continue;  // it is stale
    const Var var(&tape, node, program.losses[0].generation());
    try {
      outcome.nodes[node] = var.value().to_doubles();
    } catch (const HandleError&) {
      if (way.change != Change::after_gradients || !may_be_lost(tape.graph().nodes[node])) throw;
    }
  }
  return outcome;
}

/// The largest |a - b|, relative to the largest |b| of the tensor or 1; infinity for a NaN.
double error_of(const std::vector<double>& a, const std::vector<double>& b) {
  double scale = 1;
  double worst = 0;
  for (const double value : b) {
    if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = a[i] == b[i] ? 0 : std::abs(a[i] - b[i]);  // infinities are equal
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
  }
  return worst / scale;
}

/// What is wrong with an outcome, or nothing.
std::string complaint(const Tape& tape, const Outcome& got, const Outcome& wanted, double bound) {
  if (got.nodes.size() != wanted.nodes.size()) return "another number of nodes";
  for (std::size_t i = 0; i < got.nodes.size(); ++i) {
    if (got.nodes[i].empty()) continue;
    const double error = error_of(got.nodes[i], wanted.nodes[i]);
    if (error <= bound) continue;
    const Node& node = tape.graph().nodes[i];
    return fmt::format("node {}, {} {}: off by {}", i, node.op->name, node.shape.to_string(),
                       error);
  }
  for (std::size_t i = 0; i < got.flats.size(); ++i) {
    const double error = error_of(got.flats[i], wanted.flats[i]);
    if (error > bound) return fmt::format("gradients {}: off by {}", i, error);
  }
  return "";
}

// Relative to the largest element of each tensor. Values are of the order of 1, and what products
// add up is rounded in another order; a chain of operations makes of that some ten times as much.
constexpr double kDouble = 1e-11;
constexpr double kSingle = 2e-3;

double bound_of(DType dtype) { return dtype == DType::f64 ? kDouble : kSingle; }

/// Runs a program twice on one tape, the second time with other data by the plans of the first.
std::string compare(const Recipe& recipe, const Way& way) {
  Tape reference(recipe.dtype);
  reference.set_passes(Passes::none());
  Tape tape(recipe.dtype);
  tape.set_passes(way.passes);
  for (const std::uint64_t more : {0U, 1U}) {
    Recipe with = recipe;
    with.data += more;
    const Outcome wanted = run(reference, with, {Passes::none()});
    try {
      const Outcome got = run(tape, with, way);
      const std::string wrong = complaint(tape, got, wanted, bound_of(recipe.dtype));
      if (!wrong.empty()) return fmt::format("run {}: {}", more, wrong);
    } catch (const std::exception& error) {
      return fmt::format("run {}: {}", more, error.what());
    }
  }
  return "";
}

/// Compares, and where there is a difference looks for the shortest program that has one.
void check(Recipe recipe, const Way& way) {
  std::string wrong = compare(recipe, way);
  for (int size = 0; !wrong.empty() && size < recipe.size; ++size) {
    Recipe shorter = recipe;
    shorter.size = size;
    const std::string shorter_wrong = compare(shorter, way);
    if (shorter_wrong.empty()) continue;
    recipe = shorter;
    wrong = shorter_wrong;
  }
  if (wrong.empty()) return;
  Tape tape(recipe.dtype);
  tape.set_passes(way.passes);
  const RandomProgram program(tape, recipe);
  constexpr std::array change_names{"", ", changed before", ", changed after"};
  FAIL_CHECK(fmt::format(
      "structure {}, data {}, {} operations, {}, passes {}, order {}{}: {}\n{}", recipe.structure,
      recipe.data, recipe.size, name_of(recipe.dtype), way.passes.to_string(), way.order,
      change_names[static_cast<std::size_t>(way.change)], wrong, tape.to_string()));
}

Change any_change(Random& random) { return static_cast<Change>(random.below(3)); }

TEST_CASE("random plans: short programs give the same values under every subset of the passes") {
  for (std::uint64_t structure = 0; structure < 60; ++structure) {
    const int size = static_cast<int>(1 + structure % 8);
    for (unsigned bits = 0; bits < kSubsets; ++bits) {
      check({structure, structure + 100, size, DType::f64}, {passes_of(bits), Change::never, bits});
    }
  }
}

TEST_CASE("random plans: long programs give the same values with plans and without") {
  for (std::uint64_t structure = 1000; structure < 1600; ++structure) {
    Random random(structure);
    const int size = static_cast<int>(5 + random.below(40));
    const Recipe recipe{structure, structure, size, DType::f64};
    const unsigned bits = static_cast<unsigned>(random.below(kSubsets));
    check(recipe, {{}, any_change(random), structure % 5});
    check(recipe, {passes_of(bits), any_change(random), structure % 7});
  }
}

TEST_CASE("random plans: in f32 values stay near those without plans") {
  for (std::uint64_t structure = 2000; structure < 2300; ++structure) {
    Random random(structure);
    const int size = static_cast<int>(5 + random.below(20));
    check({structure, structure, size, DType::f32}, {{}, any_change(random), structure % 3});
  }
}

TEST_CASE("random plans: any number of threads gives the same bits") {
  for (std::uint64_t structure = 3000; structure < 3006; ++structure) {
    const Recipe recipe{structure, structure, 25, DType::f64};
    std::vector<Outcome> outcomes;
    for (const int count : {1, 2, 3}) {
      const WithThreads scope(count);
      Tape tape(DType::f64);
      tape.set_passes({});
      outcomes.push_back(run(tape, recipe, {{}, Change::never, structure}));
    }
    for (const Outcome& outcome : outcomes) {
      CHECK(outcome.nodes == outcomes[0].nodes);
      CHECK(outcome.flats == outcomes[0].flats);
    }
  }
}

}  // namespace
}  // namespace unroll::testing
