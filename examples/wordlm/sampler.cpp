#include "wordlm/sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "common/interrupt.h"
#include "wordlm/lanes.h"

namespace wordlm {
namespace {

constexpr int kTries = 100;
constexpr std::int64_t kLanes = 32;  // whatever the count: on it the last bits of a result depend

/// A text while it is drawn.
struct Draft {
  int number = 0;
  unroll::Random random;
  Ids ids;
  int tries = 0;
};

/// Draws texts in lanes; a lane that has finished one begins the next.
class Sampling {
 public:
  Sampling(const Model& model, const Vocabulary& vocabulary, const SamplingOptions& options,
           const Ids& prompt, std::uint64_t seed, int count)
      : vocabulary_(vocabulary),
        options_(options),
        prompt_(prompt),
        seed_(seed),
        count_(count),
        lanes_(model, kLanes, drawable(model, vocabulary), options.temperature),
        drafts_(kLanes),
        tokens_(kLanes, vocabulary.before_text()) {}

  void run(const TakeSample& take) {
    for (std::size_t lane = 0; lane < drafts_.size(); ++lane) begin_next(lane);
    int taken = 0;
    while (taken < count_) {
      examples::stop_if_interrupted();
      if (has_sentences()) forbid_early_ends();
      lanes_.read(tokens_);
      for (std::size_t lane = 0; lane < drafts_.size(); ++lane) {
        if (drafts_[lane]) go_on(lane);
      }
      for (auto next = done_.begin(); next != done_.end() && next->first == taken; ++taken) {
        take(next->first, next->second);
        next = done_.erase(next);
      }
    }
  }

 private:
  [[nodiscard]] bool has_sentences() const { return !vocabulary_.units().has_line_feeds(); }
  [[nodiscard]] int drawn(const Draft& draft) const {
    return static_cast<int>(draft.ids.size()) - static_cast<int>(prompt_.size());
  }

  void begin_next(std::size_t lane) {
    drafts_[lane].reset();
    if (next_ == count_) return;
    // Random numbers of its own for each: a text does not depend on how many come before it.
    unroll::Random random(seed_, unroll::hash_name(fmt::format("sample {}", next_)));
    drafts_[lane] = Draft{next_++, random, {}, 0};
    restart(lane);
  }

  void restart(std::size_t lane) {
    drafts_[lane]->ids.clear();
    lanes_.restart(static_cast<std::int64_t>(lane));
    tokens_[lane] = vocabulary_.before_text();
  }

  /// A sentence that is too short does not end.
  void forbid_early_ends() {
    for (std::size_t lane = 0; lane < drafts_.size(); ++lane) {
      const std::optional<Draft>& draft = drafts_[lane];
      lanes_.allow(static_cast<std::int64_t>(lane), vocabulary_.sentence_end(),
                   !draft || drawn(*draft) >= options_.min_words);
    }
  }

  /// The next token of a lane: of the prompt, or drawn.
  void go_on(std::size_t lane) {
    Draft& draft = *drafts_[lane];
    const std::size_t size = draft.ids.size();
    if (size < prompt_.size()) {
      tokens_[lane] = prompt_[size];
    } else {
      std::vector<double> weights = lanes_.probabilities(static_cast<std::int64_t>(lane));
      narrow(weights, options_.top_k, options_.top_p);
      tokens_[lane] = static_cast<std::int32_t>(draw(weights, draft.random));
      if (has_sentences()) {
        if (tokens_[lane] == vocabulary_.sentence_end()) return finish(lane);
        if (drawn(draft) == options_.max_words) {
          return ++draft.tries == kTries ? finish(lane) : restart(lane);
        }
      }
    }
    draft.ids.push_back(tokens_[lane]);
    if (!has_sentences() && drawn(draft) >= options_.length) finish(lane);
  }

  void finish(std::size_t lane) {
    done_.emplace(drafts_[lane]->number, std::move(drafts_[lane]->ids));
    begin_next(lane);
  }

  const Vocabulary& vocabulary_;
  const SamplingOptions& options_;
  const Ids& prompt_;
  std::uint64_t seed_;
  int count_;
  int next_ = 0;
  Lanes lanes_;
  std::vector<std::optional<Draft>> drafts_;
  Ids tokens_;  // that the lanes read next
  std::map<int, Ids> done_;
};

}  // namespace

void sample(const Model& model, const Vocabulary& vocabulary, const SamplingOptions& options,
            const Ids& prompt, std::uint64_t seed, int count, const TakeSample& take) {
  Sampling(model, vocabulary, options, prompt, seed, count).run(take);
}

SamplingOptions in_tokens(SamplingOptions options, Tokens tokens) {
  const int of_a_word = tokens == Tokens::word ? 1 : tokens == Tokens::bpe ? 2 : 6;
  options.min_words *= of_a_word;
  options.max_words *= of_a_word;
  return options;
}

std::vector<double> drawable(const Model& model, const Vocabulary& vocabulary) {
  std::vector<double> allowed(static_cast<std::size_t>(model.words()), 0.0);
  std::fill_n(allowed.begin(), vocabulary.size(), 1.0);
  for (const std::int32_t id : {vocabulary.sentence_start(), vocabulary.unknown()}) {
    if (id != Vocabulary::kNone) allowed[static_cast<std::size_t>(id)] = 0;
  }
  return allowed;
}

void narrow(std::vector<double>& probabilities, int top_k, double top_p) {
  if (top_k == 0 && top_p >= 1) return;
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t i) { return probabilities[i]; });
  std::size_t kept = order.size();
  if (top_k > 0) kept = std::min(kept, static_cast<std::size_t>(top_k));
  double total = 0;
  for (const std::size_t i : std::span(order).first(kept)) total += probabilities[i];
  double sum = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    sum += probabilities[order[i]];
    if (sum >= top_p * total) kept = i + 1;
  }
  for (const std::size_t i : std::span(order).subspan(kept)) probabilities[i] = 0;
}

std::size_t draw(std::span<const double> weights, unroll::Random& random) {
  double total = 0;
  for (const double weight : weights) total += weight;
  if (!(total > 0) || !std::isfinite(total)) {
    unroll::fail<unroll::ValueError>("nothing to draw: the model's outputs are not numbers");
  }
  const double point = random.uniform() * total;
  double sum = 0;
  std::size_t last = 0;  // the last with a weight: what rounding at the very end falls on
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    last = i;
    sum += weights[i];
    if (point < sum) break;
  }
  return last;
}

}  // namespace wordlm
