#include "common/training.h"

#include <algorithm>
#include <cmath>

#include "common/chart.h"
#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/progress_line.h"

namespace examples {
namespace {

class Training {
 public:
  Training(Task& task, TrainedModel& model, const SaveOptions& save)
      : task_(task),
        model_(model),
        settings_(model.settings),
        progress_(model.progress),
        saver_(save),
        optimizer_(unroll::find_optimizer(settings_.optimizer)
                       .make(settings_.learning_rate, settings_.weight_decay)),
        tape_(task.parameters().dtype()) {
    if (!model.parameters.empty()) {
      unroll::set_parameters(task.parameters(), {model.parameters}, "the model");
    }
    if (!model.optimizer.empty()) optimizer_->restore(task.parameters(), model.optimizer);
  }

  bool run() {
    check_examples();
    try {
      check_measured();
      while (!is_over()) train_epoch();
    } catch (const Interrupted&) {
      if (progress_.step > 0) save();
      return false;
    }
    save();
    if (!model_.best.empty()) model_.use_best(task_.parameters(), "the best model");
    if (saver_.failed()) {
      unroll::fail<unroll::IoError>("{}: the trained model could not be saved", saver_.path());
    }
    return true;
  }

 private:
  [[nodiscard]] bool is_over() const {
    return progress_.epoch >= settings_.epochs ||
           (settings_.patience > 0 && progress_.since_best >= settings_.patience);
  }

  /// Goes on in the middle of an epoch only with the examples that it began with.
  void check_examples() {
    const std::uint64_t examples = task_.fingerprint();
    if (progress_.examples != examples && progress_.step > 0) {
      say("note: these are not the examples this model was trained on so far; its current epoch "
          "begins anew\n");
      progress_.batch = 0;
      progress_.loss = 0;
      progress_.best_epoch = 0;
      progress_.since_best = 0;
    }
    progress_.examples = examples;
  }

  /// A score on some examples says nothing of one on others: the best model gets a score on those
  /// that there are now.
  void check_measured() {
    const std::uint64_t measured = task_.test_fingerprint();
    if (progress_.measured != measured && progress_.best_epoch > 0 && !model_.best.empty()) {
      const double score = score_of_best();
      say("note: these are not the examples the best model was chosen by; on these that of epoch "
          "{} has {}\n",
          progress_.best_epoch, task_.show(score));
      progress_.best_score = score;
      progress_.since_best = 0;
    }
    progress_.measured = measured;
  }

  [[nodiscard]] double score_of_best() {
    const auto now = unroll::tensors_of(task_.parameters());
    const auto put_back = [&] { unroll::set_parameters(task_.parameters(), {now}, "the model"); };
    model_.use_best(task_.parameters(), "the best model");
    try {
      const double score = task_.score().value;
      put_back();
      return score;
    } catch (...) {  // interrupted: what is saved then is the model of now
      put_back();
      throw;
    }
  }

  void train_epoch() {
    const std::int64_t count = task_.begin_epoch(progress_.epoch);
    ProgressLine line(fmt::format("epoch {:2}", progress_.epoch + 1), "batches");
    while (progress_.batch < count) {
      stop_if_interrupted();
      step();
      line.update(progress_.batch, count, mean_loss());
      if (saver_.is_due()) save();
    }
    line.clear();
    const Score score = task_.score();  // or it was interrupted
    end_epoch(score);
  }

  void step() {
    unroll::Noise noise(settings_.seed, progress_.step);
    tape_.clear();
    const unroll::Var loss = task_.loss(tape_, progress_.batch, noise);
    auto gradients = tape_.gradients(loss, task_.parameters());
    gradients.run();
    const double value = loss.item();
    if (!std::isfinite(value)) {
      unroll::fail<unroll::Error>(
          "the training has diverged in epoch {}: the loss of batch {} is no longer a number; a "
          "smaller --lr or --clip helps",
          progress_.epoch + 1, progress_.batch + 1);
    }
    if (settings_.clip > 0) unroll::clip_by_global_norm(gradients, settings_.clip);
    optimizer_->step(gradients);
    ++progress_.step;
    ++progress_.batch;
    progress_.loss += value;
  }

