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

/// Bytes of a table in which its first line is looked for.
constexpr std::size_t kBeginning = std::size_t{1} << 20U;

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

/// Whether the first field of a column is a comment like those below it, and not the column's name.
/// `named`: the column was found by that name.
bool is_comment(std::string_view field, bool named) { return !named && reads_like_text(field); }

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

char delimiter_of(TextStream& text, const ReadOptions& options) {
  return options.format == "tsv"     ? '\t'
         : options.delimiter != '\0' ? options.delimiter
                                     : find_delimiter(text.beginning(kBeginning));
}

/// The names of the columns of a table.
std::vector<std::string> read_header(CsvReader& reader, const std::string& path) {
  std::optional<Record> header = reader.next();
  if (!header) fail<IoError>("{}: holds only blank lines; expected a header and comments", path);
  return std::move(header->fields);
}

/// The texts of one column.
void read_table(const std::string& path, TextStream& text, const ReadOptions& options,
                Comments& comments, const Collector& collector) {
  CsvReader reader(path, text, delimiter_of(text, options));
  const std::vector<std::string> names = read_header(reader, path);
  const auto [index, named] = find_column(path, names, options);
  comments.column = names[index];
  if (is_comment(comments.column, named)) {
    comments.column.clear();
    comments.header_is_comment = true;
    collector.add(names[index]);
  }
  read_records(options, comments, [&, index = index] {
    const std::optional<Record> record = reader.next();
    comments.cut_off_line = reader.cut_off_line();
    if (record) collector.add(record->fields[index]);
    return record.has_value();
  });
}

/// One member of objects of JSON, one a line.
void read_json_lines(const std::string& path, TextStream& text, const ReadOptions& options,
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

void read_lines(TextStream& text, const Collector& collector) {
  for (std::size_t at = 0; !text.ends_at(at);) {
    text.forget_before(at);
    const std::string_view line = text.line_at(at);
    at += line.size();
    collector.add(line.substr(0, line.find_last_not_of('\n') + 1));
  }
}

}  // namespace

RepairedText text_of_bytes(std::string bytes, const std::string& path) {
  const auto read = [&](std::string& all) {
    all = std::move(bytes);
    return false;
  };
  return TextStream(read, path).take_all();
}

Comments for_each_comment(std::string_view text, const std::string& path,
                          const ReadOptions& options, const TakeComment& take) {
  TextStream whole(text);
  return for_each_comment(whole, path, options, take);
}

Comments for_each_comment(TextStream& text, const std::string& path, const ReadOptions& options,
                          const TakeComment& take) {
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

std::string describe_reading(TextStream& text, const std::string& path,
                             const ReadOptions& options) {
  if (options.format == "lines") return "lines";
  if (options.format == "jsonl") {
    JsonLines reader(path, text, options);
    Comments ignored;
    read_records(options, ignored, [&] {
      (void)reader.next();
      return false;
    });
    return fmt::format("JSON, member '{}'", reader.member());
  }
  const char delimiter = delimiter_of(text, options);
  CsvReader reader(path, text, delimiter);
  const std::vector<std::string> names = read_header(reader, path);
  const auto [index, named] = find_column(path, names, options);
  return fmt::format("table, delimiter '{}', column {}{}", delimiter, index + 1,
                     is_comment(names[index], named) ? ", without a header" : "");
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
