#pragma once
/// Many trees at once, level by level.

#include <unroll/layers/cells/tree_lstm.h>
#include <unroll/ops/index.h>
#include <unroll/ops/shape.h>

#include <span>
#include <vector>

namespace unroll {

/// The nodes of many trees of any forms, in groups that can be computed together: the nodes of a
/// group, of all trees, are rows of one matrix. A batch costs some products for each group, not for
/// each node.
///
/// A group holds nodes of one height (leaves have height 0), of about one number of children (1, 2,
/// up to 4, up to 8, ...), which either all read x or all do not.
struct TreeLevels {
  /// Groups the nodes of `trees`. The rows of x that a tree reads are counted from its own first
  /// one: the rows of the first tree, as many as its largest `x` says, come before those of the
  /// second. Error where a child does not come before its parent or has two parents, a leaf reads
  /// no x, or there is no node.
  explicit TreeLevels(std::span<const std::span<const TreeNode>> trees);
  explicit TreeLevels(const std::vector<std::vector<TreeNode>>& trees)
      : TreeLevels(std::vector<std::span<const TreeNode>>(trees.begin(), trees.end())) {}

  /// A node: its tree, and its number in that.
  struct Place {
    std::size_t tree;  // of the list
    Index node;        // of the tree
  };
  /// One group. It reads a table of states: a row of zeros, then the leaves that are children of
  /// its nodes, then the states of inner nodes that were kept for it or for a later group.
  struct Group {
    std::vector<std::int32_t> x;       // for each node its row of x; empty: they read none
    std::vector<std::int32_t> leaves;  // rows of the leaves' states
    /// For each place of a child, for each node, a row of the table; 0 where a node has fewer.
    std::vector<std::vector<std::int32_t>> children;
    /// Rows, of the kept states and then of this group's, that a later group reads.
    std::vector<std::int32_t> kept;

    /// Whether its nodes read all `count` rows of x, in order, as leaves do where they alone read.
    [[nodiscard]] bool reads_all(Index count) const {
      if (std::ssize(x) != count) return false;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i] != static_cast<std::int32_t>(i)) return false;
      }
      return true;
    }
  };
  std::vector<Group> groups;  // the first holds all leaves
  std::vector<Place> places;  // of all nodes, in the order of the groups
  Index rows = 0;             // of x
};

/// The outputs (N, hidden) of all N nodes of many trees, in the order of `levels.places`. `cell` is
/// one of the Tree-LSTMs, or any type with their `step` functions for which children of zeros
/// change nothing; x is (levels.rows, in). ShapeError for another number of rows.
template <class C>
Var unroll_trees(const C& cell, Var x, const TreeLevels& levels) {
  using State = typename C::State;
  if (x.shape().rank() != 2 || x.shape()[0] != levels.rows) {
    fail<ShapeError>("unroll_trees: x is {}, expected ({} x in): a row for each node that reads x",
                     x.shape().to_string(), levels.rows);
  }
  const auto ids = [&](const std::vector<std::int32_t>& rows) {
    return x.tape().input(Tensor::of<std::int32_t>({std::ssize(rows)}, rows));
  };
  std::vector<Var> leaves;
  std::vector<Var> kept;  // of inner nodes, for later groups
  std::vector<Var> outputs;
  for (const TreeLevels::Group& group : levels.groups) {
    std::vector<State> children(group.children.size());
    if (!leaves.empty()) {
      std::vector<Var> table;
      const Var of_leaves = group.leaves.empty() ? Var() : ids(group.leaves);
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        std::vector<Var> parts{full(x.tape(), {1, leaves[i].shape()[1]}, 0)};
        if (!group.leaves.empty()) parts.push_back(embedding(leaves[i], of_leaves));
        if (!kept.empty()) parts.push_back(kept[i]);
        table.push_back(concat(parts, 0));
      }
      for (std::size_t k = 0; k < children.size(); ++k) {
        const Var rows = ids(group.children[k]);
        std::vector<Var> child;
        for (const Var& states : table) child.push_back(embedding(states, rows));
        children[k] = state_of<State>(child);
      }
    }
    const auto step = [&] {
      if (!group.x.empty())
        return cell.step(group.reads_all(levels.rows) ? x : embedding(x, ids(group.x)), children);
      if constexpr (requires { cell.step(std::span<const State>(children)); }) {
        return cell.step(std::span<const State>(children));
      } else {
        fail<Error>("unroll_trees: a node reads no x, which this cell needs");
      }
    };
    const std::vector<Var> states = vars_of(require_set(State(step())));
    outputs.push_back(output_of(state_of<State>(states)));
    if (leaves.empty()) {
      leaves = states;
      continue;
    }
    const std::vector<Var> before = std::move(kept);
    kept.clear();
    if (group.kept.empty()) continue;
    const Var rows = ids(group.kept);
    for (std::size_t i = 0; i < states.size(); ++i) {
      kept.push_back(embedding(
          before.empty() ? states[i] : concat(std::array{before[i], states[i]}, 0), rows));
    }
  }
  return concat(outputs, 0);
}

}  // namespace unroll
