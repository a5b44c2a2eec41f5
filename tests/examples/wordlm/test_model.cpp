#include "wordlm/model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "small_models.h"
#include "support.h"

namespace wordlm {
namespace {

using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

constexpr std::int64_t kWords = 12;
const std::vector<Ids> kSentences = {{0, 3, 4, 5, 6, 7, 1}, {0, 8, 1}, {0, 1}, {0, 9, 11, 2, 3, 1}};

Settings small(const std::string& cell, std::int64_t embedding, std::int64_t layers) {
  Settings settings;
  settings.model.cell = cell;
  settings.model.hidden = 5;
  settings.model.embedding = embedding;
  settings.model.layers = layers;
  return settings;
}

/// Calls `f` with the settings of many small models.
template <class F>
void for_models(F&& f) {
  for (const std::string cell : {"rnn", "lstm", "gru"}) {
    for (const std::int64_t embedding : {0, 4}) {
      for (const std::int64_t layers : {1, 2}) {
        CAPTURE(cell);
        CAPTURE(embedding);
        CAPTURE(layers);
        f(small(cell, embedding, layers));
      }
    }
  }
}

double loss_of(const Model& model, const Batch& batch, std::int64_t bptt = 0) {
  Tape tape(model.parameters().dtype());
  return model.loss(tape, batch, bptt).item();
}

TEST_CASE("an untrained model guesses: its loss per word is ln(words)") {
  for_models([](Settings settings) {
    settings.model.hidden = 32;
    const Model model(settings, 500);
    unroll::Random random(3);
    std::vector<Ids> sentences;
    for (int i = 0; i < 40; ++i) {
      Ids ids = {0};
      for (int t = 0; t < 12; ++t) ids.push_back(static_cast<std::int32_t>(random.below(500)));
      sentences.push_back(ids);
    }
    const Evaluation evaluation = evaluate(model, sentences);
    CHECK(evaluation.words == 40 * 12);
    CHECK(evaluation.loss == doctest::Approx(std::log(500.0)).epsilon(0.01));
  });
}

TEST_CASE("model: the number of parameters is that of its formula") {
  // An LSTM of 5 on vectors of 4: four gates of 5 (4 + 5 + 1); words in 12 x 4, out 12 (5 + 1).
  CHECK(Model(small("lstm", 4, 1), kWords).parameters().size() == 200 + 48 + 72);
  CHECK(Model(small("lstm", 4, 2), kWords).parameters().size() == 200 + 220 + 48 + 72);
  CHECK(Model(small("rnn", 0, 1), kWords).parameters().size() == 5 * (12 + 5 + 1) + 72);
  Settings plain = small("rnn", 0, 1);
  plain.model.bias = false;
  CHECK(Model(plain, kWords).parameters().size() == 5 * (12 + 5) + 60);
}

TEST_CASE("model: the same seed gives the same weights, another seed others") {
  Settings settings = small("gru", 4, 1);
  const Model a(settings, kWords);
  const Model b(settings, kWords);
  settings.seed = 2;
  const Model c(settings, kWords);
  CHECK(unroll::testing::same_bits(a.parameters().flat(), b.parameters().flat()));
  CHECK_FALSE(unroll::testing::same_bits(a.parameters().flat(), c.parameters().flat()));
}

/// In a padded batch each sentence has the loss it has alone, to `rounding`, relative.
void check_padding(Settings settings, bool double_precision, double rounding) {
  settings.model.double_precision = double_precision;
  const Model model(settings, kWords);
  for (const std::int64_t bptt : {0, 2}) {
    CAPTURE(bptt);
    for (std::size_t kept = 0; kept < kSentences.size(); ++kept) {
      Batch batch = make_batch(kSentences, {0, 1, 2, 3});
      const auto y = batch.y.values<std::int32_t>();
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (i % kSentences.size() != kept) y[i] = kPadding;
      }
      const double alone = loss_of(model, make_batch(kSentences, {kept}), bptt);
      CHECK(std::abs(loss_of(model, batch, bptt) - alone) <= rounding * alone);
    }
  }
}

TEST_CASE("padding changes no sentence's loss") {
  for_models([](const Settings& settings) {
    check_padding(settings, false, 1e-6);
    check_padding(settings, true, 1e-14);
  });
}

TEST_CASE("truncation leaves the loss as it is") {
  for_models([](const Settings& settings) {
    const Model model(settings, kWords);
    const Batch batch = make_batch(kSentences, {0, 1, 2, 3});
    for (const std::int64_t bptt : {1, 2, 100}) {
      CHECK(loss_of(model, batch, bptt) == doctest::Approx(loss_of(model, batch)).epsilon(1e-6));
    }
  });
}

TEST_CASE("score and evaluate agree with the loss") {
  for_models([](Settings settings) {
    settings.model.double_precision = true;
    const Model model(settings, kWords);
    std::vector<double> scores;
    for (const Ids& ids : kSentences) scores.push_back(score(model, ids));
    double total = 0;
    for (std::size_t i = 0; i < kSentences.size(); ++i) {
      CHECK(-scores[i] ==
            doctest::Approx(loss_of(model, make_batch(kSentences, {i}))).epsilon(1e-13));
      total -= scores[i];
    }
    const Evaluation evaluation = evaluate(model, kSentences);
    CHECK(evaluation.words == 6 + 2 + 1 + 5);
    CHECK(evaluation.loss == doctest::Approx(total / 14).epsilon(1e-13));
  });
}

TEST_CASE("a sentence longer than one piece is scored as a whole") {
  Settings settings = small("lstm", 4, 2);
  settings.model.double_precision = true;
  const Model model(settings, kWords);
  Ids ids = {0};
  for (int t = 0; t < 1234; ++t) ids.push_back(3 + t % 7);
  const double whole = loss_of(model, make_batch({ids}, {0}));
  CHECK(-score(model, ids) == doctest::Approx(whole).epsilon(1e-13));
}

/// The loss that truncated backpropagation differentiates: each word has a window of its own, of
/// the `bptt` steps before it, that begins with a constant state.
class Windows {
 public:
  Windows(const Model& model, const Batch& batch, std::int64_t bptt)
      : model_(model), batch_(batch), bptt_(bptt) {
    Tape tape(unroll::DType::f64);
    const Var x = tape.input(batch.x);
    Model::State state = model.start(tape, x.shape()[1]);
    for (unroll::Index t = 0; t < x.shape()[0]; ++t) {
      starts_.push_back(unroll::carry(state));
      state = model.run(rows(x, t, t + 1), state).last;
    }
  }

