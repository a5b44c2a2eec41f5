#pragma once
/// The commands of `tagger`.

#include <string>
#include <vector>

#include "common/training_options.h"
#include "tagger/model.h"

namespace tagger {

/// `tagger train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::string data;               // empty: the built-in sentences
  std::string test;               // empty: a tenth of `data`
  std::int64_t sentences = 3000;  // built-in ones
  std::int64_t vocabulary = 50000;
  std::int64_t min_count = 2;
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `tagger eval`
struct EvalOptions {
  std::string load;
  std::string data;  // empty: other built-in sentences
};
void run_eval(const EvalOptions& options);

/// `tagger tag`
struct TagOptions {
  std::string load;
  std::vector<std::string> texts;  // none: the lines of standard input
};
void run_tag(const TagOptions& options);

}  // namespace tagger
