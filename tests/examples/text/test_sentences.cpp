#include "text/sentences.h"

#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "read_comments.h"

namespace text {
namespace {

using unroll::testing::sample_path;

/// The sentences with a bar between them.
std::string split(std::string_view comment) {
  return fmt::format("{}", fmt::join(split_sentences(comment), "|"));
}

/// `comment` comes out as one sentence.
bool stays_whole(std::string_view comment) { return split(comment) == comment; }

/// What the model sees of a comment.
std::string learned(std::string_view comment) {
  std::string text;
  for_each_sentence(comment, Case::lower, [&](const Sentence& sentence) {
    text += fmt::format("{}|", fmt::join(sentence, " "));
  });
  return text;
}

TEST_CASE("sentences end at periods, question and exclamation marks") {
  CHECK(split("One. Two? Three! Four") == "One.|Two?|Three!|Four");
  CHECK(split("What?! No!!! Yes.") == "What?!|No!!!|Yes.");
  CHECK(split("What ? ! No . Yes") == "What ? !|No .|Yes");
  CHECK(split("all small. no capitals! really? yes") == "all small.|no capitals!|really?|yes");
  CHECK(split("  \n One.  \n ") == "One.");
  CHECK(split("").empty());
  CHECK(split(" \n\n ").empty());
  CHECK(split("...") == "...");
}

TEST_CASE("sentences end at the marks of other scripts") {
  CHECK(split("你好世界。今天天气很好！你呢？我很好。") ==
        "你好世界。|今天天气很好！|你呢？|我很好。");
  CHECK(split("他说：「走吧！」然后走了。") == "他说：「走吧！」|然后走了。");
  CHECK(split("本当？！はい。") == "本当？！|はい。");
  CHECK(split("مرحبا بالعالم. كيف حالك؟ أنا بخير.") == "مرحبا بالعالم.|كيف حالك؟|أنا بخير.");
  CHECK(split("שלום עולם. מה שלומך?") == "שלום עולם.|מה שלומך?");
  CHECK(split("यह अच्छा है। वह आया॥ हाँ") == "यह अच्छा है।|वह आया॥|हाँ");
  CHECK(split("他走了。“你好。”") == "他走了。|“你好。”");
  CHECK(learned("你好。<br>再见。") == "你好 。|再见 。|");
}

TEST_CASE("closing quotes and brackets belong to the sentence") {
  CHECK(split("He said \"Stop.\" Then he left.") == "He said \"Stop.\"|Then he left.");
  CHECK(split("(Really.) Yes.") == "(Really.)|Yes.");
  CHECK(split("“So?” She left.") == "“So?”|She left.");
  CHECK(split("**Bold.** *Next*") == "**Bold.**|*Next*");
  CHECK(split("Yes. \"No.\" (Maybe.)") == "Yes.|\"No.\"|(Maybe.)");
  CHECK(stays_whole("\"Really?\" he said."));
  CHECK(stays_whole("I like it (really!) and you."));
  CHECK(stays_whole("Done . )"));
}

TEST_CASE("sentences do not end after abbreviations and initials") {
  CHECK(stays_whole("Mr. Smith and Dr. No met St. Nicholas."));
  CHECK(stays_whole("Some, e.g. Germany, i.e. Europe vs. America."));
  CHECK(stays_whole("J. R. R. Tolkien and J.R.R. Tolkien."));
  CHECK(stays_whole("The U.S. Army and U.S. law."));
  CHECK(stays_whole("See No. 5 and vol. 3."));
  CHECK(stays_whole("At 5 p.m. we left, etc. and so on."));
  CHECK(stays_whole("Cats, dogs, etc. 5 of them at 5 p.m. 10 days ago."));
}

TEST_CASE("sentences may end after abbreviations") {
  CHECK(split("I live in the U.S. They do not.") == "I live in the U.S.|They do not.");
  CHECK(split("Cats, dogs, etc. Then birds.") == "Cats, dogs, etc.|Then birds.");
  CHECK(split("At 5 p.m. John left.") == "At 5 p.m.|John left.");
  CHECK(split("He said no. Then yes.") == "He said no.|Then yes.");
  CHECK(split("So do I. You do not.") == "So do I.|You do not.");
  CHECK(split("Plan B. The last one.") == "Plan B.|The last one.");
}

TEST_CASE("sentences do not end inside numbers, addresses and names of files") {
  CHECK(stays_whole("It costs 1,000.50 or .2 at google.com or http://a.b/c?d=e!f or a.b@c.org!x"));
  CHECK(split("In 1995. Then.") == "In 1995.|Then.");
  CHECK(stays_whole("1. First point"));
  CHECK(split("See http://a.b/c. Then.") == "See http://a.b/c.|Then.");
}

TEST_CASE("an ellipsis ends a sentence where a capital follows") {
  CHECK(stays_whole("well... maybe"));
  CHECK(stays_whole("well... I guess"));
  CHECK(stays_whole("well… maybe"));
  CHECK(split("Well... No.") == "Well...|No.");
  CHECK(split("Well…. No.") == "Well….|No.");
}

TEST_CASE("emoticons belong to the sentence before them") {
  CHECK(split("Great! :) Thanks. 😀 Bye") == "Great! :)|Thanks. 😀|Bye");
  CHECK(split("Great! :) :-D") == "Great! :) :-D");
  CHECK(stays_whole(":) Hello"));
}

TEST_CASE("line feeds end a sentence at blank lines and before Markdown's blocks") {
  CHECK(split("One\n\nTwo") == "One|Two");
  CHECK(split("One\r\n \r\nTwo") == "One|Two");
  CHECK(split("One\ntwo") == "One\ntwo");
  CHECK(split("One.\nTwo") == "One.|Two");
  CHECK(split("List:\n* one\n* two\n1. three\n> quote") == "List:|* one|* two|1. three|> quote");
  CHECK(split("above\n***\nbelow\n### Title") == "above|***|below|### Title");
  CHECK(stays_whole("a\n*b* c"));
}

TEST_CASE("what the model learns is in lower case, without HTML, emphasis and rules") {
  CHECK(learned("&gt;Here's **NOT** it.\n\n* * *\n\nBut AT&amp;T &amp;#9733;") ==
        "> here 's not it .|but at&t ★|");
  CHECK(learned("***\n---\n====").empty());
  CHECK(learned("**").empty() == false);
}

TEST_CASE("for_each_sentence: case is kept if asked, and a comment need not hold a sentence") {
  const auto words_in = [](std::string_view comment, Case letters) {
    std::string text;
    for_each_sentence(comment, letters, [&](const Sentence& sentence) {
      text += fmt::format("{}|", fmt::join(sentence, " "));
    });
    return text;
  };
  CHECK(words_in("I AM. You&#39;re <b>Ä</b>!", Case::kept) == "I AM .|You 're Ä !|");
  CHECK(words_in("I AM. You&#39;re <b>Ä</b>!", Case::lower) == "i am .|you 're ä !|");
  CHECK(words_in("I AM. You&#39;re <b>Ä</b>!", Case::lower) ==
        learned("I AM. You&#39;re <b>Ä</b>!"));
  CHECK(words_in("CAFE\u0301", Case::kept) == "CAF\u00C9|");
  CHECK(words_in("***\n\n ** ", Case::kept) == "**|");
  CHECK(words_in("", Case::kept).empty());
}

TEST_CASE("an ellipsis of spaced periods means the same as one without blanks") {
  for (const std::string_view text :
       {"wait{} what", "Wait{} No.", "Well{} I guess", "So{}", "{} And", "a{} b{} C", "etc{} The",
        "\"So{}\" She left", "it costs 5{} 6"}) {
    const std::string plain = fmt::format(fmt::runtime(text), "...", "...");
    for (const char* dots : {" . . .", ". . .", " . . . ."}) {
      CHECK(learned(fmt::format(fmt::runtime(text), dots, dots)) == learned(plain));
    }
  }
  CHECK(learned("one . . two") == "one . .|two|");
}

TEST_CASE("gigantic comments are split") {
  std::string sentences;
  for (int i = 0; i < 100'000; ++i) sentences += "Mr. A. is here. ";
  CHECK(split_sentences(sentences).size() == 100'000);
  for (const std::string_view unit :
       {"x", ".", "?\"", "\"", "*_", "((", "e.g. ", "\n", "1.", ". ", ". . a", "AB. (", "A. "}) {
    std::string text;
    for (int i = 0; i < 500'000; ++i) text += unit;
    (void)split_sentences(text);
  }
  // Quadratic time would be hours.
}

TEST_CASE("sentences: the sample of reddit comments is split as a person would") {
  const auto path = sample_path();
  if (!path) return;
  const std::vector<Sentence> sentences =
      sentences_of(read_comments(*path, {"csv", "", "", '\0', false}).texts);

  // The first sentence that the WildML tutorial shows.
  const Sentence expected = {"what",  "are",  "n't", "you", "understanding",
                             "about", "this", "?",   "!"};
  CHECK(std::ranges::count(sentences, expected) == 1);

  std::int64_t words = 0;
  for (const Sentence& sentence : sentences) words += static_cast<std::int64_t>(sentence.size());
  CHECK(sentences.size() == 1247);
  CHECK(words == 22445);
  CHECK(fmt::format("{}", fmt::join(sentences[1], " ")) == "it 's a slight ppr league - .2 ppr .");
}

}  // namespace
}  // namespace text
