#pragma once
/// The command line of `wordlm`.

#include <CLI/CLI.hpp>
#include <optional>

#include "wordlm/commands.h"

namespace wordlm {

/// What the command line says: one of the commands, and its options.
struct CommandLine {
  std::optional<int> threads;
  bool print_config = false;  // write the options as a file for --config instead of doing anything
  TrainOptions train;
  SampleOptions sample;
  EvalOptions eval;
  NgramOptions ngram;
  ScoreOptions score;
  InspectOptions inspect;
  PlotOptions plot;
  std::string info;  // a model
};

/// Adds every command and option; `line` gets what they say when `app` parses, and has to outlive
/// it.
void add_commands(CLI::App& app, CommandLine& line);

/// Adds --read, --column, --delimiter and --skip-bad-rows: how a file is read.
std::vector<CLI::Option*> add_reading_options(CLI::App& app, TextSettings& text);

/// The options of a text to train on.
struct TextOptions {
  CLI::Option* data;
  CLI::Option* valid;
  CLI::Option* test;
  std::vector<CLI::Option*> reading;  // those of add_reading_options()
  std::vector<CLI::Option*> kind;     // its tokens, words and parts: fixed for a model
};
TextOptions add_text(CLI::App& app, TextSettings& text, IdsPlace& ids);

/// Adds the options of `wordlm ngram`.
void add_ngram(CLI::App& app, NgramOptions& options);

/// Adds the options of `wordlm train`.
void add_train(CLI::App& app, TrainOptions& options);

/// Adds the options of `wordlm inspect`.
void add_inspect(CLI::App& app, InspectOptions& options);

}  // namespace wordlm
