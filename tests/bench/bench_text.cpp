// How fast a table of comments is read and taken apart, on one core.
//
//     cmake --build --preset release --target bench_text &&
//     build/release/tests/bench_text comments.csv
//
// The comments are repeated until they are 20 MB.
#include <fmt/format.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "text/comments.h"
#include "text/input.h"
#include "text/sentences.h"
#include "wordlm/text_reader.h"

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

/// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes)
      : path_((std::filesystem::temp_directory_path() / "unroll-bench-text.csv").string()) {
    unroll::write_file(path_, bytes);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Text as a field of a table.
std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + "\"\n";
}

void measure(const std::string& path) {
  text::ReadOptions options;
  options.format = "csv";
  std::string table = "body\n";
  {
    const text::RepairedText sample = text::text_of_bytes(text::read_input(path), path);
    std::vector<std::string> texts;
    (void)text::for_each_comment(sample.text, path, options,
                                 [&](std::string_view text) { texts.emplace_back(text); });
    while (table.size() < kBytes) {
      for (const std::string& text : texts) table += quoted(text);
    }
  }
  const TemporaryFile file(table);
  const double load = speed(table.size(), [&] { (void)text::read_input(file.path()); });
  text::RepairedText text;
  const double repair = speed(table.size(), [&] { text = text::text_of_bytes(table, path); });
  std::vector<std::string> comments;
  const double parse = speed(table.size(), [&] {
    comments.clear();
    (void)text::for_each_comment(text.text, path, options,
                                 [&](std::string_view comment) { comments.emplace_back(comment); });
  });
  std::size_t words = 0;
  const double split = speed(table.size(), [&] {
    words = 0;
    for (const std::string& comment : comments) {
      text::for_each_sentence(comment, text::Case::lower,
                              [&](const text::Sentence& s) { words += s.size(); });
    }
  });
  const double whole = speed(table.size(), [&] {
    TokenTable tokens;
    const TextSettings settings;
    TextReader reader(settings, tokens);
    text::TextStream all = text::open_text(file.path());
    (void)reader.read(path, all, "csv");
    (void)reader.take();
  });
  fmt::print("{} bytes, {} words; MB/s, median of {}\n", table.size(), words, kRuns);
  fmt::print("a file as bytes {:.1f}\nbytes as text {:.1f}\ntext as comments {:.1f}\n", load,
             repair, parse);
  fmt::print("comments as words {:.1f}\na file as numbered words {:.1f}\n", split, whole);
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
