#include "text/comments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/numbers.h"
#include "text/csv.h"
#include "text/json_lines.h"

namespace text {

using examples::count_of;
namespace {

using unroll::fail;
using unroll::IoError;

/// A file with more than this part of its bytes that are none of a text is none: a program or a
/// picture, say. Latin-1 text in a language with many accents has a tenth.
constexpr std::int64_t kMostlyText = 5;  // one in so many

/// Takes the byte-order mark off, and the end that DOS marked by Ctrl-Z.
void remove_marks(const std::string& path, std::string& bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    fail<IoError>("{}: is UTF-16 by its byte-order mark; expected UTF-8", path);
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  while (bytes.ends_with('\x1A')) bytes.pop_back();
  if (bytes.empty()) fail<IoError>("{}: the file is empty", path);
}

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

bool is_blank(std::string_view text) { return next_chunk(text).empty(); }

/// What reddit writes in place of a comment that is gone.
bool is_gone(std::string_view text) {
  const Chunk chunk = next_chunk(text);
  return (chunk.text == "[deleted]" || chunk.text == "[removed]") &&
         is_blank(text.substr(chunk.end()));
}

/// Passes on those comments that hold something, and counts.
class Collector {
 public:
  Collector(Comments& comments, const TakeComment& take) : comments_(comments), take_(take) {}

  void add(std::string_view text) const {
    if (is_blank(text)) return;
    if (is_gone(text)) {
      ++comments_.dropped;
      return;
    }
    ++comments_.count;
    take_(text);
  }

 private:
  Comments& comments_;
  const TakeComment& take_;
};

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

/// Whether the field of a first line is a text rather than a name: of three words or more, or with
/// the end of a sentence.
bool reads_like_text(std::string_view field) {
  int words = 0;
  for (Chunk chunk = next_chunk(field); !chunk.empty(); chunk = next_chunk(field, chunk.end())) {
    ++words;
  }
  return words >= 3 || (words > 0 && std::string_view(".!?").find(field.back()) != field.npos);
}

/// Runs `read` until it says that there is no more. Records that it throws an error for are counted
/// where the options say so.
template <class Read>
void read_records(const ReadOptions& options, Comments& comments, Read&& read) {
  while (true) {
    try {
      if (!read()) return;
    } catch (const BadRecord& error) {
      if (!options.skip_bad_rows) {
        fail<IoError>("{}; --skip-bad-rows leaves such records out", error.what());
      }
      if (comments.bad_rows++ == 0) comments.first_bad_row = error.what();
    }
  }
}

/// The texts of one column.
void read_table(const std::string& path, std::string_view text, const ReadOptions& options,
                Comments& comments, const Collector& collector) {
  const char delimiter = options.format == "tsv"     ? '\t'
                         : options.delimiter != '\0' ? options.delimiter
                                                     : find_delimiter(text);
  CsvReader reader(path, text, delimiter);
  const std::optional<Record> header = reader.next();
  if (!header) fail<IoError>("{}: holds only blank lines; expected a header and comments", path);

  const auto [index, named] = find_column(path, header->fields, options);
  comments.column = header->fields[index];
  if (!named && reads_like_text(comments.column)) {
    comments.column.clear();
    comments.header_is_comment = true;
    collector.add(header->fields[index]);
  }
  read_records(options, comments, [&, index = index] {
    const std::optional<Record> record = reader.next();
    comments.cut_off_line = reader.cut_off_line();
    if (record) collector.add(record->fields[index]);
    return record.has_value();
  });
}

/// One member of objects of JSON, one a line.
void read_json_lines(const std::string& path, std::string_view text, const ReadOptions& options,
                     Comments& comments, const Collector& collector) {
  JsonLines reader(path, text, options);
  read_records(options, comments, [&] {
    const std::optional<std::string> comment = reader.next();
    comments.column = reader.member();
    comments.cut_off_line = reader.cut_off_line();
    if (comment) collector.add(*comment);
    return comment.has_value();
  });
}

void read_lines(std::string_view text, const Collector& collector) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at += line.size();
    collector.add(line.substr(0, line.find_last_not_of('\n') + 1));
  }
}

}  // namespace

RepairedText text_of_bytes(std::string bytes, const std::string& path) {
  remove_marks(path, bytes);
  use_line_feeds(bytes);
  RepairedText repaired = repair_utf8(bytes);
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (repaired.nul_bytes + repaired.invalid_bytes > size / kMostlyText) {
    fail<IoError>("{}: is no text: {} of its {} bytes are NUL or no UTF-8", path,
                  repaired.nul_bytes + repaired.invalid_bytes, size);
  }
  return repaired;
}

Comments for_each_comment(std::string_view text, const std::string& path,
                          const ReadOptions& options, const TakeComment& take) {
  Comments comments;
  const Collector collector(comments, take);
  if (options.format == "lines") {
    read_lines(text, collector);
  } else if (options.format == "jsonl") {
    read_json_lines(path, text, options, comments, collector);
  } else {
    read_table(path, text, options, comments, collector);
  }
  if (comments.count == 0) {
    fail<IoError>("{}: holds only blank{} comments", path,
                  comments.dropped > 0 ? " or deleted" : "");
  }
  return comments;
}

Column find_column(const std::string& path, const std::vector<std::string>& names,
                   const ReadOptions& options) {
  const std::string& column = options.column;
  if (column.empty()) {
    if (const auto found =
            options.preferred.empty() ? std::nullopt : find_name(names, options.preferred))
      return {*found, true};
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

}  // namespace text
