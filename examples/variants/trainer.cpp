#include "variants/trainer.h"

#include <unroll/core/view/view.h>
#include <unroll/layers/linear.h>
#include <unroll/layers/sequence.h>
#include <unroll/optim/clip.h>
#include <unroll/optim/optimizers.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/interrupt.h"

namespace variants {

using unroll::Linear;
using unroll::Parameters;
using unroll::Random;
using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

namespace {

constexpr Index kTestBatch = 50;  // what is measured at once, to bound the memory it takes

/// A cell and its readout.
struct Model {
  Model(const unroll::CellEntry& entry, const Task& task, const Settings& settings)
      : parameters(unroll::DType::f32, settings.seed),
        cell(entry.make(parameters / "cell", task.input(), settings.hidden,
                        {.forget_bias = settings.forget_bias})),
        cell_size(parameters.size()),
        readout(parameters / "readout", settings.hidden, task.outputs()),
        asked(task.asked()) {}

  [[nodiscard]] Var answers(Tape& tape, const Batch& batch) const {
    const Var x = tape.input(batch.x);
    const auto [outputs, last] = unroll_over(cell, x, zero_state(cell, tape, x.shape()[1]));
    return readout(asked == Asked::at_the_end ? output_of(last) : outputs);
  }

  Parameters parameters;
  unroll::AnyCell cell;
  Index cell_size;
  Linear readout;
  Asked asked;
};

/// The same sequences for every cell and at any time.
std::vector<Batch> draw_test(const Task& task, const Settings& settings) {
  Random random(settings.seed, unroll::hash_name("test"));
  std::vector<Batch> batches;
  for (Index left = settings.test; left > 0; left -= kTestBatch) {
    batches.push_back(task.draw(std::min(left, kTestBatch), random));
  }
  return batches;
}

Batch draw_batch(const Task& task, const Settings& settings, Index step) {
  Random random(settings.seed, unroll::hash_name(fmt::format("step {}", step)));
  return task.draw(settings.batch, random);
}

/// How many answers a loss is the mean of.
double answers_in(const Batch& batch) {
  if (batch.y.dtype() != unroll::DType::i32) return static_cast<double>(batch.y.size());
  const auto y = batch.y.values<std::int32_t>();
  return static_cast<double>(y.size()) -
         static_cast<double>(std::count(y.begin(), y.end(), kIgnored));
}

Measure measure(const Model& model, const Task& task, const std::vector<Batch>& batches) {
  Measure total;
  double answered = 0;
  double sequences = 0;
  Tape tape;
  for (const Batch& batch : batches) {
    tape.clear();
    const Var answers = model.answers(tape, batch);
    const auto size = static_cast<double>(batch.x.shape()[1]);
    total.loss += task.loss(answers, batch).item() * answers_in(batch);
    total.score += task.score(answers.value(), batch) * size;
    answered += answers_in(batch);
    sequences += size;
  }
  return {total.loss / answered, total.score / sequences};
}

/// One step: forward, backward, clip, update. Returns the loss; where that, or the norm of the
/// gradient, is not a number, it is returned and the parameters stay as they are.
double train_step(Tape& tape, const Model& model, const Task& task, const Batch& batch, double clip,
                  unroll::Optimizer& optimizer) {
  tape.clear();
  const Var loss = task.loss(model.answers(tape, batch), batch);
  unroll::Gradients gradients = tape.gradients(loss, model.parameters);
  gradients.run();
  const double value = loss.item();
  if (!std::isfinite(value)) return value;
  if (clip > 0) {
    const double norm = clip_by_global_norm(gradients, clip, unroll::NonFinite::report);
    if (!std::isfinite(norm)) return norm;
  }
  optimizer.step(gradients);
  return value;
}

/// Trains until the end; what there is so far is always in `result`.
void train(const Model& model, const Task& task, const Settings& settings, const OnStep& on_step,
           Result& result) {
  using Clock = std::chrono::steady_clock;
  const std::vector<Batch> test = draw_test(task, settings);
  const auto take_point = [&] {
    const Point point{result.steps, measure(model, task, test)};
    result.curve.push_back(point);
    if (!std::isfinite(point.measure.loss)) result.outcome = Outcome::diverged;
    if (!result.steps_to_solve && task.solved(point.measure)) result.steps_to_solve = point.step;
  };

  take_point();
  const unroll::OptimizerEntry& chosen = unroll::find_optimizer(settings.optimizer);
  const auto optimizer = chosen.make(settings.learning_rate, chosen.weight_decay);
  Tape tape;
  while (result.steps < settings.steps && result.outcome == Outcome::complete) {
    if (examples::interrupted) {
      result.outcome = Outcome::interrupted;
      break;
    }
    const Batch batch = draw_batch(task, settings, result.steps);
    const auto start = Clock::now();
    const double loss = train_step(tape, model, task, batch, settings.clip, *optimizer);
    result.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    if (!std::isfinite(loss)) {
      result.outcome = Outcome::diverged;
      break;
    }
    ++result.steps;
    if (on_step) on_step(result.steps, loss);
    if (result.steps % settings.every == 0 || result.steps == settings.steps) take_point();
  }
}

}  // namespace

Result train(const unroll::CellEntry& cell, const Task& task, const Settings& settings,
             const OnStep& on_step) {
  Result result;
  result.cell = &cell;
  try {
    const Model model(cell, task, settings);
    result.parameters = model.cell_size;
    train(model, task, settings, on_step, result);
  } catch (const unroll::Error& error) {
    result.outcome = Outcome::failed;
    result.error = error.what();
  }
  return result;
}

void print_plan(const unroll::CellEntry& cell, const Task& task, const Settings& settings,
                const std::string& view) {
  constexpr Index kSteps = 3;  // the first ones take longer: memory is new
  const Model model(cell, task, settings);
  Tape tape;
  tape.set_timing(true);
  for (Index step = 0; step < kSteps; ++step) {
    tape.clear();
    const Batch batch = draw_batch(task, settings, step);
    const Var loss = task.loss(model.answers(tape, batch), batch);
    tape.gradients(loss, model.parameters).run();
    if (step + 1 < kSteps) continue;
    tape.print_plan();
    if (view.empty()) continue;
    unroll::write_view(tape, loss, view,
                       {.title = fmt::format("{}, task {}", cell.name, settings.task)});
  }
}

}  // namespace variants
