#pragma once
/// The probability of each word of a text, and the values inside the cells while it is read.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "wordlm/checkpoint.h"
#include "wordlm/gates.h"

namespace wordlm {

/// A word that the model holds possible.
struct Alternative {
  std::string word;
  double probability = 0;
};

/// A word of a text, and how much the model expected it.
struct InspectedWord {
  std::string word;  // as the text has it
  bool known = true;
  double log_p = 0;                    // given the words before it
  std::vector<Alternative> likeliest;  // five at most, the likeliest first

  /// -log2 p, in bits.
  [[nodiscard]] double surprise() const;
};

/// One value of the equations of a cell, such as a gate, while a text is read.
struct Activation {
  std::string name;
  std::vector<std::vector<double>> steps;  // by word that is read, by unit
};

/// The activations of one layer.
struct InspectedLayer {
  std::vector<Activation> activations;  // the gates, then the state, the output last
};

/// A text, from its first word to its end.
struct InspectedText {
  std::vector<InspectedWord> words;  // that are predicted: the end of the sentence is the last
  std::vector<std::string> read;     // the word that is read before each of them
  std::vector<InspectedLayer> layers;
  double log_p = 0;  // of all words, as `score` computes it

  /// exp of the mean of -log p per word.
  [[nodiscard]] double perplexity() const;
  /// How many of its words the model does not know.
  [[nodiscard]] std::int64_t unknown() const;
};

/// What a model computes when it reads one more token.
struct InspectedStep {
  std::vector<double> logits;                   // of the token after it
  std::vector<std::vector<Activation>> layers;  // their activations, with this one step each
};

/// The values of one step of a cell as activations with one step.
[[nodiscard]] std::vector<Activation> activations_of(const std::vector<NamedVar>& values);

/// Reads `ids` but the last, one after the other, by `step`; predicts `ids` but the first. `word`
/// gives an id's word. log_p of the text is the sum of those of its words.
[[nodiscard]] InspectedText inspect_steps(std::span<const std::int32_t> ids,
                                          const std::function<InspectedStep(std::int32_t)>& step,
                                          const std::function<std::string(std::int32_t)>& word);

/// Reads a text from a state of zeros, as `score` does. unroll::ValueError for a character that a
/// model of characters lacks.
[[nodiscard]] InspectedText inspect(const Checkpoint& checkpoint, const std::string& text);

/// Writes how -log p of a text is computed and differentiated to a page, node by node.
void write_tape(const Checkpoint& checkpoint, const std::string& text, const std::string& path);

/// The units of a layer whose output varies most over the words of all texts, in rising order: the
/// `count` of greatest variance, or all where there are fewer.
[[nodiscard]] std::vector<std::int64_t> varied_units(std::span<const InspectedText> texts,
                                                     std::size_t layer, std::size_t count);

}  // namespace wordlm
