#include "wordlm/trainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include "common/output.h"
#include "common/progress_line.h"
#include "wordlm/learning_rate.h"
#include "wordlm/minibatches.h"

namespace wordlm {

using examples::say;

using unroll::Tape;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

constexpr double kHopeless = 3;  // times the loss of guessing: no training comes back from there

/// Rows [part.begin, part.end) of a tensor.
unroll::Tensor rows_of(const unroll::Tensor& all, unroll::Interval part) {
  unroll::Tape tape(all.dtype());
  return unroll::Tensor(unroll::slice(tape.input(all), 0, part.begin, part.end).value());
}

bool all_finite(const unroll::Parameters& parameters) {
  const auto finite = [](auto values) {
    return std::all_of(values.begin(), values.end(), [](auto x) { return std::isfinite(x); });
  };
  return parameters.dtype() == unroll::DType::f64 ? finite(parameters.values<double>())
                                                  : finite(parameters.values<float>());
}

/// One training, from where its checkpoint stands to its end.
class Training {
 public:
  Training(Checkpoint& checkpoint, const SentenceList& train_set, const SentenceList& test_set,
           examples::Saver& saver, RunLog& log, bool anomaly, const unroll::Processes& processes)
      : processes_(processes),
        checkpoint_(checkpoint),
        settings_(checkpoint.settings),
        progress_(checkpoint.progress),
        train_set_(train_set),
        measured_(test_set.empty() ? train_set : test_set),
        is_held_out_(!test_set.empty()),
        what_(test_set.empty() ? "training loss" : "held-out loss"),
        saver_(saver),
        log_(log),
        tape_(checkpoint.model->parameters().dtype()) {
    tape_.set_anomaly_mode(anomaly);
    state_ = checkpoint.state;
    if (!state_ || processes.count() == 1) return;
    for (unroll::Tensor& tensor : state_->values) {
      tensor = rows_of(tensor, processes.share(tensor.shape()[0]));
    }
  }

  Ending run() {
    log_.begin(checkpoint_);
    try {
      if (progress_.last_loss == 0) measure_start();
      if (is_over()) save();
      while (!is_over()) train_epoch();
      return {true, seconds_};
    } catch (const examples::Interrupted&) {
      // A model that was not trained at all must not take the place of one that was.
      if (progress_.step > 0) save();
      return {false, seconds_};
    }
  }

 private:
  [[nodiscard]] bool is_over() const {
    const std::int64_t patience = settings_.training.patience;
    return progress_.epoch >= settings_.training.epochs ||
           (patience > 0 && progress_.since_best >= patience);
  }

  void measure_start() {
    progress_.last_loss = measure(checkpoint_, measured_, processes_).loss;
    if (progress_.epoch > 0 && progress_.batch == 0) {  // trained on, and measured on another text
      progress_.best_loss = progress_.last_loss;
      progress_.best_epoch = progress_.epoch;
    }
    say("epoch {:2}: {} {:.6f}\n", progress_.epoch, what_, progress_.last_loss);
    log_.add({.epoch = progress_.epoch,
              .step = progress_.step,
              .loss = progress_.last_loss,
              .held_out = is_held_out_});
    (void)examples::flush_out();
  }

  /// The rest of an epoch.
  void train_epoch() {
    require_unchanged_sets();
    keep_best();
    checkpoint_.optimizer->learning_rate = learning_rate(settings_.training, progress_);
    interrupted_ = processes_.any(examples::interrupted);
    const Minibatches batches = minibatches(train_set_, settings_, progress_.epoch, processes_);
    examples::ProgressLine line(fmt::format("epoch {:2}", progress_.epoch + 1),
                                fmt::format("{}s", unit_of(settings_.text.tokens)));
    const auto start = Clock::now();
    const std::int64_t words_before = progress_.running_words;
    while (progress_.batch < batches.count) {
      if (interrupted_) throw examples::Interrupted{};
      const auto begun = Clock::now();
      step(batches.make(progress_.batch));
      seconds_ += seconds_since(begun);
      line.update(progress_.running_words, batches.words, running_loss());
      if (save_is_due_) save();
    }
    line.clear();
    end_epoch(static_cast<double>(progress_.running_words - words_before) / seconds_since(start));
  }

