#include "common/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/interrupt.h"
#include "common/output.h"

namespace examples {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kOnTerminal{100};    // between two times that a line is shown
constexpr milliseconds kElsewhere{10'000};  // the same where it is no terminal
constexpr milliseconds kLongWork{1000};     // shorter work shows no line

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string duration_text(double s) {
  const auto whole = std::lround(s);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

/// How wide the terminal is.
std::size_t columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

StatusLine::StatusLine(std::chrono::milliseconds first)
    : terminal_(::isatty(STDERR_FILENO) != 0),
      next_(Clock::now() + (terminal_ ? first : std::max(first, kElsewhere))) {}

bool StatusLine::is_due() {
  const auto now = Clock::now();
  if (is_quiet() || now < next_) return false;
  next_ = now + (terminal_ ? kOnTerminal : kElsewhere);
  return true;
}

void StatusLine::show(const std::string& text, const std::string& brief) {
  // A line that the terminal breaks could not be written over.
  const std::string& fitting = terminal_ && text.size() >= columns() ? brief : text;
  // "\r" goes back to the beginning of the line, "\033[K" wipes what an older, longer line left.
  write_error(fmt::format("{}{}{}", terminal_ ? "\r" : "", fitting, terminal_ ? "\033[K" : "\n"));
  shown_ = terminal_;
}

void StatusLine::clear() {
  if (!shown_) return;
  write_error("\r\033[K");
  shown_ = false;
}

ProgressLine::ProgressLine(std::string title, std::string units)
    : title_(std::move(title)), units_(std::move(units)), line_(kOnTerminal) {}

double ProgressLine::speed(std::int64_t done) const {
  return static_cast<double>(done - (first_ < 0 ? 0 : first_)) / seconds_since(start_);
}

void ProgressLine::update(std::int64_t done, std::int64_t total, double loss) {
  if (first_ < 0) {
    first_ = done;
    start_ = Clock::now();
    return;
  }
  if (!line_.is_due()) return;
  const double rate = speed(done);
  const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
  const std::string left = duration_text(static_cast<double>(total - done) / rate);
  line_.show(fmt::format("{}: {:3.0f} %, loss {:.3f}, {:.0f} {}/s, {} left", title_, percent, loss,
                         rate, units_, left),
             fmt::format("{:.0f} %, loss {:.3f}, {}", percent, loss, left));
}

WorkLine::WorkLine(std::string title, std::int64_t total)
    : title_(std::move(title)), total_(total), line_(kLongWork) {}

void WorkLine::advance_to(std::int64_t done) {
  constexpr std::int64_t kStep = std::int64_t{1} << 18U;
  stop_if_interrupted();
  done_ = done;
  if (done_ < next_) return;
  next_ = done_ + kStep;
  if (line_.is_due()) show();
}

void WorkLine::show() {
  constexpr double kMegabyte = 1e6;
  const auto done = static_cast<double>(done_);
  const auto total = static_cast<double>(total_);
  const double rate = done / seconds_since(start_);
  const std::string speed = fmt::format("{:.1f} MB/s", rate / kMegabyte);
  if (total_ <= 0 || done_ > total_) {  // not known, or the file grows
    const std::string size = fmt::format("{:.0f} MB", done / kMegabyte);
    line_.show(fmt::format("{}: {}, {}", title_, size, speed), size);
    return;
  }
  const std::string left = duration_text((total - done) / rate);
  const double percent = 100 * done / total;
  line_.show(fmt::format("{}: {:3.0f} %, {}, {} left", title_, percent, speed, left),
             fmt::format("{:.0f} %, {}", percent, left));
}

}  // namespace examples
