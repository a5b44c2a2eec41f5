/// Tables for the terminal and for pages.

#include <doctest/doctest.h>

#include "bptt/page.h"
#include "common/output.h"

using namespace bptt;

TEST_CASE("page: a table is aligned to the right and escaped on a page") {
  const Table table{{"n", "θ"}, {{"1", "0.25"}, {"200", "<b>"}}};
  CHECK(to_text(table) ==
        "    n     θ\n"
        "    1  0.25\n"
        "  200   <b>\n");
  CHECK(to_html(table) ==
        "<table>\n<thead><tr><th scope=\"col\">n</th><th scope=\"col\">θ</th></tr></thead>\n"
        "<tbody>\n<tr><td>1</td><td>0.25</td></tr>\n<tr><td>200</td><td>&lt;b&gt;</td></tr>\n"
        "</tbody>\n</table>\n");
  CHECK(paragraph("a < b\nc") == "<p>a &lt; b c</p>\n");
  CHECK(picture("x.svg", "an \"x\"") == "<p><img src=\"x.svg\" alt=\"an &quot;x&quot;\"></p>\n");
}

TEST_CASE("a chapter without a page of its own gets one of its text and its pictures") {
  const std::vector<std::string> files = {"check.svg", "check.png"};
  const std::string page =
      bptt::page_of("a < b", "one & two\nwritten: out/check.svg\nthree", files);
  CHECK(page.find("<pre>one &amp; two\nthree</pre>") != std::string::npos);
  CHECK(page.find("<h1>a &lt; b</h1>") != std::string::npos);
  CHECK(page.find("<img src=\"check.svg\"") != std::string::npos);
  CHECK(page.find("check.png") == std::string::npos);
}

TEST_CASE("what is printed can be kept") {
  std::string text;
  {
    const examples::OutCopy copy;
    examples::say("kept {}\n", 1);
    text = copy.text();
  }
  examples::say("not kept\n");
  CHECK(text == "kept 1\n");
}
