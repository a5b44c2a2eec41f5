#pragma once
/// What a model is and how it is trained: everything a checkpoint has to remember.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wordlm/tokens.h"

namespace wordlm {

/// Where the words come from, and how they are read.
struct TextSettings {
  Tokens tokens = Tokens::word;
  bool running = false;           // the sentences follow each other, as one text
  bool plain = false;             // running text that files hold as it is, no comments
  bool keep_case = false;         // of words
  std::vector<std::string> data;  // files; none: the built-in comments
  std::string format;             // of the files, see text_format.h; empty: by their endings
  std::string column;             // of a table, or member of lines of JSON
  std::string preferred;          // the column that was named for another file
  std::string delimiter;          // between fields of csv, a character or "tab"; empty: found
  bool skip_bad_rows = false;
  std::string valid;  // a file to measure on after every epoch; empty: the part held out
  std::string test;   // a file to measure on in the end; empty: none
  std::int64_t comments = 40000;  // how many built-in comments
  std::int64_t limit = 0;         // sentences to use of the files, 0: all
  int vocabulary = 0;             // ids of the model, 0: as many words as there are, at most 8000
  std::int64_t min_count = 0;     // of words in the vocabulary, 0: 2 in a text that has enough
  double held_out = 0.1;          // the part of the sentences kept to measure on

  [[nodiscard]] Units units() const { return {tokens, running}; }
  /// Whether words are those between blanks, as they are.
  [[nodiscard]] bool is_prepared() const { return plain && tokens == Tokens::word; }
};

/// The names of all output layers.
inline constexpr std::array<std::string_view, 5> kOutputs{"full", "adaptive", "hierarchical",
                                                          "class", "sampled"};

/// The network.
struct ModelSettings {
  std::int64_t order = 0;  // of a model that reads a window of order - 1 words; 0: a recurrent one
  std::string cell = "lstm";
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  std::int64_t embedding = 64;  // 0: one-hot words go straight into the hidden layer
  std::string output = "full";  // what predicts words, see output_layer.h
  std::int64_t sampled = 500;   // words a training step of the sampled softmax
  bool tie = false;             // the output layer's weights are the embedding
  bool bias = true;
  double forget_bias = 1;          // added to the bias of forget gates in the beginning
  std::string initial = "fan-in";  // weights, see initial_weights.h
  bool double_precision = false;

  [[nodiscard]] bool is_window() const { return order > 0; }
  /// Units that the output layer reads.
  [[nodiscard]] std::int64_t outputs() const {
    return is_window() ? hidden + (order - 1) * embedding : hidden;
  }
};

/// The training.
struct TrainingSettings {
  std::int64_t epochs = 4;
  std::int64_t batch = 32;  // sentences, or streams, side by side
  std::int64_t bptt = 0;  // steps a gradient reaches back, 0: to the beginning; of a stream, those
                          // of a piece
  bool shuffle = true;
  double dropout = 0;  // of the input of each layer and of the last output

  std::string optimizer = "sgd";
  double learning_rate = 1;
  double weight_decay = 0;
  double clip = 5;        // the largest norm of a gradient, 0: any
  double clip_value = 0;  // the largest element of a gradient, 0: any

  std::string schedule = "halve";  // of the learning rate, see learning_rate.h
  std::int64_t warm_up = 0;        // epochs over which the learning rate rises in the beginning
  std::int64_t hold = 0;           // epochs before a schedule begins, or between its steps
  double factor = 0.5;             // by which a schedule multiplies the learning rate
  std::int64_t patience = 0;       // epochs without a better loss before training stops, 0: any
};

/// The choices of a user, with their defaults.
struct Settings {
  TextSettings text;
  ModelSettings model;
  TrainingSettings training;
  std::uint64_t seed = 1;
};

/// Throws unroll::Error, naming the options, for settings that do not go together.
void check(const Settings& settings);
/// The same of those of the text alone; part of the above.
void check(const TextSettings& text);

/// Settings as a line of JSON, and back; unroll::IoError, naming `file`, for what is not that.
[[nodiscard]] std::string to_json(const Settings& settings);
[[nodiscard]] Settings settings_from_json(const std::string& json, const std::string& file);

}  // namespace wordlm
