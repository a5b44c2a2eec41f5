#pragma once
/// The commands of `caption`.

#include <string>

#include "caption/model.h"
#include "common/training_options.h"

namespace caption {

/// `caption train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::string condition = "start";  // or "every"
  std::string data;                 // empty: the built-in scenes
  std::string test;                 // empty: a tenth of `data`
  std::int64_t scenes = 20000;      // built-in ones
  std::int64_t vocabulary = 10000;
  std::int64_t min_count = 2;
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `caption eval`
struct EvalOptions {
  std::string load;
  std::string data;  // empty: other built-in scenes
};
void run_eval(const EvalOptions& options);

/// `caption describe`
struct DescribeOptions {
  std::string load;
  std::string data;  // empty: other built-in scenes
  std::size_t first = 1;
  std::size_t count = 3;    // scenes
  std::size_t samples = 3;  // captions that are drawn of each
  std::size_t best = 3;     // the likeliest captions of each
  std::size_t beam = 20;
  std::uint64_t seed = 1;
};
void run_describe(const DescribeOptions& options);

}  // namespace caption
