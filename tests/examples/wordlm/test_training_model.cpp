/// What a model does only while it is trained, and what it begins with.
#include <doctest/doctest.h>

#include <cmath>

#include "small_models.h"
#include "wordlm/initial_weights.h"

namespace wordlm {
namespace {

using unroll::Noise;
using unroll::Tape;

const std::vector<Ids> kSentences = {{0, 3, 4, 5, 6, 7, 1}, {0, 8, 1}, {0, 9, 11, 2, 3, 1}};
constexpr std::int64_t kWords = 12;

Settings two_layers(double dropout) {
  Settings settings = small();
  settings.model.layers = 2;
  settings.model.double_precision = true;
  settings.training.dropout = dropout;
  return settings;
}

double loss_of(const Model& model) {
  Tape tape(model.parameters().dtype());
  return model.loss(tape, make_batch(kSentences, {0, 1, 2})).item();
}

double training_loss_of(const Model& model, std::uint64_t seed, std::int64_t step) {
  Tape tape(model.parameters().dtype());
  Noise noise(seed, step);
  return model.training_loss(make_batch(kSentences, {0, 1, 2}), tape, model.start(tape, 3), noise)
      .sum.item();
}

TEST_CASE("dropout is for training only, and its masks are a function of seed and step") {
  for (const std::int64_t embedding : {0, 5}) {
    Settings settings = two_layers(0);
    settings.model.embedding = embedding;
    const Model plain(settings, kWords);
    CHECK(training_loss_of(plain, 1, 0) == loss_of(plain));
    settings.training.dropout = 0.5;
    const Model dropping(settings, kWords);
    CHECK(loss_of(dropping) == loss_of(plain));
    const double once = training_loss_of(dropping, 1, 7);
    CHECK(once == training_loss_of(dropping, 1, 7));
    CHECK(std::abs(once - loss_of(plain)) > 1e-3);
    CHECK(std::abs(once - training_loss_of(dropping, 1, 8)) > 1e-3);
    CHECK(std::abs(once - training_loss_of(dropping, 2, 7)) > 1e-3);
  }
}

TEST_CASE("the gradient of a training step sees the masks its loss saw") {
  const Model model(two_layers(0.4), kWords);
  const auto check = check_gradients(
      [&](Tape& tape) {
        Noise noise(3, 5);
        return model
            .training_loss(make_batch(kSentences, {0, 1, 2}), tape, model.start(tape, 3), noise)
            .sum;
      },
      model.parameters(), {.step = 1e-5});
  CHECK_MESSAGE(check.passed, check.message);
}

TEST_CASE("a tied model predicts words by the vectors it reads them by") {
  Settings settings = two_layers(0);
  settings.model.embedding = settings.model.hidden;
  const Model separate(settings, kWords);
  settings.model.tie = true;
  const Model tied(settings, kWords);
  CHECK(tied.parameters().size() == separate.parameters().size() - kWords * settings.model.hidden);

  const auto check = check_gradients(
      [&](Tape& tape) {
        return tied.loss(tape, make_batch(kSentences, {0, 1, 2}));
      },
      tied.parameters(), {.step = 1e-5});
  CHECK_MESSAGE(check.passed, check.message);

  // The same numbers as of an untied model with a copy of the vectors; its two gradients add up.
  for (const unroll::Parameter& p : tied.parameters().all()) {
    separate.parameters()[p.name()].set(p.value());
  }
  separate.parameters()["output.W"].set(tied.parameters()["embedding.W"].value());
  CHECK(loss_of(tied) == loss_of(separate));
  const auto gradient = [](const Model& model, const char* name) {
    Tape tape(unroll::DType::f64);
    const unroll::Var loss = model.loss(tape, make_batch(kSentences, {0, 1, 2}));
    return tape.gradients(loss, model.parameters())[model.parameters()[name]].to_doubles();
  };
  const auto both = gradient(tied, "embedding.W");
  const auto read = gradient(separate, "embedding.W");
  const auto written = gradient(separate, "output.W");
  for (std::size_t i = 0; i < both.size(); ++i) {
    CHECK(both[i] == doctest::Approx(read[i] + written[i]).epsilon(1e-12));
  }
}

TEST_CASE("every cell makes a language model, of words and of vectors") {
  for (const unroll::CellEntry& cell : unroll::all_cells()) {
    CAPTURE(cell.name);
    for (const std::int64_t embedding : {0, 5}) {
      Settings settings = small();
      settings.model.cell = cell.name;
      settings.model.embedding = embedding;
      settings.model.layers = 2;
      settings.training.epochs = 1;
      settings.training.learning_rate = 0.1;
      Checkpoint checkpoint = begin(settings);
      const double before = measure(checkpoint, texts().test_set).loss;
      CHECK(before == doctest::Approx(std::log(100.0)).epsilon(0.1));
      CHECK(train(checkpoint));
      CHECK(checkpoint.progress.last_loss < before - 0.3);
    }
  }
}

/// The largest absolute value of a parameter.
double largest(const Model& model, const char* name) {
  double most = 0;
  for (const double value : model.parameters()[name].value().to_doubles()) {
    most = std::max(most, std::abs(value));
  }
  return most;
}

TEST_CASE("weights begin as --init says") {
  Settings settings = small();
  settings.model.cell = "lstm";
  settings.model.hidden = 20;
  settings.model.embedding = 30;
  settings.model.forget_bias = 0;
  const auto model = [&](const char* initial) {
    settings.model.initial = initial;
    return Model(settings, 50);
  };
  const Model uniform = model("uniform:0.04");
  for (const unroll::Parameter& p : uniform.parameters().all()) {
    CAPTURE(p.name());
    const double most = largest(uniform, p.name().c_str());
    CHECK(most <= 0.04);
    CHECK(most > 0.03);
  }
  const Model fan_in = model("fan-in");
  CHECK(largest(fan_in, "layers.0.i.W") == doctest::Approx(1 / std::sqrt(30)).epsilon(0.05));
  CHECK(largest(fan_in, "layers.0.i.U") == doctest::Approx(1 / std::sqrt(20)).epsilon(0.05));
  CHECK(largest(fan_in, "layers.0.f.b") == 0);
  const Model glorot = model("glorot");
  CHECK(largest(glorot, "layers.0.i.W") == doctest::Approx(std::sqrt(6.0 / 50)).epsilon(0.05));
  CHECK(largest(glorot, "output.W") == doctest::Approx(std::sqrt(6.0 / 70)).epsilon(0.05));
  const std::vector<double> U =
      model("orthogonal").parameters()["layers.0.i.U"].value().to_doubles();
  for (std::size_t a = 0; a < 20; ++a) {
    for (std::size_t b = 0; b < 20; ++b) {
      double dot = 0;
      for (std::size_t k = 0; k < 20; ++k) dot += U[20 * a + k] * U[20 * b + k];
      CHECK(dot == doctest::Approx(a == b ? 1 : 0).epsilon(1e-5));
    }
  }
  settings.model.forget_bias = 2;
  const auto f = model("fan-in").parameters()["layers.0.f.b"].value().to_doubles();
  CHECK(f == std::vector<double>(20, 2));
  for (const char* wrong : {"", "gaussian", "uniform", "uniform:", "uniform:x", "uniform:-1",
                            "uniform:0.1x", "uniform:inf", "uniform:nan"}) {
    CHECK_THROWS_WITH_AS((void)initial_weights(wrong),
                         (std::string("no initial weights '") + wrong +
                          "'; there are: fan-in, glorot, orthogonal, uniform:0.1")
                             .c_str(),
                         unroll::Error);
  }
}

}  // namespace
}  // namespace wordlm
