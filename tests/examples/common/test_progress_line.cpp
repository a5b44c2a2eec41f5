// Lines of progress are seen on a terminal, only of long work, and are gone in the end.
#include "common/progress_line.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "common/interrupt.h"

namespace examples {
namespace {

using namespace std::chrono_literals;

/// Runs `work` in another process, whose standard error is the file descriptor `to`, and returns
/// what can then be read from the file descriptor `from`.
std::string written_to(int to, int from, const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(to, STDERR_FILENO);
    work();
    ::_exit(0);
  }
  ::close(to);
  std::string text;
  std::array<char, 256> block{};
  while (true) {  // a terminal without a writer is an error, a pipe without one at its end
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  ::close(from);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return text;
}

std::string on_terminal(const std::function<void()>& work) {
  const int from = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(from >= 0);
  REQUIRE(::grantpt(from) == 0);
  REQUIRE(::unlockpt(from) == 0);
  return written_to(::open(::ptsname(from), O_RDWR | O_NOCTTY), from, work);
}

std::string in_pipe(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  return written_to(ends[1], ends[0], work);
}

void work_long(std::int64_t total) {
  WorkLine line("reading text", total);
  line.advance_to(0);
  std::this_thread::sleep_for(1100ms);
  line.advance_to(340'000'000);
  line.advance(100'000'000);  // too soon to be shown again
}

TEST_CASE("progress: long work is seen on a terminal and its line is gone in the end") {
  const std::string shown = on_terminal([] { work_long(1'000'000'000); });
  CAPTURE(shown);
  CHECK(shown.starts_with("\rreading text:  34 %, "));
  CHECK(shown.find(" MB/s, ") != std::string::npos);
  CHECK(shown.ends_with(" s left\033[K\r\033[K"));
}

TEST_CASE("progress: of a text of unknown size its bytes so far are seen") {
  const std::string shown = on_terminal([] { work_long(0); });
  CAPTURE(shown);
  CHECK(shown.starts_with("\rreading text: 340 MB, "));
  CHECK(shown.ends_with(" MB/s\033[K\r\033[K"));
}

TEST_CASE("progress: short work and work seen by no terminal shows nothing") {
  CHECK(on_terminal([] {
          WorkLine line("reading text", 1'000'000'000);
          for (int i = 0; i < 100; ++i) line.advance(10'000'000);
        }).empty());
  CHECK(in_pipe([] { work_long(1'000'000'000); }).empty());
}

TEST_CASE("progress: an interruption stops work at its next step") {
  WorkLine line("reading text", 10);
  line.advance(1);
  interrupted = true;
  CHECK_THROWS_AS(line.advance(1), Interrupted);
  interrupted = false;
  line.advance(1);
}

}  // namespace
}  // namespace examples
