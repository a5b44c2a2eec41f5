#pragma once
/// The commands of `ctc`.

#include <string>

#include "common/training_options.h"
#include "ctc/model.h"

namespace ctc {

/// `ctc train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::string data;              // empty: the built-in signals
  std::string test;              // empty: a tenth of `data`
  std::int64_t signals = 20000;  // built-in ones
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `ctc eval`
struct EvalOptions {
  std::string load;
  std::string data;  // empty: other built-in signals
  std::size_t beam = 20;
};
void run_eval(const EvalOptions& options);

/// `ctc spell`
struct SpellOptions {
  std::string load;
  std::string data;  // empty: other built-in signals
  std::size_t beam = 20;
  std::size_t first = 1;  // the number of the first signal that is spelled
  std::size_t count = 5;
  std::string plot;  // where to draw the first of them
};
void run_spell(const SpellOptions& options);

}  // namespace ctc
