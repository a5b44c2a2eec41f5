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

#include <optional>

#include "trees/levels.h"

namespace trees {

struct ModelSettings {
  std::int64_t embedding = 50;
  std::int64_t hidden = 50;
  std::string cell = "n-ary";  // or "child-sum"
  double dropout = 0.5;        // of word vectors and of h, while training
  bool binary = false;         // two labels: nodes of label 2 have none
};

class Model {
 public:
  using State = unroll::Lstm::State;

  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words)
      : settings(s),
        E(p / "words", words, s.embedding),
        out(p / "out", s.hidden, s.binary ? 2 : 5) {
    if (s.cell == "n-ary") {
      n_ary.emplace(p / "cell", s.embedding, s.hidden, 2);
    } else {
      child_sum.emplace(p / "cell", s.embedding, s.hidden);
    }
  }

  /// Logits (N, labels) of all nodes, in the order of the levels.
  [[nodiscard]] unroll::Var logits(unroll::Tape& tape, const Levels& levels,
                                   unroll::Noise* noise = nullptr) const {
    using namespace unroll;
    const auto ids = [&](const std::vector<std::int32_t>& rows) {
      return tape.input(Tensor::of<std::int32_t>({std::ssize(rows)}, rows));
    };
    const auto drop = [&](Var v) { return noise ? Dropout{settings.dropout, *noise}(v) : v; };
    const State leaves = of_words(drop(E(ids(levels.words))));
    const Var zeros = full(tape, {1, settings.hidden}, 0);
    std::vector<Var> h{leaves.h};
    State kept{};  // of inner nodes that a later level reads
    for (const Levels::Level& level : levels.levels) {
      // Rows of h, or of c, of the table that this level reads.
      const auto table = [&](Var of_zeros, Var of_leaves, Var of_kept) {
        std::vector<Var> parts{of_zeros};
        if (!level.leaves.empty()) parts.push_back(embedding(of_leaves, ids(level.leaves)));
        if (of_kept.was_recorded()) parts.push_back(of_kept);
        return concat(parts, 0);
      };
      const State read{table(zeros, leaves.h, kept.h), table(zeros, leaves.c, kept.c)};
      std::vector<State> children;
      for (const std::vector<std::int32_t>& rows : level.children) {
        children.push_back({embedding(read.h, ids(rows)), embedding(read.c, ids(rows))});
      }
      const State next = of_children(children);
      h.push_back(next.h);
      const auto keep = [&](Var before, Var now) {
        const Var both = before.was_recorded() ? concat(std::array{before, now}, 0) : now;
        return embedding(both, ids(level.kept));
      };
      kept = level.kept.empty() ? State{} : State{keep(kept.h, next.h), keep(kept.c, next.c)};
    }
    return out(drop(concat(h, 0)));
  }

  ModelSettings settings;
  unroll::Embedding E;
  std::optional<unroll::NaryTreeLstm> n_ary;
  std::optional<unroll::TreeLstm> child_sum;
  unroll::Linear out;

 private:
  [[nodiscard]] State of_words(unroll::Var x) const {
    return n_ary ? n_ary->step(x, {}) : child_sum->step(x, {});
  }
  [[nodiscard]] State of_children(std::span<const State> children) const {
    return n_ary ? n_ary->step(children) : child_sum->step(children);
  }
};

}  // namespace trees
