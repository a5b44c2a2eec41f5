#include "trees/levels.h"

#include <algorithm>

namespace trees {
namespace {

using Place = Levels::Place;

/// A node while the levels are made.
struct State {
  std::size_t level = 0;      // 0: a leaf
  std::size_t needed_at = 0;  // the level of its parent; 0: the root, which has none
  std::int32_t row = 0;  // a leaf's row in the leaves' states, an inner node's in the kept ones
};

/// How high each node is, and its parent.
std::vector<State> heights_of(const Tree& tree) {
  std::vector<State> states(tree.size());
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const std::int32_t child : tree[i].children) {
      states[i].level =
          std::max(states[i].level, states[static_cast<std::size_t>(child)].level + 1);
    }
    for (const std::int32_t child : tree[i].children) {
      states[static_cast<std::size_t>(child)].needed_at = states[i].level;
    }
  }
  return states;
}

}  // namespace

Levels levels_of(std::span<const Tree* const> trees,
                 std::span<const std::vector<std::int32_t>* const> word_ids) {
  std::vector<std::vector<State>> states;
  std::vector<std::vector<Place>> of_level;  // the nodes of each
  for (std::size_t t = 0; t < trees.size(); ++t) {
    states.push_back(heights_of(*trees[t]));
    for (std::size_t i = 0; i < trees[t]->size(); ++i) {
      const std::size_t level = states[t][i].level;
      of_level.resize(std::max(of_level.size(), level + 1));
      of_level[level].push_back({t, static_cast<std::int32_t>(i)});
    }
  }
  const auto state = [&](Place place) -> State& {
    return states[place.tree][static_cast<std::size_t>(place.node)];
  };

  Levels levels;
  for (const Place place : of_level[0]) {
    state(place).row = static_cast<std::int32_t>(levels.places.size());
    levels.places.push_back(place);
  }
  for (const std::vector<std::int32_t>* ids : word_ids) {
    levels.words.insert(levels.words.end(), ids->begin(), ids->end());
  }
  std::vector<Place> kept;
  for (std::size_t number = 1; number < of_level.size(); ++number) {
    Levels::Level level;
    const std::vector<Place>& nodes = of_level[number];
    std::size_t most = 0;
    for (const Place place : nodes) {
      const Node& node = (*trees[place.tree])[static_cast<std::size_t>(place.node)];
      most = std::max(most, node.children.size());
      for (const std::int32_t child : node.children) {
        const State& of_child = state({place.tree, child});
        if (of_child.level == 0) level.leaves.push_back(of_child.row);
      }
    }
    level.children.assign(most, std::vector<std::int32_t>(nodes.size(), 0));
    const auto first_kept = static_cast<std::int32_t>(1 + level.leaves.size());
    std::int32_t next_leaf = 1;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = (*trees[nodes[i].tree])[static_cast<std::size_t>(nodes[i].node)];
      for (std::size_t k = 0; k < node.children.size(); ++k) {
        const State& of_child = state({nodes[i].tree, node.children[k]});
        level.children[k][i] = of_child.level == 0 ? next_leaf++ : first_kept + of_child.row;
      }
    }
    // What a later level reads is kept; rows are those of the kept states and then of this level.
    std::vector<Place> candidates = kept;
    candidates.insert(candidates.end(), nodes.begin(), nodes.end());
    kept.clear();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (state(candidates[i]).needed_at <= number) continue;
      level.kept.push_back(static_cast<std::int32_t>(i));
      state(candidates[i]).row = static_cast<std::int32_t>(kept.size());
      kept.push_back(candidates[i]);
    }
    levels.places.insert(levels.places.end(), nodes.begin(), nodes.end());
    levels.levels.push_back(std::move(level));
  }
  return levels;
}

}  // namespace trees
