#pragma once
/// One member of objects of JSON, one a line (JSON Lines).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/comments.h"
#include "text/text_stream.h"

namespace text {

/// Reads a text, which has to outlive the reader, a line of which is in memory at a time.
class JsonLines {
 public:
  /// `path` names the text in errors. The member is found as find_column() finds a column, among
  /// those of the first object that are strings.
  JsonLines(std::string path, TextStream& text, const ReadOptions& options);

  /// The member of the next object; nothing at the end of the text. Blank lines are skipped. Throws
  /// BadRecord, naming the line, for one that holds no object with that member as a string; the
  /// next call goes on behind it.
  std::optional<std::string> next();

  /// The name of the member, once an object has been read.
  [[nodiscard]] const std::string& member() const { return member_; }
  /// The number of a last line that the end of the text cuts off; 0: none (yet).
  [[nodiscard]] std::int64_t cut_off_line() const { return cut_off_line_; }

 private:
  std::string path_;
  TextStream& text_;
  ReadOptions options_;
  std::string member_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0;
  std::int64_t cut_off_line_ = 0;
};

}  // namespace text
