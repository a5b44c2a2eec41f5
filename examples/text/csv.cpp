#include "text/csv.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>

#include "common/numbers.h"
#include "text/characters.h"

namespace text {
namespace {

using unroll::fail;

/// The beginning of `text` up to the line's end, short enough for a message.
std::string_view excerpt(std::string_view text) {
  constexpr int kCharacters = 24;
  std::size_t end = 0;
  for (int i = 0; i < kCharacters; ++i) {
    const CodePoint c = code_point_at(text, end);
    if (c.length == 0 || c.value == '\n') break;
    end += c.length;
  }
  return text.substr(0, end);
}

/// Whether most lines of a text are records of so many fields, the first of which is quoted or not.
bool is_table_of(std::string_view text, std::size_t fields, bool first_quoted, char delimiter) {
  std::int64_t records = 0;
  std::int64_t others = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at += line.size();
    if (next_chunk(line).empty()) continue;
    bool quoted = false;
    std::size_t delimiters = 0;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == delimiter && !quoted) ++delimiters;
    }
    const bool alike = !quoted && delimiters + 1 == fields && line.starts_with('"') == first_quoted;
    ++(alike ? records : others);
  }
  return records > others;
}

bool is_empty(const Record& record) {
  return record.fields.size() == 1 && next_chunk(record.fields[0]).empty();
}

}  // namespace

std::string_view line_at(std::string_view text, std::size_t begin) {
  const std::size_t feed = text.find('\n', begin);
  return text.substr(begin, feed == std::string_view::npos ? feed : feed + 1 - begin);
}

char find_delimiter(std::string_view text) {
  constexpr std::string_view kDelimiters = ",;\t";
  std::array<int, kDelimiters.size()> counts{};
  bool quoted = false;
  for (const char c : text.substr(std::min(text.find_first_not_of(" \n"), text.size()))) {
    if (c == '\n' && !quoted) break;
    if (c == '"') quoted = !quoted;
    const std::size_t which = kDelimiters.find(c);
    if (!quoted && which != std::string_view::npos) ++counts[which];
  }
  return kDelimiters[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

CsvReader::CsvReader(std::string path, std::string_view text, char delimiter, bool has_option)
    : path_(std::move(path)),
      whole_(std::in_place, text),
      text_(*whole_),
      delimiter_(delimiter),
      has_option_(has_option) {
  start();
}

CsvReader::CsvReader(std::string path, TextStream& text, char delimiter, bool has_option)
    : path_(std::move(path)), text_(text), delimiter_(delimiter), has_option_(has_option) {
  start();
}

CsvReader::~CsvReader() { csv_free(&parser_); }

void CsvReader::start() {
  constexpr unsigned char kOptions = CSV_STRICT | CSV_STRICT_FINI;
  if (csv_init(&parser_, kOptions) != 0) fail<unroll::Error>("libcsv cannot be initialised");
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter_));
  // Few fields are longer: one allocation, not one for each further 128 bytes.
  constexpr std::size_t kLongField = std::size_t{1} << 16U;
  csv_set_blk_size(&parser_, kLongField);
}

std::optional<Record> CsvReader::next() {
  while (true) {
    while (records_.empty() && !finished_) {
      if (text_.ends_at(at_)) {
        finish();
      } else {
        read_line();
      }
    }
    if (records_.empty()) return std::nullopt;
    Record record = std::move(records_.front());
    records_.pop_front();
    if (is_empty(record)) continue;
    if (fields_ == 0) fields_ = record.fields.size();
    check_fields(record);
    return record;
  }
}

void CsvReader::read_line() {
  ++line_;
  const bool was_quoted = parser_.quoted != 0;
  if (!was_quoted) text_.forget_before(at_);
  const std::string_view line = text_.line_at(at_);
  if (!was_quoted) {  // only a quoted field goes on from line to line
    record_.line = line_;
    first_open_at_ = 0;
    quoted_ += line.starts_with('"') ? 1 : -1;
  }
  const std::size_t fields = record_.fields.size();
  const std::size_t parsed =
      csv_parse(&parser_, line.data(), line.size(), &on_field, &on_record, this);
  rethrow_callback_error();
  at_ += line.size();
  if (parsed != line.size()) reject(line.substr(parsed));
  if (parser_.quoted != 0 && !was_quoted) {
    first_open_line_ = line_;
    first_open_at_ = at_;
  }
  if (parser_.quoted != 0 && (!was_quoted || record_.fields.size() != fields)) {
    open_line_ = line_;
    open_at_ = at_;
  }
}

