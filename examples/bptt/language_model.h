#pragma once
/// A small model of the next token, trained within seconds on tokens that a chapter makes up.

#include <unroll/unroll.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bptt {

/// The distinct tokens of a text, and the text as their ids.
struct TokenText {
  std::vector<std::string> tokens;  // in the order in which they come first
  std::vector<std::int32_t> ids;

  /// Adds a token to the text.
  void append(std::string_view token);
  /// The id of a token; unroll::Error where the text lacks it.
  [[nodiscard]] std::int32_t id(std::string_view token) const;
};

/// What a model is and how it is trained.
struct LanguageSettings {
  std::string cell = "lstm";
  unroll::Index vector = 24;  // numbers in a token's vector
  unroll::Index hidden = 64;
  unroll::Index batch = 32;     // pieces of the text side by side
  unroll::Index steps = 24;     // of a piece whose gradient is one: truncated BPTT
  unroll::Index updates = 500;  // of the weights
  double learning_rate = 1e-2;  // of Adam; falls to 0 on a line
  std::uint64_t seed = 1;
};

/// Token vectors, a cell, a softmax over the next token.
class LanguageModel {
 public:
  LanguageModel(unroll::Index tokens, const LanguageSettings& settings);

  /// Trains on a text, which is cut into `batch` streams, each read from its beginning to its end
  /// again and again. Returns the mean loss per token of the last tenth of the updates, in nats.
  double train(const std::vector<std::int32_t>& ids);

  /// What is computed of the text before each token but the first.
  struct Reading {
    std::vector<unroll::Var> inputs;       // the vectors (1, size) of the tokens read
    std::vector<unroll::AnyState> states;  // after each of them
    unroll::Var logits;                    // (T, tokens), of the token after each
  };
  /// Reads ids[0] to ids[T - 1] from a state of zeros.
  [[nodiscard]] Reading read(unroll::Tape& tape, const std::vector<std::int32_t>& ids) const;

  /// One step of the same, for a single token.
  [[nodiscard]] unroll::AnyState start(unroll::Tape& tape) const;
  [[nodiscard]] unroll::AnyState step(unroll::Tape& tape, std::int32_t id,
                                      const unroll::AnyState& state) const;

  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }
  [[nodiscard]] const unroll::Linear& readout() const { return readout_; }

 private:
  LanguageSettings settings_;
  unroll::Parameters parameters_;
  unroll::Embedding embedding_;
  unroll::AnyCell cell_;
  unroll::Linear readout_;
};

}  // namespace bptt
