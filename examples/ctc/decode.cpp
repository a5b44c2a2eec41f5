#include "ctc/decode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace ctc {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();  // log of 0

double log_add(double a, double b) {
  const auto [less, more] = std::minmax(a, b);
  return less == kImpossible ? more : more + std::log1p(std::exp(less - more));
}

/// Prefixes of labels as a tree: each is its parent with one more label.
class Prefixes {
 public:
  struct Prefix {
    std::size_t parent;
    std::int32_t label;  // the last; kBlank: the empty prefix
  };

  /// The number of a prefix with one more label.
  std::size_t extend(std::size_t prefix, std::int32_t label) {
    const auto key = static_cast<std::uint64_t>(prefix) << 32 | static_cast<std::uint32_t>(label);
    const auto [found, is_new] = numbers_.emplace(key, prefixes_.size());
    if (is_new) prefixes_.push_back({prefix, label});
    return found->second;
  }
  [[nodiscard]] std::int32_t last(std::size_t prefix) const { return prefixes_[prefix].label; }
  [[nodiscard]] Labels labels(std::size_t prefix) const {
    Labels labels;
    for (; prefix != 0; prefix = prefixes_[prefix].parent) labels.push_back(last(prefix));
    std::ranges::reverse(labels);
    return labels;
  }

 private:
  std::vector<Prefix> prefixes_ = {{0, kBlank}};
  std::unordered_map<std::uint64_t, std::size_t> numbers_;
};

/// A prefix with the sums over its paths up to a frame.
struct Scored {
  std::size_t prefix;
  double in_blank = kImpossible;  // of paths that end in a blank
  double in_label = kImpossible;  // of paths that end in its last label

  [[nodiscard]] double sum() const { return log_add(in_blank, in_label); }
};

/// The prefixes after a frame, each once.
class Beam {
 public:
  Scored& at(std::size_t prefix) {
    const auto [found, is_new] = places_.emplace(prefix, scored_.size());
    if (is_new) scored_.push_back({prefix});
    return scored_[found->second];
  }
  /// The best of them, the best first.
  [[nodiscard]] std::vector<Scored> best(std::size_t count) && {
    const auto better = [](const Scored& a, const Scored& b) {
      const double of_a = a.sum();
      const double of_b = b.sum();
      return of_a != of_b ? of_a > of_b : a.prefix < b.prefix;
    };
    const std::size_t kept = std::min(count, scored_.size());
    std::ranges::partial_sort(scored_, scored_.begin() + static_cast<std::ptrdiff_t>(kept), better);
    scored_.resize(kept);
    return std::move(scored_);
  }

 private:
  std::vector<Scored> scored_;
  std::unordered_map<std::size_t, std::size_t> places_;
};

}  // namespace

Labels labels_of(const Path& path) {
  Labels labels;
  std::int32_t before = kBlank;
  for (const std::int32_t symbol : path) {
    if (symbol != kBlank && symbol != before) labels.push_back(symbol);
    before = symbol;
  }
  return labels;
}

Rows free_transitions(std::size_t symbols) { return Rows(symbols, std::vector<double>(symbols)); }

Path best_path(const Rows& frames, const Rows& transitions) {
  const std::size_t symbols = transitions.size();
  std::vector<Path> from;  // for each frame and symbol, the best symbol of the frame before
  std::vector<double> score(symbols, kImpossible);
  score[kBlank] = 0;
  for (const std::vector<double>& frame : frames) {
    std::vector<double> next(symbols);
    from.emplace_back(symbols);
    for (std::size_t to = 0; to < symbols; ++to) {
      std::size_t best = 0;
      for (std::size_t s = 1; s < symbols; ++s) {
        if (score[s] + transitions[s][to] > score[best] + transitions[best][to]) best = s;
      }
      next[to] = score[best] + transitions[best][to] + frame[to];
      from.back()[to] = static_cast<std::int32_t>(best);
    }
    score = std::move(next);
  }
  Path path(frames.size());
  auto symbol = static_cast<std::int32_t>(std::ranges::max_element(score) - score.begin());
  for (std::size_t t = frames.size(); t-- > 0;) {
    path[t] = symbol;
    symbol = from[t][static_cast<std::size_t>(symbol)];
  }
  return path;
}

