#include "wordlm/comments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/numbers.h"
#include "wordlm/csv.h"

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

/// The file's content without its byte-order mark, and without the end that DOS marked by Ctrl-Z.
std::string_view without_marks(const std::string& path, std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    fail<IoError>("{}: is UTF-16 by its byte-order mark; expected UTF-8", path);
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  while (bytes.ends_with('\x1A')) bytes.remove_suffix(1);
  if (bytes.empty()) fail<IoError>("{}: the file is empty; expected comments", path);
  return bytes;
}

/// The same text with lines that end with a line feed.
std::string with_line_feeds(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      result += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      result += '\n';
    }
  }
  return result;
}

bool is_blank(std::string_view text) { return next_chunk(text).empty(); }

/// What reddit writes in place of a comment that is gone.
bool is_gone(std::string_view text) {
  const Chunk chunk = next_chunk(text);
  return (chunk.text == "[deleted]" || chunk.text == "[removed]") &&
         is_blank(text.substr(chunk.end()));
}

void add(Comments& comments, std::string text) {
  if (is_blank(text)) return;
  if (is_gone(text)) {
    ++comments.dropped;
  } else {
    comments.texts.push_back(std::move(text));
  }
}

/// Index of the column called `name`, in upper or lower case where none is called exactly that.
std::optional<std::size_t> find_name(const std::vector<std::string>& names, std::string_view name) {
  const auto exact = std::ranges::find(names, name);
  if (exact != names.end()) return static_cast<std::size_t>(exact - names.begin());
  const auto alike = std::ranges::find(names, ascii_lower_case(name), ascii_lower_case);
  if (alike != names.end()) return static_cast<std::size_t>(alike - names.begin());
  return std::nullopt;
}

std::string list_of(const std::vector<std::string>& names) {
  return fmt::format("{}: '{}'", count_of(std::ssize(names), "column"), fmt::join(names, "', '"));
}

/// A column of a table, from 0, and whether its header has a name that was looked for.
struct Column {
  std::size_t index;
  bool named;
};

Column find_column(const std::string& path, const std::vector<std::string>& names,
                   const std::string& column) {
  if (column.empty()) {
    for (const std::string_view usual : {"body", "text", "comment", "content"}) {
      if (const auto found = find_name(names, usual)) return {*found, true};
    }
    if (names.size() == 1) return {0, false};
    fail<IoError>(
        "{}: which column holds the comments? None is called body, text, comment or content; "
        "--column names one of the {}",
        path, list_of(names));
  }
  if (const auto found = find_name(names, column)) return {*found, true};
  std::size_t number = 0;
  const char* end = column.data() + column.size();
  const auto [parsed, error] = std::from_chars(column.data(), end, number);
  const bool is_number = error == std::errc() && parsed == end;
  if (is_number && number >= 1 && number <= names.size()) return {number - 1, false};
  fail<IoError>("{}: has no column '{}'; its header names {}", path, column, list_of(names));
}

/// Whether the field of a first line is a text rather than a name: of three words or more, or with
/// the end of a sentence.
bool reads_like_text(std::string_view field) {
  int words = 0;
  for (Chunk chunk = next_chunk(field); !chunk.empty(); chunk = next_chunk(field, chunk.end())) {
    ++words;
  }
  return words >= 3 || (words > 0 && std::string_view(".!?").find(field.back()) != field.npos);
}

/// Adds the texts of one column to `comments`.
void read_table(const std::string& path, std::string_view text, const ReadOptions& options,
                Comments& comments) {
  const bool tabs = options.format == "tsv";
  const char delimiter = tabs                        ? '\t'
                         : options.delimiter != '\0' ? options.delimiter
                                                     : find_delimiter(text);
  CsvReader reader(path, text, delimiter);
  std::optional<Record> header = reader.next();
  if (!header) fail<IoError>("{}: holds only blank lines; expected a header and comments", path);

  const std::size_t count = header->fields.size();
  const auto [index, named] = find_column(path, header->fields, options.column);
  comments.column = header->fields[index];
  if (!named && reads_like_text(comments.column)) {
    comments.column.clear();
    comments.header_is_comment = true;
    add(comments, std::move(header->fields[index]));
  }
  const auto next_record = [&]() -> std::optional<Record> {
    std::optional<Record> record = reader.next();
    if (!record || record->fields.size() == count) return record;
    fail<IoError>(
        "{}:{}: expected {} as in the header, found {}; a field that holds a '{}' must be "
        "quoted, --delimiter names another character between fields",
        path, record->line, count_of(static_cast<std::int64_t>(count), "field"),
        record->fields.size(), tabs ? "tab" : std::string(1, delimiter));
  };
  while (true) {
    try {
      std::optional<Record> record = next_record();
      comments.cut_off_line = reader.cut_off_line();
      if (!record) return;
      add(comments, std::move(record->fields[index]));
    } catch (const IoError& error) {
      if (!options.skip_bad_rows) {
        fail<IoError>("{}; --skip-bad-rows leaves such records out", error.what());
      }
      if (comments.bad_rows++ == 0) comments.first_bad_row = error.what();
    }
  }
}

/// Adds the lines of a text to `comments`.
void read_lines(std::string_view text, Comments& comments) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at += line.size();
    add(comments, std::string(line.substr(0, line.find_last_not_of('\n') + 1)));
  }
}

/// Bytes as a text.
RepairedText to_text(std::string_view bytes, const std::string& path) {
  RepairedText repaired = repair_utf8(with_line_feeds(without_marks(path, bytes)));
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (repaired.nul_bytes + repaired.invalid_bytes > size / kMostlyText) {
    fail<IoError>("{}: is no text: {} of its {} bytes are NUL or no UTF-8; expected comments", path,
                  repaired.nul_bytes + repaired.invalid_bytes, size);
  }
  return repaired;
}

}  // namespace

RepairedText read_text(const std::string& path) { return to_text(read_bytes(path), path); }

Comments read_comments(const std::string& path, const ReadOptions& options) {
  return parse_comments(read_bytes(path), path, options);
}

Comments parse_comments(std::string_view bytes, const std::string& path,
                        const ReadOptions& options) {
  const RepairedText repaired = to_text(bytes, path);
  Comments comments;
  comments.invalid_bytes = repaired.invalid_bytes;
  comments.first_invalid_line = repaired.first_invalid_line;
  comments.nul_bytes = repaired.nul_bytes;
  if (options.format == "lines") {
    read_lines(repaired.text, comments);
  } else {
    read_table(path, repaired.text, options, comments);
  }
  if (comments.texts.empty()) {
    fail<IoError>("{}: holds no comment that is not blank{}", path,
                  comments.dropped > 0 ? " or deleted" : "");
  }
  return comments;
}

}  // namespace wordlm
