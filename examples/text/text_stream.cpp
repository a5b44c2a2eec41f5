#include "text/text_stream.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <utility>

namespace text {
namespace {

using unroll::fail;
using unroll::IoError;

/// A file with more than this part of its bytes that are none of a text is none: a program or a
/// picture, say. Latin-1 text in a language with many accents has a tenth.
constexpr std::int64_t kMostlyText = 5;  // one in so many

constexpr char kDosEnd = '\x1A';

/// Makes all lines end with a line feed.
void use_line_feeds(std::string& text) {
  std::size_t end = text.find('\r');
  if (end == std::string::npos) return;
  for (std::size_t i = end; i < text.size(); ++i) {
    if (text[i] != '\r') {
      text[end++] = text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      text[end++] = '\n';
    }
  }
  text.resize(end);
}

/// Where the last character of some bytes begins if more of it may follow; else their end.
std::size_t begin_of_unfinished(std::string_view bytes) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < kLongest && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;  // within a character
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? bytes.size() - back : bytes.size();
  }
  return bytes.size();
}

}  // namespace

TextStream::TextStream(ReadBytes read, std::string name, std::size_t block)
    : read_(std::move(read)), name_(std::move(name)), block_(block) {
  read_block();
  if (bytes_.starts_with("\xFF\xFE") || bytes_.starts_with("\xFE\xFF")) {
    fail<IoError>("{}: is UTF-16 by its byte-order mark; expected UTF-8", name_);
  }
  if (bytes_.starts_with("\xEF\xBB\xBF")) bytes_.erase(0, 3);
  clean_bytes();
}

void TextStream::read_block() {
  // The first block holds a byte-order mark as a whole.
  constexpr std::size_t kByteOrderMark = 3;
  const std::size_t enough = bytes_.size() + std::max(block_, kByteOrderMark);
  while (!ended_ && bytes_.size() < enough) ended_ = !read_(bytes_);
}

/// How many of the bytes can become text now. The last ones may have to wait for those behind them:
/// the beginning of a character, a carriage return that may belong to a line feed, and the bytes by
/// which DOS marked the end, which are left out at the end of the text and kept elsewhere.
std::size_t TextStream::end_of_known() const {
  const std::size_t marks = bytes_.find_last_not_of(kDosEnd) + 1;
  if (ended_) return marks;
  std::string_view bytes = std::string_view(bytes_).substr(0, marks);
  bytes = bytes.substr(0, begin_of_unfinished(bytes));
  if (bytes.ends_with('\r')) bytes.remove_suffix(1);
  return bytes.size();
}

void TextStream::clean_bytes() {
  const std::size_t end = end_of_known();
  std::string rest = bytes_.substr(end);
  std::string known = std::exchange(bytes_, std::move(rest));
  known.resize(end);
  use_line_feeds(known);
  size_ += std::ssize(known);
  RepairedText repaired = repair_utf8(known);
  if (repairs_.invalid_bytes == 0 && repaired.invalid_bytes > 0) {
    repairs_.first_invalid_line = line_ + repaired.first_invalid_line - 1;
  }
  repairs_.invalid_bytes += repaired.invalid_bytes;
  repairs_.nul_bytes += repaired.nul_bytes;
  line_ += std::ranges::count(known, '\n');
  check_kind();
  if (buffer_.empty()) {
    buffer_ = std::move(repaired.text);
  } else {
    buffer_ += repaired.text;
  }
  text_ = buffer_;
}

void TextStream::check_kind() const {
  if (ended_ && size_ == 0) fail<IoError>("{}: the file is empty", name_);
  // Of a file that is no text only the first block is read.
  const bool is_first = begin_ == 0 && buffer_.empty();
  const std::int64_t others = repairs_.nul_bytes + repairs_.invalid_bytes;
  if ((ended_ || is_first) && others > size_ / kMostlyText) {
    fail<IoError>("{}: is no text: {} of its {}{} bytes are NUL or no UTF-8", name_, others,
                  ended_ ? "" : "first ", size_);
  }
}

bool TextStream::read_more() {
  if (ended_) return false;
  buffer_.erase(0, kept_ - begin_);
  begin_ = kept_;
  read_block();
  clean_bytes();
  return true;
}

std::string_view TextStream::line_at(std::size_t at) {
  for (std::size_t from = at;;) {
    const std::size_t feed = text_.find('\n', from - begin_);
    if (feed != std::string_view::npos) {
      return text_.substr(at - begin_, begin_ + feed + 1 - at);
    }
    from = begin_ + text_.size();
    if (!read_more()) return text_.substr(at - begin_);
  }
}

bool TextStream::ends_at(std::size_t at) {
  while (at == begin_ + text_.size()) {
    if (!read_more()) return true;
  }
  return false;
}

std::string_view TextStream::beginning(std::size_t bytes) {
  while (text_.size() < bytes && read_more()) {
  }
  return text_;
}

RepairedText TextStream::take_all() {
  while (read_more()) {
  }
  RepairedText all = repairs_;
  all.text = std::move(buffer_);
  return all;
}

}  // namespace text
