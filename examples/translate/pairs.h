#pragma once
/// Sentences with their translations, and the files they are read from.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace translate {

struct Pair {
  std::vector<std::string> source;
  std::vector<std::string> target;
  std::string reference;   // the translation as it was written
  std::size_t number = 0;  // among the pairs of its file, those left out counted
};

struct Pairs {
  std::vector<Pair> pairs;
  std::string description;  // of the files and their pairs, for the output
  std::size_t in_file = 0;  // pairs, those left out counted
};

/// Reads pairs of sentences. Two paths: files with a sentence a line, line by line translations of
/// each other. One path: a file whose lines hold a sentence, a tab and its translation; what stands
/// behind another tab is not read. Pairs without words on one side are left out, and so are those
/// of more than `longest` words on one, where it is not 0. Throws unroll::IoError, naming file and
/// line, for what cannot be read so.
[[nodiscard]] Pairs read_pairs(std::span<const std::string> paths, std::int64_t longest = 0);

/// The lines of a file, valid UTF-8, without their ends. unroll::IoError where it is no text.
[[nodiscard]] std::vector<std::string> read_lines(const std::string& path);

/// The words of a sentence, in lower case.
[[nodiscard]] std::vector<std::string> words_of(std::string_view sentence);
/// Words as a sentence, in lower case: punctuation is joined to the word before it.
[[nodiscard]] std::string sentence_of(std::span<const std::string> words);

}  // namespace translate