  /// The words of a file that has changed would be wrong ones.
  void require_unchanged_sets() {
    processes_.together([&] {
      train_set_.require_unchanged();
      measured_.require_unchanged();
    });
  }

  /// Before the best weights there are are trained further, they are set aside.
  void keep_best() {
    const bool measured = progress_.best_loss != 0 && progress_.batch == 0;
    if (!measured || progress_.best_epoch != progress_.epoch) return;
    checkpoint_.best = unroll::tensors_of(checkpoint_.model->parameters());
  }

  /// One minibatch: forward, backward, clip, update. The gradient is that of the loss summed over
  /// the steps and averaged over the sentences, or streams.
  void step(const Batch& batch) {
    const TrainingSettings& s = settings_.training;
    const Model& model = *checkpoint_.model;
    const bool running = settings_.text.running;
    unroll::Noise noise(settings_.seed, progress_.step, batch.part);
    tape_.clear();
    const Model::State from =
        state_ ? unroll::restore(tape_, *state_) : model.start(tape_, batch.x.shape()[1]);
    const auto [loss, last] = model.training_loss(batch, tape_, from, noise, running ? 0 : s.bptt);
    auto gradients = tape_.gradients(loss / static_cast<double>(batch.part.of), model.parameters());
    unroll::all_reduce(processes_, gradients);
    const double value = agree(loss.item());
    if (!std::isfinite(value)) {
      fail_diverged(fmt::format("the loss of batch {} is no longer a number", progress_.batch + 1),
                    progress_.epoch + 1, mean_norm());
    }
    if (s.clip_value > 0) unroll::clip_by_value(gradients, s.clip_value);
    if (s.clip > 0 || log_.is_on()) {
      const double limit = s.clip > 0 ? s.clip : std::numeric_limits<double>::max();
      const double norm = unroll::clip_by_global_norm(gradients, limit, unroll::NonFinite::report);
      if (s.clip > 0 && !std::isfinite(norm)) {
        fail_diverged(
            fmt::format("the gradient of batch {} is no longer a number", progress_.batch + 1),
            progress_.epoch + 1, mean_norm());
      }
      if (std::isfinite(norm)) progress_.running_norms += norm;
    }
    if (running) state_ = unroll::carry(last);
    checkpoint_.optimizer->step(gradients);
    ++progress_.step;
    ++progress_.batch;
    progress_.running_loss += value;
    progress_.running_words += batch.words;
  }

  /// The sum of the losses of all processes, and what they do after this step: stop where one is
  /// interrupted, save where the first says so.
  double agree(double loss) {
    const bool due = saver_.is_due();
    const std::array<double, 3> mine{loss, examples::interrupted ? 1.0 : 0.0,
                                     due && processes_.rank() == 0 ? 1.0 : 0.0};
    const std::vector<double> all = processes_.sum(mine);
    interrupted_ = all[1] > 0;
    save_is_due_ = all[2] > 0;
    return all[0];
  }

  /// Processors of different kinds round differently: weights must not drift apart unseen.
  void check_weights() const {
    if (processes_.count() == 1) return;
    const unroll::TensorView flat = checkpoint_.model->parameters().flat();
    processes_.together([&] {
      processes_.require_same({reinterpret_cast<const char*>(flat.data),
                               static_cast<std::size_t>(flat.size()) * size_of(flat.dtype)},
                              "weights");
    });
  }

