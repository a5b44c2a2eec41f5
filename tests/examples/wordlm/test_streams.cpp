#include "wordlm/streams.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <numeric>

#include "small_models.h"
#include "wordlm/minibatches.h"

namespace wordlm {
namespace {

/// A running text of `words` words, no two alike, after the word 0.
Ids counting_text(std::int64_t words) {
  Ids text(static_cast<std::size_t>(words + 1));
  std::iota(text.begin(), text.end(), 0);
  return text;
}

TEST_CASE("pieces hold every word of a text once, in its order along each stream") {
  for (const std::int64_t words : {1, 2, 7, 20, 97, 400}) {
    for (const std::int64_t batch : {1, 2, 3, 7}) {
      for (const std::int64_t steps : {1, 4, 20, 1000}) {
        if (words < batch) continue;
        CAPTURE(words);
        CAPTURE(batch);
        CAPTURE(steps);
        const Ids text = counting_text(words);
        const Streams streams(text, batch, steps);
        CHECK(streams.words() + streams.dropped() == words);
        CHECK(streams.dropped() < batch);
        std::int64_t counted = 0;
        std::vector<Ids> read(static_cast<std::size_t>(batch));
        for (std::int64_t i = 0; i < streams.pieces(); ++i) {
          const Batch piece = streams.piece(i);
          CHECK(piece.x.shape()[0] <= steps);
          CHECK(piece.words == piece.x.size());
          counted += piece.words;
          for (unroll::Index place = 0; place < piece.x.size(); ++place) {
            const auto at = static_cast<std::size_t>(place);
            const std::int32_t x = piece.x.values<std::int32_t>()[at];
            CHECK(piece.y.values<std::int32_t>()[at] == x + 1);
            read[static_cast<std::size_t>(place % batch)].push_back(x);
          }
        }
        CHECK(counted == streams.words());
        Ids whole;
        for (const Ids& stream : read) whole.insert(whole.end(), stream.begin(), stream.end());
        CHECK(whole == Ids(text.begin(), text.begin() + streams.words()));
      }
    }
  }
}

TEST_CASE("fewer words than streams are an error") {
  const Ids text = counting_text(6);
  CHECK_THROWS_WITH_AS(
      Streams(text, 7, 20),
      "a text of 6 words cannot be divided into 7 streams; a smaller --batch helps", unroll::Error);
  CHECK_THROWS_WITH_AS(
      Streams({}, 7, 20),
      "a text of 0 words cannot be divided into 7 streams; a smaller --batch helps", unroll::Error);
}

/// A running text of the words of `texts()`.
Ids small_text() { return running_text(texts().train_set); }

Settings streaming() {
  Settings settings = small();
  settings.text.running = true;
  settings.model.cell = "lstm";
  settings.model.layers = 2;
  settings.model.double_precision = true;
  settings.training.bptt = 6;
  return settings;
}

TEST_CASE("the state carried from piece to piece is that of one long text") {
  const Settings settings = streaming();
  const Model model(settings, texts().vocabulary.size());
  const Ids text = small_text();
  const Streams pieces(text, 3, 6);
  const Streams whole(text, 3, pieces.words());
  CHECK(whole.pieces() == 1);

  unroll::Tape tape(unroll::DType::f64);
  const double expected = model.loss(whole.piece(0), tape, model.start(tape, 3)).sum.item();
  tape.clear();
  auto state = unroll::carry(model.start(tape, 3));
  double total = 0;
  for (std::int64_t i = 0; i < pieces.pieces(); ++i) {
    tape.clear();
    const auto [loss, last] = model.loss(pieces.piece(i), tape, unroll::restore(tape, state));
    total += loss.item();
    state = unroll::carry(last);
  }
  CHECK(total == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("evaluation carries one state over the whole text and counts every word") {
  const Settings settings = streaming();
  const Model model(settings, texts().vocabulary.size());
  const Ids text = small_text();
  REQUIRE(text.size() > 1000);  // several pieces
  const Streams whole(text, 1, static_cast<std::int64_t>(text.size()));
  unroll::Tape tape(unroll::DType::f64);
  const double expected = model.loss(whole.piece(0), tape, model.start(tape, 1)).sum.item();
  const Evaluation evaluation = evaluate_running(model, std::vector<Ids>{text});
  CHECK(evaluation.words == static_cast<std::int64_t>(text.size()) - 1);
  CHECK(evaluation.loss * static_cast<double>(evaluation.words) ==
        doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("a stream's first step of training is that of the loss summed over steps, averaged") {
  // By hand: one piece, one step of SGD, against a training of one piece an epoch.
  Settings settings = streaming();
  settings.training.epochs = 1;
  settings.training.clip = 0;
  settings.training.batch = 3;
  settings.training.bptt = 100000;
  settings.training.learning_rate = 0.01;
  Checkpoint trained = begin(settings);
  const std::vector<Ids> text = {small_text()};
  examples::Saver nowhere{examples::SaveOptions{}};
  RunLog log("");
  CHECK(train(trained, text, {}, nowhere, log).complete);
  CHECK(trained.progress.step == 1);

  const Checkpoint fresh = begin(settings);
  const unroll::Parameters& parameters = fresh.model->parameters();
  unroll::Tape tape(unroll::DType::f64);
  const Batch piece = Streams(text[0], 3, 100000).piece(0);
  const unroll::Var loss = fresh.model->loss(piece, tape, fresh.model->start(tape, 3)).sum;
  unroll::Sgd(0.01).step(tape.gradients(loss / 3, parameters));
  CHECK(same_parameters(fresh, trained));
}

TEST_CASE("streams: parts of a piece are some of its columns") {
  const Ids text = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Streams streams(text, 4, 2);
  const Batch part = streams.piece(0, {1, 3});
  CHECK(part.x.view().to_doubles() == std::vector<double>{3, 6, 4, 7});
  CHECK(part.y.view().to_doubles() == std::vector<double>{4, 7, 5, 8});
  CHECK(part.words == 8);  // of the whole piece
  CHECK(part.part.first == 1);
  CHECK(part.part.of == 4);
  CHECK(streams.piece(1, {4, 4}).x.shape() == unroll::Shape{1, 0});
}

}  // namespace
}  // namespace wordlm
