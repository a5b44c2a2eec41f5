/// The adding problem (Hochreiter & Schmidhuber 1997, section 5.4; in the form of Le, Jaitly &
/// Hinton 2015, section 4.1): remember two numbers, and add them.

#include <unroll/ops/elementwise.h>
#include <unroll/ops/reduce.h>

#include <cmath>

#include "variants/task.h"

namespace variants {
namespace {

using unroll::Random;
using unroll::Tensor;

class Adding final : public Task {
 public:
  explicit Adding(Index length) : length_(length) {
    if (length < 2) {
      unroll::fail<unroll::Error>("adding: sequences of {} steps, expected 2 or more", length);
    }
  }

  [[nodiscard]] unroll::Input input() const override { return 2; }
  [[nodiscard]] Index outputs() const override { return 1; }
  [[nodiscard]] Asked asked() const override { return Asked::at_the_end; }

  [[nodiscard]] Batch draw(Index batch, Random& random) const override {
    Tensor x(unroll::DType::f32, {length_, batch, 2});
    Tensor y(unroll::DType::f32, {batch, 1});
    const auto values = x.values<float>();
    const auto sums = y.values<float>();
    for (Index b = 0; b < batch; ++b) {
      const auto at = [&](Index t) { return static_cast<std::size_t>(2 * (t * batch + b)); };
      for (Index t = 0; t < length_; ++t) values[at(t)] = static_cast<float>(random.uniform());
      const Index half = length_ / 2;
      for (const Index marked : {random.below(half), half + random.below(length_ - half)}) {
        values[at(marked) + 1] = 1;
        sums[static_cast<std::size_t>(b)] += values[at(marked)];
      }
    }
    return {std::move(x), std::move(y)};
  }

  [[nodiscard]] unroll::Var loss(unroll::Var answers, const Batch& batch) const override {
    return mean(square(answers - answers.tape().input(batch.y)));
  }

  [[nodiscard]] double score(const unroll::TensorView& answers, const Batch& batch) const override {
    Index near = 0;
    for (Index b = 0; b < answers.size(); ++b) {
      near += std::abs(answers.at(b) - batch.y.at(b)) < 0.04 ? 1 : 0;
    }
    return static_cast<double>(near) / static_cast<double>(answers.size());
  }

  /// The variance of the sum of two numbers uniform in [0, 1].
  [[nodiscard]] double guessing() const override { return 1.0 / 6; }
  [[nodiscard]] bool solved(const Measure& measure) const override { return measure.loss < 0.01; }

 private:
  Index length_;
};

}  // namespace

const TaskEntry kAdding = {
    .name = "adding",
    .source = "Hochreiter & Schmidhuber 1997, as in Le, Jaitly & Hinton 2015",
    .definition =
        "Each step brings a number from [0, 1] and a marker, which is 1 at one step of "
        "the first half and at one of the second, else 0. After the last step: what is "
        "the sum of the two marked numbers?",
    .length = "steps",
    .loss = "squared error",
    .score = "sums right to 0.04",
    .solved = "loss below 0.01",
    .defaults =
        {.length = 100, .hidden = 64, .batch = 20, .steps = 2000, .learning_rate = 5e-3, .clip = 1},
    .make = [](Index length) -> std::unique_ptr<Task> { return std::make_unique<Adding>(length); }};

}  // namespace variants
