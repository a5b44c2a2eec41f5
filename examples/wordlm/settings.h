#pragma once
/// What a model is and how it is trained: everything a checkpoint has to remember.

#include <cstdint>
#include <string>

namespace wordlm {

/// The choices of a user, with their defaults.
struct Settings {
  // the text
  std::string data;               // a file; empty: the built-in comments
  std::string column;             // of a CSV file
  std::int64_t comments = 40000;  // how many built-in comments
  std::int64_t limit = 0;         // sentences to use of the file, 0: all
  int vocabulary = 0;             // ids of the model, 0: as many words as there are, at most 8000
  double held_out = 0.1;          // the part of the sentences that is kept for the test

  // the model
  std::string cell = "lstm";
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  std::int64_t embedding = 64;  // 0: one-hot words go straight into the hidden layer
  bool bias = true;
  bool double_precision = false;

  // the training
  std::int64_t batch = 32;
  std::int64_t bptt = 0;  // steps a gradient reaches back, 0: to the beginning
  double learning_rate = 1;
  bool halve = true;  // the learning rate, whenever the loss has risen
  double clip = 5;    // the largest norm of a gradient, 0: any
  bool shuffle = true;
  std::int64_t epochs = 4;
  std::uint64_t seed = 1;
};

/// Settings as a line of JSON, and back; unroll::IoError, naming `file`, for what is not that.
[[nodiscard]] std::string to_json(const Settings& settings);
[[nodiscard]] Settings settings_from_json(const std::string& json, const std::string& file);

}  // namespace wordlm
