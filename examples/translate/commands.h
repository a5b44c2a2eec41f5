#pragma once
/// What `translate` can be told to do.

#include <string>
#include <vector>

#include "common/training_options.h"
#include "translate/search.h"

namespace translate {

/// `translate train`
struct TrainOptions {
  examples::TrainingOptions training;
  ModelSettings model;
  std::vector<std::string> data;  // none: the built-in pairs
  std::vector<std::string> test;  // none: a part of `data`
  std::int64_t pairs = 4000;      // built-in ones
  std::int64_t longest = 50;      // words of a sentence to train on
  std::int64_t vocabulary = 30000;
  std::int64_t min_count = 2;
};
/// The exit status: 0, or 130 where it was interrupted.
int run_train(const TrainOptions& options);

/// `translate eval`
struct EvalOptions {
  std::string load;
  std::vector<std::string> data;  // none: other built-in pairs
  std::string output;             // where to write the translations, a line each
  SearchOptions search;
};
void run_eval(const EvalOptions& options);

/// `translate translate`
struct TranslateOptions {
  std::string load;
  std::vector<std::string> texts;  // none: the lines of standard input
  std::string attention_plot;      // where to draw what the translation of one text looks at
  SearchOptions search;
};
void run_translate(const TranslateOptions& options);

/// `translate bleu`
struct BleuOptions {
  std::string translations;
  std::string references;
  bool lower = false;
};
void run_bleu(const BleuOptions& options);

}  // namespace translate
