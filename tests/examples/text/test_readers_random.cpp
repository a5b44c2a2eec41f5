/// Random input: whatever the bytes, the readers either read them or say what is wrong.

#include <doctest/doctest.h>
#include <unroll/core/error.h>
#include <utf8proc.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "files.h"
#include "read_comments.h"
#include "text/characters.h"
#include "text/sentences.h"
#include "text/words.h"

namespace text {
namespace {

using unroll::testing::TemporaryFile;
using namespace std::string_view_literals;

constexpr int kRounds = 1500;

constexpr std::array kSeeds = {
    "body\n\"What aren't you, \"\"understanding\"\" about this?!\"\nplain\r\n\"two\n\nlines\"\n"sv,
    "id,body\n1,\"Mr. J. Smith (e.g. me) paid $1,000.50... :) http://a.b/c_(d). **Bold**!\"\n"sv,
    "\xEF\xBB\xBF"
    "body\n“Typographic” it’s &amp;gt; &#x2605; İẞΣ 😀👍🏽 中文。 a@b.cd 3:30 .2\n"sv,
};

/// Pieces that mean something to one of the readers.
constexpr std::array kPieces = {"\""sv, ","sv,      "\n"sv,       "\r"sv,    "\0"sv,      "."sv,
                                "?"sv,  "'"sv,      ":)"sv,       "..."sv,   "http://"sv, "@"sv,
                                "*"sv,  "\xFF"sv,   "\xE2\x80"sv, "&amp;"sv, "etc."sv,    "n't"sv,
                                "’"sv,  "\u200D"sv, "\\"sv,       " "sv};

/// One of the seeds with some bytes changed, removed, doubled, or pieces put in.
std::string mutated(std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random()) % bound; };
  std::string text(kSeeds[below(kSeeds.size())]);
  for (std::size_t changes = 1 + below(12); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(4));
        break;
      case 2:
        text.insert(at, text.substr(at, 1 + below(20)));
        break;
      default:
        text.insert(at, kPieces[below(kPieces.size())]);
    }
  }
  return text;
}

bool is_valid_utf8(std::string_view text) {
  const RepairedText repaired = repair_utf8(text);
  return repaired.invalid_bytes == 0 && repaired.nul_bytes == 0;
}

bool is_word(std::string_view word) { return next_chunk(word).text == word && !word.empty(); }

void check_comments(const ReadComments& comments) {
  REQUIRE_FALSE(comments.texts.empty());
  for (const std::string& text : comments.texts) REQUIRE(is_valid_utf8(text));
  REQUIRE((comments.file.invalid_bytes > 0) == (comments.file.first_invalid_line > 0));

  for (const Sentence& sentence : sentences_of(comments.texts)) {
    REQUIRE_FALSE(sentence.empty());
    for (const std::string& word : sentence) {
      REQUIRE(is_word(word));
      REQUIRE(is_valid_utf8(word));
    }
    REQUIRE(is_valid_utf8(join_words(sentence)));
  }
}

TEST_CASE("readers never crash, and give valid UTF-8 or an IoError") {
  std::mt19937 random(20150917);
  int read = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string bytes = mutated(random);
    CAPTURE(round);
    for (const std::string format : {"csv", "tsv", "jsonl", "lines"}) {
      const TemporaryFile file("", bytes);
      const bool skip_bad_rows = round % 2 == 1;
      try {
        check_comments(read_comments(file.path(), {format, "1", "", '\0', skip_bad_rows}));
        ++read;
      } catch (const unroll::IoError& error) {
        REQUIRE(std::string_view(error.what()).starts_with(file.path()));
      }
    }
  }
  CHECK(read > kRounds);  // most input is still readable, or the test would show little
}

TEST_CASE("splitting loses no letter") {
  std::mt19937 random(20150918);
  const auto letters = [](std::string_view text, std::string& out) {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = code_point_at(text, at);
      if (is_word_character(c.value)) out.append(text, at, c.length);
      at += c.length;
    }
  };
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = repair_utf8(mutated(random)).text;
    std::string expected;
    letters(text, expected);
    std::string found;
    for (const std::string& sentence : split_sentences(text)) {
      for (const std::string& word : split_words(sentence)) letters(word, found);
    }
    REQUIRE(found == expected);
  }
}

}  // namespace
}  // namespace text
