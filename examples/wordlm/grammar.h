#pragma once
/// Probabilistic context-free grammars whose entropy is known exactly.

#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wordlm {

/// The next number of `generator` as a double in [0, 1), the same on every platform (the
/// distributions of the standard library are not).
[[nodiscard]] double uniform(std::mt19937_64& generator);

/// Weighted rules that rewrite a start symbol into words.
///
/// The rules are text, one per line; a line that begins with a blank continues the one before, and
/// `#` begins a comment line:
///
///     Sentence   = 3 Claim(sg) . | 2 Claim(pl) . | why ?
///     Claim(N)   = the Noun(N) Is(N) late
///     Noun(sg)   = train | bus
///     Noun(pl)   = trains | buses
///     Is(sg)     = is
///     Is(pl)     = are
///
/// The first rule's symbol is the start. A symbol begins with a capital letter, anything else is a
/// word. An alternative may begin with its weight (1 if there is none); `_` is the empty
/// alternative. A symbol may take arguments, written without blanks: lower case ones are values,
/// capitalised ones stand for any value. Where several rules fit, the first one counts.
class Grammar {
 public:
  /// One sentence, and the natural logarithm of the probability of the choices that made it.
  struct Derivation {
    std::vector<std::string> tokens;
    double log_probability = 0.0;
  };

  /// Parses `rules`. Throws `unroll::Error`, with the line, for a mistake of form, for a symbol
  /// without a rule, for a rule never used, for left recursion and for rules whose sentences have
  /// no finite expected length.
  explicit Grammar(std::string_view rules);

  /// A random sentence with the probability of its derivation.
  [[nodiscard]] Derivation derive(std::mt19937_64& generator) const;

  /// The words of a random sentence, e.g. {"i", "do", "n't", "trust", "this", "kettle", "."}.
  [[nodiscard]] std::vector<std::string> sentence(std::mt19937_64& generator) const;

  /// Exact entropy of a derivation, in nats; of a sentence too if the grammar is unambiguous.
  [[nodiscard]] double entropy_per_sentence() const { return entropy_; }

  /// Exact mean number of words of a sentence, punctuation marks included.
  [[nodiscard]] double mean_words() const { return mean_words_; }

  /// Nats per predicted token, where the end of a sentence is a token as well: the loss per token
  /// that no model of an unambiguous grammar's sentences can beat.
  [[nodiscard]] double entropy_per_word() const { return entropy_ / (mean_words_ + 1.0); }

  /// Natural logarithm of the probability that a sentence is `tokens`, summed over all its
  /// derivations; minus infinity if it has none.
  [[nodiscard]] double log_probability(std::span<const std::string> tokens) const;

  /// The distinct words, in the order in which the rules first reach them.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

  /// Exact mean number of times `words()[i]` occurs in a sentence, for every i.
  [[nodiscard]] std::vector<double> mean_counts() const;

 private:
  struct Symbol {
    bool is_word;
    std::size_t index;  // into words_, or into productions_
  };
  struct Production {
    double probability;
    std::vector<Symbol> symbols;
  };
  class Builder;
  class Chart;

  void check_left_recursion() const;
  void solve_visits();

  std::vector<std::string> names_;                    // of the symbols, for messages
  std::vector<std::vector<Production>> productions_;  // by symbol; symbol 0 is the start
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::size_t> word_index_;
  std::vector<double> visits_;  // by symbol, how often a derivation expands it, in the mean
  double entropy_ = 0.0;
  double mean_words_ = 0.0;
};

}  // namespace wordlm
