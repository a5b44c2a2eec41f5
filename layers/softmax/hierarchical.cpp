#include <unroll/layers/softmax/hierarchical.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <queue>

namespace unroll {
namespace {

constexpr const char* kName = "HierarchicalSoftmax";
constexpr Index kPathMultiple = 4;  // lengths of paths are filled up to

}  // namespace

HuffmanTree::HuffmanTree(WordCounts counts) : paths(counts.size()) {
  const std::vector<std::int32_t> order = by_frequency(kName, counts);
  if (order.size() < 2) fail<ValueError>("{}: a tree of 1 word: expected 2 or more", kName);
  // Words rise and so do the subtrees made of them: the two rarest are at the front of one of two
  // lines. Subtrees stand behind words of the same count.
  struct Tree {
    std::int64_t count;
    std::int32_t number;  // of a word, or words + the number of an inner node
  };
  const auto words = static_cast<std::int32_t>(order.size());
  std::queue<Tree> leaves;
  std::queue<Tree> inner;
  for (std::size_t i = order.size(); i-- > 0;) {
    leaves.push({counts[static_cast<std::size_t>(order[i])], order[i]});
  }
  const auto rarest = [&] {
    const bool is_leaf =
        inner.empty() || (!leaves.empty() && leaves.front().count <= inner.front().count);
    std::queue<Tree>& from = is_leaf ? leaves : inner;
    const Tree tree = from.front();
    from.pop();
    return tree;
  };
  struct Parent {
    std::int32_t node;
    bool right;
  };
  std::vector<Parent> parents(static_cast<std::size_t>(2 * words - 1));
  for (std::int32_t node = 0; node < words - 1; ++node) {
    const Tree left = rarest();
    const Tree right = rarest();
    parents[static_cast<std::size_t>(left.number)] = {node, false};
    parents[static_cast<std::size_t>(right.number)] = {node, true};
    inner.push({left.count + right.count, words + node});
  }
  const std::int32_t root = words + words - 2;
  for (std::size_t word = 0; word < paths.size(); ++word) {
    for (auto at = static_cast<std::int32_t>(word); at != root;) {
      const Parent& parent = parents[static_cast<std::size_t>(at)];
      paths[word].push_back({parent.node, parent.right});
      at = words + parent.node;
    }
    std::ranges::reverse(paths[word]);
  }
}

HierarchicalSoftmax::HierarchicalSoftmax(const Parameters& p, Index in, WordCounts counts,
                                         const HierarchicalOptions& options)
    : in(in),
      tree(counts),
      nodes(p / "nodes", in, std::ssize(counts) - 1, options.bias, options.initialize,
            options.initialize_bias) {
  find_levels();
}

Var HierarchicalSoftmax::losses(const RowsWithTargets& rows) const {
  std::size_t length = 1;
  for (const std::int32_t word : rows.words) {
    if (word != kIgnored)
      length = std::max(length, tree.paths[static_cast<std::size_t>(word)].size());
  }
  const auto longest =
      (static_cast<Index>(length) + kPathMultiple - 1) / kPathMultiple * kPathMultiple;
  const Shape shape{rows.count(), longest};
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(shape.size()), 0);
  std::vector<double> signs(numbers.size(), 0.0);  // of v h in softplus; 0 after the end of a path
  for (std::size_t n = 0; n < rows.words.size(); ++n) {
    if (rows.words[n] == kIgnored) continue;
    std::size_t at = n * static_cast<std::size_t>(longest);
    for (const auto& [node, right] : tree.paths[static_cast<std::size_t>(rows.words[n])]) {
      numbers[at] = node;
      signs[at++] = right ? 1 : -1;
    }
  }
  Tape& tape = rows.h.tape();
  const Var path = put_ids(rows.h, shape, numbers);
  const Var sign = put_numbers(rows.h, shape, signs);
  const Var v = embedding(tape.parameter(nodes.W), path);
  Var x = sum(v * reshape(rows.h, {shape[0], 1, in}), -1);
  if (nodes.b) x += embedding(tape.parameter(nodes.b), path);
  return sum(abs(sign) * softplus(sign * x), -1);
}

Var HierarchicalSoftmax::losses(Var h, const TensorView& targets, Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(tree.paths), ignore_index);
  return rows.shaped(losses(rows));
}

Var HierarchicalSoftmax::loss(Var h, const TensorView& targets, Reduction reduction,
                              Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(tree.paths), ignore_index);
  return rows.reduce(losses(rows), reduction);
}

void HierarchicalSoftmax::find_levels() {
  const std::int32_t inner = static_cast<std::int32_t>(tree.paths.size()) - 1;
  std::vector<std::int32_t> at(tree.paths.size(), 0);  // of each word's path, on its level
  std::vector<std::int32_t> place(static_cast<std::size_t>(2 * inner), kIgnored);  // of each turn
  found_.resize(tree.paths.size());
  std::int32_t above = 0;  // nodes of all levels above
  for (std::size_t depth = 0;; ++depth) {
    Level level;
    for (std::size_t word = 0; word < tree.paths.size(); ++word) {
      const std::vector<HuffmanTree::Turn>& path = tree.paths[word];
      if (path.size() <= depth) continue;
      const std::int32_t turn = path[depth].node + (path[depth].right ? inner : 0);
      std::int32_t& known = place[static_cast<std::size_t>(turn)];
      if (known == kIgnored) {
        known = static_cast<std::int32_t>(level.turns.size());
        level.turns.push_back(turn);
        level.parents.push_back(at[word]);
      }
      at[word] = known;
      found_[word] = above + known;
    }
    if (level.turns.empty()) return;
    above += static_cast<std::int32_t>(level.turns.size());
    levels_.push_back(std::move(level));
  }
}

Var HierarchicalSoftmax::log_probabilities(Var h) const {
  const Var x = nodes(rows_of(kName, h, in));
  const std::vector<Var> both{log_sigmoid(x), log_sigmoid(-x)};
  const Var turns = concat(both, 1);
  // log p of a node is that of its parent plus that of the turn to it.
  std::vector<Var> levels;
  for (const Level& level : levels_) {
    const Shape size{std::ssize(level.turns)};
    const Var here = index_select(turns, put_ids(h, size, level.turns), 1);
    levels.push_back(levels.empty()
                         ? here
                         : here + index_select(levels.back(), put_ids(h, size, level.parents), 1));
  }
  const Var found = put_ids(h, {std::ssize(found_)}, found_);
  return shaped_as(h, index_select(concat(levels, 1), found, 1));
}

}  // namespace unroll
