#pragma once
/// Sentences as trees with a label at every node, and the files they are read from.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trees {

/// Labels as those of the Stanford Sentiment Treebank: 0 very negative, 1 negative, 2 neutral, 3
/// positive, 4 very positive.
constexpr std::int32_t kLabels = 5;
constexpr std::int32_t kNoLabel = -1;

struct Node {
  std::int32_t label = kNoLabel;
  std::string word{};                    // of a leaf
  std::vector<std::int32_t> children{};  // their numbers, the leftmost first; none of a leaf
};

/// The nodes of a tree, each after its children; the root is the last.
using Tree = std::vector<Node>;

/// Reads trees in brackets, "(3 (2 It) (4 (2 is) (4 good)))": each node has its label, then a word
/// or its children. A tree ends at its closing bracket; it may take several lines. Throws
/// unroll::IoError, naming file, line and column, where the text is not a tree of that form or a
/// node has more than `most_children` children.
[[nodiscard]] std::vector<Tree> read_trees(const std::string& path, std::size_t most_children);

/// One tree; labels may be missing, "((It) (is good))", and each word alone is a leaf.
/// unroll::Error with the column where it is none.
[[nodiscard]] Tree parse_tree(std::string_view text, std::size_t most_children);

/// The brackets of a tree, with its labels where it has them.
[[nodiscard]] std::string to_text(const Tree& tree);

}  // namespace trees
