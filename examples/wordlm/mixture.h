#pragma once
/// Two models side by side, and one that is a mixture of both.

#include <span>
#include <vector>

#include "wordlm/ngram.h"

namespace wordlm {

/// log p of every word of some texts, one text after the other: of all words but the first of each.
[[nodiscard]] std::vector<double> log_probabilities(const NgramModel& model,
                                                    const SentenceList& texts);

/// The mean of -log p.
[[nodiscard]] double mean_loss(std::span<const double> log_probabilities);

/// log(weight p + (1 - weight) q) of each word, of log p and log q.
[[nodiscard]] std::vector<double> mix(std::span<const double> p, std::span<const double> q,
                                      double weight);

/// The weight of p for which mix() has the least loss, between 0 and 1: found by expectation
/// maximisation (Jelinek & Mercer 1980), each step of which lowers the loss.
[[nodiscard]] double best_weight(std::span<const double> p, std::span<const double> q);

}  // namespace wordlm
