/// Tables for the terminal and for pages.

#include <doctest/doctest.h>

#include "bptt/page.h"

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
