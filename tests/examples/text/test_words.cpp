#include "text/words.h"

#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

#include "text/characters.h"

namespace text {
namespace {

/// The words with a blank between them; no word holds one.
std::string split(std::string_view sentence) {
  return fmt::format("{}", fmt::join(split_words(sentence), " "));
}

/// `text` comes out as one word, alone and in the middle of a sentence.
bool is_one_word(std::string_view text) {
  const Sentence alone = {std::string(text)};
  const Sentence inside = {"a", std::string(text), "b"};
  return split_words(text) == alone && split_words("a " + std::string(text) + " b") == inside;
}

/// What `join_words` makes of words written with blanks between them.
std::string join(std::string_view words) {
  Sentence sentence;
  for (Chunk chunk = next_chunk(words); !chunk.empty(); chunk = next_chunk(words, chunk.end())) {
    sentence.emplace_back(chunk.text);
  }
  return join_words(sentence);
}

TEST_CASE("the tutorial's first sentence") {
  CHECK(split("What aren't you understanding about this?!") ==
        "What are n't you understanding about this ? !");
}

TEST_CASE("words: contractions are split as the Penn Treebank does") {
  CHECK(split("can't won't isn't AIN'T") == "ca n't wo n't is n't AI N'T");
  CHECK(split("it's I'm he'd we'll you're they've") == "it 's I 'm he 'd we 'll you 're they 've");
  CHECK(split("I'd've shouldn't've") == "I 'd 've should n't 've");
  CHECK(split("aren’t it’s") == "are n't it 's");
  CHECK(split("cannot Gonna gotta wanna gimme lemme 'tis 'Twas") ==
        "can not Gon na got ta wan na gim me lem me 't is 'T was");
  CHECK(split("the parents' house, the 80's") == "the parents ' house , the 80 's");
  for (const std::string_view word :
       {"o'clock", "O'Brien", "rock'n'roll", "'em", "'til", "'90s", "n't", "'s", "dont", "y'all"}) {
    CHECK_MESSAGE(is_one_word(word), word);
  }
}

TEST_CASE("punctuation stands apart") {
  CHECK(split("a, b; c: d? e! f.") == "a , b ; c : d ? e ! f .");
  CHECK(split("(a) [b] {c} <d>") == "( a ) [ b ] { c } < d >");
  CHECK(split("\"Hi,\" 'he' said.") == "\" Hi , \" ' he ' said .");
  CHECK(split("“Hi” ‘you’ ''so''") == "\" Hi \" ' you ' \" so \"");
  CHECK(split("wait...what..?") == "wait ... what .. ?");
  CHECK(split("wait…") == "wait …");
  CHECK(split("this--that — it–so league- .2") == "this -- that — it – so league - .2");
  CHECK(split("!!!???") == "! ! ! ? ? ?");
  CHECK(split("#1 @you a=b a|b") == "# 1 @ you a = b a | b");
  CHECK(split("").empty());
  CHECK(split(" \t\n\u00A0\u200B").empty());
}

TEST_CASE("words: numbers with signs, points and units are one word") {
  for (const std::string_view word : {"1,000.50", ".2", "-5", "-.5", "3:30", "1/2", "2015-08-28",
                                      "10:30:15", "1,000,000", "5th", "12v", "1990s"}) {
    CHECK_MESSAGE(is_one_word(word), word);
  }
  CHECK(split("$5 50% $1,000.50. 3, 4") == "$ 5 50 % $ 1,000.50 . 3 , 4");
  CHECK(split("5.") == "5 .");
  CHECK(split("£3 10€") == "£ 3 10 €");
  CHECK(split("a,5 5,a 1:b b:1") == "a , 5 5 , a 1 : b b : 1");
}

TEST_CASE("words: hyphens, apostrophes and slashes inside a word stay") {
  for (const std::string_view word :
       {"anti-gun", "third-tier", "and/or", "/r/zen", "/s", "google.com", "snake_case", "f**k",
        "f***", "C++", "A+", "naïve", "Straße", "中文", "हिन्दी", "ಠ_ಠ"}) {
    CHECK_MESSAGE(is_one_word(word), word);
  }
  CHECK(split("C+++ a+b a++b") == "C +++ a + b a ++ b");
}

TEST_CASE("abbreviations keep their period") {
  CHECK(split("Mr. Smith, e.g. J. Doe of the U.S. army vs. etc. and so on.") ==
        "Mr. Smith , e.g. J. Doe of the U.S. army vs. etc. and so on .");
  CHECK(split("at 5 p.m. today (No. 5).") == "at 5 p.m. today ( No. 5 ) .");
  CHECK(split("Oh no. and") == "Oh no . and");
}

TEST_CASE("a sentence that ends with an abbreviation gets its own period") {
  CHECK(split("cats, etc.") == "cats , etc. .");
  CHECK(split("(in the U.S.)") == "( in the U.S. . )");
  CHECK(split("cats, etc.?") == "cats , etc. ?");
  CHECK(split("Plan B.") == "Plan B .");
  CHECK(split("So do I.") == "So do I .");
}

TEST_CASE("words: URLs and e-mail addresses are one word") {
  for (const std::string_view word : {"http://a.b/c?d=e&f=g#h", "https://a.b/c_(d)",
                                      "www.example.com", "me.too@mail.example.org", "HTTP://A.B"}) {
    CHECK_MESSAGE(is_one_word(word), word);
  }
  CHECK(split("See http://a.b/c, (www.d.e).") == "See http://a.b/c , ( www.d.e ) .");
  CHECK(split("[text](http://a.b/c).") == "[ text ] ( http://a.b/c ) .");
  CHECK(split("“http://a.b”") == "\" http://a.b \"");
  CHECK(split("me@mail.org.") == "me@mail.org .");
  CHECK(split("http:// www. a@b @c") == "http : / / www . a @ b @ c");
}

TEST_CASE("words: emoticons and emoji are one word each") {
  for (const std::string_view word :
       {":)", ":-(", ";)", ":D", ":P", "=)", ":))", ":'(", "<3", "^^", "-_-", "¯\\_(ツ)_/¯", "😀",
        "👍🏽", "👩‍👧", "🇩🇪", "❤️"}) {
    CHECK_MESSAGE(is_one_word(word), word);
  }
  CHECK(split("thanks! :) bye;") == "thanks ! :) bye ;");
  CHECK(split("(see here:)") == "( see here : )");
  CHECK(split("note:Please 3:1 x:y") == "note : Please 3:1 x : y");
  CHECK(split("😀😀 ok😀") == "😀 😀 ok 😀");
}

TEST_CASE("words: the marks of Markdown are removed") {
  CHECK(split("**bold** *it* __b__ _i_ ~~gone~~") == "bold it b i gone");
  CHECK(split("**NOT ENFORCEABLE**.") == "NOT ENFORCEABLE .");
  CHECK(split("(*\"quoted\"*)") == "( \" quoted \" )");
  CHECK(split("* item") == "* item");
  CHECK(split("5 * 3 ~5") == "5 * 3 ~ 5");
  CHECK(split("> quote >> deep") == "> quote >> deep");
  CHECK(split("not\\: A\\+ \\*") == "not : A + *");
}

TEST_CASE("sentences are joined as people write them") {
  CHECK(join("what are n't you understanding about this ? !") ==
        "What aren't you understanding about this?!");
  CHECK(join("i ca n't say that i 'm sure , it 's not gon na happen .") ==
        "I can't say that I'm sure, it's not gonna happen.");
  CHECK(join("he said \" no , \" and ( then ) left ...") == "He said \"no,\" and (then) left...");
  CHECK(join("the parents ' house costs $ 5 , not 50 % .") ==
        "The parents' house costs $5, not 50%.");
  CHECK(join("' quoted ' words") == "'Quoted' words");
  CHECK(join("cats , etc. .") == "Cats, etc.");
  CHECK(join("\" élan .") == "\"Élan.");
  CHECK(join("one \"") == "One\"");
  CHECK(join("http://a.b is down :)") == "http://a.b is down :)");
  CHECK(join("SENTENCE_START we do . SENTENCE_END") == "We do.");
  CHECK(join("the UNKNOWN_TOKEN .") == "The UNKNOWN_TOKEN.");
  CHECK(join("").empty());
}

TEST_CASE("join_words: n't joins only verbs that take it, other contractions only words") {
  CHECK(join("he ai n't sure he wo n't , sha n't or did n't .") ==
        "He ain't sure he won't, shan't or didn't.");
  CHECK(join("i should n't 've") == "I shouldn't've");
  CHECK(join("a dog n't there") == "A dog n't there");
  CHECK(join("i 'm sure you 'm it") == "I'm sure you 'm it");
  CHECK(join("so , 's it") == "So, 's it");
  CHECK(join("the u.s. 's plan") == "The u.s.'s plan");
}

TEST_CASE("join_words: sentences within the text begin with a capital") {
  CHECK(join("really ? yes . i do ! ok") == "Really? Yes. I do! Ok");
  CHECK(join("i like cats , etc. . you do not .") == "I like cats, etc. You do not.");
  CHECK(join("\" go . \" she left .") == "\"Go.\" She left.");
  CHECK(join("\" really ? \" he said .") == "\"Really?\" he said.");
  CHECK(join("wait ... what : nothing") == "Wait... what: nothing");
  CHECK(join("see . http://a.b is up") == "See. http://a.b is up");
  CHECK(join("... and then") == "... And then");
}

TEST_CASE("join_words: words that kept their case keep it, but for the first letter") {
  CHECK(join("yes . NASA is . i know .") == "Yes. NASA is. i know.");
  CHECK(join("the UNKNOWN_TOKEN left . i know .") == "The UNKNOWN_TOKEN left. I know.");
}

TEST_CASE("join_words: quotes and brackets stand in pairs") {
  CHECK(join("he said \" no \" and \" yes \" .") == "He said \"no\" and \"yes\".");
  CHECK(join("( a [ b ] { c } )") == "(A [b] {c})");
  CHECK(join("he said \" .") == "He said\".");
  CHECK(join("the dogs ' house 's gate") == "The dogs' house's gate");
  CHECK(join("a ' word ' here") == "A 'word' here");
  CHECK(join("see [ this ] ( http://a.b ) .") == "See [this](http://a.b).");
  CHECK(join("¿ qué ? 你好 。 「 走吧 ！ 」") == "¿Qué? 你好。 「走吧！」");
}

TEST_CASE("join_words: money, percents and ranges have no blanks") {
  CHECK(join("it costs $ 5 , 10 € or £ 3 .") == "It costs $5, 10€ or £3.");
  CHECK(join("up 5 % at 20 °") == "Up 5% at 20°");
  CHECK(join("1990 – 95 , but a – b") == "1990–95, but a – b");
  CHECK(join("# 1 @ you") == "#1 @you");
  CHECK(join("R&D & C# -> x") == "R&D & C# -> x");
}

TEST_CASE("gigantic sentences are split") {
  for (const std::string_view unit :
       {"x",  ".",   "'",  "x'", "a%", "http://a",  "(www.a",  "etc.)",  ":)",      ":(",   "*",
        "*a", "'s",  "-",  "a@", "\\", "e.g. ",     "😀",       "\u200D", "n't",     "a.",   "'em",
        "_",  "a*",  "1,", "a&", "C#", "http://a(", "A. \"' ", "a.)",    "AB.)",    ". ",   "A.(",
        "=>", "<=-", "a`", "w/", "::", "a::",       ". . a",   "1++",    "etc. . ", "a. (", ".a"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += unit;
    (void)split_words(text);
    for (const char other : {'X', '('}) {
      (void)split_words(text + " " + std::string(text.size(), other));
      (void)split_words(std::string(text.size(), other) + " " + text);
    }
  }
  // Quadratic time would be hours.
}

}  // namespace
}  // namespace text
