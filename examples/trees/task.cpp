#include "trees/task.h"

#include <algorithm>

#include "common/batches.h"
#include "common/interrupt.h"

namespace trees {
namespace {

constexpr std::int64_t kTestBatch = 64;
constexpr std::int32_t kNeutral = 2;

using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

/// Some trees, for a step of the model.
struct Batch {
  unroll::TreeLevels levels;
  std::vector<std::int32_t> words;

  [[nodiscard]] Var input(Tape& tape) const {
    return tape.input(Tensor::of<std::int32_t>({std::ssize(words)}, words));
  }
};

Batch batch_of(const Encoded& trees, std::span<const std::size_t> numbers) {
  std::vector<std::span<const unroll::TreeNode>> nodes;
  std::vector<std::int32_t> words;
  for (const std::size_t number : numbers) {
    nodes.emplace_back(trees.nodes[number]);
    const std::vector<std::int32_t>& of_tree = trees.words[number];
    words.insert(words.end(), of_tree.begin(), of_tree.end());
  }
  return {unroll::TreeLevels(nodes), std::move(words)};
}

std::vector<unroll::TreeNode> nodes_of(const Tree& tree) {
  std::vector<unroll::TreeNode> nodes;
  unroll::Index leaves = 0;
  for (const Node& node : tree) {
    nodes.push_back({.children = {node.children.begin(), node.children.end()}});
    if (node.children.empty()) nodes.back().x = leaves++;
  }
  return nodes;
}

std::int32_t likeliest(const std::vector<double>& probabilities) {
  return static_cast<std::int32_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

std::uint64_t fingerprint_of(const Encoded& trees) {
  std::string bytes;
  for (const Tree& tree : trees.trees) bytes += to_text(tree) + "\n";
  return unroll::hash_name(bytes);
}

}  // namespace

std::vector<std::vector<std::string>> words_of(const std::vector<Tree>& trees) {
  std::vector<std::vector<std::string>> words;
  for (const Tree& tree : trees) {
    words.emplace_back();
    for (const Node& node : tree) {
      if (node.children.empty()) words.back().push_back(node.word);
    }
  }
  return words;
}

Judge::Judge(const ModelSettings& s, examples::WordIds w, unroll::DType dtype, std::uint64_t seed)
    : settings(s),
      words(std::move(w)),
      parameters(dtype, seed),
      model(parameters, s, words.size()) {}

Encoded Judge::encode(std::vector<Tree> trees) const {
  Encoded encoded;
  for (const std::vector<std::string>& of_tree : words_of(trees)) {
    encoded.words.push_back(words.ids(of_tree));
  }
  for (const Tree& tree : trees) encoded.nodes.push_back(nodes_of(tree));
  encoded.trees = std::move(trees);
  return encoded;
}

std::size_t Judge::most_children() const {
  const auto* const n_ary = std::get_if<unroll::NaryTreeLstm>(&model.cell);
  return n_ary != nullptr ? n_ary->Uf.size() : std::numeric_limits<std::size_t>::max();
}

std::int32_t Judge::label_of(std::int32_t label) const {
  if (!settings.binary || label == kNoLabel) return label;
  return label == kNeutral ? kNoLabel : static_cast<std::int32_t>(label > kNeutral);
}

Var Judge::loss(Tape& tape, const Encoded& trees, std::span<const std::size_t> numbers,
                unroll::Noise* noise) const {
  const Batch batch = batch_of(trees, numbers);
  std::vector<std::int32_t> labels;
  for (const auto& [tree, node] : batch.levels.places) {
    labels.push_back(label_of(trees.trees[numbers[tree]][static_cast<std::size_t>(node)].label));
  }
  const Var targets = tape.input(Tensor::of<std::int32_t>({std::ssize(labels)}, labels));
  return unroll::softmax_cross_entropy(model.logits(batch.input(tape), batch.levels, noise),
                                       targets, unroll::Reduction::sum, kNoLabel) /
         static_cast<double>(numbers.size());
}

Judge::Probabilities Judge::probabilities(const Encoded& trees) const {
  std::vector<std::int64_t> sizes;
  Probabilities all;
  for (const Tree& tree : trees.trees) {
    sizes.push_back(std::ssize(tree));
    all.emplace_back(tree.size());
  }
  Tape tape(parameters.dtype());
  for (const auto& positions : unroll::bucket_by_length(sizes, kTestBatch)) {
    examples::stop_if_interrupted();
    const std::vector<std::size_t> numbers(positions.begin(), positions.end());
    const Batch batch = batch_of(trees, numbers);
    const auto& places = batch.levels.places;
    tape.clear();
    const std::vector<double> values =
        unroll::softmax(model.logits(batch.input(tape), batch.levels)).value().to_doubles();
    const std::size_t labels = values.size() / places.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto [tree, node] = places[i];
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * labels);
      all[numbers[tree]][static_cast<std::size_t>(node)].assign(
          begin, begin + static_cast<std::ptrdiff_t>(labels));
    }
  }
  return all;
}

Accuracy accuracy_of(const Judge& judge, const Encoded& trees) {
  const Judge::Probabilities probabilities = judge.probabilities(trees);
  Accuracy right;
  for (std::size_t t = 0; t < trees.trees.size(); ++t) {
    for (std::size_t i = 0; i < trees.trees[t].size(); ++i) {
      const std::int32_t label = judge.label_of(trees.trees[t][i].label);
      if (label == kNoLabel) continue;
      const double is_right = likeliest(probabilities[t][i]) == label ? 1 : 0;
      ++right.labelled_nodes;
      right.nodes += is_right;
      if (i + 1 < trees.trees[t].size()) continue;
      ++right.labelled_roots;
      right.roots += is_right;
    }
  }
  const auto count = [](std::int64_t n) {
    return static_cast<double>(std::max<std::int64_t>(n, 1));
  };
  right.roots /= count(right.labelled_roots);
  right.nodes /= count(right.labelled_nodes);
  return right;
}

TreeTask::TreeTask(const Judge& judge, Encoded train, Encoded test,
                   const examples::TrainingSettings& settings, std::optional<double> best)
    : judge_(judge),
      train_(std::move(train)),
      test_(std::move(test)),
      settings_(settings),
      best_(best) {}

std::int64_t TreeTask::begin_epoch(std::int64_t epoch) {
  std::vector<std::int64_t> sizes;
  for (const Tree& tree : train_.trees) sizes.push_back(std::ssize(tree));
  batches_ = examples::shuffled_batches(sizes, settings_.batch, settings_.seed, epoch);
  return std::ssize(batches_);
}

Var TreeTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& noise) {
  return judge_.loss(tape, train_, batches_[static_cast<std::size_t>(batch)], &noise);
}

examples::Score TreeTask::score() { return {accuracy_of(judge_, test_).roots, best_}; }

std::string TreeTask::show(double score) const {
  return fmt::format("accuracy {:.1f} %", 100 * score);
}

std::uint64_t TreeTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t TreeTask::test_fingerprint() const { return fingerprint_of(test_); }

}  // namespace trees
