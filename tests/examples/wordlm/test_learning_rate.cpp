#include "wordlm/learning_rate.h"

#include <doctest/doctest.h>

#include <vector>

namespace wordlm {
namespace {

/// The learning rates of the first epochs, where the loss of each is given.
std::vector<double> rates(const TrainingSettings& settings, const std::vector<double>& losses) {
  Progress progress;
  progress.learning_rate = settings.learning_rate;
  std::vector<double> result;
  for (const double loss : losses) {
    result.push_back(learning_rate(settings, progress));
    record_loss(settings, progress, loss);
    ++progress.epoch;
  }
  return result;
}

void check_close(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("the learning rate of each epoch, by schedule") {
  TrainingSettings s;
  s.learning_rate = 8;
  s.epochs = 6;
  s.hold = 2;
  const std::vector<double> losses = {5, 4, 4.5, 4.4, 4.6, 4.6};
  s.schedule = "constant";
  check_close(rates(s, losses), {8, 8, 8, 8, 8, 8});
  s.schedule = "halve";
  check_close(rates(s, losses), {8, 8, 8, 4, 4, 2});
  s.factor = 0.25;
  check_close(rates(s, losses), {8, 8, 8, 2, 2, 0.5});
  s.factor = 0.5;
  s.schedule = "decay";
  check_close(rates(s, losses), {8, 8, 4, 2, 1, 0.5});
  s.schedule = "step";
  check_close(rates(s, losses), {8, 8, 4, 4, 2, 2});
  s.schedule = "cosine";
  check_close(rates(s, {5, 4, 4, 4}), {8, 4 * (1 + std::sqrt(3.0) / 2), 6, 4});
  s.schedule = "constant";
  s.warm_up = 3;
  check_close(rates(s, losses), {2, 4, 6, 8, 8, 8});
  s.schedule = "hyperbolic";
  CHECK_THROWS_WITH_AS((void)rates(s, {5}),
                       "no schedule 'hyperbolic'; there are: constant, halve, decay, step, cosine",
                       unroll::Error);
}

TEST_CASE("Zaremba's small model: rate 1 for four epochs, then halved each epoch") {
  TrainingSettings s;
  s.learning_rate = 1;
  s.schedule = "decay";
  s.hold = 4;
  s.factor = 0.5;
  check_close(rates(s, std::vector<double>(7, 5.0)), {1, 1, 1, 1, 0.5, 0.25, 0.125});
}

TEST_CASE("learning rate: the best loss and its epoch are remembered") {
  const TrainingSettings s;
  Progress progress;
  progress.learning_rate = 1;
  const auto after = [&](double loss) {
    record_loss(s, progress, loss);
    return std::pair(progress.best_loss, progress.since_best);
  };
  CHECK(after(5) == std::pair(5.0, std::int64_t{0}));
  CHECK(after(4) == std::pair(4.0, std::int64_t{0}));
  CHECK(after(4) == std::pair(4.0, std::int64_t{1}));
  CHECK(after(4.5) == std::pair(4.0, std::int64_t{2}));
  CHECK(after(3) == std::pair(3.0, std::int64_t{0}));
}

}  // namespace
}  // namespace wordlm
