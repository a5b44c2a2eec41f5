#pragma once
/// Standard output that never stops the work: a failure to write is remembered.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace examples {

/// Opens /dev/null in place of every standard stream that is closed: the next file that is opened
/// would take its number, and get the program's output.
void open_standard_streams();

/// Writes to standard output, unless it is quiet.
void write_out(std::string_view text);
/// Collects everything that is written to standard output between its construction and its
/// destruction. Only one object may exist at a time.
class OutCopy {
 public:
  OutCopy();
  ~OutCopy();
  OutCopy(const OutCopy&) = delete;
  OutCopy& operator=(const OutCopy&) = delete;
  /// The output since the construction.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};
/// Whether standard output keeps quiet from now on, and progress is not shown.
void set_quiet(bool quiet);
[[nodiscard]] bool is_quiet();
/// The same, formatted.
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  write_out(fmt::format(format, std::forward<Args>(args)...));
}

/// Writes to standard error at once. What cannot be written there is lost.
void write_error(std::string_view text);

/// Writes what standard output still holds back; false where it, or anything before, could not be
/// written.
bool flush_out();

/// Ends the program when its output is written, with `status` or, where it could not be written,
/// with 1. The exit handlers of libraries are left out: after a lack of memory they may wait for
/// threads that could not start.
[[noreturn]] void end_program(int status, std::string_view name);

/// A word of a command as a user can give it to a shell: in quotes where it has blanks or other
/// characters that mean something to shells.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace examples
