#include "translate/pairs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include "common/numbers.h"
#include "text/characters.h"
#include "text/comments.h"
#include "text/csv.h"
#include "text/input.h"
#include "text/words.h"

namespace translate {
namespace {

using unroll::fail;
using unroll::IoError;

/// Collects pairs, and counts those that are left out.
class Collector {
 public:
  explicit Collector(std::int64_t longest) : longest_(longest) {}

  void add(std::string_view source, std::string_view target) {
    Pair pair{words_of(source), words_of(target), std::string(target), pairs_.in_file++};
    if (pair.source.empty() || pair.target.empty()) {
      ++empty_;
    } else if (longest_ > 0 &&
               (std::ssize(pair.source) > longest_ || std::ssize(pair.target) > longest_)) {
      ++long_;
    } else {
      pairs_.pairs.push_back(std::move(pair));
    }
  }

  Pairs take(const std::string& from) && {
    if (pairs_.pairs.empty()) fail<IoError>("{}: no pair of sentences in it can be used", from);
    pairs_.description =
        fmt::format("{}: {}", from, examples::count_of(std::ssize(pairs_.pairs), "pair"));
    if (empty_ > 0) pairs_.description += fmt::format(", {} without words left out", empty_);
    if (long_ > 0) {
      pairs_.description += fmt::format(", {} of more than {} words left out", long_, longest_);
    }
    return std::move(pairs_);
  }

 private:
  Pairs pairs_;
  std::int64_t longest_;
  std::int64_t empty_ = 0;
  std::int64_t long_ = 0;
};

void read_two(std::span<const std::string> paths, Collector& collector) {
  const std::vector<std::string> source = read_lines(paths[0]);
  const std::vector<std::string> target = read_lines(paths[1]);
  if (source.size() != target.size()) {
    fail<IoError>("{}: holds {}, but {} holds {}; expected a translation for each line", paths[1],
                  examples::count_of(std::ssize(target), "line"), paths[0],
                  examples::count_of(std::ssize(source), "line"));
  }
  for (std::size_t i = 0; i < source.size(); ++i) collector.add(source[i], target[i]);
}

void read_table(const std::string& path, Collector& collector) {
  std::int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    if (text::next_chunk(line).empty()) continue;
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      fail<IoError>("{}:{}: expected a sentence, a tab and its translation", path, number);
    }
    const std::string_view rest = std::string_view(line).substr(tab + 1);
    collector.add(std::string_view(line).substr(0, tab), rest.substr(0, rest.find('\t')));
  }
}

}  // namespace

Pairs read_pairs(std::span<const std::string> paths, std::int64_t longest) {
  if (paths.empty() || paths.size() > 2) {
    fail<IoError>("{} files of pairs: expected one with tabs, or two of parallel lines",
                  paths.size());
  }
  Collector collector(longest);
  if (paths.size() == 2) {
    read_two(paths, collector);
  } else {
    read_table(paths[0], collector);
  }
  return std::move(collector).take(fmt::format("{}", fmt::join(paths, ", ")));
}

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = text::text_of_bytes(text::read_input(path), path).text;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view line = text::line_at(text, at);
    at += line.size();
    if (line.ends_with('\n')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> words_of(std::string_view sentence) {
  std::vector<std::string> words = text::split_words(sentence);
  for (std::string& word : words) word = text::lower_case(word);
  return words;
}

std::string sentence_of(std::span<const std::string> words) {
  return text::lower_case(text::join_words(words));
}

}  // namespace translate
