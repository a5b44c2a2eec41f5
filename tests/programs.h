#pragma once
/// Programs, run the way a user does.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/files.h"

extern char** environ;

namespace unroll::testing {

/// What a run left: its exit status and what it wrote.
struct Run {
  int status = -1;
  std::string out;
  std::string err;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs a program with these arguments, and with `input` to read.
inline Run run_program(const std::string& program, const std::vector<std::string>& arguments,
                       const std::string& input = "") {
  const TemporaryFolder folder;
  std::ofstream(folder / "in", std::ios::binary) << input;
  std::string command = program;
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += " <" + (folder / "in") + " 2>" + (folder / "err");
  Run result;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
    result.out.append(block.data(), count);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  result.err = content_of(folder / "err");
  return result;
}

/// A program in the background, to send signals to.
class BackgroundProgram {
 public:
  BackgroundProgram(const std::string& program, std::vector<std::string> arguments)
      : out_(folder_ / "out") {
    std::ofstream(out_, std::ios::binary) << "";
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~BackgroundProgram() {
    if (pid_ > 0) (void)end_with(SIGKILL);
  }
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  [[nodiscard]] std::string out() const { return content_of(out_); }

  /// Waits until its output has `text`; gives up after a minute.
  [[nodiscard]] bool wait_for(const std::string& text) const {
    for (int i = 0; i < 6000; ++i) {
      if (out().find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  /// Sends a signal and waits for the end: the exit status, or -1 where the signal killed it.
  int end_with(int signal) {
    int status = 0;
    if (pid_ <= 0 || ::kill(pid_, signal) != 0 || ::waitpid(pid_, &status, 0) != pid_) return -2;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  TemporaryFolder folder_;
  std::string out_;
  pid_t pid_ = -1;
};

}  // namespace unroll::testing
