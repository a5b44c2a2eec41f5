#include <doctest/doctest.h>

#include <cmath>

#include "files.h"
#include "programs.h"
#include "translate/bleu.h"
#include "translate/pairs.h"

namespace translate {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("13a: punctuation stands apart, but for that within numbers and words") {
  CHECK(tokenize_13a("Hello, world.") == Texts{"Hello", ",", "world", "."});
  CHECK(tokenize_13a("It costs $3,000.50.") == Texts{"It", "costs", "$", "3,000.50", "."});
  CHECK(tokenize_13a("1990-2000, a well-known time") ==
        Texts{"1990", "-", "2000", ",", "a", "well-known", "time"});
  CHECK(tokenize_13a("don't (ever)!") == Texts{"don't", "(", "ever", ")", "!"});
  CHECK(tokenize_13a("&quot;a&amp;b&quot; &lt;c&gt;") ==
        Texts{"\"", "a", "&", "b", "\"", "<", "c", ">"});
  CHECK(tokenize_13a("so...") == Texts{"so", ".", ".", "."});
  CHECK(tokenize_13a(".5 and 5.") == Texts{".", "5", "and", "5", "."});
  CHECK(tokenize_13a("<skipped>über-\nmut\xc2\xa0\xe2\x80\x9e\nja") ==
        Texts{"übermut", "\xe2\x80\x9e", "ja"});
  CHECK(tokenize_13a(" ").empty());
}

TEST_CASE("BLEU: numbers worked out by hand") {
  const Bleu cat = bleu(Texts{"the cat sat on the mat"}, Texts{"the cat is on the mat"});
  CHECK(cat.precisions[0] == doctest::Approx(100 * 5.0 / 6));
  CHECK(cat.precisions[1] == doctest::Approx(100 * 3.0 / 5));
  CHECK(cat.precisions[2] == doctest::Approx(100 * 1.0 / 4));
  CHECK(cat.precisions[3] == doctest::Approx(100 * 0.5 / 3));  // none: smoothed
  CHECK(cat.brevity == 1);
  CHECK(cat.score == doctest::Approx(100 * std::pow(5.0 / 6 * 3 / 5 / 4 / 6, 0.25)));

  const Bleu shorter = bleu(Texts{"a b c d e"}, Texts{"a b c d e f"});
  CHECK(shorter.brevity == doctest::Approx(std::exp(1 - 6.0 / 5)));
  CHECK(shorter.score == doctest::Approx(100 * std::exp(-0.2)));
  CHECK(shorter.to_string() ==
        "BLEU 81.87 (100.0 100.0 100.0 100.0, brevity 0.819, 5 of 6 tokens)");
  CHECK(bleu(Texts{"a b c d e f"}, Texts{"a b c d e"}).brevity == 1);

  // A word counts as often as the reference has it. No order above the first has a match.
  const Bleu the = bleu(Texts{"the the the the the the the"}, Texts{"the cat is on the mat"});
  CHECK(the.precisions[0] == doctest::Approx(100 * 2.0 / 7));
  CHECK(the.precisions[1] == doctest::Approx(100 * (1.0 / 2) / 6));
  CHECK(the.precisions[2] == doctest::Approx(100 * (1.0 / 4) / 5));
  CHECK(the.precisions[3] == doctest::Approx(100 * (1.0 / 8) / 4));
}

TEST_CASE("BLEU: case is left out as Python lowers it") {
  // I with a dot becomes an i and the dot alone, which stays within the word.
  CHECK(bleu(Texts{"\u0130stanbul a b c"}, Texts{"i\u0307stanbul a b c"}, true).score ==
        doctest::Approx(100));
  CHECK(bleu(Texts{"\u0130stanbul a b c"}, Texts{"istanbul a b c"}, true).score < 100);
}

TEST_CASE("BLEU: counts of all sentences are added up before anything is divided") {
  const Texts translations = {"a b c d", "x"};
  const Texts references = {"a b c d", "y z"};
  const Bleu both = bleu(translations, references);
  CHECK(both.precisions[0] == doctest::Approx(80));
  CHECK(both.precisions[3] == doctest::Approx(100));
  CHECK(both.score == doctest::Approx(100 * std::exp(1 - 6.0 / 5) * std::pow(0.8, 0.25)));
}

TEST_CASE("BLEU: its extremes") {
  CHECK(bleu(Texts{"a b c d"}, Texts{"a b c d"}).score == doctest::Approx(100));
  CHECK(bleu(Texts{"a b c d"}, Texts{"e f g h"}).score == 0);
  CHECK(bleu(Texts{"a b c"}, Texts{"a b c"}).score == 0);  // too short for an order
  CHECK(bleu(Texts{""}, Texts{"a"}).score == 0);
  CHECK(bleu(Texts{"A B C D"}, Texts{"a b c d"}).score == 0);
  CHECK(bleu(Texts{"A Ü C D"}, Texts{"a ü c d"}, /*lower=*/true).score == doctest::Approx(100));
  CHECK_THROWS_WITH((void)bleu(Texts{"a"}, Texts{}),
                    "1 translations for 0 references: expected as many");
}

TEST_CASE("BLEU: a sentence that is split into words and joined again stays nearly the same") {
  for (const char* name : {"multi30k-valid.de", "multi30k-valid.en"}) {
    const auto path = unroll::testing::data_path(name);
    if (!path) continue;
    const Texts lines = read_lines(*path);
    Texts again;
    for (const std::string& line : lines) again.push_back(sentence_of(words_of(line)));
    CHECK(bleu(again, lines, /*lower=*/true).score > 99);
  }
}

TEST_CASE("translate bleu: two files, line by line") {
  const unroll::testing::TemporaryFile found(".txt", "A b c d e\n");
  const unroll::testing::TemporaryFile wanted(".txt", "a b c d e f\r\n");
  const auto run = [](const std::vector<std::string>& arguments) {
    return unroll::testing::run_program(TRANSLATE_PROGRAM, arguments);
  };
  CHECK(run({"bleu", found.path(), wanted.path(), "--lowercase"}).out ==
        "BLEU 81.87 (100.0 100.0 100.0 100.0, brevity 0.819, 5 of 6 tokens)\n");
  CHECK(run({"bleu", found.path(), "/none"}).err ==
        "translate: /none: cannot be opened: No such file or directory\n");
}

}  // namespace
}  // namespace translate
