#include "common/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>

#include "common/output.h"

namespace examples {
namespace {

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
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

ProgressLine::ProgressLine(std::string title, std::string units)
    : title_(std::move(title)), units_(std::move(units)), terminal_(::isatty(STDERR_FILENO) != 0) {}

double ProgressLine::speed(std::int64_t done) const {
  return static_cast<double>(done - (first_ < 0 ? 0 : first_)) / seconds(Clock::now() - start_);
}

void ProgressLine::update(std::int64_t done, std::int64_t total, double loss) {
  if (is_quiet()) return;
  const auto now = Clock::now();
  if (first_ < 0) {
    first_ = done;
    start_ = now;
    return;
  }
  if (seconds(now - last_) < (terminal_ ? 0.1 : 10)) return;
  last_ = now;
  const double rate = speed(done);
  const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
  const std::string left = duration_text(static_cast<double>(total - done) / rate);
  std::string text = fmt::format("{}: {:3.0f} %, loss {:.3f}, {:.0f} {}/s, {} left", title_,
                                 percent, loss, rate, units_, left);
  // A line that the terminal breaks could not be written over.
  if (terminal_ && text.size() >= columns()) {
    text = fmt::format("{:.0f} %, loss {:.3f}, {}", percent, loss, left);
  }
  // "\r" goes back to the beginning of the line, "\033[K" wipes what an older, longer line left.
  write_error(fmt::format("{}{}{}", terminal_ ? "\r" : "", text, terminal_ ? "\033[K" : "\n"));
  shown_ = terminal_;
}

void ProgressLine::clear() {
  if (!shown_) return;
  write_error("\r\033[K");
  shown_ = false;
}

}  // namespace examples