  void end_epoch(const Score& score) {
    const double loss = mean_loss();
    ++progress_.epoch;
    progress_.batch = 0;
    progress_.loss = 0;
    progress_.losses.push_back(loss);
    progress_.scores.push_back(score.value);
    const double gain = score.value - progress_.best_score;
    const bool better = progress_.best_epoch == 0 || (task_.is_larger_better() ? gain : -gain) > 0;
    ++progress_.since_best;
    if (better) {
      progress_.best_score = score.value;
      progress_.best_epoch = progress_.epoch;
      progress_.since_best = 0;
      model_.best = unroll::tensors_of(task_.parameters());
    }
    save();
    say("epoch {:2}: loss {:.4f}, {}{}\n", progress_.epoch, loss, task_.show(score.value),
        score.best ? fmt::format(", best possible {}", task_.show(*score.best)) : "");
    if (is_over() && progress_.epoch < settings_.epochs) {
      say("          no better score for {} epochs: the training ends here\n",
          progress_.since_best);
    }
    (void)flush_out();
  }

  [[nodiscard]] double mean_loss() const {
    return progress_.loss / static_cast<double>(std::max<std::int64_t>(progress_.batch, 1));
  }

  void save() {
    model_.parameters = unroll::tensors_of(task_.parameters());
    model_.optimizer = optimizer_->state();
    saver_.save([&](const std::string& path) { save_model(path, saver_.program(), model_); });
  }

  Task& task_;
  TrainedModel& model_;
  const TrainingSettings& settings_;
  TrainingProgress& progress_;
  Saver saver_;
  std::unique_ptr<unroll::Optimizer> optimizer_;
  unroll::Tape tape_;
};

}  // namespace

bool train(Task& task, TrainedModel& model, const SaveOptions& save) {
  const InterruptHandler handler;
  if (Training(task, model, save).run()) {
    interrupted = false;  // too late: there is nothing left to interrupt
    return true;
  }
  if (save.path.empty()) {
    say("interrupted in epoch {}; with --save FILE the work would have been kept\n",
        model.progress.epoch + 1);
  } else {
    say("interrupted in epoch {}; go on with: {} train --load {} --save {}\n",
        model.progress.epoch + 1, save.program, shell_word(save.path), shell_word(save.path));
  }
  return false;
}

void draw_training(const Task& task, const TrainingProgress& progress, const std::string& path) {
  Chart chart;
  chart.title = "Training";
  chart.subtitle = progress.best_epoch == 0
                       ? "no epoch is complete"
                       : fmt::format("best: {} after epoch {}", task.show(progress.best_score),
                                     progress.best_epoch);
  chart.x_label = "epochs";
  chart.y_label = "score held out, loss while training";
  Curve score{"score", "", {}};
  Curve loss{"loss", "", {}};
  for (std::size_t i = 0; i < progress.scores.size(); ++i) {
    const auto epoch = static_cast<double>(i + 1);
    score.points.push_back({epoch, progress.scores[i]});
    loss.points.push_back({epoch - 0.5, progress.losses[i]});  // the mean belongs to the middle
  }
  chart.curves = {score, loss};
  write_chart(chart, path);
  say("curves: {}\n", path);
}

void check_gradients_of(const unroll::Parameters& parameters,
                        const std::function<unroll::Var(unroll::Tape&)>& loss) {
  unroll::GradientCheckOptions options;
  options.step = 1e-5;
  options.relative_tolerance = 1e-5;
  const unroll::GradientCheck check = unroll::check_gradients(loss, parameters, options);
  if (!check.passed) unroll::fail<unroll::Error>("the gradients are wrong: {}", check.message);
  say("the gradients of all {} parameters agree with finite differences\n",
      grouped(parameters.size()));
}

}  // namespace examples
