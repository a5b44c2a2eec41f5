#pragma once
/// The Tree-LSTM for sentiment (Tai, Socher & Manning 2015, section 4.1), as its equations:
///
///   h_j, c_j = TreeLstm(E w_j)                     a leaf, which reads a word
///   h_j, c_j = TreeLstm(states of its children)    any other node
///   P(label) = softmax(W h_j + b)                  at every node
///
/// TreeLstm is the N-ary form, which knows its children by their places, or the child-sum form,
/// which adds them up: layers/cells/tree_lstm.h.

#include <unroll/unroll.h>

#include <variant>

namespace trees {

struct ModelSettings {
  std::int64_t embedding = 50;
  std::int64_t hidden = 50;
  std::string cell = "n-ary";  // or "child-sum"
  double dropout = 0.5;        // of word vectors and of h, while training
  bool binary = false;         // two labels: nodes of label 2 have none
};

struct Model {
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words)
      : settings(s),
        E(p / "words", words, s.embedding),
        cell(s.cell == "n-ary" ? Cell(unroll::NaryTreeLstm(p / "cell", s.embedding, s.hidden, 2))
                               : Cell(unroll::TreeLstm(p / "cell", s.embedding, s.hidden))),
        out(p / "out", s.hidden, s.binary ? 2 : 5) {}

  /// Logits (N, labels) of all nodes of some trees, in the order of `levels.places`. `words` (M)
  /// are the ids of their leaves, from the left, tree after tree.
  [[nodiscard]] unroll::Var logits(unroll::Var words, const unroll::TreeLevels& levels,
                                   unroll::Noise* noise = nullptr) const {
    using namespace unroll;
    const auto drop = [&](Var v) { return noise ? Dropout{settings.dropout, *noise}(v) : v; };
    const Var x = drop(E(words));
    const Var h = std::visit([&](const auto& c) { return unroll_trees(c, x, levels); }, cell);
    return out(drop(h));
  }

  using Cell = std::variant<unroll::NaryTreeLstm, unroll::TreeLstm>;
  ModelSettings settings;
  unroll::Embedding E;
  Cell cell;
  unroll::Linear out;
};

}  // namespace trees
