#include "wordlm/comments.h"

#include <csv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/numbers.h"
#include "wordlm/text.h"

namespace wordlm {

using examples::count_of;
namespace {

using unroll::fail;
using unroll::IoError;

/// A file with more than this part of its bytes that are none of a text is none: a program or a
/// picture, say. Latin-1 text in a language with many accents has a tenth.
constexpr std::int64_t kMostlyText = 5;  // one in so many

std::string read_bytes(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail<IoError>("{}: is a directory; expected a file of comments", path);
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) {
    fail<IoError>("{}: cannot be opened: {}", path, std::generic_category().message(errno));
  }
  std::string bytes;
  std::array<char, 1 << 16> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    bytes.append(block.data(), count);
  }
  if (std::ferror(file.get()) != 0) {
    fail<IoError>("{}: cannot be read: {}", path, std::generic_category().message(errno));
  }
  return bytes;
}

/// The file's content without its byte-order mark.
std::string_view without_mark(const std::string& path, std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    fail<IoError>("{}: is UTF-16 by its byte-order mark; expected UTF-8", path);
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.empty()) fail<IoError>("{}: the file is empty; expected comments", path);
  return bytes;
}

/// The line of `text` that begins at `begin`, its line feed included.
std::string_view line_at(std::string_view text, std::size_t begin) {
  const std::size_t feed = text.find('\n', begin);
  return text.substr(begin, feed == std::string_view::npos ? feed : feed + 1 - begin);
}

bool is_blank(std::string_view text) { return next_chunk(text).empty(); }

/// The beginning of `text` up to the line's end, short enough for a message.
std::string_view excerpt(std::string_view text) {
  constexpr int kCharacters = 24;
  std::size_t end = 0;
  for (int i = 0; i < kCharacters; ++i) {
    const CodePoint c = code_point_at(text, end);
    if (c.length == 0 || c.value == '\n' || c.value == '\r') break;
    end += c.length;
  }
  return text.substr(0, end);
}

struct Record {
  std::int64_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> fields;
};

