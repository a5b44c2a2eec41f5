#include "text/html.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace text {
namespace {

TEST_CASE("html: decode_entities replaces the named and numbered entities") {
  CHECK(decode_entities("&gt;a &lt;b&gt; &amp; &quot;c&quot;") == ">a <b> & \"c\"");
  CHECK(decode_entities("&#39;&#x2605;&#X41;&#9733;") == "'★A★");
  CHECK(decode_entities("&amp;gt;") == "&gt;");
  CHECK(decode_entities("a&nbsp;b&hellip;") == "a\u00A0b…");
  // Other text with an ampersand stays.
  for (const std::string text : {"&", "&&", "AT&T", "&;", "&bogus;", "&#;", "&#x;", "&#xD800;",
                                 "&#0;", "&#99999999999;", "&#-5;", "&amp", "a & b;"}) {
    CHECK(decode_entities(text) == text);
  }
}

TEST_CASE("html: every named character of HTML 5 is known, one or two characters long") {
  CHECK(std::ranges::is_sorted(named_characters(), {}, &NamedCharacter::name));
  CHECK(named_characters().size() == 2125);
  CHECK(decode_entities("&eacute;&rarr;&CounterClockwiseContourIntegral;") == "é→∳");
  CHECK(decode_entities("&NotEqualTilde;") == "\u2242\u0338");
  CHECK(decode_entities("&eacut;&eacute") == "&eacut;&eacute");
}

TEST_CASE("html: numbers from 128 to 159 are those of Windows-1252") {
  CHECK(decode_entities("don&#146;t, 1990&#150;1995, &#x80;") == "don’t, 1990–1995, €");
  CHECK(decode_entities("&#128;&#159;") == "€Ÿ");
}

TEST_CASE("html: tags go, those of blocks part paragraphs, and what is no tag stays") {
  CHECK(text_of_html("great.<br /><br />The end") == "great.\n\n\n\nThe end");
  CHECK(text_of_html("<p>one</p><P class='x'>two") == "\n\none\n\n\n\ntwo");
  CHECK(text_of_html("an <a href=\"http://x.org/\">im<b>port</b>ant</a> one") ==
        "an important one");
  for (const char* plain : {"a < b and c > d", "I <3 you", "<p.s. I left>", "x <- y", "<br", "<>",
                            "<notatag>", "List<String> s"}) {
    CHECK(text_of_html(plain) == plain);
  }
  CHECK(text_of_html("&lt;b&gt;bold&amp;lt;/b&amp;gt;") == "bold");
}

TEST_CASE("html: plain text is what text_of_html would not change") {
  CHECK(is_plain_text("plain > ü \u00AB"));
  CHECK(is_plain_text(""));
  for (const char* other : {"a & b", "a < b", "we under\u00ADstand"}) CHECK(!is_plain_text(other));
}

TEST_CASE("html: soft hyphens vanish") {
  CHECK(text_of_html("we under\u00ADstand&shy; it") == "we understand it");
}

}  // namespace
}  // namespace text
