/// The language a^n b^n (Gers & Schmidhuber 2001): to know where a string ends, one has to count.

#include <cmath>

#include "variants/task.h"

namespace variants {
namespace {

using unroll::Random;
using unroll::Tensor;

constexpr std::int32_t kEnd = 0;  // also comes before the first symbol
constexpr std::int32_t kA = 1;
constexpr std::int32_t kB = 2;

class Anbn final : public Task {
 public:
  explicit Anbn(Index longest) : longest_(longest) {
    if (longest < 1) {
      unroll::fail<unroll::Error>("anbn: strings of up to {} a's, expected 1 or more", longest);
    }
  }

  [[nodiscard]] unroll::Input input() const override { return unroll::Input::one_hot(3); }
  [[nodiscard]] Index outputs() const override { return 3; }
  [[nodiscard]] Asked asked() const override { return Asked::at_each_step; }

  /// Strings as long as the longest of the batch; what is missing is padding.
  [[nodiscard]] Batch draw(Index batch, Random& random) const override {
    std::vector<Index> n(static_cast<std::size_t>(batch));
    for (Index& count : n) count = 1 + random.below(longest_);
    const Index steps = 2 * *std::max_element(n.begin(), n.end()) + 1;
    Batch result{Tensor(unroll::DType::i32, {steps, batch}),
                 Tensor(unroll::DType::i32, {steps, batch})};
    const auto x = result.x.values<std::int32_t>();
    const auto y = result.y.values<std::int32_t>();
    for (Index b = 0; b < batch; ++b) {
      const Index count = n[static_cast<std::size_t>(b)];
      std::int32_t before = kEnd;
      for (Index t = 0; t < steps; ++t) {
        const auto at = static_cast<std::size_t>(t * batch + b);
        x[at] = before;
        y[at] = t < count ? kA : t < 2 * count ? kB : t == 2 * count ? kEnd : kIgnored;
        before = y[at] == kIgnored ? kEnd : y[at];
      }
    }
    return result;
  }

  /// From the first b on everything is certain: the other b's, and the end.
  [[nodiscard]] double score(const unroll::TensorView& answers, const Batch& batch) const override {
    const auto x = batch.x.values<std::int32_t>();
    const Index size = batch.x.shape()[1];
    return part_all_right(answers, batch.y, [&](Index t, Index b) {
      return x[static_cast<std::size_t>(t * size + b)] == kB;
    });
  }

  [[nodiscard]] double guessing() const override { return std::log(3); }
  /// All that is uncertain of a string is its n, one of N; it has 2 n + 1 symbols, N + 2 on
  /// average.
  [[nodiscard]] double floor() const override {
    const auto longest = static_cast<double>(longest_);
    return std::log(longest) / (longest + 2);
  }
  [[nodiscard]] bool solved(const Measure& measure) const override { return measure.score > 0.99; }

 private:
  Index longest_;
};

}  // namespace

const TaskEntry kAnbn = {
    .name = "anbn",
    .source = "Gers & Schmidhuber 2001",
    .definition =
        "A random number n of a's, then as many b's, then an end. At each step: what is "
        "the next symbol?",
    .length = "the largest n",
    .loss = "cross entropy a symbol, in nats",
    .score = "strings whose b's and end are all foreseen",
    .solved = "99 % of the strings foreseen",
    .defaults =
        {.length = 20, .hidden = 32, .batch = 32, .steps = 1500, .learning_rate = 5e-3, .clip = 1},
    .make = [](Index length) -> std::unique_ptr<Task> { return std::make_unique<Anbn>(length); }};

}  // namespace variants
