/// The table of chapters, and what every chapter has.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <set>
#include <string>

#include "bptt/chapters.h"

using namespace bptt;

TEST_CASE("a chapter that does not exist is refused with the names of those that do") {
  std::string expected = "there is no chapter 'magic': the chapters are ";
  for (const Chapter& chapter : all_chapters()) {
    expected += std::string(&chapter == &all_chapters().front() ? "" : ", ") + chapter.name;
  }
  CHECK_THROWS_WITH_AS((void)find_chapter("magic"), expected.c_str(), unroll::Error);
}

TEST_CASE("every chapter has a name of its own and is found by it") {
  std::set<std::string> names;
  for (const Chapter& chapter : all_chapters()) {
    CHECK(names.insert(chapter.name).second);
    CHECK(&find_chapter(chapter.name) == &chapter);
  }
}
