#pragma once
/// Reading comments from a file: tables or lines.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wordlm/text.h"

namespace wordlm {

/// How a file is read.
struct ReadOptions {
  std::string format = "lines";  ///< "csv", "tsv" or "lines"
  std::string column;            ///< of a table, a name or a number from 1; empty: found
  char delimiter = '\0';         ///< between fields of csv; NUL: found
  bool skip_bad_rows = false;    ///< count broken records of a table instead of giving up
};

/// What a file of comments holds.
struct Comments {
  std::vector<std::string> texts;  ///< valid UTF-8, in the file's order, none of them blank
  std::string column;              ///< the name of the column that was read; empty: no table
  bool header_is_comment = false;  ///< the first line is no header, but a comment like others
  std::int64_t dropped = 0;        ///< "[deleted]" and "[removed]", which are no comments
  std::int64_t cut_off_line = 0;   ///< of the record that the end of the file cuts off; 0: none
  std::int64_t bad_rows = 0;       ///< records left out because they are broken
  std::string first_bad_row;       ///< the error of the first of them
  std::int64_t invalid_bytes = 0;  ///< bad UTF-8 sequences, each replaced by one U+FFFD
  std::int64_t first_invalid_line = 0;  ///< the line of the first of them, from 1; 0 if none
  std::int64_t nul_bytes = 0;           ///< NUL bytes, dropped
};

/// Reads the comments of a file in UTF-8, with or without a byte-order mark.
///
/// A table has a header. Without a `column` the one called body, text, comment or content is read,
/// in upper or lower case; or the only one, whose first line is then a comment too where it reads
/// like one. Every record must have as many fields as the header: a text cut short at an unquoted
/// comma is an error, not a shorter text. "lines" is a comment a line. Blank lines and blank fields
/// are skipped.
///
/// Throws `unroll::IoError` naming the file, and the line where there is one, if the file cannot be
/// read, is broken, lacks the column, or holds no comment.
[[nodiscard]] Comments read_comments(const std::string& path, const ReadOptions& options);
/// The same of the bytes of a file; `path` names them in errors.
[[nodiscard]] Comments parse_comments(std::string_view bytes, const std::string& path,
                                      const ReadOptions& options);

/// Reads the whole text of a file in UTF-8, with or without a byte-order mark; lines end with a
/// line feed, whatever they end with in the file. Throws `unroll::IoError` naming the file if it
/// cannot be read, is empty or is no text.
[[nodiscard]] RepairedText read_text(const std::string& path);

}  // namespace wordlm
