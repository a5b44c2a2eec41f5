// Every cell of the list against its equations written again in PyTorch: outputs, last states, a
// loss and all gradients, in f64. The numbers come from golden_variants.py; read there what the
// names mean.
#include "golden.h"
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr double kBound = 1e-12;  // times max(1, |value|)

GoldenCase read_case(const std::string& name) {
  return read_golden("layers/golden_variants.json", name);
}

Index setting(const GoldenCase& golden, const char* name) {
  return static_cast<Index>(golden.settings.at(name));
}

CellOptions options_of(const GoldenCase& golden) {
  CellOptions options;
  options.depth = setting(golden, "depth");
  return options;
}

void load(const Parameters& p, const GoldenCase& golden) {
  for (const Parameter& one : p.all()) one.set(golden[one.name()]);
}

/// Compares the results, the loss, and the gradient of everything that has one in the file.
void check_results(const GoldenCase& golden, Tape& tape, const Parameters& p,
                   const std::map<std::string, Var>& given,
                   const std::map<std::string, Var>& results) {
  Var loss = full(tape, {}, 0);
  for (const auto& [name, var] : results) {
    const std::string& result = name;
    CAPTURE(result);
    CHECK(difference(var.value(), golden[name]) < kBound);
    loss = loss + sum(var * tape.input(golden[name + "_weights"]));
  }
  CHECK(difference(loss.value(), golden["loss"]) < kBound);

  std::map<std::string, Tensor> gradients;
  const Gradients of_parameters = tape.gradients(loss, p);
  for (const Parameter& one : p.all()) gradients.emplace(one.name(), of_parameters[one]);
  for (const auto& [name, var] : given) {
    gradients.emplace(name, tape.gradients(loss, std::vector<Var>{var})[0].value());
  }
  std::size_t in_file = 0;
  for (const auto& [name, tensor] : golden.tensors) {
    if (!name.starts_with("grad.")) continue;
    ++in_file;
    const std::string wrt = name.substr(5);
    CAPTURE(wrt);
    REQUIRE(gradients.contains(wrt));
    CHECK(difference(gradients.at(wrt), tensor) < kBound);
  }
  // A cell with a parameter that its paper has not would have failed to load it.
  CHECK(in_file >= p.all().size() + 1);
}

void check_cell(const CellEntry& entry, const std::string& name) {
  CAPTURE(name);
  const GoldenCase golden = read_case(name);
  const Parameters p(DType::f64);
  const AnyCell cell =
      entry.make(p, setting(golden, "input"), setting(golden, "hidden"), options_of(golden));
  load(p, golden);

  Tape tape(DType::f64);
  std::map<std::string, Var> given{{"x", tape.input(golden["x"])}};
  AnyState state = cell.zero_state(tape, golden["x"].shape()[1]);
  std::size_t part = 0;
  for_each_var(state, [&](Var& var) {
    const std::string state_name = fmt::format("state{}", part++);
    REQUIRE(var.shape() == golden[state_name].shape());
    var = tape.input(golden[state_name]);
    given[state_name] = var;
  });
  CHECK_FALSE(golden.tensors.contains(fmt::format("state{}", part)));

  const auto unrolled = unroll_over(cell, given["x"], state);
  std::map<std::string, Var> results{{"output", unrolled.outputs}};
  part = 0;
  for (const Var& var : unrolled.last.vars) results[fmt::format("last{}", part++)] = var;
  check_results(golden, tape, p, given, results);
}

TEST_CASE("golden: every cell of the list has a case, and passes it") {
  for (const CellEntry& entry : all_cells()) check_cell(entry, std::string(entry.name));
}

TEST_CASE("golden: cells that add x itself where it is as wide as h") {
  for (const char* name : {"mut1", "mut2", "sru"}) {
    check_cell(find_cell(name), fmt::format("{}, x as wide as h", name));
  }
}

TEST_CASE("golden: the child-sum Tree-LSTM is that of its equations") {
  const GoldenCase golden = read_case("tree");
  const Parameters p(DType::f64);
  const TreeLstm node(p, setting(golden, "input"), setting(golden, "hidden"));
  load(p, golden);

  Tape tape(DType::f64);
  const Var x = tape.input(golden["x"]);
  const std::vector<TreeLstm::State> leaves{node.step(select(x, 0), {}),
                                            node.step(select(x, 1), {})};
  const std::vector<TreeLstm::State> below{node.step(select(x, 2), leaves), leaves[1]};
  const TreeLstm::State root = node.step(select(x, 3), below);
  check_results(golden, tape, p, {{"x", x}}, {{"last0", root.h}, {"last1", root.c}});
}

TEST_CASE("golden: layer normalisation is PyTorch's") {
  const GoldenCase golden = read_case("layer_norm");
  const Parameters p(DType::f64);
  const LayerNorm norm(p, setting(golden, "input"));
  load(p, golden);
  Tape tape(DType::f64);
  const Var x = tape.input(golden["x"]);
  check_results(golden, tape, p, {{"x", x}}, {{"last0", norm(x)}});
}

}  // namespace
}  // namespace unroll::testing
