#pragma once
/// The records of a table as text: CSV and its relatives.

#include <csv.h>
#include <unroll/core/error.h>

#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/text_stream.h"

namespace text {

/// One record that cannot be read; those after it can.
struct BadRecord : unroll::IoError {
  using IoError::IoError;
};

struct Record {
  std::int64_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> fields;
};

/// The records of a text, which has to outlive the reader, be it in memory or a stream. libcsv is
/// fed line by line, so that every record and every error has its line number.
class CsvReader {
 public:
  /// `path` names the text in errors; those about the delimiter name --delimiter where the program
  /// has that option.
  CsvReader(std::string path, std::string_view text, char delimiter, bool has_option = true);
  /// The same of a text that is read part by part: the lines of a record, and where a quote is not
  /// closed those behind it, are in memory.
  CsvReader(std::string path, TextStream& text, char delimiter, bool has_option = true);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  /// The next record, or nothing at the end of the text; records without anything in them are
  /// none. Throws BadRecord for broken quoting and for another number of fields than the
  /// first record has; the next call goes on behind the broken record, or where its lines look like
  /// records that a stray quote has swallowed, behind the line with that quote.
  ///
  /// Beginnings of large files are passed on as samples. A quote that is never closed is therefore
  /// no error where the lines after it are not like the records before: the text is cut off within
  /// a field.
  std::optional<Record> next();

  /// The line on which the record begins that the end of the text cuts off; 0: none (yet).
  [[nodiscard]] std::int64_t cut_off_line() const { return cut_off_line_; }

 private:
  void start();
  void read_line();
  void finish();
  void check_fields(const Record& record);
  void recover();
  void restart(std::size_t at, std::int64_t line);
  [[noreturn]] void reject(std::string_view rest);
  template <class Action>
  void guarded(Action action) noexcept;
  void rethrow_callback_error();
  static void on_field(void* data, std::size_t size, void* self);
  static void on_record(int terminator, void* self);

  std::string path_;
  std::optional<TextStream> whole_;  ///< a text in memory
  TextStream& text_;
  char delimiter_;
  bool has_option_;
  csv_parser parser_{};
  std::size_t at_ = 0;             ///< byte of `text_` that libcsv gets next
  std::int64_t line_ = 0;          ///< the line it got last
  Record record_;                  ///< the unfinished record
  std::size_t open_at_ = 0;        ///< byte behind the line on which the open quote stands
  std::int64_t open_line_ = 0;     ///< that line
  std::size_t first_open_at_ = 0;  ///< the same of the first open quote of the record; 0: none
  std::int64_t first_open_line_ = 0;
  std::deque<Record> records_;
  std::size_t fields_ = 0;   ///< of the first record
  std::int64_t quoted_ = 0;  ///< lines on which a record begins with a quote, less the others
  std::int64_t cut_off_line_ = 0;
  bool finished_ = false;
  std::exception_ptr callback_error_;
};

/// The character between the fields of a table: of comma, semicolon and tab the one that its first
/// line has most of outside quotes; a comma where it has none.
[[nodiscard]] char find_delimiter(std::string_view text);

/// The line of `text` that begins at `begin`, its line feed included.
[[nodiscard]] std::string_view line_at(std::string_view text, std::size_t begin);

}  // namespace text
