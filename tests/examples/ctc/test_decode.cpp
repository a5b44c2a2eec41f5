#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <map>

#include "ctc/builtin_signals.h"
#include "ctc/decode.h"

namespace ctc {
namespace {

/// Random log-probabilities of so many frames; each row sums to 1.
Rows random_frames(std::size_t frames, std::size_t symbols, std::uint64_t seed) {
  unroll::Random random(seed);
  Rows rows(frames, std::vector<double>(symbols));
  for (auto& row : rows) {
    double sum = 0;
    for (double& x : row) sum += x = std::exp(1.5 * random.normal());
    for (double& x : row) x = std::log(x / sum);
  }
  return rows;
}

/// All paths with their scores, by enumeration.
std::vector<std::pair<Path, double>> all_paths(const Rows& frames, const Rows& transitions) {
  std::vector<std::pair<Path, double>> paths = {{{}, 0}};
  for (const std::vector<double>& frame : frames) {
    std::vector<std::pair<Path, double>> longer;
    for (const auto& [path, score] : paths) {
      const auto from = static_cast<std::size_t>(path.empty() ? kBlank : path.back());
      for (std::size_t s = 0; s < frame.size(); ++s) {
        longer.emplace_back(path, score + transitions[from][s] + frame[s]);
        longer.back().first.push_back(static_cast<std::int32_t>(s));
      }
    }
    paths = std::move(longer);
  }
  return paths;
}

/// The sum over the paths of each labelling, by enumeration.
std::map<Labels, double> all_labellings(const Rows& frames, const Rows& transitions) {
  std::map<Labels, double> sums;
  for (const auto& [path, score] : all_paths(frames, transitions)) {
    sums[labels_of(path)] += std::exp(score);
  }
  return sums;
}

/// Calls f with tiny networks (free transitions) and tiny processes.
template <class F>
void for_tiny_cases(F&& f) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::size_t symbols = 3 + seed % 2;
    const std::size_t frames = 1 + seed % 6;
    CAPTURE(seed);
    f(random_frames(frames, symbols, seed), free_transitions(symbols));
    f(random_frames(frames, symbols, seed), random_frames(symbols, symbols, 1000 + seed));
  }
}

TEST_CASE("a path's repeated symbols are merged before its blanks are removed") {
  CHECK(labels_of({}) == Labels{});
  CHECK(labels_of({0, 0}) == Labels{});
  CHECK(labels_of({1, 1, 2, 2, 2}) == Labels{1, 2});
  CHECK(labels_of({0, 1, 0, 1, 1, 0}) == Labels{1, 1});
  CHECK(labels_of({2, 0, 0, 2, 1, 2}) == Labels{2, 2, 1, 2});
}

TEST_CASE("the best path is the best of all paths") {
  for_tiny_cases([](const Rows& frames, const Rows& transitions) {
    std::pair<Path, double> best{{}, -1e9};
    for (const auto& candidate : all_paths(frames, transitions)) {
      if (candidate.second > best.second) best = candidate;
    }
    CHECK(best_path(frames, transitions) == best.first);
  });
}

TEST_CASE("prefix beam search with a wide beam finds the likeliest of all labellings") {
  for_tiny_cases([](const Rows& frames, const Rows& transitions) {
    std::pair<Labels, double> best;
    for (const auto& candidate : all_labellings(frames, transitions)) {
      if (candidate.second > best.second) best = candidate;
    }
    const Labelling found = prefix_beam_search(frames, transitions, 10000);
    CHECK(found.labels == best.first);
    CHECK(std::exp(found.log_probability) == doctest::Approx(best.second).epsilon(1e-12));
  });
}

TEST_CASE("the likeliest labels need not be those of the best path") {
  // The best path has blanks only, 0.6 * 0.6; "a" has three paths.
  const Rows frames(2, {std::log(0.6), std::log(0.4)});
  const Rows free = free_transitions(2);
  CHECK(labels_of(best_path(frames, free)) == Labels{});
  const Labelling found = prefix_beam_search(frames, free, 4);
  CHECK(found.labels == Labels{1});
  CHECK(std::exp(found.log_probability) == doctest::Approx(0.64));
  // A beam of one prefix keeps the empty one after the first frame, whose sum is larger.
  CHECK(std::exp(prefix_beam_search(frames, free, 1).log_probability) == doctest::Approx(0.36));
}

