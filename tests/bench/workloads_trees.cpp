/// W10: child-sum Tree-LSTMs over random binary trees, recorded node by node or, as examples/trees
/// does, level by level.

#include "bench/workload_parts.h"

namespace bench {

using namespace unroll;

namespace {

struct TreeSizes {
  Index trees;  // a batch
  Index least_leaves;
  Index most_leaves;
  Index vocabulary;
  Index hidden;
  Index classes;
};
constexpr TreeSizes kFull{25, 10, 28, 10000, 128, 5};
constexpr TreeSizes kSmall{3, 2, 6, 30, 12, 5};

/// A binary tree. Its nodes are numbered: first the leaves, from the left, then inner nodes, each
/// after its children; the root is the last.
struct BinaryTree {
  std::size_t leaves;
  std::vector<std::array<std::size_t, 2>> children;  // of the inner nodes
};

/// Joins two neighbours, any two with the same probability, until one node is left.
BinaryTree random_tree(Index leaves, Random& random) {
  BinaryTree tree{static_cast<std::size_t>(leaves), {}};
  std::vector<std::size_t> row(tree.leaves);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  while (row.size() > 1) {
    const std::int64_t at = random.below(static_cast<std::int64_t>(row.size()) - 1);
    const auto left = row.begin() + at;
    tree.children.push_back({left[0], left[1]});
    *left = tree.leaves + tree.children.size() - 1;
    row.erase(left + 1);
  }
  return tree;
}

/// What a workload's name asks for.
struct TreeOptions {
  bool new_trees;  // each step has trees of its own
  bool
      words_for_none;  // inner nodes look up word 0, each for itself; else all read one zero vector
};

/// Leaves read word vectors; every node has a class to predict, as in the Stanford Sentiment
/// Treebank (Socher et al. 2013; Tai et al. 2015, section 5.1).
struct Trees {
  Trees(const TreeSizes& sizes, const TreeOptions& options)
      : sizes(sizes),
        options(options),
        embedding(p / "embedding", sizes.vocabulary, sizes.hidden),
        cell(p / "cell", sizes.hidden, sizes.hidden),
        output(p / "output", sizes.hidden, sizes.classes) {
    draw();
  }

  void draw() {
    batch.clear();
    std::size_t leaves = 0;
    std::size_t nodes = 0;
    for (Index i = 0; i < sizes.trees; ++i) {
      const Index range = sizes.most_leaves - sizes.least_leaves + 1;
      batch.push_back(random_tree(sizes.least_leaves + random.below(range), random));
      leaves += batch.back().leaves;
      nodes += batch.back().leaves + batch.back().children.size();
    }
    words = zipf_ids({static_cast<Index>(options.words_for_none ? nodes : leaves)},
                     sizes.vocabulary, random.bits());
    if (options.words_for_none) {
      std::span<std::int32_t> rest = words.values<std::int32_t>();
      for (const BinaryTree& tree : batch) {
        std::ranges::fill(rest.subspan(tree.leaves, tree.children.size()), 0);
        rest = rest.subspan(tree.leaves + tree.children.size());
      }
    }
    labels = uniform_ids({static_cast<Index>(nodes)}, sizes.classes, random.bits());
  }

  Var loss(Tape& tape) {
    if (options.new_trees) draw();
    const Var vectors = embedding(tape.input(words));
    const Var nothing = full(tape, {1, sizes.hidden}, 0);
    std::vector<Var> outputs;
    Index word = 0;
    const auto next_word = [&] {
      ++word;
      return rows(vectors, word - 1, word);
    };
    for (const BinaryTree& tree : batch) {
      std::vector<TreeLstm::State> states;
      for (std::size_t i = 0; i < tree.leaves; ++i) states.push_back(cell.step(next_word(), {}));
      for (const auto& [left, right] : tree.children) {
        const Var x = options.words_for_none ? next_word() : nothing;
        states.push_back(cell.step(x, std::array{states[left], states[right]}));
      }
      for (const TreeLstm::State& state : states) outputs.push_back(state.h);
    }
    return softmax_cross_entropy(output, concat(outputs, 0), tape.input(labels));
  }

  TreeSizes sizes;
  TreeOptions options;
  Parameters p{DType::f32, 1};
  Embedding embedding;
  TreeLstm cell;
  Linear output;
  Random random{1};
  std::vector<BinaryTree> batch;
  Tensor words;
  Tensor labels;
};

/// The same as examples/trees computes it: all nodes of a level are rows of one matrix.
struct TreesByLevels {
  explicit TreesByLevels(const TreeSizes& sizes)
      : sizes(sizes),
        embedding(p / "words", sizes.vocabulary, sizes.hidden),
        cell(p / "cell", sizes.hidden, sizes.hidden),
        output(p / "out", sizes.hidden, sizes.classes) {}

  Var loss(Tape& tape) {
    std::vector<std::vector<TreeNode>> trees;
    Index leaves = 0;
    Index nodes = 0;
    for (Index i = 0; i < sizes.trees; ++i) {
      const Index range = sizes.most_leaves - sizes.least_leaves + 1;
      const BinaryTree drawn = random_tree(sizes.least_leaves + random.below(range), random);
      std::vector<TreeNode>& tree = trees.emplace_back();
      for (std::size_t leaf = 0; leaf < drawn.leaves; ++leaf) {
        tree.push_back({.x = static_cast<Index>(leaf)});
      }
      for (const auto& [left, right] : drawn.children) {
        tree.push_back({.children = {static_cast<Index>(left), static_cast<Index>(right)}});
      }
      leaves += static_cast<Index>(drawn.leaves);
      nodes += std::ssize(tree);
    }
    const Tensor words = zipf_ids({leaves}, sizes.vocabulary, random.bits());
    const Tensor labels = uniform_ids({nodes}, sizes.classes, random.bits());
    const Var h = unroll_trees(cell, embedding(tape.input(words)), TreeLevels(trees));
    return softmax_cross_entropy(output, h, tape.input(labels));
  }

  TreeSizes sizes;
  Parameters p{DType::f32, 1};
  Embedding embedding;
  TreeLstm cell;
  Linear output;
  Random random{1};
};

Workload make_trees_by_levels(const std::string& name, const TreeSizes& s) {
  auto model = std::make_shared<TreesByLevels>(s);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("{} trees of {} to {} leaves, new each step, Tree-LSTM {}, level by level",
                      s.trees, s.least_leaves, s.most_leaves, s.hidden),
          s.trees,
          s.trees,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          clipped_sgd,
          parameters,
          std::move(model),
          "trees"};
}

}  // namespace

Workload make_trees(const std::string& name, Scale scale) {
  const TreeSizes& s = scale == Scale::full ? kFull : kSmall;
  if (name.ends_with(" levels")) return make_trees_by_levels(name, s);
  const TreeOptions options{!name.ends_with(" same"), name.find(" words") != name.npos};
  auto model = std::make_shared<Trees>(s, options);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("{} trees of {} to {} leaves, {} each step, Tree-LSTM {}{}", s.trees,
                      s.least_leaves, s.most_leaves, options.new_trees ? "new" : "the same",
                      s.hidden, options.words_for_none ? ", inner nodes look up a word" : ""),
          s.trees,
          s.trees,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          clipped_sgd,
          parameters,
          std::move(model),
          "trees"};
}

}  // namespace bench
