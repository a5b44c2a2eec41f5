#include "text/characters.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace text {
namespace {

using namespace std::string_literals;

const std::string kBad = "\xEF\xBF\xBD";

TEST_CASE("repair_utf8 leaves valid text alone") {
  for (const std::string text : {"", "plain", "é ẞ 中 😀", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
    const RepairedText repaired = repair_utf8(text);
    CHECK(repaired.text == text);
    CHECK(repaired.invalid_bytes == 0);
    CHECK(repaired.first_invalid_line == 0);
  }
}

TEST_CASE("repair_utf8 replaces every maximal bad sequence once") {
  const auto repair = [](std::string_view bytes) { return repair_utf8(bytes).text; };
  CHECK(repair("a\x80z") == "a" + kBad + "z");  // a continuation alone
  CHECK(repair("\xC3") == kBad);                // cut off at the end
  CHECK(repair("\xE2\x82") == kBad);
  CHECK(repair("\xF0\x9F\x98") == kBad);
  CHECK(repair("\xF0\x9F\x98\"") == kBad + "\"");                  // never eats what follows
  CHECK(repair("\xC0\xAF") == kBad + kBad);                        // longer than needed
  CHECK(repair("\xED\xA0\x80") == kBad + kBad + kBad);             // a surrogate
  CHECK(repair("\xF4\x90\x80\x80") == kBad + kBad + kBad + kBad);  // beyond U+10FFFF
  // Cut off after the highest and the lowest second byte that the first allows.
  for (const char* cut :
       {"\xED\x9F", "\xF4\x8F", "\xF4\x8F\xBF", "\xE0\xA0", "\xF0\x90", "\xE1\xBF"}) {
    CHECK(repair(cut) == kBad);
  }
  CHECK(repair("\xE2\x82\xE2\x82\xAC") == kBad + "€");
  CHECK(repair("\xFF\xFE") == kBad + kBad);
  // The example of the Unicode standard, table 3-11.
  CHECK(repair("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
        "a" + kBad + kBad + kBad + "b" + kBad + "c" + kBad + kBad + "d");
}

TEST_CASE("repair_utf8 counts, and knows the first bad line") {
  const RepairedText repaired = repair_utf8("one\ntwo\nth\xFFree\0\xC3\n"s);
  CHECK(repaired.text == "one\ntwo\nth" + kBad + "ree" + kBad + "\n");
  CHECK(repaired.invalid_bytes == 2);
  CHECK(repaired.first_invalid_line == 3);
  CHECK(repaired.nul_bytes == 1);
}

TEST_CASE("lower_case knows Unicode and no locale") {
  CHECK(lower_case("WHAT's 5PM") == "what's 5pm");
  CHECK(lower_case("ÄÖÜ ÉÇ") == "äöü éç");
  CHECK(lower_case("STRAẞE") == "straße");
  CHECK(lower_case("ИЖ") == "иж");
  CHECK(lower_case("İI") == "ii");
  CHECK(lower_case("ΟΔΟΣ") == "οδος");
  CHECK(lower_case("ΣΑΣ.ΣΑΣ") == "σας.σας");
  CHECK(lower_case("Σ") == "σ");
  CHECK(lower_case("中文😀") == "中文😀");
}

TEST_CASE("lower_case composes what can be one character") {
  CHECK(lower_case("CAFE\u0301") == "caf\u00E9");
  CHECK(lower_case("caf\u00E9") == "caf\u00E9");
}

TEST_CASE("a word of nothing but marks takes linear time") {
  std::string marks = "a";
  for (int i = 0; i < 500'000; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0323";
  CHECK(lower_case(marks) == marks);
}

TEST_CASE("text: characters are stepped over forwards and backwards") {
  const std::string text = "aé中😀";
  CHECK(code_point_at(text, 1).value == 0xE9);
  CHECK(code_point_at(text, 3).length == 3);
  CHECK(code_point_at(text, text.size()).length == 0);
  CHECK(code_point_before(text, text.size()).value == 0x1F600);
  CHECK(code_point_before(text, 3).value == 0xE9);
  CHECK(code_point_before(text, 0).length == 0);
  CHECK(code_point_at("\x80").value == 0xFFFD);
  CHECK(code_point_before("a\x80\x80", 3).length == 1);
}

TEST_CASE("text: the classes of ASCII are those of Unicode") {
  for (int c = 0; c < 0x80; ++c) {
    CAPTURE(c);
    CHECK(is_digit(c) == detail::is_other_digit(c));
    CHECK(is_upper(c) == detail::is_other_upper(c));
    CHECK(is_lower(c) == detail::is_other_lower(c));
    CHECK(is_word_character(c) == detail::is_other_word_character(c));
    CHECK(is_space(c) == detail::is_other_space(c));
  }
}

TEST_CASE("text: first_word takes letters and digits from the start") {
  CHECK(first_word("Größe7, he") == "Größe7");
  CHECK(first_word("'s").empty());
  CHECK(first_word("").empty());
}

TEST_CASE("next_chunk goes from white space to white space") {
  const std::string text = " \u00A0one\u3000two\u200B\n";
  const Chunk one = next_chunk(text);
  CHECK(one.text == "one");
  CHECK(one.begin == 3);
  const Chunk two = next_chunk(text, one.end());
  CHECK(two.text == "two");
  CHECK(next_chunk(text, two.end()).empty());
}

}  // namespace
}  // namespace text
