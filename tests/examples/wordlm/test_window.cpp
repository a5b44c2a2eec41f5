#include "wordlm/window.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "small_models.h"
#include "text_files.h"

namespace wordlm {
namespace {

Settings small_window(std::int64_t order, bool double_precision = true) {
  Settings settings = small();
  settings.model.order = order;
  settings.model.embedding = 3;
  settings.model.hidden = 4;
  settings.model.double_precision = double_precision;
  return settings;
}

TEST_CASE("window: the logits are those of the paper's equation") {
  const Settings settings = small_window(3);
  const Model model(settings, 7);
  const auto values = [&](const char* name) {
    return model.parameters()[name].value().to_doubles();
  };
  const auto E = values("embedding.W");
  const auto H = values("window.H.W");
  const auto d = values("window.H.b");
  const auto UW = values("output.W");
  const auto b = values("output.b");
  const Ids text = {0, 3, 5, 2};
  unroll::Tape tape(unroll::DType::f64);
  const auto x = tape.input(unroll::Tensor::of<std::int32_t>({4, 1}, text));
  const auto logits = model.run(x, model.start(tape, 1)).logits.value().to_doubles();
  for (std::size_t t = 0; t < text.size(); ++t) {
    std::vector<double> window(6, 0.0);  // the word before the last, then the last
    for (std::size_t k = 0; k < 3; ++k) {
      if (t > 0) window[k] = E[static_cast<std::size_t>(text[t - 1]) * 3 + k];
      window[3 + k] = E[static_cast<std::size_t>(text[t]) * 3 + k];
    }
    std::vector<double> read;
    for (std::size_t j = 0; j < 4; ++j) {
      read.push_back(std::tanh(std::inner_product(
          window.begin(), window.end(), H.begin() + static_cast<std::ptrdiff_t>(j * 6), d[j])));
    }
    read.insert(read.end(), window.begin(), window.end());
    for (std::size_t word = 0; word < 7; ++word) {
      const double y = std::inner_product(
          read.begin(), read.end(), UW.begin() + static_cast<std::ptrdiff_t>(word * 10), b[word]);
      CHECK(logits[t * 7 + word] == doctest::Approx(y));
    }
  }
}

TEST_CASE("window: its gradients are right, for windows of one word and of several") {
  for (const std::int64_t order : {2, 3, 5}) {
    const Model model(small_window(order), 6);
    const Batch batch = make_batch({{0, 3, 4, 5, 1}, {0, 2, 1}}, {0, 1});
    const unroll::GradientCheck check = unroll::check_gradients(
        [&](unroll::Tape& tape) { return model.loss(tape, batch); }, model.parameters());
    CAPTURE(check.message);
    CHECK(check.passed);
  }
}

TEST_CASE("window: what lies before it changes nothing") {
  const Model model(small_window(3), 9);
  const auto last = [&](const Ids& text) { return log_probabilities(model, text).back(); };
  CHECK(last({0, 3, 4, 5, 6}) == last({0, 7, 4, 5, 6}));
  CHECK(last({0, 3, 4, 5, 6}) != last({0, 3, 7, 5, 6}));
}

TEST_CASE("window: it is trained, saved, loaded and resumed like others") {
  const Folder folder;
  for (const bool running : {false, true}) {
    Settings settings = small_window(4, false);
    settings.text.running = running;
    settings.training.bptt = running ? 5 : 0;
    settings.training.dropout = 0.2;
    const auto set = [&](const std::vector<Ids>& texts) {
      return running ? std::vector<Ids>{running_text(texts)} : texts;
    };
    const std::vector<Ids> train_set = set(texts().train_set);
    const std::vector<Ids> test_set = set(texts().test_set);
    Checkpoint whole = begin(settings);
    CHECK(train(whole, train_set, test_set, ""));
    settings.training.epochs = 1;
    Checkpoint part = begin(settings);
    CHECK(train(part, train_set, test_set, folder.file("m")));
    Checkpoint resumed = load_checkpoint(folder.file("m"));
    resumed.settings.training.epochs = 3;
    CHECK(train(resumed, train_set, test_set, ""));
    CHECK(same_parameters(whole, resumed));
    CHECK(whole.progress.last_loss < std::log(100.0));
  }
}

}  // namespace
}  // namespace wordlm
