#pragma once
/// Runs the program `wordlm` the way a user does.

#include "programs.h"
#include "text_files.h"

namespace wordlm {

using unroll::testing::content_of;
using unroll::testing::Run;

/// One thread each: tests run side by side, and threads that wait for each other wait for them too.
inline std::vector<std::string> on_one_thread(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--threads", "1"});
  return arguments;
}

/// Runs `wordlm` with these arguments, and with `input` to read.
inline Run run(const std::vector<std::string>& arguments, const std::string& input = "") {
  return unroll::testing::run_program(WORDLM_PROGRAM, on_one_thread(arguments), input);
}

/// `wordlm` in the background, to send signals to.
struct Background : unroll::testing::BackgroundProgram {
  explicit Background(const std::vector<std::string>& arguments)
      : BackgroundProgram(WORDLM_PROGRAM, on_one_thread(arguments)) {}
};

}  // namespace wordlm