  Var loss(Tape& tape) const {
    const Var x = tape.input(batch_.x);
    const Var y = tape.input(batch_.y);
    Var total = full(tape, {}, 0);
    for (unroll::Index t = 0; t < x.shape()[0]; ++t) {
      const unroll::Index first = std::max<unroll::Index>(t - bptt_, 0);
      const Var logits = model_
                             .run(rows(x, first, t + 1),
                                  unroll::restore(tape, starts_[static_cast<std::size_t>(first)]))
                             .logits;
      total = total + softmax_cross_entropy(rows(logits, t - first, t - first + 1),
                                            rows(y, t, t + 1), unroll::Reduction::sum, kPadding);
    }
    return total;
  }

 private:
  const Model& model_;
  const Batch& batch_;
  std::int64_t bptt_;
  std::vector<unroll::Carried<Model::State>> starts_;
};

TEST_CASE("the gradients of the whole model") {
  for_models([](Settings settings) {
    settings.model.double_precision = true;
    const Model model(settings, kWords);
    const Batch batch = make_batch(kSentences, {0, 1, 2, 3});
    // The loss is a sum of some 35 nats: a step of 1e-6 would leave too few digits of differences.
    const unroll::GradientCheckOptions options{.step = 1e-5};
    const auto whole = check_gradients([&](Tape& tape) { return model.loss(tape, batch); },
                                       model.parameters(), options);
    CHECK_MESSAGE(whole.passed, whole.message);

    const Windows windows(model, batch, 2);
    const auto truncated = check_gradients([&](Tape& tape) { return windows.loss(tape); },
                                           model.parameters(), options);
    CHECK_MESSAGE(truncated.passed, truncated.message);

    const auto gradient_of = [&](auto&& loss) {
      Tape tape(unroll::DType::f64);
      return unroll::testing::flatten(tape.gradients(loss(tape), model.parameters()),
                                      model.parameters());
    };
    const auto expected = gradient_of([&](Tape& tape) { return windows.loss(tape); });
    const auto bptt2 = gradient_of([&](Tape& tape) { return model.loss(tape, batch, 2); });
    const auto full = gradient_of([&](Tape& tape) { return model.loss(tape, batch); });
    CHECK(unroll::testing::difference(bptt2, expected) < 1e-13);
    CHECK(unroll::testing::difference(bptt2, full) > 1e-6);
  });
}

TEST_CASE("training learns a few sentences by heart") {
  const std::vector<Ids> sentences = {
      {0, 3, 4, 5, 6, 7, 1}, {0, 8, 4, 3, 9, 7, 1}, {0, 9, 5, 5, 8, 7, 1}, {0, 10, 6, 11, 3, 7, 1}};
  std::vector<Ids> train_set;
  for (int i = 0; i < 300; ++i) {
    train_set.insert(train_set.end(), sentences.begin(), sentences.end());
  }
  // Only the first word cannot be known.
  const double least = std::log(4.0) / 6;
  for (const std::string cell : {"rnn", "lstm", "gru"}) {
    CAPTURE(cell);
    Settings settings = small(cell, 8, 1);
    settings.model.hidden = 16;
    settings.training.batch = 4;
    settings.training.learning_rate = 0.5;
    settings.training.epochs = 3;
    const Vocabulary vocabulary({"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "a", "b", "c",
                                 "d", "e", "f", "g", "h", "i"});
    Checkpoint checkpoint = new_checkpoint(settings, vocabulary, vocabulary.size());
    examples::Saver nowhere{examples::SaveOptions{}};
    RunLog log("");
    CHECK(train(checkpoint, train_set, sentences, nowhere, log).complete);
    const double loss = evaluate(*checkpoint.model, sentences).loss;
    CHECK(loss > least);
    CHECK(loss < least + 0.03);
    CHECK(checkpoint.progress.last_loss == loss);
  }
}

}  // namespace
}  // namespace wordlm
