#include "tagger/sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "common/numbers.h"
#include "text/comments.h"
#include "text/csv.h"
#include "text/input.h"

namespace tagger {
namespace {

using unroll::fail;
using unroll::IoError;

/// Collects sentences, and gives tags their numbers.
class Collector {
 public:
  explicit Collector(std::vector<std::string> tags) : fixed_(!tags.empty()) {
    corpus_.tags = std::move(tags);
    for (const std::string& tag : corpus_.tags) {
      numbers_.emplace(tag, static_cast<std::int32_t>(numbers_.size()));
    }
  }

  void add(std::string word, const std::string& tag, const std::string& where) {
    sentence_.tags.push_back(number_of(tag, where));
    sentence_.words.push_back(std::move(word));
  }
  void end_sentence() {
    if (!sentence_.words.empty()) corpus_.sentences.push_back(std::move(sentence_));
    sentence_ = {};
  }

  Corpus take(const std::string& path) && {
    end_sentence();
    if (corpus_.sentences.empty()) fail<IoError>("{}: holds no sentence", path);
    if (corpus_.tags.size() < 2) {
      fail<IoError>("{}: all words have the tag '{}'; two tags are needed", path, corpus_.tags[0]);
    }
    corpus_.description = fmt::format(
        "{}: {} of {}, {}", path, examples::count_of(std::ssize(corpus_.sentences), "sentence"),
        examples::count_of(corpus_.words(), "word"),
        examples::count_of(std::ssize(corpus_.tags), "different tag"));
    return std::move(corpus_);
  }

 private:
  std::int32_t number_of(const std::string& tag, const std::string& where) {
    constexpr std::size_t kMost = 1000;  // more are no tags, but a column of something else
    if (const auto found = numbers_.find(tag); found != numbers_.end()) return found->second;
    if (fixed_) {
      fail<IoError>("{}: the tag '{}' is none of the model's: {}", where, tag,
                    fmt::join(corpus_.tags, ", "));
    }
    if (corpus_.tags.size() == kMost)
      fail<IoError>("{}: more than {} different tags", where, kMost);
    corpus_.tags.push_back(tag);
    return numbers_.emplace(tag, static_cast<std::int32_t>(numbers_.size())).first->second;
  }

  Corpus corpus_;
  Sentence sentence_;
  std::unordered_map<std::string, std::int32_t> numbers_;
  bool fixed_;
};

/// The fields of a line, which are not empty where any of `between` is between them, or may be
/// where it is a tab alone.
std::vector<std::string> fields_of(std::string_view line, std::string_view between) {
  std::vector<std::string> fields;
  const bool may_be_empty = between.size() == 1;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find_first_of(between, at), line.size());
    if (may_be_empty || end > at) fields.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

/// Calls take(line without its end, "file:line") for each line.
void for_each_line(const std::string& path,
                   const std::function<void(std::string_view, const std::string&)>& take) {
  const std::string text = text::text_of_bytes(text::read_input(path), path).text;
  std::int64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view line = text::line_at(text, at);
    at += line.size();
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    take(line, fmt::format("{}:{}", path, ++number));
  }
}

void read_conllu(const std::string& path, Collector& collector) {
  constexpr std::size_t kFields = 10;
  for_each_line(path, [&](std::string_view line, const std::string& where) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) return collector.end_sentence();
    if (line.starts_with('#')) return;
    const std::vector<std::string> fields = fields_of(line, "\t");
    if (fields.size() != kFields) {
      fail<IoError>("{}: expected {} fields with tabs between them, as in CoNLL-U; found {}", where,
                    kFields, fields.size());
    }
    const std::string& number = fields[0];
    if (number.empty() || number.find_first_not_of("0123456789.-") != std::string::npos) {
      fail<IoError>("{}: expected the number of a word first, found '{}'", where, number);
    }
    if (number.find_first_of(".-") != std::string::npos) return;
    const std::string& tag = fields[3];
    if (tag.empty() || tag == "_") fail<IoError>("{}: no part of speech in the field 4", where);
    collector.add(fields[1], tag, where);
  });
}

void read_columns(const std::string& path, Collector& collector) {
  std::size_t columns = 0;
  for_each_line(path, [&](std::string_view line, const std::string& where) {
    const std::vector<std::string> fields = fields_of(line, " \t");
    if (fields.empty() || fields[0] == "-DOCSTART-") return collector.end_sentence();
    if (fields.size() < 2) {
      fail<IoError>("{}: expected a word and its tag, with a blank between them; found '{}'", where,
                    fields[0]);
    }
    if (columns == 0) columns = fields.size();
    if (fields.size() != columns) {
      fail<IoError>("{}: {} columns; the lines before have {}", where, fields.size(), columns);
    }
    collector.add(fields[0], fields.back(), where);
  });
}

std::vector<std::string> texts_of(const nlohmann::json& object, const char* name,
                                  const std::string& where) {
  const auto found = object.find(name);
  const auto is_text = [](const nlohmann::json& value) {
    return value.is_string() && !value.get_ref<const std::string&>().empty();
  };
  if (found == object.end() || !found->is_array() || !std::ranges::all_of(*found, is_text)) {
    fail<IoError>("{}: expected a list of texts as '{}'", where, name);
  }
  return found->get<std::vector<std::string>>();
}

void read_json_lines(const std::string& path, Collector& collector) {
  for_each_line(path, [&](std::string_view line, const std::string& where) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) return;
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) fail<IoError>("{}: expected an object of JSON", where);
    const std::vector<std::string> words = texts_of(object, "words", where);
    const std::vector<std::string> tags = texts_of(object, "tags", where);
    if (words.size() != tags.size()) {
      fail<IoError>("{}: {} and {}; expected as many", where,
                    examples::count_of(std::ssize(words), "word"),
                    examples::count_of(std::ssize(tags), "tag"));
    }
    for (std::size_t i = 0; i < words.size(); ++i) collector.add(words[i], tags[i], where);
    collector.end_sentence();
  });
}

}  // namespace

std::int64_t Corpus::words() const {
  std::int64_t count = 0;
  for (const Sentence& sentence : sentences) count += std::ssize(sentence.words);
  return count;
}

Corpus read_corpus(const std::string& path, std::vector<std::string> tags) {
  Collector collector(std::move(tags));
  const std::string ending = text::ending_of_input(path);
  if (ending == ".conllu") {
    read_conllu(path, collector);
  } else if (ending == ".jsonl" || ending == ".ndjson") {
    read_json_lines(path, collector);
  } else {
    read_columns(path, collector);
  }
  return std::move(collector).take(path);
}

}  // namespace tagger
