#pragma once
/// Texts larger than memory, from front to back.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "text/characters.h"

namespace text {

/// A text of which one part after the other is in memory: UTF-8 without a byte-order mark and the
/// end that DOS marked by Ctrl-Z, whose lines end with a line feed, whatever the bytes are. A part
/// grows to the longest line, or record, that is asked for. All of it throws unroll::IoError,
/// naming the text, where it cannot be read, is empty or is no text.
class TextStream {
 public:
  /// Adds bytes to those it gets; false where it has none left.
  using ReadBytes = std::function<bool(std::string&)>;

  /// A text in memory that is such already. It has to outlive the object.
  explicit TextStream(std::string_view text) : text_(text), ended_(true) {}
  /// The text of all bytes that `read` gives, at least `block` of which are taken at a time. `name`
  /// is for errors.
  TextStream(ReadBytes read, std::string name, std::size_t block = std::size_t{1} << 20U);
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  /// The line that begins at byte `at` of the text, its line feed included; empty at the end of the
  /// text. Valid until more is read.
  [[nodiscard]] std::string_view line_at(std::size_t at);
  /// Whether the text ends at byte `at`.
  [[nodiscard]] bool ends_at(std::size_t at);
  /// The text from byte `at` to the last byte that has been read so far.
  [[nodiscard]] std::string_view read_from(std::size_t at) const {
    return text_.substr(at - begin_);
  }
  /// The first bytes of a text nothing of which has been forgotten: as many, if there are, or more.
  [[nodiscard]] std::string_view beginning(std::size_t bytes);
  /// What stands before byte `at` is not asked for again.
  void forget_before(std::size_t at) { kept_ = at; }

  /// What had to be repaired in all that has been read; its `text` is left empty.
  [[nodiscard]] const RepairedText& repairs() const { return repairs_; }
  /// The whole text, of which nothing has been asked for yet, and its repairs.
  [[nodiscard]] RepairedText take_all();

 private:
  bool read_more();
  void read_block();
  [[nodiscard]] std::size_t end_of_known() const;
  void clean_bytes();
  void check_kind() const;

  ReadBytes read_;
  std::string name_;
  std::size_t block_ = 0;
  std::string bytes_;      // that were read and are not text yet
  std::string buffer_;     // the text from byte begin_ on; not used where it is in memory
  std::string_view text_;  // the same
  std::size_t begin_ = 0;
  std::size_t kept_ = 0;  // the first byte that may be asked for again
  RepairedText repairs_;
  std::int64_t line_ = 1;  // the line in which the next block begins
  std::int64_t size_ = 0;  // bytes so far, their lines ended by line feeds
  bool ended_ = false;
};

}  // namespace text
