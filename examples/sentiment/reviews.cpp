#include "sentiment/reviews.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/json.h"
#include "common/numbers.h"
#include "text/comments.h"
#include "text/csv.h"
#include "text/html.h"
#include "text/input.h"
#include "text/sentences.h"

namespace sentiment {
namespace {

namespace fs = std::filesystem;
using unroll::fail;
using unroll::IoError;

/// Collects reviews, and gives labels their numbers.
class Collector {
 public:
  explicit Collector(std::vector<std::string> labels) : fixed_(!labels.empty()) {
    reviews_.labels = std::move(labels);
  }

  void add(std::string_view text, const std::string& label, const std::string& where) {
    std::vector<std::string> words = words_of(text);
    if (words.empty()) return;
    if (text::next_chunk(label).empty()) fail<IoError>("{}: a text without a label", where);
    reviews_.reviews.push_back({std::move(words), number_of(label, where)});
  }

  Reviews take(const std::string& from) && {
    if (reviews_.reviews.empty()) fail<IoError>("{}: holds no text", from);
    if (reviews_.labels.size() < 2) {
      fail<IoError>("{}: all texts have the label '{}'; two labels are needed", from,
                    reviews_.labels[0]);
    }
    reviews_.description = fmt::format(
        "{}: {} with {}: {}", from, examples::count_of(std::ssize(reviews_.reviews), "text"),
        examples::count_of(std::ssize(reviews_.labels), "label"), fmt::join(reviews_.labels, ", "));
    return std::move(reviews_);
  }

 private:
  std::int32_t number_of(const std::string& label, const std::string& where) {
    constexpr std::size_t kMost = 1000;  // more are no labels, but a column of something else
    std::vector<std::string>& labels = reviews_.labels;
    const auto found = std::ranges::find(labels, label);
    const auto number = static_cast<std::int32_t>(found - labels.begin());
    if (found != labels.end()) return number;
    if (fixed_) {
      fail<IoError>("{}: the label '{}' is none of the model's: {}", where, label,
                    fmt::join(labels, ", "));
    }
    if (labels.size() == kMost) fail<IoError>("{}: more than {} different labels", where, kMost);
    labels.push_back(label);
    return number;
  }

  Reviews reviews_;
  bool fixed_;
};

std::string text_of(const fs::path& path) {
  const std::string name = path.string();
  return text::text_of_bytes(text::read_input(name), name).text;
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

/// The .txt files in the folders that a folder has for each label.
std::vector<fs::path> files_of_folder(fs::path folder, const std::string& part) {
  if (fs::is_directory(folder / part)) folder /= part;
  std::vector<fs::path> files;
  for (const fs::path& of_label : sorted_entries(folder)) {
    if (!fs::is_directory(of_label) || of_label.filename() == "unsup") continue;  // no labels
    for (const fs::path& file : sorted_entries(of_label)) {
      if (text::ending_of_input(file.string()) == ".txt") files.push_back(file);
    }
  }
  return files;
}

void read_folder(const fs::path& folder, const std::string& part, Collector& collector) {
  for (const fs::path& file : files_of_folder(folder, part)) {
    const std::string label = file.parent_path().filename().string();
    if (!examples::is_utf8(label))
      fail<IoError>("{}: its folder's name is not UTF-8", file.string());
    collector.add(text_of(file), label, file.string());
  }
}

/// The columns of texts and labels.
struct Columns {
  std::size_t text;
  std::size_t label;
};

Columns find_columns(const std::string& path, const std::vector<std::string>& names,
                     const ReadOptions& options) {
  const auto find = [&](const std::string& asked, std::initializer_list<const char*> usual,
                        const char* option) {
    for (const char* name : usual) {
      if (!asked.empty()) name = asked.c_str();
      const auto found = std::ranges::find_if(names, [&](const std::string& column) {
        return text::ascii_lower_case(column) == text::ascii_lower_case(name);
      });
      if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    }
    fail<IoError>("{}: no column '{}' among '{}'; {} names one", path,
                  asked.empty() ? *usual.begin() : asked.c_str(), fmt::join(names, "', '"), option);
  };
  return {find(options.column, {"text", "review", "body", "comment", "content", "sentence"},
               "--column"),
          find(options.label, {"label", "sentiment", "class", "polarity", "stars"}, "--label")};
}

void read_table(const std::string& path, std::string_view text, const ReadOptions& options,
                Collector& collector) {
  const bool tabs = text::ending_of_input(path) == ".tsv";
  text::CsvReader reader(path, text, tabs ? '\t' : text::find_delimiter(text),
                         /*has_option=*/false);
  const std::optional<text::Record> header = reader.next();
  if (!header) fail<IoError>("{}: holds only blank lines", path);
  const auto [column, label] = find_columns(path, header->fields, options);
  while (const std::optional<text::Record> record = reader.next()) {
    collector.add(record->fields[column], record->fields[label],
                  fmt::format("{}:{}", path, record->line));
  }
}

void read_json_lines(const std::string& path, std::string_view text, const ReadOptions& options,
                     Collector& collector) {
  std::int64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text::line_at(text, at);
    at += line.size();
    const std::string where = fmt::format("{}:{}", path, ++number);
    if (text::next_chunk(line).empty()) continue;
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) fail<IoError>("{}: expected an object of JSON", where);
    std::vector<std::string> names;
    for (const auto& member : object.items()) names.push_back(member.key());
    const auto [column, label] = find_columns(where, names, options);
    const auto& value = object[names[label]];
    if (!object[names[column]].is_string()) {
      fail<IoError>("{}: expected a text as '{}'", where, names[column]);
    }
    if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
      fail<IoError>("{}: expected a text or a number as '{}', found {}", where, names[label],
                    value.is_structured() ? value.type_name() : value.dump());
    }
    collector.add(object[names[column]].get<std::string>(),
                  value.is_string() ? value.get<std::string>() : value.dump(), where);
  }
}

