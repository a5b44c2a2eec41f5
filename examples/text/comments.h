#pragma once
/// The comments of a text: of a table, of lines of JSON, or of lines.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/characters.h"
#include "text/text_stream.h"

namespace text {

/// How a file is read.
struct ReadOptions {
  std::string format = "lines";  ///< "csv", "tsv", "jsonl" or "lines"
  std::string column;          ///< of a table, a name or a number from 1, or a member; empty: found
  std::string preferred;       ///< a column to read where none is named and there is such
  char delimiter = '\0';       ///< between fields of csv; NUL: found
  bool skip_bad_rows = false;  ///< count broken records of a table instead of giving up
};

/// Counts of a reading: comments taken, left out, broken.
struct Comments {
  std::int64_t count = 0;          ///< comments that are neither blank nor deleted
  std::string column;              ///< the name of the column that was read; empty: no table
  bool header_is_comment = false;  ///< the first line is no header, but a comment like others
  std::int64_t dropped = 0;        ///< "[deleted]" and "[removed]", which are no comments
  std::int64_t cut_off_line = 0;   ///< of the record that the end of the file cuts off; 0: none
  std::int64_t bad_rows = 0;       ///< records left out because they are broken
  std::string first_bad_row;       ///< the error of the first of them
};

/// Gets one comment: valid UTF-8, not blank.
using TakeComment = std::function<void(std::string_view)>;

/// Calls `take` for each comment of a text, in its order. `path` names the text in errors.
///
/// A table has a header. Without a `column` the one called body, text, comment or content is read,
/// in upper or lower case; or the only one, whose first line is then a comment too where it reads
/// like one. Every record must have as many fields as the header: a text cut short at an unquoted
/// comma is an error, not a shorter text. "jsonl" is an object of JSON a line, whose members are
/// such columns. "lines" is a comment a line. Blank lines and blank fields are skipped.
///
/// Throws `unroll::IoError` naming the file, and the line where there is one, if the text is
/// broken, lacks the column, or holds no comment.
Comments for_each_comment(std::string_view text, const std::string& path,
                          const ReadOptions& options, const TakeComment& take);
/// The same of a text that is read part by part. Of a file that is no text comments may have been
/// passed on before that is found.
Comments for_each_comment(TextStream& text, const std::string& path, const ReadOptions& options,
                          const TakeComment& take);

/// The format, the delimiter and the column by which for_each_comment() reads a text. Options with
/// the same description give the same comments of the same bytes, unless they differ in
/// `skip_bad_rows`. Reads the beginning of the text. Throws as for_each_comment().
[[nodiscard]] std::string describe_reading(TextStream& text, const std::string& path,
                                           const ReadOptions& options);

/// Bytes as a TextStream gives them: UTF-8, without a byte-order mark and the end that DOS marked
/// by Ctrl-Z; lines end with a line feed, whatever they end with in the file. Throws
/// `unroll::IoError` naming the file if it is empty or is no text.
[[nodiscard]] RepairedText text_of_bytes(std::string bytes, const std::string& path);

/// The index of a column: of the one called so, in upper or lower case where none is called exactly
/// that, or of a number from 1. Without a name, of the one called body, text, comment or content,
/// or of the only one. `named`: it has a name that was looked for.
struct Column {
  std::size_t index;
  bool named;
};
/// Finds a column among the names of a table; unroll::IoError where there is none such.
[[nodiscard]] Column find_column(const std::string& path, const std::vector<std::string>& names,
                                 const ReadOptions& options);

}  // namespace text
