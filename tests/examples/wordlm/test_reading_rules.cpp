// The rules by which a text becomes ids are those of their version: ids that were kept under it are
// believed.
#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <unroll/core/random.h>

#include <optional>
#include <string>
#include <vector>

#include "text_files.h"
#include "wordlm/corpus.h"
#include "wordlm/text_reader.h"

namespace wordlm {
namespace {

const std::string kAdvice =
    "the rules of reading have changed: raise kReadingRules in text_reader.h, then state here what "
    "is read now";

/// Comments that many of the rules apply to: ends of sentences, abbreviations, emoticons, HTML and
/// Unicode.
constexpr const char* kText =
    "id,body\n"
    "1,\"Mr. J. R. Smith paid $3.50 at 5 p.m. in Washington D.C. That's e.g. 20% off!! :-) Isn't "
    "it?\"\n"
    "2,\"<p>Caf&eacute; &amp; bar &lt;3<br>see https://example.com/a?b=1, or mail "
    "me@example.org\"\n"
    "3,\"\u201cI'd've gone,\u201d she said\u2026 \u00dcber\u00adall na\u00efve co-operation \u2014 "
    "U.S.A. \U0001F600 \u00bd\"\n"
    "4,\"\u6211\u4eec\u559c\u6b22\u3002\u4f60\u5462\uff1f \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\"\n"
    "5,\"[deleted]\"\n"
    "6,\"a line\nand another\t  one;  I'm like... what?! (No. 5, vol. 2) `x += 1` /r/all\"\n"
    "7,\"Last words , we hope\"\n";

/// The text as a model of these settings reads it, in ids of the vocabulary that is made of it.
Corpus read(TextSettings settings, std::optional<Vocabulary>& vocabulary) {
  const TemporaryFile file(".csv", kText);
  settings.data = {file.path()};
  Corpus corpus = read_corpus(settings, 1);
  vocabulary = vocabulary_of(corpus, settings);
  encode(corpus, *vocabulary);
  return corpus;
}

TEST_CASE("reading rules: the words of a hard text are those of this version") {
  INFO(kAdvice);
  CHECK(kReadingRules == 1);
  TextSettings settings;
  settings.held_out = 0;
  std::optional<Vocabulary> vocabulary;
  const Corpus corpus = read(settings, vocabulary);
  std::vector<std::string> words;
  for (const auto ids : corpus.train) {
    for (const std::int32_t id : ids.subspan(1)) {
      words.push_back(id == vocabulary->sentence_end() ? "\n" : vocabulary->word(id));
    }
  }
  CHECK(fmt::format("{}", fmt::join(words, " ")) ==
        "mr. j. r. smith paid $ 3.50 at 5 p.m. in washington d.c. . \n"
        " that 's e.g. 20 % off ! ! :-) \n"
        " is n't it ? \n"
        " café & bar <3 \n"
        " see https://example.com/a?b=1 , or mail me@example.org \n"
        " \" i 'd 've gone , \" she said … \n"
        " überall naïve co-operation — u.s.a. 😀 ½ \n"
        " 我们喜欢 。 \n"
        " 你呢 ？ \n"
        " สวัสดี \n"
        " a line and another one ; i 'm like ... what ? ! \n"
        " ( no. 5 , vol. 2 ) ` x += 1 ` /r/all \n"
        " last words , we hope \n");
  CHECK(fingerprint(corpus.train) == "c8588e16702896cc");
}

TEST_CASE("reading rules: the ids of a hard text in all units are those of this version") {
  INFO(kAdvice);
  CHECK(kReadingRules == 1);
  // Of the ids to train on, of those held out, and of the vocabulary.
  const auto fingerprints = [](Tokens tokens, bool running, bool keep_case) {
    TextSettings settings;
    settings.tokens = tokens;
    settings.running = running;
    settings.keep_case = keep_case;
    settings.held_out = 0.25;
    if (tokens == Tokens::bpe) settings.vocabulary = 270;
    std::optional<Vocabulary> vocabulary;
    const Corpus corpus = read(settings, vocabulary);
    return fmt::format("{} {} {:016x}", fingerprint(corpus.train), fingerprint(corpus.held_out),
                       unroll::hash_name(words_to_json(*vocabulary)));
  };
  CHECK(fingerprints(Tokens::word, false, false) ==
        "3898cbac4fa68db8 ba02a0c631722ce8 9405f0f51b131d52");
  CHECK(fingerprints(Tokens::word, false, true) ==
        "4359c2647a2a84e4 ba02a0c631722ce8 5805893c29409e8e");
  CHECK(fingerprints(Tokens::word, true, false) ==
        "06a0cdf43609ad15 b0a7b517d113fe26 e2bbfeef9a1c2df7");
  CHECK(fingerprints(Tokens::character, false, false) ==
        "cf5812476817090e ea70aa6f8e08b647 c771f980a8e923c3");
  CHECK(fingerprints(Tokens::character, true, false) ==
        "1d6d451123966646 449b56fcafc469b3 e53413e666b83f9d");
  CHECK(fingerprints(Tokens::byte, false, false) ==
        "f2d69594bcdf9728 9657a3815542b1a6 e9e92dacb19140c2");
  CHECK(fingerprints(Tokens::byte, true, false) ==
        "6cde8dc2b844cffd 82d2fefc804069ba c819fa08464c1f97");
  CHECK(fingerprints(Tokens::bpe, false, false) ==
        "4275e9790cdeca2d 9657a3815542b1a6 bfae5c3ad45444b7");
  CHECK(fingerprints(Tokens::bpe, true, false) ==
        "47d7cac289b8c42b ae2edd58f7b03ac3 102a94d1ac9535df");
}

}  // namespace
}  // namespace wordlm
