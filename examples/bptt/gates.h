#pragma once
/// What the gates of a trained LSTM do over a text, and the units that count or remember (Gers &
/// Schmidhuber 2001; Karpathy, Johnson & Fei-Fei 2016).

#include <unroll/unroll.h>

#include <memory>
#include <string>
#include <vector>

#include "bptt/folder.h"
#include "bptt/language_model.h"
#include "variants/task.h"
#include "wordlm/tracking.h"

namespace bptt {

/// An LSTM that predicts the next symbol of a^n b^n: the task anbn of variants.
class AnbnReader {
 public:
  /// For strings of up to `longest` a's.
  AnbnReader(unroll::Index longest, unroll::Index hidden, std::uint64_t seed);

  /// Trains until 99 % of strings are foreseen, or for `updates` minibatches. Returns the number of
  /// those there were.
  unroll::Index train(unroll::Index updates);
  /// The part of 200 new strings whose b's and end are all foreseen.
  [[nodiscard]] double score() const;
  /// The gates and states of the cell while it reads n a's and n b's.
  [[nodiscard]] wordlm::InspectedText inspect(unroll::Index n) const;

 private:
  [[nodiscard]] unroll::Var answers(unroll::Tape& tape, const variants::Batch& batch) const;

  std::unique_ptr<variants::Task> task_;
  unroll::Parameters parameters_;
  unroll::AnyCell cell_;
  unroll::Linear readout_;
  std::uint64_t seed_;
};

/// The a's that are open after each token of a string of AnbnReader: those read, less the b's.
[[nodiscard]] wordlm::Quantity open_as(const wordlm::InspectedText& text);

/// The gates and states of a language model while it reads the text `ids`, tokens of `tokens`.
[[nodiscard]] wordlm::InspectedText inspect(const LanguageModel& model, const TokenText& tokens,
                                            const std::vector<std::int32_t>& ids);

/// A made-up text of so many words, of characters: at one word in ten, at random, a quote is
/// opened before the word or, if one is open, closed after it. Only who remembers that a quote is
/// open knows which of the two can come.
[[nodiscard]] std::string quoted_text(unroll::Index words, std::uint64_t seed);

/// The loss per character of a quoted text that no model can beat in the long run, in nats: each
/// word is one of six and has a quote or none, and takes 3.93 characters in the mean.
[[nodiscard]] double quoted_entropy();

/// The chapter.
void run_gates(const Folder& folder);

}  // namespace bptt
