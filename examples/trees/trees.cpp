#include "trees/trees.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <optional>

#include "common/numbers.h"
#include "text/comments.h"
#include "text/input.h"

namespace trees {
namespace {

using unroll::fail;
using unroll::IoError;

/// Whether labels have to be there.
enum class Labels : std::uint8_t { needed, optional };

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::optional<std::int32_t> label_of(std::string_view text) {
  const bool fits = text.size() == 1 && text[0] >= '0' && text[0] < '0' + kLabels;
  return fits ? std::optional<std::int32_t>(text[0] - '0') : std::nullopt;
}

/// A node whose bracket is open.
struct Open {
  std::size_t begin;  // of its bracket in the text
  std::int32_t label = kNoLabel;
  std::vector<std::string> words{};      // that stand in it
  std::vector<std::int32_t> children{};  // complete ones, and words as leaves
};

/// Reads trees of a text. Brackets that are open are kept in a list: trees may be deep.
class Parser {
 public:
  Parser(std::string_view text, std::string path, Labels labels, std::size_t most_children)
      : text_(text), path_(std::move(path)), labels_(labels), most_children_(most_children) {}

  /// The next tree; none at the end of the text.
  std::optional<Tree> next() {
    Tree tree;
    std::vector<Open> open;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c)) {
        ++at_;
      } else if (c == '(') {
        open.push_back({at_++});
      } else if (open.empty()) {
        refuse(at_, fmt::format("expected '(', found '{}'", token()));
      } else if (c == ')') {
        const std::int32_t closed = close(open.back(), tree);
        open.pop_back();
        ++at_;
        if (open.empty()) return tree;
        open.back().children.push_back(closed);
      } else {
        add_token(open.back(), tree);
      }
    }
    if (!open.empty()) refuse(open.back().begin, "this '(' is not closed");
    return std::nullopt;
  }

 private:
  /// What stands before the next blank or bracket.
  std::string_view token() const {
    std::size_t end = at_;
    while (end < text_.size() && !is_blank(text_[end]) && text_[end] != '(' && text_[end] != ')') {
      ++end;
    }
    return text_.substr(at_, std::max<std::size_t>(1, end - at_));
  }

  /// A label, where it stands first, or a word.
  void add_token(Open& node, Tree& tree) {
    const std::string_view text = token();
    const std::size_t begin = at_;
    at_ += text.size();
    const bool first = node.label == kNoLabel && node.words.empty() && node.children.empty();
    const auto label = first ? label_of(text) : std::nullopt;
    if (label && !closes_next()) {
      node.label = *label;
      return;
    }
    if (labels_ == Labels::needed) {
      if (node.label == kNoLabel) {
        refuse(begin, fmt::format("expected a label from 0 to {}, found '{}'", kLabels - 1, text));
      }
      if (!node.words.empty() || !node.children.empty()) {
        refuse(begin, fmt::format("expected one word, or nodes in brackets; found '{}'", text));
      }
    }
    node.words.emplace_back(text);
    tree.push_back({kNoLabel, std::string(text), {}});
    node.children.push_back(static_cast<std::int32_t>(tree.size()) - 1);
  }

  /// Whether a ')' follows: what stands before it is a word then, not a label.
  bool closes_next() const {
    if (labels_ == Labels::needed) return false;
    std::size_t at = at_;
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return at < text_.size() && text_[at] == ')';
  }

  /// Adds the node to the tree: its number.
  std::int32_t close(const Open& node, Tree& tree) {
    if (node.children.empty()) refuse(node.begin, "a node without a word and without children");
    const bool leaf = node.words.size() == 1 && node.children.size() == 1;
    if (leaf) {
      tree.back().label = node.label;
      return node.children[0];
    }
    if (labels_ == Labels::needed && node.label == kNoLabel) {
      refuse(node.begin, fmt::format("no label from 0 to {}", kLabels - 1));
    }
    if (labels_ == Labels::needed && !node.words.empty()) {
      refuse(node.begin, fmt::format("'{}' stands beside nodes in brackets", node.words[0]));
    }
    if (node.children.size() > most_children_) {
      refuse(node.begin, fmt::format("a node with {} children; the N-ary cell reads up to {}, "
                                     "--cell child-sum any number",
                                     node.children.size(), most_children_));
    }
    tree.push_back({node.label, "", node.children});
    return static_cast<std::int32_t>(tree.size()) - 1;
  }

  [[noreturn]] void refuse(std::size_t at, const std::string& why) const {
    std::size_t line = 1;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < at; ++i) {
      if (text_[i] != '\n') continue;
      ++line;
      begin = i + 1;
    }
    if (path_.empty()) fail<unroll::Error>("'{}', column {}: {}", text_, at - begin + 1, why);
    fail<IoError>("{}:{}:{}: {}", path_, line, at - begin + 1, why);
  }

  std::string_view text_;
  std::string path_;
  Labels labels_;
  std::size_t most_children_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Tree> read_trees(const std::string& path, std::size_t most_children) {
  const std::string text = text::text_of_bytes(text::read_input(path), path).text;
  Parser parser(text, path, Labels::needed, most_children);
  std::vector<Tree> trees;
  while (std::optional<Tree> tree = parser.next()) trees.push_back(std::move(*tree));
  if (trees.empty()) fail<IoError>("{}: holds no tree", path);
  return trees;
}

Tree parse_tree(std::string_view text, std::size_t most_children) {
  Parser parser(text, "", Labels::optional, most_children);
  std::optional<Tree> tree = parser.next();
  if (!tree) fail<unroll::Error>("'{}': expected a tree in brackets", text);
  if (parser.next()) fail<unroll::Error>("'{}': expected one tree, found more", text);
  return std::move(*tree);
}

std::string to_text(const Tree& tree) {
  std::vector<std::string> texts;  // of nodes whose parents come later
  for (const Node& node : tree) {
    std::string text = "(";
    if (node.label != kNoLabel) text += fmt::format("{} ", node.label);
    if (node.children.empty()) {
      text += node.word;
    } else {
      // Children are the last nodes without a parent, in order.
      const auto first = texts.end() - std::ssize(node.children);
      for (auto child = first; child != texts.end(); ++child) {
        text += (child == first ? "" : " ") + *child;
      }
      texts.erase(first, texts.end());
    }
    texts.push_back(text + ")");
  }
  return texts.empty() ? "" : texts.back();
}

}  // namespace trees
