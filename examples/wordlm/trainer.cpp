#include "wordlm/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "common/progress_line.h"

namespace wordlm {

using unroll::Tape;
using unroll::Var;

namespace {

constexpr std::int64_t kEvaluationBatch = 32;
constexpr auto kSaveEvery = std::chrono::minutes(5);
constexpr std::size_t kScoredWords = 500;  // at once
constexpr double kHopeless = 10;  // times the loss of guessing: no training comes back from there

std::int64_t words_of(const std::vector<Ids>& sentences) {
  std::int64_t words = 0;
  for (const Ids& ids : sentences) words += static_cast<std::int64_t>(ids.size()) - 1;
  return words;
}

/// One minibatch: forward, backward, clip, update. Returns the summed loss. The gradient is that of
/// the loss summed over the words and averaged over the sentences.
double train_step(Tape& tape, const Model& model, const Batch& batch, const Settings& settings,
                  double learning_rate) {
  tape.clear();
  const Var loss = model.loss(tape, batch, settings.bptt);
  const double value = loss.item();
  if (!std::isfinite(value)) return value;
  auto gradients =
      tape.gradients(loss / static_cast<double>(batch.x.shape()[1]), model.parameters());
  if (settings.clip > 0) unroll::clip_by_global_norm(gradients, settings.clip);
  unroll::Sgd(learning_rate).step(gradients);
  return value;
}

/// Halves the learning rate where the loss has risen since the last evaluation; whether it did.
bool record_loss(const Settings& settings, Progress& progress, double loss) {
  const bool halve = settings.halve && loss > progress.last_loss;
  if (halve) progress.learning_rate /= 2;
  progress.last_loss = loss;
  return halve;
}

[[noreturn]] void fail_diverged(const std::string& how, std::int64_t epoch,
                                const std::string& save) {
  std::error_code ignored;
  const bool saved = !save.empty() && std::filesystem::exists(save, ignored);
  unroll::fail<unroll::Error>(
      "the training has diverged in epoch {}: {}; a smaller --lr or --clip helps{}", epoch, how,
      saved ? fmt::format("; {} holds the model as last saved", save) : "");
}

bool all_finite(const unroll::Parameters& parameters) {
  const auto finite = [](auto values) {
    return std::all_of(values.begin(), values.end(), [](auto x) { return std::isfinite(x); });
  };
  return parameters.dtype() == unroll::DType::f64 ? finite(parameters.values<double>())
                                                  : finite(parameters.values<float>());
}

}  // namespace

Evaluation evaluate(const Model& model, const std::vector<Ids>& sentences) {
  Evaluation result;
  Tape tape(model.parameters().dtype());
  double total = 0;
  for (const auto& numbers : make_batches(sentences, kEvaluationBatch, true, 0, 0)) {
    tape.clear();
    const Batch batch = make_batch(sentences, numbers);
    total += model.loss(tape, batch).item();
    result.words += batch.words;
  }
  result.loss = total / static_cast<double>(result.words);
  return result;
}

std::vector<double> score(const Model& model, const std::vector<Ids>& sentences) {
  std::vector<double> scores;
  Tape tape(model.parameters().dtype());
  for (const Ids& ids : sentences) {
    const std::span<const std::int32_t> x(ids.data(), ids.size() - 1);
    const std::span<const std::int32_t> y(ids.data() + 1, ids.size() - 1);
    tape.clear();
    auto carried = unroll::carry(model.start(tape, 1));
    double loss = 0;
    // A sentence may be of any length: the state is carried from piece to piece.
    for (std::size_t begin = 0; begin < x.size(); begin += kScoredWords) {
      const std::size_t count = std::min(kScoredWords, x.size() - begin);
      const unroll::Index steps = static_cast<unroll::Index>(count);
      tape.clear();
      const auto put = [&](std::span<const std::int32_t> all) {
        return tape.input(unroll::Tensor::of({steps, 1}, all.subspan(begin, count)));
      };
      const auto [logits, last] = model.run(put(x), unroll::restore(tape, carried));
      loss += unroll::softmax_cross_entropy(logits, put(y), unroll::Reduction::sum).item();
      carried = unroll::carry(last);
    }
    scores.push_back(-loss);
  }
  return scores;
}

bool train(Checkpoint& checkpoint, const std::vector<Ids>& train_set,
           const std::vector<Ids>& test_set, const std::string& save, bool anomaly) {
  const Settings& settings = checkpoint.settings;
  const Model& model = *checkpoint.model;
  Progress& progress = checkpoint.progress;
  const std::vector<Ids>& measured = test_set.empty() ? train_set : test_set;
  const char* const what = test_set.empty() ? "training loss" : "held-out loss";
  const std::int64_t words = words_of(train_set);
  const auto save_now = [&] {
    if (!all_finite(model.parameters())) {
      fail_diverged("parameters are no longer numbers", progress.epoch + 1, save);
    }
    if (!save.empty()) save_checkpoint(save, checkpoint);
  };

  if (progress.last_loss == 0) {
    progress.last_loss = evaluate(model, measured).loss;
    fmt::print("epoch {:2}: {} {:.6f}\n", progress.epoch, what, progress.last_loss);
    std::fflush(stdout);
  }
  if (progress.epoch >= settings.epochs) save_now();
  Tape tape(model.parameters().dtype());
  tape.set_anomaly_mode(anomaly);
  auto last_save = std::chrono::steady_clock::now();
  while (progress.epoch < settings.epochs) {
    const auto batches =
        make_batches(train_set, settings.batch, settings.shuffle, settings.seed, progress.epoch);
    examples::ProgressLine line(fmt::format("epoch {:2}", progress.epoch + 1), "words");
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t words_before = progress.running_words;
    while (progress.batch < static_cast<std::int64_t>(batches.size())) {
      if (interrupted) {
        save_now();
        return false;
      }
      const Batch batch = make_batch(train_set, batches[static_cast<std::size_t>(progress.batch)]);
      const double loss = train_step(tape, model, batch, settings, progress.learning_rate);
      if (!std::isfinite(loss)) {
        fail_diverged(fmt::format("the loss of batch {} is no longer a number", progress.batch + 1),
                      progress.epoch + 1, save);
      }
      ++progress.batch;
      progress.running_loss += loss;
      progress.running_words += batch.words;
      line.update(progress.running_words, words,
                  progress.running_loss / static_cast<double>(progress.running_words));
      if (std::chrono::steady_clock::now() - last_save > kSaveEvery) {
        save_now();
        last_save = std::chrono::steady_clock::now();
      }
    }
    line.clear();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double running = progress.running_loss / static_cast<double>(progress.running_words);
    const double speed = static_cast<double>(progress.running_words - words_before) / seconds;
    ++progress.epoch;
    progress.batch = 0;
    progress.running_loss = 0;
    progress.running_words = 0;
    const double loss = evaluate(model, measured).loss;
    const double guessing = std::log(static_cast<double>(model.words()));
    if (!(loss <= kHopeless * guessing)) {
      fail_diverged(
          fmt::format("a {} of {:.6g}, where guessing would cost {:.4f}", what, loss, guessing),
          progress.epoch, save);
    }
    const bool halved = record_loss(settings, progress, loss);
    save_now();
    last_save = std::chrono::steady_clock::now();
    fmt::print("epoch {:2}: {} {:.6f}, perplexity {:.2f}, while training {:.4f}, {:.0f} words/s\n",
               progress.epoch, what, loss, std::exp(loss), running, speed);
    if (halved) {
      fmt::print("         the loss has risen: learning rate now {:g}\n", progress.learning_rate);
    }
    std::fflush(stdout);
  }
  return true;
}

}  // namespace wordlm
