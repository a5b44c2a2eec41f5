#pragma once
/// Reading comments from a file: CSV or plain text.

#include <cstdint>
#include <string>
#include <vector>

#include "wordlm/text.h"

namespace wordlm {

/// What a file of comments holds.
struct Comments {
  std::vector<std::string> texts;       ///< valid UTF-8, in the file's order, none of them blank
  std::int64_t invalid_bytes = 0;       ///< bad UTF-8 sequences, each replaced by one U+FFFD
  std::int64_t first_invalid_line = 0;  ///< the line of the first of them, from 1; 0 if none
  std::int64_t nul_bytes = 0;           ///< NUL bytes, dropped
  std::int64_t unclosed_line = 0;       ///< the line of the record that the end cuts off; 0 if none
};

/// Reads the comments of a file in UTF-8, with or without a byte-order mark.
///
/// A file named `.csv` is CSV with a header; `column` is a name of the header or, where no column
/// has that name, a number counted from 1. An empty `column` means the one named "body", or else
/// the first. Every record must have as many fields as the header: a text cut short at an unquoted
/// comma is an error, not a shorter text. Any other file is plain text, one comment a line, and
/// `column` plays no part. Blank lines and blank fields are skipped.
///
/// Other broken quoting is an error too, with one exception: the beginnings of large files are
/// passed on as samples, cut off in the middle of a comment. Where a quoted field of the last
/// record is never closed, and whole records come before it, its text is kept as far as it goes and
/// `unclosed_line` says so.
///
/// Throws `unroll::IoError` naming the file, and the line where there is one, if the file cannot be
/// read, is broken, lacks the column, or holds no comment.
[[nodiscard]] Comments read_comments(const std::string& path, const std::string& column = "");

/// Reads the whole text of a file in UTF-8, with or without a byte-order mark. Throws
/// `unroll::IoError` naming the file if it cannot be read, is empty or is no text.
[[nodiscard]] RepairedText read_text(const std::string& path);

/// Whether the name of a file says that it is CSV.
[[nodiscard]] bool is_csv(const std::string& path);

}  // namespace wordlm
