#include "wordlm/trainer.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "small_models.h"
#include "text_files.h"
#include "wordlm/id_file.h"
#include "wordlm/make_optimizer.h"
#include "wordlm/streams.h"

namespace wordlm {
namespace {

/// Trains in pieces, each interrupted a little later than the one before it, saved and loaded:
/// the end is that of a training never interrupted.
void check_resumed(const Settings& settings, const std::vector<Ids>& train_set,
                   const std::vector<Ids>& test_set) {
  const Folder folder;
  Checkpoint whole = begin(settings);
  CHECK(train(whole, train_set, test_set, ""));

  const std::string file = folder.file("m");
  save_checkpoint(file, begin(settings));
  int in_an_epoch = 0;
  auto patience = std::chrono::milliseconds(2);
  while (true) {
    Checkpoint part = load_checkpoint(file);
    interrupted = false;
    bool complete = false;
    {
      const std::jthread timer([=] {
        std::this_thread::sleep_for(patience);
        interrupted = true;
      });
      complete = train(part, train_set, test_set, file);
    }
    if (complete) break;
    if (part.progress.batch > 0) {
      ++in_an_epoch;
      const double mean =
          part.progress.running_loss / static_cast<double>(part.progress.running_words);
      CHECK(mean > 0.1);
      CHECK(mean < 10);
    }
    const Checkpoint saved = load_checkpoint(file);
    CHECK(same_parameters(saved, part));
    if (part.progress.step > 0) check_same(saved.progress, part.progress);
    patience += patience / 2;  // so that it ends on any machine
  }
  interrupted = false;
  CHECK(in_an_epoch > 0);
  const Checkpoint pieces = load_checkpoint(file);
  CHECK(same_parameters(pieces, whole));
  check_same(pieces.progress, whole.progress);
  save_checkpoint(folder.file("whole"), whole);
  CHECK(unroll::read_file(file) == unroll::read_file(folder.file("whole")));
}

TEST_CASE("training goes on after an interruption as if nothing had happened") {
  for (const bool shuffle : {true, false}) {
    Settings settings = small();
    settings.training.shuffle = shuffle;
    settings.training.batch = 1;
    settings.training.bptt = shuffle ? 0 : 3;
    check_resumed(settings, texts().train_set, texts().test_set);
  }
}

TEST_CASE("what every optimizer remembers outlives an interruption") {
  for (const std::string& optimizer : optimizer_names()) {
    CAPTURE(optimizer);
    Settings settings = small();
    settings.training.optimizer = optimizer;
    settings.training.learning_rate = own_settings(optimizer).learning_rate / 4;
    settings.training.weight_decay = own_settings(optimizer).weight_decay;
    settings.training.batch = 1;
    settings.training.epochs = 2;
    check_resumed(settings, texts().train_set, texts().test_set);
  }
}

TEST_CASE("carried states and dropout masks outlive an interruption") {
  for (const bool double_precision : {false, true}) {
    Settings settings = small();
    settings.model.cell = "lstm";
    settings.model.layers = 2;
    settings.model.double_precision = double_precision;
    settings.training.dropout = 0.3;
    settings.training.optimizer = "rmsprop";
    settings.training.learning_rate = 0.002;
    settings.training.schedule = "decay";
    settings.training.hold = 1;
    settings.training.batch = 3;
    SUBCASE("sentences") {}
    SUBCASE("running text") {
      settings.text.running = true;
      settings.training.bptt = 2;
    }
    if (settings.text.running) {
      check_resumed(settings, {running_text(texts().train_set)}, {running_text(texts().test_set)});
    } else {
      check_resumed(settings, texts().train_set, texts().test_set);
    }
  }
}

TEST_CASE("what every output layer is made by and draws outlives an interruption") {
  for (const std::string_view output : kOutputs) {
    CAPTURE(output);
    Settings settings = small();
    settings.model.output = output;
    settings.model.sampled = 20;
    settings.training.dropout = 0.2;
    settings.training.batch = 2;
    check_resumed(settings, texts().train_set, texts().test_set);
  }
}

TEST_CASE("dropout masks are a function of the steps taken in all, not only in this epoch") {
  for (const double dropout : {0.0, 0.5}) {
    Settings settings = small();
    settings.training.dropout = dropout;
    settings.training.epochs = 1;
    Checkpoint first = begin(settings);
    Checkpoint later = begin(settings);
    later.progress.step = 1000;
    CHECK(train(first));
    CHECK(train(later));
    CHECK(later.progress.step == 1000 + first.progress.step);
    CHECK(same_parameters(first, later) == (dropout == 0));
  }
}

TEST_CASE("training stops when its patience is at its end") {
  Settings settings = small();
  settings.training.epochs = 50;
  settings.training.schedule = "constant";
  settings.training.patience = 2;
  Checkpoint checkpoint = begin(settings);
  checkpoint.progress.last_loss = 1;
  checkpoint.progress.best_loss = 1e-3;  // whatever comes is worse
  const Folder folder;
  CHECK(train(checkpoint, folder.file("m")));
  CHECK(checkpoint.progress.epoch == 2);
  CHECK(checkpoint.progress.since_best == 2);
  Checkpoint again = load_checkpoint(folder.file("m"));
  CHECK(train(again));
  CHECK(again.progress.epoch == 2);
}

TEST_CASE("more epochs after the last are the same as more epochs at once") {
  const Folder folder;
  Checkpoint whole = begin(small());
  CHECK(train(whole));
  Settings settings = small();
  settings.training.epochs = 1;
  Checkpoint first = begin(settings);
  CHECK(train(first, folder.file("m")));
  Checkpoint rest = load_checkpoint(folder.file("m"));
  CHECK(rest.progress.epoch == 1);
  rest.settings.training.epochs = 3;
  CHECK(train(rest));
  CHECK(same_parameters(rest, whole));
  check_same(rest.progress, whole.progress);
}

TEST_CASE("trainer: a training of no epochs is saved too") {
  const Folder folder;
  Settings settings = small();
  settings.training.epochs = 0;
  Checkpoint checkpoint = begin(settings);
  CHECK(train(checkpoint, folder.file("m")));
  CHECK(same_parameters(load_checkpoint(folder.file("m")), checkpoint));
}

TEST_CASE("the learning rate halves where the loss has risen") {
  Settings settings = small();
  settings.training.epochs = 1;
  for (const bool halve : {true, false}) {
    settings.training.schedule = halve ? "halve" : "constant";
    Checkpoint checkpoint = begin(settings);
    checkpoint.progress.last_loss = 1e-3;  // whatever comes is worse
    CHECK(train(checkpoint));
    CHECK(checkpoint.progress.learning_rate == (halve ? 0.25 : 0.5));
  }
  Checkpoint falling = begin(settings);
  CHECK(train(falling));
  CHECK(falling.progress.learning_rate == 0.5);
}

/// Another program changes a file when the first step has been taken.
class Spoiling : public unroll::Optimizer {
 public:
  Spoiling(std::shared_ptr<unroll::Optimizer> inner, std::string path)
      : Optimizer(inner->learning_rate), inner_(std::move(inner)), path_(std::move(path)) {}

