#pragma once
/// Runs the program `wordlm` the way a user does.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "text_files.h"

extern char** environ;

namespace wordlm {

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

/// Runs `wordlm` with these arguments, and with `input` to read.
inline Run run(const std::vector<std::string>& arguments, const std::string& input = "") {
  const TemporaryFile in(".in", input);
  const TemporaryFile err(".err", "");
  std::string command = WORDLM_PROGRAM;
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += " <" + in.path() + " 2>" + err.path();
  Run result;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
    result.out.append(block.data(), count);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  result.err = content_of(err.path());
  return result;
}

/// `wordlm` in the background, to send signals to.
class Background {
 public:
  explicit Background(std::vector<std::string> arguments) : out_(".out", "") {
    arguments.insert(arguments.begin(), WORDLM_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.path().c_str(), O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Background() {
    if (pid_ > 0) (void)end_with(SIGKILL);
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  [[nodiscard]] std::string out() const { return content_of(out_.path()); }

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
  TemporaryFile out_;
  pid_t pid_ = -1;
};

}  // namespace wordlm
