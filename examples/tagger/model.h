#pragma once
/// The bidirectional LSTM with a conditional random field (Huang, Xu & Yu 2015), and the vectors of
/// words from their characters (Lample et al. 2016), as the papers' equations:
///
///   x_t      = [E w_t, LSTM forward(c_1 ... c_n), LSTM backward(c_n ... c_1)]   c: its characters
///   h_t      = [LSTM forward(x_t), LSTM backward(x_t)]
///   e_t      = W h_t + b                                                        a score a tag
///   score(y) = Σ_t e_t[y_t] + A[y_(t-1), y_t]
///   p(y|x)   = exp(score(y)) / Σ_y' exp(score(y'))                              Crf

#include <optional>

#include "tagger/settings.h"

namespace tagger {

class Model {
 public:
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words,
        std::int64_t characters, std::int64_t tags)
      : settings(s),
        E(p / "words", words, s.embedding),
        lstm{{p / "forward", s.embedding + 2 * s.characters, s.hidden},
             {p / "backward", s.embedding + 2 * s.characters, s.hidden}},
        out(p / "out", 2 * s.hidden, tags),
        crf(p / "crf", tags) {
    if (s.characters == 0) return;
    C.emplace(p / "characters", characters, s.characters);
    spelling.emplace(unroll::Bidirectional<unroll::Lstm>{
        {p / "spelling" / "forward", s.characters, s.characters},
        {p / "spelling" / "backward", s.characters, s.characters}});
  }

  /// Vectors (U, 2 characters) of words by their characters (L, U), those that the mask leaves.
  [[nodiscard]] unroll::Var spelled(unroll::Var characters, unroll::Var mask) const {
    const auto start = spelling->zero_state(characters.tape(), characters.shape()[1]);
    const auto last = spelling->run((*C)(characters), start, mask).last;
    return unroll::concat(std::array{last.forward.h, last.backward.h}, 1);
  }

  /// e (T, B, tags) of words as vectors x (T, B, in), those that the mask (T, B) leaves.
  [[nodiscard]] unroll::Var emissions(unroll::Var x, unroll::Var mask,
                                      unroll::Noise* noise = nullptr) const {
    const auto drop = [&](unroll::Var v) {
      return noise == nullptr ? v : unroll::Dropout{settings.dropout, *noise}(v);
    };
    const auto start = lstm.zero_state(x.tape(), x.shape()[1]);
    return out(drop(lstm.run(drop(x), start, mask).outputs));
  }

  ModelSettings settings;
  unroll::Embedding E;
  unroll::Bidirectional<unroll::Lstm> lstm;
  unroll::Linear out;
  unroll::Crf crf;
  std::optional<unroll::Embedding> C;
  std::optional<unroll::Bidirectional<unroll::Lstm>> spelling;
};

}  // namespace tagger