Labelling prefix_beam_search(const Rows& frames, const Rows& transitions, std::size_t beam) {
  const auto symbols = static_cast<std::int32_t>(transitions.size());
  const auto step = [&](std::int32_t from, std::int32_t to) {
    return transitions[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  };
  Prefixes prefixes;
  std::vector<Scored> kept = {{.prefix = 0, .in_blank = 0}};
  for (const std::vector<double>& frame : frames) {
    Beam next;
    for (const Scored& scored : kept) {
      const std::int32_t last = prefixes.last(scored.prefix);
      Scored& same = next.at(scored.prefix);
      same.in_blank =
          log_add(scored.in_blank + step(kBlank, kBlank), scored.in_label + step(last, kBlank)) +
          frame[kBlank];
      if (last != kBlank) {  // a path that stays in the last label has the same labels
        const double stays = scored.in_label + step(last, last);
        same.in_label = log_add(same.in_label, stays + frame[static_cast<std::size_t>(last)]);
      }
      for (std::int32_t label = 1; label < symbols; ++label) {
        // A label is repeated only across a blank.
        const double after_label =
            label == last ? kImpossible : scored.in_label + step(last, label);
        const double enters = log_add(scored.in_blank + step(kBlank, label), after_label) +
                              frame[static_cast<std::size_t>(label)];
        if (enters == kImpossible) continue;
        Scored& longer = next.at(prefixes.extend(scored.prefix, label));
        longer.in_label = log_add(longer.in_label, enters);
      }
    }
    kept = std::move(next).best(beam);
  }
  return {prefixes.labels(kept[0].prefix), kept[0].sum()};
}

double log_probability(const Rows& frames, const Rows& transitions, const Labels& labels) {
  Path symbols = {kBlank};  // the labels with a blank before, between and after them
  for (const std::int32_t label : labels) symbols.insert(symbols.end(), {label, kBlank});
  // alpha[s]: the logarithm of the sum over the paths that have come to symbols[s].
  std::vector<double> alpha(symbols.size(), kImpossible);
  alpha[0] = 0;
  for (const std::vector<double>& frame : frames) {
    std::vector<double> next(symbols.size(), kImpossible);
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      const auto to = static_cast<std::size_t>(symbols[s]);
      for (std::size_t from = s < 2 ? 0 : s - 2; from <= s; ++from) {
        // Only a blank may be skipped, and only between different labels.
        if (s - from == 2 && symbols[s] == symbols[from]) continue;
        const double step = transitions[static_cast<std::size_t>(symbols[from])][to];
        next[s] = log_add(next[s], alpha[from] + step);
      }
      next[s] += frame[to];
    }
    alpha = std::move(next);
  }
  const double in_label = symbols.size() > 1 ? alpha[symbols.size() - 2] : kImpossible;
  return log_add(alpha.back(), in_label);
}

double log_sum_of_paths(const Rows& frames, const Rows& transitions) {
  const std::size_t symbols = transitions.size();
  std::vector<double> alpha(symbols, kImpossible);
  alpha[kBlank] = 0;
  for (const std::vector<double>& frame : frames) {
    std::vector<double> next(symbols, kImpossible);
    for (std::size_t to = 0; to < symbols; ++to) {
      for (std::size_t from = 0; from < symbols; ++from) {
        next[to] = log_add(next[to], alpha[from] + transitions[from][to]);
      }
      next[to] += frame[to];
    }
    alpha = std::move(next);
  }
  double sum = kImpossible;
  for (const double a : alpha) sum = log_add(sum, a);
  return sum;
}

std::int64_t edit_distance(const Labels& a, const Labels& b) {
  // row[j]: the distance between the part of `a` read so far and the first j of `b`.
  std::vector<std::int64_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<std::int64_t>(j);
  for (const std::int32_t label : a) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::int64_t replaced = diagonal + (label == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace ctc
