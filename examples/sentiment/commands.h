#pragma once
/// What `sentiment` can be told to do.

#include <string>
#include <vector>

#include "common/training_options.h"
#include "sentiment/model.h"
#include "sentiment/reviews.h"

namespace sentiment {

/// `sentiment train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::vector<std::string> data;  // none: the built-in reviews
  std::vector<std::string> test;  // none: a part of `data`
  ReadOptions read;
  std::int64_t reviews = 4000;  // built-in ones
  int fold = 0;                 // which of ten parts of `data` is held out
  std::int64_t vocabulary = 20000;
  std::int64_t min_count = 2;
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `sentiment eval`
struct EvalOptions {
  std::string load;
  std::vector<std::string> data;  // none: other built-in reviews
  ReadOptions read;
};
void run_eval(const EvalOptions& options);

/// `sentiment say`
struct SayOptions {
  std::string load;
  std::vector<std::string> texts;  // none: the lines of standard input
  std::string html;                // where to write a page besides
  bool colour = false;             // words though the output is no terminal
};
void run_say(const SayOptions& options);

}  // namespace sentiment
