#include "common/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

/// There where the leak sanitizer is, which would look for leaks in an exit handler.
extern "C" void __lsan_do_leak_check() __attribute__((weak));

namespace examples {
namespace {

bool all_written = true;
bool quiet = false;
std::string* out_copy = nullptr;

}  // namespace

void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is the one that open() gives.
    if (::fcntl(fd, F_GETFD) == -1) (void)!::open("/dev/null", O_RDWR);
  }
}

OutCopy::OutCopy() { out_copy = &text_; }
OutCopy::~OutCopy() { out_copy = nullptr; }

void set_quiet(bool now) { quiet = now; }
bool is_quiet() { return quiet; }

void write_out(std::string_view text) {
  if (out_copy != nullptr) out_copy->append(text);
  if (quiet) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) all_written = false;
}

void write_error(std::string_view text) {
  (void)!std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

bool flush_out() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) all_written = false;
  return all_written;
}

void end_program(int status, std::string_view name) {
  if (!flush_out()) {
    write_error(std::string(name) + ": the output cannot be written\n");
    if (status == 0) status = 1;
  }
  if (__lsan_do_leak_check != nullptr) __lsan_do_leak_check();
  std::_Exit(status);
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace examples
