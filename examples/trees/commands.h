#pragma once
/// The commands of `trees`.

#include <string>
#include <vector>

#include "common/training_options.h"
#include "trees/model.h"

namespace trees {

/// `trees train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::string data;           // empty: the built-in trees
  std::string test;           // empty: a tenth of `data`
  std::string vectors;        // word vectors to begin with; empty: random ones
  std::int64_t trees = 3000;  // built-in ones
  std::int64_t min_count = 1;
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `trees eval`
struct EvalOptions {
  std::string load;
  std::string data;  // empty: other built-in trees
};
void run_eval(const EvalOptions& options);

/// `trees label` and `trees draw`
struct LabelOptions {
  std::string load;
  std::vector<std::string> texts;  // none: the lines of standard input
  std::string out;                 // where to draw the only one
};
void run_label(const LabelOptions& options);
void run_draw(const LabelOptions& options);

}  // namespace trees
