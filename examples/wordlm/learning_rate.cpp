#include "wordlm/learning_rate.h"

#include <unroll/optim/schedule.h>

#include <fmt/format.h>

#include <algorithm>

namespace wordlm {
namespace {

using namespace unroll;

/// A loss as schedules read it; 0 is none yet.
double seen(double loss) { return loss == 0 ? kNoLoss : loss; }

Schedule schedule_of(const TrainingSettings& s, const Progress& progress) {
  const double r = progress.learning_rate;
  if (s.schedule == "constant") return Schedule(ConstantRate{r}, s.warm_up);
  if (s.schedule == "halve")
    return Schedule(HalveOnRise{r, s.factor, seen(progress.last_loss)}, s.warm_up);
  if (s.schedule == "decay") return Schedule(HoldThenDecay{r, s.hold, s.factor}, s.warm_up);
  if (s.schedule == "step") return Schedule(StepDecay{r, s.hold, s.factor}, s.warm_up);
  if (s.schedule == "cosine") {
    return Schedule(CosineDecay{r, std::max<Index>(1, s.epochs - s.warm_up)}, s.warm_up);
  }
  fail<Error>("no schedule '{}'; there are: {}", s.schedule, fmt::join(kSchedules, ", "));
}

}  // namespace

double learning_rate(const TrainingSettings& settings, const Progress& progress) {
  return schedule_of(settings, progress).rate(progress.epoch);
}

bool record_loss(const TrainingSettings& settings, Progress& progress, double loss) {
  Schedule schedule = schedule_of(settings, progress);
  const bool changed = schedule.observe(loss);
  if (changed) progress.learning_rate = std::get<HalveOnRise>(schedule.kind()).r;
  progress.last_loss = loss;

  EarlyStopping stopping{std::max<Index>(1, settings.patience), seen(progress.best_loss),
                         progress.since_best};
  stopping.observe(loss);
  progress.best_loss = stopping.best;
  progress.since_best = stopping.since;
  if (progress.since_best == 0) progress.best_epoch = progress.epoch;
  return changed;
}

}  // namespace wordlm
