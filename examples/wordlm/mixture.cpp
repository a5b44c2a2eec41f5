#include "wordlm/mixture.h"

#include <cmath>
#include <numeric>

namespace wordlm {

std::vector<double> log_probabilities(const NgramModel& model, const SentenceList& texts) {
  std::vector<double> all;
  for (const std::span<const std::int32_t> text : texts) {
    const std::vector<double> of_text = model.log_probabilities(text);
    all.insert(all.end(), of_text.begin(), of_text.end());
  }
  return all;
}

double mean_loss(std::span<const double> log_probabilities) {
  return -std::accumulate(log_probabilities.begin(), log_probabilities.end(), 0.0) /
         static_cast<double>(log_probabilities.size());
}

std::vector<double> mix(std::span<const double> p, std::span<const double> q, double weight) {
  std::vector<double> mixed(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    // Relative to the larger one: neither exponential is too small for a double.
    const double top = std::max(p[i], q[i]);
    mixed[i] = top + std::log(weight * std::exp(p[i] - top) + (1 - weight) * std::exp(q[i] - top));
  }
  return mixed;
}

double best_weight(std::span<const double> p, std::span<const double> q) {
  constexpr int kMostSteps = 1000;
  constexpr double kSettled = 1e-9;
  double weight = 0.5;
  for (int step = 0; step < kMostSteps; ++step) {
    double share = 0;  // of the mixture's probability that comes from p, summed over the words
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double odds = (1 - weight) * std::exp(q[i] - p[i]);
      share += weight / (weight + odds);
    }
    const double next = share / static_cast<double>(p.size());
    if (std::abs(next - weight) < kSettled) return next;
    weight = next;
  }
  return weight;
}

}  // namespace wordlm