/// A file of texts, one a line, all with one label.
void read_lines(const std::string& path, const std::string& label, Collector& collector) {
  const std::string text = text_of(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text::line_at(text, at);
    at += line.size();
    collector.add(line, label, path);
  }
}

/// What tells the names of files apart: their endings, or else their names.
std::vector<std::string> labels_of(std::span<const std::string> paths) {
  std::vector<std::string> endings;
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    fs::path name = fs::path(path).filename();
    if (text::ascii_lower_case(name.extension().string()) == ".gz") name = name.stem();
    const std::string ending = name.extension().string();
    endings.push_back(ending.empty() ? "" : ending.substr(1));
    names.push_back(name.stem().string());
  }
  std::vector<std::string> distinct = endings;
  std::ranges::sort(distinct);
  const bool differ = std::ranges::adjacent_find(distinct) == distinct.end() && distinct[0] != "";
  return differ ? endings : names;
}

bool is_json_lines(const std::string& path) {
  const std::string ending = text::ending_of_input(path);
  return ending == ".jsonl" || ending == ".ndjson";
}

/// Whether a file or folder says itself which label a text has.
bool has_labels(const std::string& path) { return fs::is_directory(path) || is_table(path); }

}  // namespace

bool is_table(const std::string& path) {
  const std::string ending = text::ending_of_input(path);
  return ending == ".csv" || ending == ".tsv" || is_json_lines(path);
}

std::vector<std::string> files_in(const std::string& path, const std::string& part) {
  std::vector<std::string> files;
  if (!fs::is_directory(path)) return files;
  for (const fs::path& file : files_of_folder(path, part)) files.push_back(file.string());
  return files;
}

Reviews read_reviews(std::span<const std::string> paths, const ReadOptions& options,
                     const std::string& part, std::vector<std::string> labels) {
  Collector collector(std::move(labels));
  const auto with_labels = std::ranges::count_if(paths, has_labels);
  const auto odd = std::ranges::find_if_not(paths, has_labels);
  if (odd != paths.end() && (paths.size() == 1 || with_labels > 0)) {
    (void)text::read_input(*odd);  // it may not be there at all
    fail<IoError>(
        "{}: expected a folder with a folder of texts for each label, a table (.csv, .tsv, "
        ".jsonl), or nothing but files of texts, one for each label",
        *odd);
  }
  const std::vector<std::string> of_files = labels_of(paths);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    if (fs::is_directory(path)) {
      read_folder(path, part, collector);
    } else if (is_json_lines(path)) {
      read_json_lines(path, text_of(path), options, collector);
    } else if (is_table(path)) {
      read_table(path, text_of(path), options, collector);
    } else {
      read_lines(path, of_files[i], collector);
    }
  }
  return std::move(collector).take(fmt::format("{}", fmt::join(paths, ", ")));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> all;
  text::for_each_sentence(text, text::Case::lower, [&](const text::Sentence& words) {
    all.insert(all.end(), words.begin(), words.end());
  });
  return all;
}

}  // namespace sentiment