  void end_epoch(double speed) {
    check_weights();
    const double running = running_loss();
    const double loss = measure(checkpoint_, measured_, processes_).loss;  // or it was interrupted
    require_unchanged_sets();
    const double norm = mean_norm();
    ++progress_.epoch;
    progress_.batch = 0;
    progress_.running_loss = 0;
    progress_.running_words = 0;
    progress_.running_norms = 0;
    state_.reset();
    const double guessing = std::log(static_cast<double>(checkpoint_.model->words()));
    if (!(loss <= kHopeless * guessing)) {
      fail_diverged(
          fmt::format("a {} of {:.6g}, where guessing would cost {:.4f}", what_, loss, guessing),
          progress_.epoch, norm);
    }
    log_.add({.epoch = progress_.epoch,
              .step = progress_.step,
              .loss = loss,
              .training_loss = running,
              .gradient_norm = norm,
              .learning_rate = checkpoint_.optimizer->learning_rate,
              .words_per_second = speed,
              .held_out = is_held_out_});
    const bool changed = record_loss(settings_.training, progress_, loss);
    if (progress_.best_epoch == progress_.epoch) checkpoint_.best.clear();
    save();
    say("epoch {:2}: {} {:.6f}, perplexity {:.2f}, while training {:.4f}, {:.0f} {}s/s\n",
        progress_.epoch, what_, loss, std::exp(loss), running, speed,
        unit_of(settings_.text.tokens));
    if (changed) {
      say("         the loss has risen: learning rate now {:g}\n", progress_.learning_rate);
    }
    if (is_over() && progress_.epoch < settings_.training.epochs) {
      say("         no better loss for {} epochs: the training ends here\n", progress_.since_best);
    }
    (void)examples::flush_out();
  }

  void save() {
    if (!all_finite(checkpoint_.model->parameters())) {
      fail_diverged("parameters are no longer numbers", progress_.epoch + 1, mean_norm());
    }
    gather_state();
    saver_.save([&](const std::string& path) { save_checkpoint(path, checkpoint_); });
  }

  /// Puts the states of all processes into the checkpoint, behind each other.
  void gather_state() {
    checkpoint_.state = state_;
    if (!state_) return;
    for (unroll::Tensor& tensor : checkpoint_.state->values) {
      tensor = processes_.concatenate(tensor);
    }
  }

  [[nodiscard]] double running_loss() const {
    return progress_.running_loss / static_cast<double>(progress_.running_words);
  }

  /// Of the gradients of the epoch so far, each before it was clipped; 0: none was measured.
  [[nodiscard]] double mean_norm() const {
    return progress_.running_norms /
           static_cast<double>(std::max<std::int64_t>(progress_.batch, 1));
  }

  [[noreturn]] void fail_diverged(const std::string& how, std::int64_t epoch, double norm) const {
    if (processes_.rank() > 0) throw unroll::FailedElsewhere("the training has diverged");
    std::error_code ignored;
    const std::string& file = saver_.path();
    const bool saved = !file.empty() && std::filesystem::exists(file, ignored);
    unroll::fail<unroll::Error>(
        "the training has diverged in epoch {}: {}{}; a smaller --lr or --clip helps{}", epoch, how,
        norm > 0 ? fmt::format(" (gradients had a norm of {:.3g}, on average)", norm) : "",
        saved ? fmt::format("; {} holds the model as last saved", file) : "");
  }

  const unroll::Processes& processes_;
  Checkpoint& checkpoint_;
  const Settings& settings_;
  Progress& progress_;
  const SentenceList train_set_;
  const SentenceList measured_;
  bool is_held_out_;
  const char* what_;
  examples::Saver& saver_;
  RunLog& log_;
  Tape tape_;
  std::optional<unroll::Carried<Model::State>> state_;  // of this process's part of the streams
  double seconds_ = 0;                                  // in training steps
  bool interrupted_ = false;
  bool save_is_due_ = false;
};

}  // namespace

Evaluation measure(const Checkpoint& checkpoint, const SentenceList& set,
                   const unroll::Processes& processes) {
  return checkpoint.settings.text.running ? evaluate_running(*checkpoint.model, set, processes)
                                          : evaluate(*checkpoint.model, set, processes);
}

Ending train(Checkpoint& checkpoint, const SentenceList& train_set, const SentenceList& test_set,
             examples::Saver& saver, RunLog& log, bool anomaly,
             const unroll::Processes& processes) {
  return Training(checkpoint, train_set, test_set, saver, log, anomaly, processes).run();
}

}  // namespace wordlm
