#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/interrupt.h"
#include "wordlm/lanes.h"
#include "wordlm/sampler.h"

namespace wordlm {
namespace {

/// A beginning, longer by one token.
struct Step {
  std::int64_t from = 0;  // the lane of the shorter beginning
  std::int32_t token = 0;
  double log_probability = 0;  // of the whole
};

bool is_likelier(const Step& a, const Step& b) { return a.log_probability > b.log_probability; }

/// The `count` likeliest tokens after a beginning.
std::vector<Step> likeliest(const std::vector<double>& probabilities, std::int64_t lane,
                            double log_probability, std::size_t count) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (std::isnan(probabilities[i])) {
      unroll::fail<unroll::ValueError>("nothing to find: the model's outputs are not numbers");
    }
    if (probabilities[i] == 0) continue;
    steps.push_back(
        {lane, static_cast<std::int32_t>(i), log_probability + std::log(probabilities[i])});
  }
  const std::size_t kept = std::min(count, steps.size());
  std::ranges::partial_sort(steps, steps.begin() + static_cast<std::ptrdiff_t>(kept), is_likelier);
  steps.resize(kept);
  return steps;
}

}  // namespace

std::vector<Found> search(const Model& model, const Vocabulary& vocabulary,
                          const SamplingOptions& options, const Ids& prompt, int width) {
  const bool sentences = !vocabulary.units().has_line_feeds();
  const int most = sentences ? options.max_words : options.length;
  const auto size = static_cast<std::size_t>(width);
  Lanes lanes(model, width, drawable(model, vocabulary), 1);
  Ids tokens(size, vocabulary.before_text());
  for (const std::int32_t token : prompt) {
    lanes.read(tokens);
    std::ranges::fill(tokens, token);
  }
  std::vector<Found> beams = {{prompt, 0}};
  std::vector<Found> found;
  for (int length = 0; length < most && !beams.empty(); ++length) {
    examples::stop_if_interrupted();
    for (std::int64_t lane = 0; sentences && lane < width; ++lane) {
      lanes.allow(lane, vocabulary.sentence_end(), length >= options.min_words);
    }
    lanes.read(tokens);
    std::vector<Step> steps;
    for (std::size_t lane = 0; lane < beams.size(); ++lane) {
      const auto number = static_cast<std::int64_t>(lane);
      const auto more =
          likeliest(lanes.probabilities(number), number, beams[lane].log_probability, 2 * size);
      steps.insert(steps.end(), more.begin(), more.end());
    }
    std::ranges::stable_sort(steps, is_likelier);
    std::vector<Found> longer;
    std::vector<std::int64_t> from(size, 0);
    for (const Step& step : steps) {
      if (longer.size() == size) break;
      const Ids& before = beams[static_cast<std::size_t>(step.from)].ids;
      if (sentences && step.token == vocabulary.sentence_end()) {
        found.push_back({before, step.log_probability});
        continue;
      }
      from[longer.size()] = step.from;
      tokens[longer.size()] = step.token;
      longer.push_back({before, step.log_probability});
      longer.back().ids.push_back(step.token);
    }
    lanes.take_over(from);
    beams = std::move(longer);
    std::ranges::stable_sort(found, std::ranges::greater(), &Found::log_probability);
    if (found.size() > size) found.resize(size);
    // A beginning only becomes less likely.
    const bool settled = found.size() == size && !beams.empty() &&
                         found.back().log_probability >= beams.front().log_probability;
    if (settled) return found;
  }
  for (Found& beam : beams) {
    if (found.size() < size) found.push_back(std::move(beam));
  }
  return found;
}

}  // namespace wordlm
