// How fast wordlm reads a table of comments and takes them apart, on one core.
//
//     cmake --build --preset release --target bench_text &&
//     build/release/tests/bench_text comments.csv
//
// The comments are repeated until they are 20 MB.
#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "wordlm/comments.h"
#include "wordlm/sentences.h"

namespace {

using namespace wordlm;  // NOLINT: a program of one page

constexpr std::size_t kBytes = 20'000'000;
constexpr int kRuns = 7;

/// MB/s, the median of some runs of `f`.
template <class F>
double speed(std::size_t bytes, F f) {
  std::vector<double> speeds;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    speeds.push_back(static_cast<double>(bytes) / 1e6 / taken.count());
  }
  std::ranges::sort(speeds);
  return speeds[kRuns / 2];
}

/// Text as a field of a table.
std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + "\"\n";
}

void measure(const std::string& path) {
  ReadOptions options;
  options.format = "csv";
  const Comments sample = read_comments(path, options);
  std::string table = "body\n";
  while (table.size() < kBytes) {
    for (const std::string& text : sample.texts) table += quoted(text);
  }
  Comments comments;
  std::size_t words = 0;
  std::size_t sentences = 0;
  const auto count = [&](const Sentence& sentence) {
    ++sentences;
    words += sentence.size();
  };
  const double parse =
      speed(table.size(), [&] { comments = parse_comments(table, path, options); });
  const double stream = speed(table.size(), [&] {
    words = sentences = 0;
    for (const std::string& text : comments.texts) for_each_sentence(text, Case::lower, count);
  });
  const double keep = speed(table.size(), [&] { sentences = sentences_of(comments).size(); });
  const double both = 1 / (1 / parse + 1 / keep);
  fmt::print("{} bytes, {} sentences, {} words; MB/s, median of {}\n", table.size(), sentences,
             words, kRuns);
  fmt::print("parse_comments {:.1f}\nfor_each_sentence {:.1f}\nsentences_of {:.1f}\n", parse,
             stream, keep);
  fmt::print("parse_comments and sentences_of {:.1f}\n", both);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "bench_text: the one argument is a .csv file of comments\n");
    return 2;
  }
  try {
    measure(arguments[1]);
  } catch (const unroll::IoError& error) {
    fmt::print(stderr, "bench_text: {}\n", error.what());
    return 1;
  }
  return 0;
}