/// The records of a CSV text. libcsv is fed line by line, so that every record and every error has
/// its line number.
class CsvReader {
 public:
  CsvReader(const std::string& path, std::string_view text) : path_(path), text_(text) {
    constexpr unsigned char kOptions = CSV_STRICT | CSV_STRICT_FINI;
    if (csv_init(&parser_, kOptions) != 0) fail<unroll::Error>("libcsv cannot be initialised");
    // No field is longer than the text: one allocation, not one for each further 128 bytes.
    csv_set_blk_size(&parser_, text.size() + 1);
  }
  ~CsvReader() { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  /// The next record, or nothing at the end of the text. Blank lines are none. A quoted field
  /// that the end of the text leaves open counts as closed there.
  std::optional<Record> next() {
    while (records_.empty() && !finished_) {
      if (at_ < text_.size()) {
        read_line();
      } else {
        finish();
      }
    }
    if (records_.empty()) return std::nullopt;
    Record record = std::move(records_.front());
    records_.pop_front();
    return record;
  }

  /// The line on which the record with the field left open begins; 0 if there is none (yet).
  std::int64_t unclosed_line() const { return unclosed_line_; }

 private:
  void read_line() {
    ++line_;
    // Only a quoted field goes on from line to line.
    if (parser_.quoted == 0) record_.line = line_;
    const std::string_view line = line_at(text_, at_);
    const std::size_t parsed =
        csv_parse(&parser_, line.data(), line.size(), &on_field, &on_record, this);
    rethrow_callback_error();
    if (parsed != line.size()) reject(line.substr(parsed));
    at_ += line.size();
  }

  void finish() {
    finished_ = true;
    if (csv_fini(&parser_, &on_field, &on_record, this) != 0) {
      unclosed_line_ = record_.line;
      // Without its strictness, libcsv hands over what there is of the field.
      csv_set_opts(&parser_, CSV_STRICT);
      csv_fini(&parser_, &on_field, &on_record, this);
    }
    rethrow_callback_error();
  }

  [[noreturn]] void reject(std::string_view rest) const {
    if (csv_error(const_cast<csv_parser*>(&parser_)) != CSV_EPARSE) {
      fail<IoError>("{}:{}: not enough memory for a field", path_, line_);
    }
    if (parser_.quoted != 0) {
      fail<IoError>(
          "{}:{}: expected ',' or the end of the line after a closing quote, found '{}' (the "
          "record begins on line {})",
          path_, line_, excerpt(rest), record_.line);
    }
    fail<IoError>(
        "{}:{}: expected quotes around the whole of a field that holds a quote, found '{}' inside "
        "an unquoted one",
        path_, line_, excerpt(rest));
  }

  // An exception must not pass through libcsv's C code: it waits here until that has returned.
  template <class Action>
  void guarded(Action action) noexcept {
    try {
      action();
    } catch (...) {
      callback_error_ = std::current_exception();
    }
  }
  void rethrow_callback_error() const {
    if (callback_error_) std::rethrow_exception(callback_error_);
  }

  static void on_field(void* data, std::size_t size, void* self) {
    auto& reader = *static_cast<CsvReader*>(self);
    reader.guarded(
        [&] { reader.record_.fields.emplace_back(static_cast<const char*>(data), size); });
  }
  static void on_record(int /*terminator*/, void* self) {
    auto& reader = *static_cast<CsvReader*>(self);
    reader.guarded([&] {
      reader.records_.push_back({reader.record_.line, std::move(reader.record_.fields)});
      reader.record_ = {reader.line_, {}};
    });
  }

  const std::string& path_;
  std::string_view text_;
  csv_parser parser_{};
  std::size_t at_ = 0;     ///< byte of `text_` that libcsv gets next
  std::int64_t line_ = 0;  ///< the line it got last
  Record record_;          ///< the unfinished record
  std::deque<Record> records_;
  bool finished_ = false;
  std::int64_t unclosed_line_ = 0;
  std::exception_ptr callback_error_;
};

/// Index of the wanted column, from 0.
std::size_t find_column(const std::string& path, const std::vector<std::string>& names,
                        const std::string& column) {
  const auto found = std::ranges::find(names, column.empty() ? "body" : column);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (column.empty()) return 0;

  std::size_t number = 0;
  const char* end = column.data() + column.size();
  const auto [parsed, error] = std::from_chars(column.data(), end, number);
  const bool is_number = error == std::errc() && parsed == end;
  if (is_number && number >= 1 && number <= names.size()) return number - 1;
  fail<IoError>("{}: has no column '{}'; its header names {}: '{}'", path, column,
                count_of(static_cast<std::int64_t>(names.size()), "column"),
                fmt::join(names, "', '"));
}

/// Adds the texts of one column to `comments`.
void read_csv(const std::string& path, std::string_view text, const std::string& column,
              Comments& comments) {
  CsvReader reader(path, text);
  const std::optional<Record> header = reader.next();
  if (!header) fail<IoError>("{}: holds only blank lines; expected a header and comments", path);

  const std::size_t index = find_column(path, header->fields, column);
  std::int64_t closed_records = 0;
  while (std::optional<Record> record = reader.next()) {
    if (reader.unclosed_line() == 0) ++closed_records;
    if (record->fields.size() != header->fields.size()) {
      fail<IoError>(
          "{}:{}: expected {} as in the header, found {}; a field that holds a comma must be "
          "quoted",
          path, record->line, count_of(static_cast<std::int64_t>(header->fields.size()), "field"),
          record->fields.size());
    }
    if (!is_blank(record->fields[index])) {
      comments.texts.push_back(std::move(record->fields[index]));
    }
  }
  comments.unclosed_line = reader.unclosed_line();
  if (comments.unclosed_line > 0 && closed_records == 0) {
    fail<IoError>(
        "{}:{}: a quoted field of the record that begins here is never closed; expected '\"', "
        "found the end of the file",
        path, comments.unclosed_line);
  }
}

/// Adds the lines of a text to `comments`.
void read_lines(std::string_view text, Comments& comments) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at += line.size();
    if (is_blank(line)) continue;
    comments.texts.emplace_back(line.substr(0, line.find_last_not_of("\r\n") + 1));
  }
}

}  // namespace

bool is_csv(const std::string& path) {
  return ascii_lower_case(std::filesystem::path(path).extension().string()) == ".csv";
}

RepairedText read_text(const std::string& path) {
  const std::string bytes = read_bytes(path);
  RepairedText repaired = repair_utf8(without_mark(path, bytes));
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (repaired.nul_bytes + repaired.invalid_bytes > size / kMostlyText) {
    fail<IoError>("{}: is no text: {} of its {} bytes are NUL or no UTF-8; expected comments", path,
                  repaired.nul_bytes + repaired.invalid_bytes, size);
  }
  return repaired;
}

Comments read_comments(const std::string& path, const std::string& column) {
  const RepairedText repaired = read_text(path);
  Comments comments;
  comments.invalid_bytes = repaired.invalid_bytes;
  comments.first_invalid_line = repaired.first_invalid_line;
  comments.nul_bytes = repaired.nul_bytes;
  if (is_csv(path)) {
    read_csv(path, repaired.text, column, comments);
  } else {
    read_lines(repaired.text, comments);
  }
  if (comments.texts.empty()) fail<IoError>("{}: holds no comment that is not blank", path);
  return comments;
}

}  // namespace wordlm
