#pragma once
/// The command line of `wordlm`.

#include <CLI/CLI.hpp>

#include "wordlm/commands.h"

namespace wordlm {

/// What the command line says: one of the commands, and its options.
struct CommandLine {
  int threads = 0;
  TrainOptions train;
  SampleOptions sample;
  EvalOptions eval;
  ScoreOptions score;
};

/// Adds every command and option; `line` gets what they say when `app` parses, and has to outlive
/// it.
void add_commands(CLI::App& app, CommandLine& line);

/// Adds the options of `wordlm train`.
void add_train(CLI::App& app, TrainOptions& options);

/// A finite number that `holds`, in words `wanted`: infinity and NaN pass CLI's own checks, and its
/// messages write out the largest double.
[[nodiscard]] CLI::Validator number(const char* type, const char* wanted, bool (*holds)(double));
[[nodiscard]] CLI::Validator positive();
[[nodiscard]] CLI::Validator not_negative();
/// Digits only.
[[nodiscard]] CLI::Validator whole_number();

}  // namespace wordlm
