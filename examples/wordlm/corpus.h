#pragma once
/// The sentences a model is trained and tested on.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wordlm/settings.h"
#include "wordlm/text.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// A sentence as ids, from its start to its end.
using Ids = std::vector<std::int32_t>;

/// Sentences to train on, to measure on after each epoch, and to measure on in the end.
struct Corpus {
  std::vector<Sentence> train_words;
  std::vector<Sentence> held_out_words;
  std::vector<Sentence> test_words;
  /// Running text may be parted within a line: the first words held out go on in the last line of
  /// those to train on.
  bool parted_in_line = false;
  std::string description;  // what was read and what was odd about it, a line or several
  /// The loss per word no model can beat on the sentences held out and in the long run; only the
  /// built-in comments know theirs.
  std::optional<double> held_out_entropy;
  std::optional<double> source_entropy;
};

/// Reads the files of the settings, or makes the built-in comments. Throws unroll::IoError where
/// there is nothing to train on.
[[nodiscard]] Corpus read_corpus(const Settings& settings);

/// A text to evaluate a trained model on, as the sentences held out: those of the file `data`, read
/// as the model of `settings` reads (`format`: as asked for, empty: by itself), or where there is
/// none built-in comments that follow those it was trained on.
[[nodiscard]] Corpus read_evaluation(const Settings& settings, const std::string& data,
                                     const std::string& format);

/// The words of one text, whatever it holds, as a model of these settings reads them.
[[nodiscard]] Sentence words_of(const Settings& settings, const std::string& text);

/// Sentences as ids of a vocabulary.
[[nodiscard]] std::vector<Ids> encode_all(const std::vector<Sentence>& sentences,
                                          const Vocabulary& vocabulary);

/// A corpus as ids. Of running text each set is that text alone.
struct Sets {
  std::vector<Ids> train;
  std::vector<Ids> held_out;
  std::vector<Ids> test;
};
[[nodiscard]] Sets encode_sets(const Corpus& corpus, const Vocabulary& vocabulary,
                               const TextSettings& settings);

/// Leaves the first sentences, as many as the settings say to train on.
void keep_first(std::vector<Ids>& sentences, const TextSettings& settings);

/// A number that tells one list of sentences from another.
[[nodiscard]] std::string fingerprint(const std::vector<Ids>& sentences);

}  // namespace wordlm
