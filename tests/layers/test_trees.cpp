// Tree-LSTMs beyond the golden case of the child-sum form.
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kIn = 3;
constexpr Index kHidden = 2;

TEST_CASE("trees: a node without x leaves out the terms W x") {
  const Parameters p(DType::f64, 1);
  const TreeLstm cell(p, kIn, kHidden);
  for (const Parameter& one : p.all()) one.set(random_tensor(one.shape(), 3 + one.index()));
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 1));
  const std::vector<TreeLstm::State> leaves{cell.step(x, {}), cell.step(2 * x, {})};
  const TreeLstm::State without = cell.step(leaves);
  const TreeLstm::State with_zeros = cell.step(0 * x, leaves);
  CHECK(difference(without.h.value(), with_zeros.h.value()) < 1e-14);
  CHECK(difference(without.c.value(), with_zeros.c.value()) < 1e-14);
  CHECK_THROWS_WITH_AS((void)cell.step({}), "TreeLstm: a node without x and without children",
                       Error);
  const Parameters plain(DType::f64, 1);
  const TreeLstm no_bias(plain, kIn, kHidden, {.bias = false});
  CHECK(no_bias.step(leaves).h.shape() == Shape{2, kHidden});
}

TEST_CASE("trees: a N-ary node of one child is a step of an LSTM") {
  const Parameters p(DType::f64, 1);
  const NaryTreeLstm tree(p / "tree", kIn, kHidden, 1);
  const Lstm lstm(p / "lstm", kIn, kHidden);
  for (const char* gate : {"i", "o", "g"}) {
    for (const char* part : {"W", "U", "b"}) {
      p[fmt::format("tree.{}.{}", gate, part)].set(
          p[fmt::format("lstm.{}.{}", gate, part)].value());
    }
  }
  p["tree.f.W"].set(p["lstm.f.W"].value());
  p["tree.f.b"].set(p["lstm.f.b"].value());
  p["tree.f.0.U"].set(p["lstm.f.U"].value());
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 1));
  const Lstm::State child{tape.input(random_tensor({2, kHidden}, 2)),
                          tape.input(random_tensor({2, kHidden}, 3))};
  const Lstm::State a = tree.step(x, std::vector<Lstm::State>{child});
  const Lstm::State b = lstm.step(x, child);
  CHECK(difference(a.h.value(), b.h.value()) < 1e-14);
  CHECK(difference(a.c.value(), b.c.value()) < 1e-14);
}

TEST_CASE("trees: a N-ary node tells its children apart, and a missing one is zeros") {
  const Parameters p(DType::f64, 1);
  const NaryTreeLstm tree(p, kIn, kHidden, 2);
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 1));
  const auto state = [&](std::uint64_t seed) {
    return Lstm::State{tape.input(random_tensor({2, kHidden}, seed)),
                       tape.input(random_tensor({2, kHidden}, seed + 1))};
  };
  const std::vector<Lstm::State> there{state(2), state(4)};
  const std::vector<Lstm::State> back{there[1], there[0]};
  CHECK(difference(tree.step(x, there).h.value(), tree.step(x, back).h.value()) > 1e-3);
  const Var zeros = full(tape, {2, kHidden}, 0);
  const std::vector<Lstm::State> padded{there[0], {zeros, zeros}};
  const std::vector<Lstm::State> single{there[0]};
  CHECK(difference(tree.step(x, single).h.value(), tree.step(x, padded).h.value()) < 1e-14);
  const std::vector<Lstm::State> three{there[0], there[1], there[0]};
  CHECK_THROWS_WITH_AS((void)tree.step(x, three), "NaryTreeLstm: 3 children, expected up to 2",
                       Error);
}

TEST_CASE("trees: gradients over a tree of four nodes, with and without x in the middle") {
  const Parameters p(DType::f64, 1);
  const TreeLstm sum_cell(p / "sum", kIn, kHidden);
  const NaryTreeLstm nary_cell(p / "nary", kIn, kHidden, 2);
  const Tensor x = random_tensor({3, 2, kIn}, 1);
  const auto check = [&](const auto& cell, std::optional<Index> middle) {
    const std::vector<TreeNode> nodes{
        {.x = 0}, {.x = 1}, {middle, {0, 1}}, {.x = 1, .children = {2}}};
    const auto root = [&](Tape& tape) { return unroll_tree(cell, tape.input(x), nodes).back().h; };
    const GradientCheck found = check_gradients(root, p);
    INFO(found.message);
    CHECK(found.passed);
  };
  check(sum_cell, 2);
  check(sum_cell, std::nullopt);
  check(nary_cell, 2);
}

TEST_CASE("trees: a N-ary node without x leaves out the terms W x") {
  const Parameters p(DType::f64, 1);
  const NaryTreeLstm cell(p, kIn, kHidden, 2);
  for (const Parameter& one : p.all()) one.set(random_tensor(one.shape(), 3 + one.index()));
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 1));
  const std::vector<Lstm::State> leaves{cell.step(x, {}), cell.step(2 * x, {})};
  const Lstm::State without = cell.step(leaves);
  const Lstm::State with_zeros = cell.step(0 * x, leaves);
  CHECK(difference(without.h.value(), with_zeros.h.value()) < 1e-14);
  CHECK(difference(without.c.value(), with_zeros.c.value()) < 1e-14);
  CHECK_THROWS_WITH_AS((void)cell.step({}), "NaryTreeLstm: a node without x and without children",
                       Error);
}

/// A cell whose every node reads x.
struct ReadsX {
  using State = Lstm::State;
  [[nodiscard]] State step(Var x, std::span<const State> /*children*/) const { return {x, x}; }
};

TEST_CASE("trees: children out of order, twice or missing are refused") {
  const Parameters p;
  const TreeLstm cell(p / "sum", kIn, kHidden);
  Tape tape;
  const Var x = tape.input(Tensor(DType::f32, {2, 1, kIn}));
  CHECK_THROWS_WITH_AS(
      (void)unroll_tree(cell, x, std::vector<TreeNode>{{.x = 0}, {.x = 1, .children = {1}}}),
      "unroll_tree: node 1 has the child 1: children come before their parent", Error);
  CHECK_THROWS_WITH_AS(
      (void)unroll_tree(ReadsX(), x, std::vector<TreeNode>{{.x = 0}, {.children = {0}}}),
      "unroll_tree: node 1 reads no x, which this cell needs", Error);
}

}  // namespace
}  // namespace unroll::testing