  void step(const unroll::Gradients& gradients) override {
    inner_->step(gradients);
    std::ofstream(path_, std::ios::app) << "more";
  }
  [[nodiscard]] std::map<std::string, unroll::Tensor> state() const override {
    return inner_->state();
  }
  void restore(const unroll::Parameters& parameters,
               const std::map<std::string, unroll::Tensor>& state) override {
    inner_->restore(parameters, state);
  }
  [[nodiscard]] unroll::Untouched untouched() const override { return inner_->untouched(); }

 private:
  std::shared_ptr<unroll::Optimizer> inner_;
  std::string path_;
};

TEST_CASE("trainer: an epoch in which a file of ids was changed is not saved") {
  const Folder folder;
  const std::string path = folder.file("ids");
  IdFile ids;
  ids.words = texts().vocabulary;
  ids.train = texts().train_set;
  write_id_file(path, ids);
  Settings settings = small();
  settings.training.epochs = 1;
  Checkpoint checkpoint = begin(settings);
  checkpoint.optimizer = std::make_shared<Spoiling>(checkpoint.optimizer, path);
  const std::string model = folder.file("m");
  examples::Saver saver(examples::SaveOptions{.path = model});
  RunLog log("");
  CHECK_THROWS_AS(train(checkpoint, read_id_file(path).train, texts().test_set, saver, log),
                  unroll::IoError);
  CHECK_FALSE(std::filesystem::exists(model));
}

TEST_CASE("trainer: a file of ids that another program changes ends the training") {
  const Folder folder;
  const std::string path = folder.file("ids");
  IdFile ids;
  ids.words = texts().vocabulary;
  ids.train = texts().train_set;
  ids.held_out = texts().test_set;
  write_id_file(path, ids);
  const IdFile file = read_id_file(path);
  Checkpoint checkpoint = begin(small());
  examples::Saver saver(examples::SaveOptions{});
  RunLog log("");
  CHECK(train(checkpoint, file.train, file.held_out, saver, log).complete);
  std::ofstream(path, std::ios::app) << "more";
  for (const SentenceList& changed : {file.train, file.held_out}) {
    Checkpoint again = begin(small());
    CHECK_THROWS_WITH_AS(train(again, changed, texts().test_set, saver, log),
                         (path + ": was changed by another program while it was in use").c_str(),
                         unroll::IoError);
    CHECK(again.progress.step == 0);
    again = begin(small());
    CHECK_THROWS_AS(train(again, texts().train_set, changed, saver, log), unroll::IoError);
  }
}

TEST_CASE("a training that diverges saves nothing") {
  const Folder folder;
  Settings settings = small();
  Checkpoint good = begin(settings);
  save_checkpoint(folder.file("m"), good);
  const std::string before = unroll::read_file(folder.file("m"));
  settings.training.clip = 0;
  const std::string hint =
      "; a smaller --lr or --clip helps; " + folder.file("m") + " holds the model as last saved";
  const auto message_at = [&](double learning_rate) {
    Checkpoint checkpoint = begin(settings);
    checkpoint.progress.learning_rate = learning_rate;
    try {
      (void)train(checkpoint, folder.file("m"));
    } catch (const unroll::Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string hopeless = message_at(1e6);
  CHECK(hopeless.starts_with("the training has diverged in epoch 1: a held-out loss of "));
  CHECK(hopeless.ends_with(", where guessing would cost 4.6052" + hint));
  const std::string no_number = message_at(1e36);
  CHECK(no_number.starts_with("the training has diverged in epoch 1: the loss of batch "));
  CHECK(no_number.ends_with(" is no longer a number" + hint));

  // A step may leave no numbers behind and the interruption come before the next one's loss.
  Checkpoint broken = begin(settings);
  broken.model->parameters().change<float>()[3] = NAN;
  broken.progress.last_loss = 5;
  broken.progress.step = 1;
  interrupted = true;
  CHECK_THROWS_WITH_AS(
      (void)train(broken, folder.file("m")),
      ("the training has diverged in epoch 1: parameters are no longer numbers" + hint).c_str(),
      unroll::Error);
  interrupted = false;
  CHECK(unroll::read_file(folder.file("m")) == before);
  CHECK(folder.entries() == 1);
}

}  // namespace
}  // namespace wordlm
