/// Parity: whether the bits read so far have an odd or an even number of ones. No statistics help,
/// only a state of one bit that flips (Bengio, Simard & Frasconi 1994, section V).

#include <cmath>

#include "variants/task.h"

namespace variants {
namespace {

using unroll::Random;
using unroll::Tensor;

class Parity final : public Task {
 public:
  explicit Parity(Index length) : length_(length) {
    if (length < 1) {
      unroll::fail<unroll::Error>("parity: strings of {} bits, expected 1 or more", length);
    }
  }

  [[nodiscard]] unroll::Input input() const override { return unroll::Input::one_hot(2); }
  [[nodiscard]] Index outputs() const override { return 2; }
  [[nodiscard]] Asked asked() const override { return Asked::at_each_step; }

  [[nodiscard]] Batch draw(Index batch, Random& random) const override {
    Batch result{Tensor(unroll::DType::i32, {length_, batch}),
                 Tensor(unroll::DType::i32, {length_, batch})};
    const auto x = result.x.values<std::int32_t>();
    const auto y = result.y.values<std::int32_t>();
    for (Index b = 0; b < batch; ++b) {
      std::int32_t odd = 0;
      for (Index t = 0; t < length_; ++t) {
        const auto at = static_cast<std::size_t>(t * batch + b);
        x[at] = static_cast<std::int32_t>(random.below(2));
        odd ^= x[at];
        y[at] = odd;
      }
    }
    return result;
  }

  [[nodiscard]] double score(const unroll::TensorView& answers, const Batch& batch) const override {
    return part_all_right(answers, batch.y, [](Index /*t*/, Index /*b*/) { return true; });
  }

  [[nodiscard]] double guessing() const override { return std::log(2); }
  [[nodiscard]] bool solved(const Measure& measure) const override { return measure.score > 0.99; }

 private:
  Index length_;
};

}  // namespace

const TaskEntry kParity = {
    .name = "parity",
    .source = "Bengio, Simard & Frasconi 1994",
    .definition = "Random bits. After each: is the number of ones so far odd?",
    .length = "bits",
    .loss = "cross entropy a bit, in nats",
    .score = "strings with every answer right",
    .solved = "99 % of the strings right",
    .defaults =
        {.length = 32, .hidden = 32, .batch = 32, .steps = 1000, .learning_rate = 5e-3, .clip = 1},
    .make = [](Index length) -> std::unique_ptr<Task> { return std::make_unique<Parity>(length); }};

}  // namespace variants