void CsvReader::finish() {
  finished_ = true;
  const bool closed = csv_fini(&parser_, &on_field, &on_record, this) == 0;
  rethrow_callback_error();
  if (closed) return;
  if (fields_ > 0 && !is_table_of(text_.read_from(open_at_), fields_, quoted_ > 0, delimiter_)) {
    cut_off_line_ = record_.line;
    csv_set_opts(&parser_, CSV_STRICT);  // without its strictness at the end it gives what there is
    csv_fini(&parser_, &on_field, &on_record, this);
    rethrow_callback_error();
    return;
  }
  const std::int64_t line = open_line_;
  restart(open_at_, line);
  fail<BadRecord>("{}:{}: the quote that opens here is never closed", path_, line);
}

/// Goes on behind line number `line`, at byte `at`, as if nothing had been before.
void CsvReader::restart(std::size_t at, std::int64_t line) {
  csv_free(&parser_);
  start();
  record_ = {};
  at_ = at;
  line_ = line;
  finished_ = false;
}

/// Goes on behind a broken record, all of whose lines have been read.
void CsvReader::recover() {
  const bool swallowed =
      first_open_at_ > 0 && fields_ > 0 &&
      is_table_of(text_.read_from(first_open_at_).substr(0, at_ - first_open_at_), fields_,
                  quoted_ > 0, delimiter_);
  if (swallowed) {
    restart(first_open_at_, first_open_line_);
  } else {
    restart(at_, line_);
  }
}

void CsvReader::check_fields(const Record& record) {
  if (record.fields.size() == fields_) return;
  recover();
  fail<BadRecord>(
      "{}:{}: expected {} as in the header, found {}; a field that holds a '{}' must be quoted{}",
      path_, record.line, examples::count_of(static_cast<std::int64_t>(fields_), "field"),
      record.fields.size(), delimiter_ == '\t' ? "tab" : std::string(1, delimiter_),
      has_option_ ? ", --delimiter names another character between fields" : "");
}

void CsvReader::reject(std::string_view rest) {
  if (csv_error(&parser_) != CSV_EPARSE) {
    fail<unroll::IoError>("{}:{}: not enough memory for a field", path_, line_);
  }
  const bool quoted = parser_.quoted != 0;
  const std::int64_t first = record_.line;
  const std::int64_t line = line_;
  recover();
  if (quoted) {
    fail<BadRecord>(
        "{}:{}: expected '{}' or the end of the line after a closing quote, found '{}' (the "
        "record begins on line {})",
        path_, line, delimiter_, excerpt(rest), first);
  }
  fail<BadRecord>(
      "{}:{}: expected quotes around the whole of a field that holds a quote, found '{}' inside "
      "an unquoted one",
      path_, line, excerpt(rest));
}

// An exception must not pass through libcsv's C code: it waits here until that has returned.
template <class Action>
void CsvReader::guarded(Action action) noexcept {
  try {
    action();
  } catch (...) {
    callback_error_ = std::current_exception();
  }
}

void CsvReader::rethrow_callback_error() {
  if (callback_error_) std::rethrow_exception(callback_error_);
}

void CsvReader::on_field(void* data, std::size_t size, void* self) {
  auto& reader = *static_cast<CsvReader*>(self);
  reader.guarded([&] { reader.record_.fields.emplace_back(static_cast<const char*>(data), size); });
}

void CsvReader::on_record(int /*terminator*/, void* self) {
  auto& reader = *static_cast<CsvReader*>(self);
  reader.guarded([&] {
    reader.records_.push_back({reader.record_.line, std::move(reader.record_.fields)});
    reader.record_ = {reader.line_, {}};
  });
}

}  // namespace text
