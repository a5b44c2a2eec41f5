/// The embedded Reber grammar (Hochreiter & Schmidhuber 1997, section 5.1): predict the next
/// symbol. The last but one is the second again: that is the one to be remembered.

#include "variants/tasks/reber.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "variants/task.h"

namespace variants {
namespace {

using unroll::Random;
using unroll::Tensor;

constexpr std::int32_t kB = 0;
constexpr std::int32_t kT = 1;
constexpr std::int32_t kS = 2;
constexpr std::int32_t kX = 3;
constexpr std::int32_t kV = 4;
constexpr std::int32_t kP = 5;
constexpr std::int32_t kE = 6;

struct Edge {
  std::int32_t symbol;
  std::size_t to;
};
constexpr std::size_t kLeave = 8;

/// The plain grammar: the edges that leave each state.
const std::array<std::vector<Edge>, 8> kPlain = {{{{kB, 1}},
                                                  {{kT, 2}, {kP, 3}},
                                                  {{kS, 2}, {kX, 4}},
                                                  {{kT, 3}, {kV, 5}},
                                                  {{kX, 3}, {kS, 6}},
                                                  {{kP, 4}, {kV, 6}},
                                                  {{kE, kLeave}},
                                                  {}}};

/// Mean number of symbols of a plain string, and of its choices between two: by the equations of
/// the expected visits of each state.
constexpr double kPlainSymbols = 8;
constexpr double kPlainChoices = 6;

}  // namespace

std::vector<std::int32_t> ReberWalk::allowed() const {
  std::vector<std::int32_t> symbols;
  switch (place_) {
    case Place::begin:
      return {kB};
    case Place::choice:
      return {kT, kP};
    case Place::inside:
      for (const Edge& edge : kPlain[state_]) symbols.push_back(edge.symbol);
      return symbols;
    case Place::again:
      return {chosen_};
    case Place::end:
      return {kE};
    case Place::ended:
      break;
  }
  return symbols;
}

bool ReberWalk::read(std::int32_t symbol) {
  const std::vector<std::int32_t> symbols = allowed();
  if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) return false;
  switch (place_) {
    case Place::begin:
      place_ = Place::choice;
      break;
    case Place::choice:
      chosen_ = symbol;
      place_ = inner_ > 0 ? Place::inside : Place::again;
      break;
    case Place::inside:
      for (const Edge& edge : kPlain[state_]) {
        if (edge.symbol != symbol) continue;
        state_ = edge.to;
        break;
      }
      if (state_ == kLeave) {
        state_ = 0;
        if (--inner_ == 0) place_ = Place::again;
      }
      break;
    case Place::again:
      place_ = Place::end;
      break;
    case Place::end:
    case Place::ended:
      place_ = Place::ended;
      break;
  }
  return true;
}

std::vector<std::int32_t> reber_string(std::int64_t inner, Random& random) {
  std::vector<std::int32_t> string;
  for (ReberWalk walk(inner); !walk.ended();) {
    const std::vector<std::int32_t> symbols = walk.allowed();
    const auto choice = symbols.size() == 1 ? 0 : random.below(2);
    string.push_back(symbols[static_cast<std::size_t>(choice)]);
    walk.read(string.back());
  }
  return string;
}

namespace {

class Reber final : public Task {
 public:
  explicit Reber(Index inner) : inner_(inner) {
    if (inner < 1) {
      unroll::fail<unroll::Error>("reber: {} strings inside, expected 1 or more", inner);
    }
  }

  [[nodiscard]] unroll::Input input() const override {
    return unroll::Input::one_hot(kReberSymbols.size());
  }
  [[nodiscard]] Index outputs() const override { return kReberSymbols.size(); }
  [[nodiscard]] Asked asked() const override { return Asked::at_each_step; }

  /// Strings as long as the longest of the batch; what is missing is padding.
  [[nodiscard]] Batch draw(Index batch, Random& random) const override {
    std::vector<std::vector<std::int32_t>> strings;
    std::size_t longest = 0;
    for (Index b = 0; b < batch; ++b) {
      strings.push_back(reber_string(inner_, random));
      longest = std::max(longest, strings.back().size());
    }
    const unroll::Shape shape{static_cast<Index>(longest) - 1, batch};
    Batch result{Tensor(unroll::DType::i32, shape), Tensor(unroll::DType::i32, shape)};
    const auto x = result.x.values<std::int32_t>();
    const auto y = result.y.values<std::int32_t>();
    std::fill(x.begin(), x.end(), kE);
    std::fill(y.begin(), y.end(), kIgnored);
    for (std::size_t b = 0; b < strings.size(); ++b) {
      for (std::size_t t = 0; t + 1 < strings[b].size(); ++t) {
        x[t * strings.size() + b] = strings[b][t];
        y[t * strings.size() + b] = strings[b][t + 1];
      }
    }
    return result;
  }

  /// Strings at whose every step the symbols that may come next are above all others.
  [[nodiscard]] double score(const unroll::TensorView& answers, const Batch& batch) const override {
    const Index size = batch.x.shape()[1];
    Index right = 0;
    for (Index b = 0; b < size; ++b) right += foreseen(answers, batch, b) ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(size);
  }

  [[nodiscard]] double guessing() const override { return std::log(kReberSymbols.size()); }
  /// Each choice between two costs ln 2; the first B is given.
  [[nodiscard]] double floor() const override {
    const auto inner = static_cast<double>(inner_);
    return (1 + kPlainChoices * inner) * std::log(2) / (3 + kPlainSymbols * inner);
  }
  [[nodiscard]] bool solved(const Measure& measure) const override { return measure.score > 0.99; }

 private:
  [[nodiscard]] bool foreseen(const unroll::TensorView& logits, const Batch& batch, Index b) const {
    const Index size = batch.x.shape()[1];
    const auto x = batch.x.values<std::int32_t>();
    const Index symbols = outputs();
    ReberWalk walk(inner_);
    for (Index t = 0; t < batch.x.shape()[0]; ++t) {
      const Index n = t * size + b;
      walk.read(x[static_cast<std::size_t>(n)]);
      if (walk.ended()) return true;
      const std::vector<std::int32_t> allowed = walk.allowed();
      const auto is_allowed = [&](Index v) {
        return std::find(allowed.begin(), allowed.end(), v) != allowed.end();
      };
      double least_allowed = std::numeric_limits<double>::infinity();
      double largest_other = -std::numeric_limits<double>::infinity();
      for (Index v = 0; v < symbols; ++v) {
        const double logit = logits.at(n * symbols + v);
        if (is_allowed(v)) {
          least_allowed = std::min(least_allowed, logit);
        } else {
          largest_other = std::max(largest_other, logit);
        }
      }
      if (!(least_allowed > largest_other)) return false;
    }
    return true;
  }

  Index inner_;
};

}  // namespace

const TaskEntry kReber = {
    .name = "reber",
    .source = "Reber 1967; embedded, as in Hochreiter & Schmidhuber 1997",
    .definition =
        "Strings of Reber's grammar between two symbols that agree: B, T or P, the "
        "strings, the same T or P, E. At each step: what is the next symbol?",
    .length = "strings between the two symbols that agree",
    .loss = "cross entropy a symbol, in nats",
    .score = "strings with every next symbol foreseen",
    .solved = "99 % of the strings foreseen",
    .defaults =
        {.length = 3, .hidden = 32, .batch = 32, .steps = 1500, .learning_rate = 5e-3, .clip = 1},
    .make = [](Index length) -> std::unique_ptr<Task> { return std::make_unique<Reber>(length); }};

}  // namespace variants