TEST_CASE("the probability of labels is the sum over their paths, and what ctc_loss computes") {
  for_tiny_cases([](const Rows& frames, const Rows& transitions) {
    double total = 0;
    for (const auto& [labels, sum] : all_labellings(frames, transitions)) {
      const double log_p = log_probability(frames, transitions, labels);
      CHECK(std::exp(log_p) == doctest::Approx(sum).epsilon(1e-12));
      total += sum;
      if (transitions != free_transitions(transitions.size())) continue;
      std::vector<double> flat;
      for (const auto& row : frames) flat.insert(flat.end(), row.begin(), row.end());
      unroll::Tape tape(unroll::DType::f64);
      const auto steps = std::ssize(frames);
      const unroll::Var y =
          tape.input(unroll::Tensor::of<double>({steps, 1, std::ssize(transitions)}, flat));
      const double loss =
          unroll::ctc_loss(y, std::vector<Labels>{labels}, std::array{steps}).item();
      CHECK(loss == doctest::Approx(-log_p).epsilon(1e-12));
    }
    CHECK(std::exp(log_sum_of_paths(frames, transitions)) == doctest::Approx(total).epsilon(1e-12));
  });
  CHECK(log_probability(random_frames(2, 2, 1), free_transitions(2), {1, 1}) ==
        -std::numeric_limits<double>::infinity());
}

TEST_CASE("edit distances are those counted by hand") {
  CHECK(edit_distance({}, {}) == 0);
  CHECK(edit_distance({1, 2, 3}, {}) == 3);
  CHECK(edit_distance({}, {1}) == 1);
  CHECK(edit_distance({1, 2, 3}, {1, 2, 3}) == 0);
  CHECK(edit_distance({1, 2, 3}, {1, 3}) == 1);
  CHECK(edit_distance({1, 2}, {2, 1}) == 2);
  // kitten, sitting: k becomes s, e becomes i, g is added.
  CHECK(edit_distance({1, 2, 3, 3, 4, 5}, {6, 2, 3, 3, 2, 5, 7}) == 3);
}

TEST_CASE("built-in signals follow the process that is stated") {
  const Signals signals = builtin_signals(3000, 7);
  const Rows transitions = process_transitions();
  for (const auto& row : transitions) {
    double sum = 0;
    for (const double p : row) sum += std::exp(p);
    CHECK(sum == doctest::Approx(1));
  }
  Rows counts(6, std::vector<double>(6));
  double frames = 0;
  double squares = 0;  // of the noise
  for (const Signal& signal : signals.signals) {
    CHECK(labels_of(signal.path) == signal.labels);
    REQUIRE(signal.path.size() == signal.frames.size());
    std::size_t from = kBlank;
    for (std::size_t t = 0; t < signal.path.size(); ++t) {
      const auto to = static_cast<std::size_t>(signal.path[t]);
      counts[from][to] += 1;
      from = to;
      for (std::size_t i = 0; i < 5; ++i) {
        const double noise = signal.frames[t][i] - (to == i + 1 ? 1 : 0);
        squares += noise * noise;
      }
      frames += 1;
    }
  }
  CHECK(std::sqrt(squares / (5 * frames)) == doctest::Approx(0.3).epsilon(0.01));
  for (std::size_t from = 0; from < 6; ++from) {
    double all = 0;
    for (const double count : counts[from]) all += count;
    for (std::size_t to = 0; to < 6; ++to) {
      const double p = std::exp(transitions[from][to]);
      CHECK(std::abs(counts[from][to] / all - p) < 4 * std::sqrt(p * (1 - p) / all));
    }
  }
}

TEST_CASE("the beam of the process is wide enough: a wider one finds the same labels") {
  const Signals signals = builtin_signals(100, 9);
  const Rows transitions = process_transitions();
  for (const Signal& signal : signals.signals) {
    const Rows frames = process_likelihoods(signal);
    CHECK(prefix_beam_search(frames, transitions, kProcessBeam).labels ==
          prefix_beam_search(frames, transitions, 10 * kProcessBeam).labels);
  }
}

}  // namespace
}  // namespace ctc
