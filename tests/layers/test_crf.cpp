// The conditional random field against all ways to tag a sequence.
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 4;
constexpr Index kTags = 3;
constexpr Index kBatch = 3;
const std::vector<Index> kLengths{4, 1, 3};

/// The score of one way to tag sequence b, by the formula.
double score_of(const Parameters& p, const Tensor& e, const std::vector<std::int32_t>& y, Index b) {
  const auto emission = [&](Index t, Index tag) { return e.at((t * kBatch + b) * kTags + tag); };
  double score = p["start"].value().at(y.front()) + p["end"].value().at(y.back());
  for (std::size_t t = 0; t < y.size(); ++t) {
    score += emission(static_cast<Index>(t), y[t]);
    if (t > 0) score += p["transitions"].value().at(y[t - 1] * kTags + y[t]);
  }
  return score;
}

/// Calls f(tags) for all ways to tag `steps` steps.
template <class F>
void for_each_way(Index steps, F f) {
  std::vector<std::int32_t> y(static_cast<std::size_t>(steps));
  int ways = 1;
  for (Index t = 0; t < steps; ++t) ways *= static_cast<int>(kTags);
  for (int number = 0; number < ways; ++number) {
    int rest = number;
    for (std::int32_t& tag : y) {
      tag = rest % static_cast<int>(kTags);
      rest /= static_cast<int>(kTags);
    }
    f(y);
  }
}

struct Fixture {
  Parameters p{DType::f64, 4};
  Crf crf{p, kTags};
  Tensor e = random_tensor({kSteps, kBatch, kTags}, 1);
  Fixture() {
    for (const Parameter& one : p.all()) one.set(random_tensor(one.shape(), 2 + one.index()));
  }
};

TEST_CASE_FIXTURE(Fixture, "crf: partition, score, marginals and the best way by enumeration") {
  const Tensor tags = random_ids({kSteps, kBatch}, 9, kTags);
  Tape tape(DType::f64);
  const Var emissions = tape.input(e);
  const TensorView log_z = crf.log_partition(emissions, kLengths).value();
  const TensorView score = crf.score(emissions, tags, kLengths).value();
  const TensorView marginals = crf.marginals(emissions, kLengths).value();
  const std::vector<Crf::Best> best = crf.best(e, kLengths);
  double total_loss = 0;
  for (Index b = 0; b < kBatch; ++b) {
    const Index length = kLengths[static_cast<std::size_t>(b)];
    double z = 0;
    std::vector<std::int32_t> best_way;
    double best_score = -INFINITY;
    std::vector<double> of_tag(static_cast<std::size_t>(kSteps * kTags));
    for_each_way(length, [&](const std::vector<std::int32_t>& y) {
      const double s = score_of(p, e, y, b);
      z += std::exp(s);
      if (s > best_score) best_way = y;
      best_score = std::max(best_score, s);
      for (std::size_t t = 0; t < y.size(); ++t) {
        of_tag[t * kTags + static_cast<std::size_t>(y[t])] += std::exp(s);
      }
    });
    CHECK(log_z.at(b) == doctest::Approx(std::log(z)).epsilon(1e-12));
    CHECK(best[static_cast<std::size_t>(b)].tags == best_way);
    CHECK(best[static_cast<std::size_t>(b)].score == doctest::Approx(best_score));
    for (Index t = 0; t < kSteps; ++t) {
      for (Index k = 0; k < kTags; ++k) {
        CHECK(marginals.at((t * kBatch + b) * kTags + k) ==
              doctest::Approx(of_tag[static_cast<std::size_t>(t * kTags + k)] / z));
      }
    }
    std::vector<std::int32_t> given;
    for (Index t = 0; t < length; ++t) {
      given.push_back(static_cast<std::int32_t>(tags.at(t * kBatch + b)));
    }
    CHECK(score.at(b) == doctest::Approx(score_of(p, e, given, b)));
    total_loss += std::log(z) - score_of(p, e, given, b);
  }
  CHECK(crf.loss(emissions, tags, kLengths).item() == doctest::Approx(total_loss / kBatch));
  CHECK(crf.loss(emissions, tags, kLengths, Reduction::sum).item() == doctest::Approx(total_loss));
}

TEST_CASE_FIXTURE(Fixture, "crf: gradients of the loss are those of finite differences") {
  const Tensor tags = random_ids({kSteps, kBatch}, 9, kTags);
  const auto of_parameters = [&](Tape& tape) { return crf.loss(tape.input(e), tags, kLengths); };
  CHECK(check_gradients(of_parameters, p).passed);
  const auto of_emissions = [&](Tape&, Vars v) { return crf.loss(v[0], tags); };
  CHECK(check_gradients(of_emissions, {e}).passed);
}

TEST_CASE_FIXTURE(Fixture, "crf: what stands after the end has no part in anything") {
  Tensor longer = e;
  Tensor tags = random_ids({kSteps, kBatch}, 9, kTags);
  Tape tape(DType::f64);
  const double before = crf.loss(tape.input(e), tags, kLengths).item();
  longer.values<double>()[(3 * kBatch + 1) * kTags] = 1e6;
  tags.values<std::int32_t>()[3 * kBatch + 1] = 99;
  CHECK(crf.loss(tape.input(longer), tags, kLengths).item() == before);
  CHECK(crf.best(longer, kLengths)[1].tags.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "crf: what does not fit is refused") {
  Tape tape(DType::f64);
  const Var emissions = tape.input(e);
  const Tensor tags = random_ids({kSteps, kBatch}, 9, kTags);
  const auto refused = [&](const char* text, auto f) { CHECK_THROWS_WITH_AS(f(), text, Error); };
  refused("Crf: emissions (3 x 3): (T, B, 3) is needed, T at least 1",
          [&] { (void)crf.log_partition(select(emissions, 0)); });
  refused("Crf: 2 lengths for emissions (4 x 3 x 3): one for each of the 3 sequences is needed",
          [&] {
            (void)crf.log_partition(emissions, std::vector<Index>{1, 2});
          });
  refused("Crf: a length of 0: expected 1 to 4", [&] {
    (void)crf.log_partition(emissions, std::vector<Index>{1, 2, 0});
  });
  refused("Crf: tags (3) for emissions (4 x 3 x 3): (4 x 3) is needed",
          [&] { (void)crf.score(emissions, random_ids({3}, 1, 2)); });
  Tensor wrong = tags;
  wrong.values<std::int32_t>()[5] = 3;
  refused("Crf: tag 3 at step 1 of sequence 2: expected one in [0, 3)",
          [&] { (void)crf.score(emissions, wrong); });
}

}  // namespace
}  // namespace unroll::testing
