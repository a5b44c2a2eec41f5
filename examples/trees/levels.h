#pragma once
/// The nodes of many trees in an order in which they can be computed together.

#include <span>

#include "trees/trees.h"

namespace trees {

/// Trees as levels: first all leaves, then all nodes whose children are leaves, and so on: the
/// nodes of a level, of all trees, are rows of one matrix. A level reads a table of states: zeros,
/// then the leaves that it is the parent of, then the states of inner nodes that were kept for it
/// or a later level.
struct Levels {
  struct Level {
    std::vector<std::int32_t> leaves;                 // rows of the leaves' states
    std::vector<std::vector<std::int32_t>> children;  // for each place, of each node, a row of the
                                                      // table; 0 where it has no such child
    std::vector<std::int32_t> kept;  // of the kept states and then those of this level, the rows
                                     // that a later level reads
  };
  std::vector<std::int32_t> words;  // ids, a leaf each
  std::vector<Level> levels;        // of inner nodes
  /// For each node, in the order in which they are computed: its tree and its number in that.
  struct Place {
    std::size_t tree;
    std::int32_t node;
  };
  std::vector<Place> places;
};

/// The levels of some trees; `word_ids` are those of their leaves, a list for each tree.
[[nodiscard]] Levels levels_of(std::span<const Tree* const> trees,
                               std::span<const std::vector<std::int32_t>* const> word_ids);

}  // namespace trees
