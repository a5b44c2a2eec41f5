#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <set>

#include "files.h"
#include "translate/builtin_pairs.h"

namespace translate {
namespace {

using unroll::testing::TemporaryFile;

std::string rule(const std::string& sentence) {
  return sentence_of(translate_by_rule(words_of(sentence)));
}

std::string all_of(const Pairs& pairs) {
  std::string all;
  for (const Pair& pair : pairs.pairs) {
    all += fmt::format("{} | {} | {}\n", fmt::join(pair.source, " "), fmt::join(pair.target, " "),
                       pair.reference);
  }
  return all;
}

TEST_CASE("built-in pairs: the rule, by hand") {
  CHECK(rule("The dog sleeps.") == "el perro duerme.");
  CHECK(rule("These small keys shine.") == "estas llaves pequeñas brillan.");
  CHECK(rule("A hand often draws the green and old maps.") ==
        "a menudo una mano los mapas verdes y viejos dibuja.");
  CHECK(rule("The small houses that see some boys never follow this river.") ==
        "nunca las casas pequeñas que unos niños ven este río siguen.");
  CHECK_THROWS_WITH((void)rule("The dog sleeps"), "not a built-in sentence: 'its end' as word 4");
  CHECK_THROWS_WITH((void)rule("The cat sleeps."), "not a built-in sentence: 'cat' as word 2");
  CHECK_THROWS_WITH((void)rule("The dog sleeps. Again"),
                    "not a built-in sentence: 'again' as word 5");
}

TEST_CASE("built-in pairs: no sentence to test with is among those to train on") {
  std::set<std::vector<std::string>> train;
  for (const Pair& pair : builtin_pairs(5000, 1, Part::train).pairs) train.insert(pair.source);
  const Pairs test = builtin_pairs(1000, 2, Part::test);
  REQUIRE(test.pairs.size() == 1000);
  for (const Pair& pair : test.pairs) {
    REQUIRE(train.count(pair.source) == 0);
    REQUIRE(pair.target == translate_by_rule(pair.source));
    REQUIRE(words_of(pair.reference) == pair.target);
  }
  CHECK(all_of(builtin_pairs(50, 3, Part::train)) == all_of(builtin_pairs(50, 3, Part::train)));
  CHECK(all_of(builtin_pairs(50, 3, Part::train)) != all_of(builtin_pairs(50, 4, Part::train)));
}

TEST_CASE("pairs are read from two files of lines and from lines with tabs") {
  const TemporaryFile source(".en", "Good day!\r\n\nIt's a dog.\nLonely\n");
  const TemporaryFile target(".de", "Guten Tag!\n\nEs ist ein Hund.\n\n");
  const Pairs two = read_pairs(std::array{source.path(), target.path()});
  CHECK(all_of(two) ==
        "good day ! | guten tag ! | Guten Tag!\n"
        "it 's a dog . | es ist ein hund . | Es ist ein Hund.\n");
  CHECK(two.description ==
        source.path() + ", " + target.path() + ": 2 pairs, 2 without words left out");
  const TemporaryFile table(".tsv", "Go.\tGeh.\tCC-BY 2.0\n\nRun far away!\tLauf weit weg!\n");
  CHECK(all_of(read_pairs(std::array{table.path()})) ==
        "go . | geh . | Geh.\nrun far away ! | lauf weit weg ! | Lauf weit weg!\n");
  const Pairs short_ones = read_pairs(std::array{table.path()}, 3);
  CHECK(all_of(short_ones) == "go . | geh . | Geh.\n");
  CHECK(short_ones.description == table.path() + ": 1 pair, 1 of more than 3 words left out");
}

TEST_CASE("pairs that cannot be read are refused in a sentence") {
  const TemporaryFile one(".en", "a\n");
  const TemporaryFile two(".de", "a\nb\n");
  const TemporaryFile table(".tsv", "a\tb\nc\n");
  const TemporaryFile empty(".tsv", "\n");
  const auto error = [](const std::vector<std::string>& paths) {
    try {
      (void)read_pairs(paths);
    } catch (const unroll::IoError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(error({one.path(), two.path()}) ==
        two.path() + ": holds 2 lines, but " + one.path() +
            " holds 1 line; expected a translation for each line");
  CHECK(error({table.path()}) ==
        table.path() + ":2: expected a sentence, a tab and its translation");
  CHECK(error({empty.path()}) == empty.path() + ": no pair of sentences in it can be used");
  CHECK(error({"a", "b", "c"}) ==
        "3 files of pairs: expected one with tabs, or two of parallel lines");
  const TemporaryFile utf16(".en", std::string("\xFF\xFE"
                                               "a\0",
                                               4));
  CHECK(error({utf16.path()}) ==
        utf16.path() + ": is UTF-16 by its byte-order mark; expected UTF-8");
  const TemporaryFile binary(".en", std::string("a\0\0\tb", 5));
  CHECK(error({binary.path()}) ==
        binary.path() + ": is no text: 2 of its 5 bytes are NUL or no UTF-8");
  CHECK(error({"/none"}) == "/none: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace translate
