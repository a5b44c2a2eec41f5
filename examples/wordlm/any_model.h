#pragma once
/// A model in a file, be it a network or n-grams, as far as it is measured.

#include <functional>
#include <string>
#include <vector>

#include "wordlm/checkpoint.h"
#include "wordlm/evaluation.h"

namespace wordlm {

struct AnyModel {
  Settings settings;
  Vocabulary vocabulary;
  std::string description;         // "after epoch 3, the best of 4", "5-grams"
  std::string data;                // fingerprint of the sentences it was trained on
  std::int64_t unknown_words = 0;  // words of that text that stood for UNKNOWN_TOKEN
  /// The loss of a text, and log p of every word of one but the first.
  std::function<Evaluation(const SentenceList&)> measure;
  std::function<std::vector<double>(std::span<const std::int32_t>)> log_probabilities;

  /// Those of several texts, one after the other.
  [[nodiscard]] std::vector<double> all_log_probabilities(const SentenceList& texts) const;
};

/// Reads what `wordlm train --save` or `wordlm ngram --save` wrote; of a network the weights it was
/// best with. unroll::IoError, naming the file, for anything else.
[[nodiscard]] AnyModel load_any(const std::string& path);

}  // namespace wordlm
