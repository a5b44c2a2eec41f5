/// The copying memory problem (Hochreiter & Schmidhuber 1997; in the form of Arjovsky, Shah &
/// Bengio 2016, section 4.1): read ten symbols, wait, and say them again.

#include <cmath>

#include "variants/task.h"

namespace variants {
namespace {

using unroll::Random;
using unroll::Tensor;

constexpr Index kCopied = 10;         // symbols to be remembered,
constexpr std::int32_t kSymbols = 8;  // each one of so many
constexpr std::int32_t kBlank = 8;
constexpr std::int32_t kDelimiter = 9;  // asks for the symbols

class Copy final : public Task {
 public:
  explicit Copy(Index length) : length_(length) {
    if (length < 1) {
      unroll::fail<unroll::Error>("copy: symbols kept for {} steps, expected 1 or more", length);
    }
  }

  [[nodiscard]] unroll::Input input() const override { return unroll::Input::one_hot(10); }
  [[nodiscard]] Index outputs() const override { return kBlank + 1; }
  [[nodiscard]] Asked asked() const override { return Asked::at_each_step; }

  [[nodiscard]] Batch draw(Index batch, Random& random) const override {
    const Index steps = length_ + 2 * kCopied;
    Batch result{Tensor(unroll::DType::i32, {steps, batch}),
                 Tensor(unroll::DType::i32, {steps, batch})};
    const auto x = result.x.values<std::int32_t>();
    const auto y = result.y.values<std::int32_t>();
    std::fill(x.begin(), x.end(), kBlank);
    std::fill(y.begin(), y.end(), kBlank);
    for (Index b = 0; b < batch; ++b) {
      const auto at = [&](Index t) { return static_cast<std::size_t>(t * batch + b); };
      for (Index i = 0; i < kCopied; ++i) {
        x[at(i)] = static_cast<std::int32_t>(random.below(kSymbols));
        y[at(steps - kCopied + i)] = x[at(i)];
      }
      x[at(steps - kCopied - 1)] = kDelimiter;
    }
    return result;
  }

  /// Of the last ten symbols; the blanks before them are no merit.
  [[nodiscard]] double score(const unroll::TensorView& answers, const Batch& batch) const override {
    const Index symbols = batch.y.size();
    const Index first = symbols - kCopied * batch.y.shape()[1];
    const auto y = batch.y.values<std::int32_t>();
    Index right = 0;
    for (Index n = first; n < symbols; ++n) {
      right += best_symbol(answers, n) == y[static_cast<std::size_t>(n)] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(symbols - first);
  }

  /// Blanks are certain, and each of the ten symbols is one of eight.
  [[nodiscard]] double guessing() const override {
    return kCopied * std::log(kSymbols) / static_cast<double>(length_ + 2 * kCopied);
  }
  [[nodiscard]] bool solved(const Measure& measure) const override { return measure.score > 0.99; }

 private:
  Index length_;
};

}  // namespace

const TaskEntry kCopy = {
    .name = "copy",
    .source = "Hochreiter & Schmidhuber 1997, as in Arjovsky, Shah & Bengio 2016",
    .definition =
        "Ten symbols, each one of eight; then blanks, the last of them a delimiter; then "
        "the ten symbols have to be said again, and a blank at every step before.",
    .length = "steps between the last symbol read and the first said",
    .loss = "cross entropy a step, in nats",
    .score = "symbols recalled",
    .solved = "99 % of the symbols recalled",
    .defaults =
        {.length = 10, .hidden = 64, .batch = 32, .steps = 8000, .learning_rate = 5e-3, .clip = 1},
    .make = [](Index length) -> std::unique_ptr<Task> { return std::make_unique<Copy>(length); }};

}  // namespace variants
