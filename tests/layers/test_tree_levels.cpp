// Many trees level by level, against the same trees node by node.
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kIn = 3;
constexpr Index kHidden = 2;

using Trees = std::vector<std::vector<TreeNode>>;

/// Which nodes of a random tree read a row of x.
enum class Reads : std::uint8_t { leaves, all, some };

/// A tree whose inner nodes have 1 to `most` children; each reads a row of its own.
std::vector<TreeNode> random_tree(Random& random, Index most, Reads reads) {
  std::vector<TreeNode> tree;
  std::vector<Index> roots;
  Index row = 0;
  const auto add = [&](TreeNode node) {
    const bool leaf = node.children.empty();
    if (leaf || reads == Reads::all || (reads == Reads::some && random.below(2) == 0)) {
      node.x = row++;
    }
    roots.push_back(std::ssize(tree));
    tree.push_back(std::move(node));
  };
  const std::int64_t leaves = 1 + random.below(9);
  for (std::int64_t i = 0; i < leaves; ++i) add({});
  while (roots.size() > 1 || random.below(4) == 0) {
    const std::int64_t count = 1 + random.below(std::min<std::int64_t>(most, std::ssize(roots)));
    const auto first = roots.begin() + random.below(std::ssize(roots) - count + 1);
    TreeNode node{.children = {first, first + count}};
    roots.erase(first, first + count);
    add(std::move(node));
    // The new root stands last: later nodes may join roots of very different heights.
  }
  return tree;
}

Index rows_of(const std::vector<TreeNode>& tree) {
  Index rows = 0;
  for (const TreeNode& node : tree) rows += node.x.has_value() ? 1 : 0;
  return rows;
}

/// The outputs of all nodes by `unroll_tree`, tree by tree, in the order of `levels.places`.
template <class C>
Var node_by_node(const C& cell, Var x, const Trees& trees, const TreeLevels& levels) {
  std::vector<std::vector<Var>> outputs;
  Index row = 0;
  for (const std::vector<TreeNode>& tree : trees) {
    const Var own = reshape(slice(x, 0, row, row + rows_of(tree)), {rows_of(tree), 1, kIn});
    row += rows_of(tree);
    outputs.emplace_back();
    for (const auto& state : unroll_tree(cell, own, tree)) outputs.back().push_back(state.h);
  }
  std::vector<Var> in_order;
  for (const TreeLevels::Place place : levels.places) {
    in_order.push_back(outputs[place.tree][static_cast<std::size_t>(place.node)]);
  }
  return concat(in_order, 0);
}

TEST_CASE("trees level by level give the states of trees node by node") {
  const Parameters p(DType::f64, 1);
  const TreeLstm sum_cell(p / "sum", kIn, kHidden);
  const NaryTreeLstm nary_cell(p / "nary", kIn, kHidden, 3);
  for (const Parameter& one : p.all()) one.set(random_tensor(one.shape(), 3 + one.index()));
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    const Reads reads =
        std::array{Reads::leaves, Reads::all, Reads::some}[static_cast<std::size_t>(round) % 3];
    const bool nary = round % 2 == 0;
    Trees trees;
    for (int i = 0; i <= round % 5; ++i) {
      trees.push_back(random_tree(random, nary ? 3 : 6, reads));
    }
    const TreeLevels levels(trees);
    Tape tape(DType::f64);
    const Var x = tape.input(random_tensor({levels.rows, kIn}, 7));
    const auto check = [&](const auto& cell) {
      const Var together = unroll_trees(cell, x, levels);
      const Var each = node_by_node(cell, x, trees, levels);
      CHECK(difference(together.value(), each.value()) < 1e-13);
      const Tensor weights = random_tensor(together.shape(), 9);
      const auto gradient = [&](Var h) {
        return tape.gradients(sum(h * tape.input(weights)), std::array{x})[0];
      };
      CHECK(difference(gradient(together).value(), gradient(each).value()) < 1e-12);
    };
    if (nary) {
      check(nary_cell);
    } else {
      check(sum_cell);
    }
  }
}

TEST_CASE("trees level by level have the right gradients") {
  const Parameters p(DType::f64, 1);
  const TreeLstm cell(p, kIn, kHidden);
  const Trees trees{{{.x = 0}, {.x = 1}, {.x = {}, .children = {0, 1}}},
                    {{.x = 0}, {.x = 2, .children = {0}}, {.x = 1}, {.x = {}, .children = {2, 1}}}};
  const TreeLevels levels(trees);
  const Tensor x = random_tensor({5, kIn}, 1);
  const GradientCheck found =
      check_gradients([&](Tape& tape) { return unroll_trees(cell, tape.input(x), levels); }, p);
  INFO(found.message);
  CHECK(found.passed);
}

TEST_CASE("nodes of one height are a group, however many trees there are") {
  const std::vector<TreeNode> pair{{.x = 0}, {.x = 1}, {.x = {}, .children = {0, 1}}};
  const TreeLevels levels(Trees(10, pair));
  REQUIRE(levels.groups.size() == 2);
  CHECK(levels.rows == 20);
  CHECK(levels.groups[0].x.size() == 20);
  CHECK(levels.groups[1].children ==
        std::vector<std::vector<std::int32_t>>{{1, 3, 5, 7, 9, 11, 13, 15, 17, 19},
                                               {2, 4, 6, 8, 10, 12, 14, 16, 18, 20}});
  CHECK(levels.places[20].tree == 0);
  CHECK(levels.places[20].node == 2);
  // A node of many children is not padded for: it has a group of its own.
  std::vector<TreeNode> broad(9, {.x = 0});
  broad.push_back({.children = {0, 1, 2, 3, 4, 5, 6}});
  broad.push_back({.children = {7, 8}});
  CHECK(TreeLevels(Trees{broad}).groups.size() == 3);
}

TEST_CASE("trees that are none are refused") {
  const auto refused = [](const Trees& trees, const char* text) {
    CHECK_THROWS_WITH_AS(TreeLevels{trees}, text, Error);
  };
  refused({}, "TreeLevels: there is no node");
  refused({{{.x = 0}}, {{.x = 0}, {.x = {}}}},
          "TreeLevels: node 1 of tree 1 has no x and no children");
  refused({{{.x = 0}, {.children = {1}}}},
          "TreeLevels: node 1 of tree 0 has the child 1: children come before their parent");
  refused({{{.x = 0}, {.children = {0}}, {.children = {0}}}},
          "TreeLevels: node 0 of tree 0 is a child twice");
  refused({{{.x = -1}}}, "TreeLevels: node 0 of tree 0 reads row -1 of x");
  const Parameters p;
  const TreeLstm cell(p, kIn, kHidden);
  Tape tape;
  CHECK_THROWS_WITH_AS(
      (void)unroll_trees(cell, tape.input(Tensor(DType::f32, {2, kIn})),
                         TreeLevels(Trees{{{.x = 0}}})),
      "unroll_trees: x is (2 x 3), expected (1 x in): a row for each node that reads x",
      ShapeError);
}

}  // namespace
}  // namespace unroll::testing
