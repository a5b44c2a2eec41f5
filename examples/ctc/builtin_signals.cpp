#include "ctc/builtin_signals.h"

#include <fmt/format.h>
#include <unroll/core/random.h>

#include <cmath>

#include "common/numbers.h"

namespace ctc {
namespace {

constexpr std::size_t kLetters = 5;
constexpr double kBlankStays = 0.6;
constexpr double kLetterStays = 0.8;
constexpr double kLetterToBlank = 0.1;
constexpr double kNoise = 0.3;  // standard deviation

double mean_of(std::size_t symbol, std::size_t input) { return symbol == input + 1 ? 1 : 0; }

double transition(std::size_t from, std::size_t to) {
  if (from == kBlank) return to == kBlank ? kBlankStays : (1 - kBlankStays) / kLetters;
  if (to == from) return kLetterStays;
  if (to == kBlank) return kLetterToBlank;
  return (1 - kLetterStays - kLetterToBlank) / (kLetters - 1);
}

std::int32_t next_symbol(std::int32_t from, unroll::Random& random) {
  double left = random.uniform();
  std::size_t to = 0;
  for (; to < kLetters; ++to) {
    left -= transition(static_cast<std::size_t>(from), to);
    if (left < 0) break;
  }
  return static_cast<std::int32_t>(to);
}

Signal make_signal(unroll::Random& random) {
  Signal signal;
  const std::int64_t frames = 24 + 8 * random.below(3);
  std::int32_t symbol = kBlank;
  for (std::int64_t t = 0; t < frames; ++t) {
    symbol = next_symbol(symbol, random);
    signal.path.push_back(symbol);
    std::vector<float>& frame = signal.frames.emplace_back();
    for (std::size_t i = 0; i < kLetters; ++i) {
      const double mean = mean_of(static_cast<std::size_t>(symbol), i);
      frame.push_back(static_cast<float>(mean + kNoise * random.normal()));
    }
  }
  signal.labels = labels_of(signal.path);
  return signal;
}

}  // namespace

Signals builtin_signals(std::int64_t count, std::uint64_t seed) {
  Signals all{{kBlankName, "a", "b", "c", "d", "e"}, {}, {}};
  unroll::Random random(seed, unroll::hash_name("built-in signals"));
  for (std::int64_t i = 0; i < count; ++i) all.signals.push_back(make_signal(random));
  all.description = fmt::format("built-in signals: {}", examples::grouped(count));
  return all;
}

Rows process_transitions() {
  Rows rows(kLetters + 1, std::vector<double>(kLetters + 1));
  for (std::size_t from = 0; from <= kLetters; ++from) {
    for (std::size_t to = 0; to <= kLetters; ++to) rows[from][to] = std::log(transition(from, to));
  }
  return rows;
}

Rows process_likelihoods(const Signal& signal) {
  Rows rows;
  for (const std::vector<float>& frame : signal.frames) {
    std::vector<double>& row = rows.emplace_back(kLetters + 1);
    for (std::size_t symbol = 0; symbol <= kLetters; ++symbol) {
      for (std::size_t i = 0; i < kLetters; ++i) {
        const double off = frame[i] - mean_of(symbol, i);
        row[symbol] -= off * off / (2 * kNoise * kNoise);
      }
    }
  }
  return rows;
}

}  // namespace ctc
