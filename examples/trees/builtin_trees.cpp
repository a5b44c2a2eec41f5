#include "trees/builtin_trees.h"

#include <unroll/core/random.h>

#include <algorithm>
#include <array>

namespace trees {
namespace {

constexpr int kMostDepth = 5;
constexpr double kModified = 0.3;  // "not" or "very"
constexpr double kPair = 0.4;
constexpr std::int32_t kNeutral = 2;

using Words = std::array<const char*, 3>;
constexpr std::array<Words, kLabels> kAdjectives = {{{"awful", "terrible", "dreadful"},
                                                     {"bad", "dull", "weak"},
                                                     {"average", "ordinary", "plain"},
                                                     {"good", "clever", "warm"},
                                                     {"great", "brilliant", "superb"}}};

std::int32_t turned(std::int32_t x) { return kLabels - 1 - x; }
std::int32_t stressed(std::int32_t x) {
  return std::clamp(x + (x > kNeutral) - (x < kNeutral), 0, kLabels - 1);
}

class Writer {
 public:
  explicit Writer(unroll::Random& random) : random_(random) {}

  /// A tree of at most that depth, behind the nodes that are there; the number of its root.
  std::int32_t write(int depth) {
    const double kind = depth == 0 ? 1 : random_.uniform();
    if (kind < kModified) {
      const bool negated = random_.uniform() < 0.5;
      const std::int32_t word = leaf(kNeutral, negated ? "not" : "very");
      const std::int32_t rest = write(depth - 1);
      return join(negated ? turned(label(rest)) : stressed(label(rest)), word, rest);
    }
    if (kind < kModified + kPair) {
      const std::int32_t first = write(depth - 1);
      const std::int32_t second = write(depth - 1);
      return join(label(second), first, second);
    }
    const auto adjective = static_cast<std::int32_t>(random_.below(kLabels));
    const Words& words = kAdjectives[static_cast<std::size_t>(adjective)];
    return leaf(adjective, words[static_cast<std::size_t>(random_.below(std::ssize(words)))]);
  }

  Tree tree;

 private:
  std::int32_t label(std::int32_t node) const { return tree[static_cast<std::size_t>(node)].label; }
  std::int32_t leaf(std::int32_t label, const char* word) {
    tree.push_back({label, word, {}});
    return static_cast<std::int32_t>(tree.size()) - 1;
  }
  std::int32_t join(std::int32_t label, std::int32_t left, std::int32_t right) {
    tree.push_back({label, "", {left, right}});
    return static_cast<std::int32_t>(tree.size()) - 1;
  }

  unroll::Random& random_;
};

/// The probability of each label of a node whose children have an unknown order.
using Odds = std::array<double, kLabels>;

Odds odds_of(const Tree& tree, std::size_t number, const std::vector<Odds>& before) {
  const Node& node = tree[number];
  Odds odds{};
  if (node.children.empty()) {
    odds[static_cast<std::size_t>(node.label)] = 1;
    return odds;
  }
  const auto left = static_cast<std::size_t>(node.children[0]);
  const auto right = static_cast<std::size_t>(node.children[1]);
  const std::string& word = tree[left].word;
  const bool modified = word == "not" || word == "very";
  for (std::int32_t x = 0; x < kLabels; ++x) {
    const auto from = static_cast<std::size_t>(x);
    if (modified) {
      odds[static_cast<std::size_t>(word == "not" ? turned(x) : stressed(x))] +=
          before[right][from];
    } else {
      odds[from] += (before[left][from] + before[right][from]) / 2;
    }
  }
  return odds;
}

}  // namespace

std::vector<Tree> builtin_trees(std::int64_t count, std::uint64_t seed) {
  std::vector<Tree> trees;
  unroll::Random random(seed, unroll::hash_name("built-in trees"));
  for (std::int64_t i = 0; i < count; ++i) {
    Writer writer(random);
    (void)writer.write(kMostDepth);
    trees.push_back(std::move(writer.tree));
  }
  return trees;
}

double best_without_order(const std::vector<Tree>& trees, bool binary) {
  double sum = 0;
  std::int64_t count = 0;
  for (const Tree& tree : trees) {
    if (binary && tree.back().label == kNeutral) continue;
    std::vector<Odds> odds;
    for (std::size_t i = 0; i < tree.size(); ++i) odds.push_back(odds_of(tree, i, odds));
    const Odds& root = odds.back();
    const double negative = root[0] + root[1];
    const double positive = root[3] + root[4];
    sum += binary ? std::max(negative, positive) / (negative + positive)
                  : *std::ranges::max_element(root);
    ++count;
  }
  return sum / static_cast<double>(std::max<std::int64_t>(count, 1));
}

}  // namespace trees
