#include "wordlm/text_reader.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <string>
#include <vector>

#include "wordlm/corpus.h"
#include "wordlm/text_format.h"

namespace wordlm {
namespace {

/// A text read from a file of such bytes, its tokens written out; [ and ] are start and end.
std::vector<std::string> read(const TextSettings& settings, const std::string& text,
                              const std::string& format) {
  TokenTable tokens;
  TextReader reader(settings, tokens);
  text::TextStream file(text);
  (void)reader.read("file", file, format);
  std::vector<std::string> sentences;
  const SentenceList read = reader.take();
  for (const auto ids : read) {
    std::string& sentence = sentences.emplace_back();
    for (const std::int32_t id : ids) {
      sentence += id == TokenTable::kStart ? "[" : id == TokenTable::kEnd ? "]" : tokens.token(id);
      sentence += '|';
    }
  }
  return sentences;
}

using Texts = std::vector<std::string>;

TEST_CASE("comments become sentences of words, each between start and end") {
  const TextSettings settings;
  CHECK(read(settings, "One. It's two!\n\nThree\n", "lines") ==
        Texts{"[|one|.|]|", "[|it|'s|two|!|]|", "[|three|]|"});
}

TEST_CASE("words keep their case on request") {
  TextSettings settings;
  settings.keep_case = true;
  CHECK(read(settings, "It's NASA.\n", "lines") == Texts{"[|It|'s|NASA|.|]|"});
}

TEST_CASE("running text is one sequence, each end of a line once") {
  TextSettings settings;
  settings.running = settings.plain = true;
  CHECK(read(settings, "a <unk> B.\n\n c\n", "text") == Texts{"]|a|UNKNOWN_TOKEN|B.|]|c|]|"});
  settings.plain = false;
  CHECK(read(settings, "A b. C\nd\n", "lines") == Texts{"]|a|b|.|]|c|]|d|]|"});
}

TEST_CASE("characters: running text keeps blank lines, comments become sentences") {
  TextSettings settings;
  settings.tokens = Tokens::character;
  CHECK(read(settings, "我。你 é\n", "lines") == Texts{"[|我|。|]|", "[|你| |é|]|"});
  settings.running = settings.plain = true;
  CHECK(read(settings, "aé\n\nb", "text") == Texts{"]|a|é|]|]|b|]|"});
}

TEST_CASE("bytes and the runs that pieces are found in") {
  TextSettings settings;
  settings.running = settings.plain = true;
  settings.tokens = Tokens::byte;
  CHECK(read(settings, "aé", "text") == Texts{"]|a|\xC3|\xA9|]|"});
  settings.tokens = Tokens::bpe;
  CHECK(read(settings, "don't  pay 100$", "text") == Texts{"]|don|'|t| | pay| 100|$|]|"});
}

TEST_CASE("sentences that are too long are cut into pieces") {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "a ";
  const Texts sentences = read(TextSettings(), text, "lines");
  REQUIRE(sentences.size() == 3);
  CHECK(sentences[0].size() == 2 * 502);
  CHECK(sentences[1] == sentences[0]);
  CHECK(sentences[2] == "[|a|]|");
}

TEST_CASE("texts of several files follow each other") {
  TextSettings settings;
  settings.running = settings.plain = true;
  TokenTable tokens;
  TextReader reader(settings, tokens);
  for (const char* text : {"a b", "b"}) {
    text::TextStream file(text);
    (void)reader.read("file", file, "text");
  }
  CHECK(reader.take() == std::vector<Ids>{{1, 2, 3, 1, 3, 1}});
  CHECK(reader.take().empty());
}

TEST_CASE("the format of a file is asked for, the model's, or its ending's") {
  TextSettings settings;
  CHECK(format_of("a.CSV", settings, "") == "csv");
  CHECK(format_of("a.jsonl.gz", settings, "") == "jsonl");
  CHECK(format_of("a.txt", settings, "") == "lines");
  CHECK(format_of("a.csv", settings, "lines") == "lines");
  CHECK_THROWS_AS((void)format_of("a.csv", settings, "text"), unroll::Error);
  settings.running = true;
  settings.data = {"a.txt", "b"};
  choose_format(settings);
  CHECK(settings.plain);
  CHECK(format_of("a.csv", settings, "") == "text");
  settings.data = {"a.txt", "b.csv"};
  CHECK_THROWS_AS(choose_format(settings), unroll::Error);
  settings.format = "csv";
  choose_format(settings);
  CHECK_FALSE(settings.plain);
}

}  // namespace
}  // namespace wordlm
