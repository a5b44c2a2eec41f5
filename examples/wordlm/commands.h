#pragma once
/// What `wordlm` can be told to do.

#include <string>
#include <vector>

#include "common/saver.h"
#include "wordlm/encoded_corpus.h"
#include "wordlm/ngram.h"
#include "wordlm/sampler.h"
#include "wordlm/settings.h"

namespace wordlm {

/// `wordlm train`
struct TrainOptions {
  Settings settings;
  std::string load;  // a checkpoint to go on from
  examples::SaveOptions save{.program = "wordlm"};
  IdsPlace ids;
  std::string log;             // where to write a line of JSON after each epoch
  std::string tensorboard;     // a folder for event files
  std::string save_start;      // where to save the model as it is before training
  std::string save_sentences;  // where to write the training sentences as ids
  std::string bias = "auto";
  std::string model = "recurrent";
  std::int64_t order = 5;  // where `model` is "window"
  int samples = 10;
  bool quiet = false;         // says nothing but the results
  bool anomaly = false;       // stop at the first NaN or infinity
  bool epochs_given = false;  // with `load`: the settings that may be given anew, and were
  bool learning_rate_given = false;
  bool data_given = false;
  bool reading_given = false;  // format, column, delimiter, or how bad rows are taken
  bool tokens_given = false;
  bool valid_given = false;
  bool test_given = false;
};
/// Returns the exit status: 0, or 130 where it was interrupted. Several processes train together;
/// the first prints and writes.
int run_train(const TrainOptions& options,
              const unroll::Processes& processes = unroll::Processes::alone());

/// `wordlm sample`
struct SampleOptions {
  std::string load;
  int count = 10;
  std::uint64_t seed = 1;
  std::string prompt;  // what every text begins with
  int beam = 0;        // so many of the likeliest texts instead, 0: drawn ones
  SamplingOptions sampling;
};
void run_sample(const SampleOptions& options);

/// `wordlm ngram`
struct NgramOptions {
  Settings settings;  // of the text and the seed
  IdsPlace ids;
  int order = 5;  // words of the longest n-grams
  std::string save;
  bool tokens_given = false;
};
void run_ngram(const NgramOptions& options);

/// `wordlm eval`
struct EvalOptions {
  std::string mix;  // n-grams that are mixed with the model
  std::string load;
  std::string data;       // empty: built-in comments the model has not seen
  bool held_out = false;  // what its training held out instead
  std::string ids;        // where the ids of the text it was trained on are kept; empty: only read
  TextSettings text;      // how `data` is read: format, column, delimiter, skip_bad_rows
};
void run_eval(const EvalOptions& options);

/// `wordlm score`
struct ScoreOptions {
  std::string load;
  std::vector<std::string> sentences;  // none: one a line of standard input
  bool rank = false;
  bool words = false;  // each word's log-probability, too
  bool json = false;   // a line of JSON a sentence
};
void run_score(const ScoreOptions& options);

/// `wordlm inspect`
struct InspectOptions {
  std::string load;
  std::vector<std::string> texts;   // none: one a line of standard input
  std::vector<std::int64_t> units;  // of each layer; none: the most varied
  std::string output = "inspect.html";
  std::string view;  // where to write the tape of the first text as a page; empty: nowhere
};
void run_inspect(const InspectOptions& options);

/// `wordlm plot`
struct PlotOptions {
  std::vector<std::string> logs;
  std::string output = "curves.svg";  // or .png
};
void run_plot(const PlotOptions& options);

/// `wordlm info`: what the file of a model says of it.
void run_info(const std::string& path);

/// `wordlm presets`
void run_presets();

}  // namespace wordlm
