#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/sentences.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/grammar.h"

namespace {

using wordlm::builtin_comments;
using wordlm::builtin_grammar;
using wordlm::builtin_sentences;
using wordlm::Grammar;

using Words = std::vector<std::string>;

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// What `Grammar(rules)` says is wrong with `rules`.
std::string complaint(std::string_view rules) {
  try {
    const Grammar grammar(rules);
  } catch (const unroll::Error& error) {
    return error.what();
  }
  return "no complaint";
}

TEST_CASE("a grammar's entropy and mean length are those of its formula") {
  SUBCASE("a choice between two words") {
    const Grammar grammar("S = 3 yes . | 1 no .");
    CHECK(grammar.entropy_per_sentence() ==
          doctest::Approx(-0.75 * std::log(0.75) - 0.25 * std::log(0.25)).epsilon(1e-14));
    CHECK(grammar.mean_words() == doctest::Approx(2.0));
    CHECK(grammar.entropy_per_word() == doctest::Approx(grammar.entropy_per_sentence() / 3.0));
  }
  SUBCASE("a geometric recursion") {
    const double p = 0.7;
    const Grammar grammar("S = 7 very S | 3 good");
    CHECK(grammar.mean_words() == doctest::Approx(1.0 / (1.0 - p)).epsilon(1e-14));
    CHECK(grammar.entropy_per_sentence() ==
          doctest::Approx(-(p * std::log(p) + (1 - p) * std::log(1 - p)) / (1 - p)).epsilon(1e-14));
    CHECK(grammar.log_probability(Words{"very", "very", "good"}) ==
          doctest::Approx(std::log(p * p * (1 - p))));
  }
  SUBCASE("a branching recursion") {
    // Mean number L of leaves: L = 0.4 * 2 L + 0.6.
    const Grammar grammar("Tree = 4 ( Tree Tree ) | 6 leaf");
    const std::vector<double> counts = grammar.mean_counts();
    const auto leaf = std::ranges::find(grammar.words(), "leaf") - grammar.words().begin();
    CHECK(counts[static_cast<std::size_t>(leaf)] == doctest::Approx(3.0).epsilon(1e-14));
    CHECK(grammar.mean_words() == doctest::Approx(3.0 + 2.0 * 2.0).epsilon(1e-14));
  }
}

TEST_CASE("grammar: arguments are substituted, and the first matching rule is used") {
  const Grammar grammar(R"(
# agreement
S         = the Noun(cat,pl) Is(pl) Adj(cat)
  | the Noun(cat,sg)   Is(sg) Adj(cat)
Noun(cat,pl) = cats
Noun(cat,N)  = cat
Is(pl)    = are
Is(sg)    = is
Adj(T)    = Colour(T,T)
Colour(A,A) = grey | _
)");
  CHECK(grammar.log_probability(Words{"the", "cats", "are", "grey"}) ==
        doctest::Approx(std::log(0.25)));
  CHECK(grammar.log_probability(Words{"the", "cat", "is"}) == doctest::Approx(std::log(0.25)));
  CHECK(grammar.log_probability(Words{"the", "cat", "are"}) == kNever);
  CHECK(grammar.words() == Words{"the", "cats", "are", "cat", "is", "grey"});
}

TEST_CASE("the log-probability sums over all derivations") {
  // "a b b" in three ways.
  const Grammar ambiguous("S = 1 X Y | 1 a b b\nX = a | a b\nY = b | b b");
  CHECK(ambiguous.log_probability(Words{"a", "b", "b"}) ==
        doctest::Approx(std::log(0.5 * (0.25 + 0.25) + 0.5)).epsilon(1e-12));
  CHECK(ambiguous.log_probability(Words{"a", "b"}) == doctest::Approx(std::log(0.125)));
  CHECK(ambiguous.log_probability(Words{}) == kNever);
  CHECK(ambiguous.log_probability(Words{"a", "c"}) == kNever);
  CHECK(Grammar("S = _ | a").log_probability(Words{}) == doctest::Approx(std::log(0.5)));
}

TEST_CASE("a grammar's mistakes are named with their lines") {
  CHECK(complaint("") == "grammar: there are no rules");
  CHECK(complaint("# only\n\n") == "grammar: there are no rules");
  CHECK(complaint("  S = a") ==
        "grammar, line 1: begins with a blank, but there is no rule to continue");
  CHECK(complaint("s = a") == "grammar, line 1: expected 'Symbol = ...', found 's = a '");
  CHECK(complaint("\nS = a |") ==
        "grammar, line 2: an alternative of S is empty; write _ if that is meant");
  CHECK(complaint("S =") ==
        "grammar, line 1: an alternative of S is empty; write _ if that is meant");
  CHECK(complaint("S = 0 a | b") == "grammar, line 1: expected a weight above 0, found '0'");
  CHECK(complaint("S = 2x a") == "grammar, line 1: expected a weight above 0, found '2x'");
  CHECK(complaint("S = 3 | b") ==
        "grammar, line 1: an alternative of S is empty; write _ if that is meant");
  CHECK(complaint("S = 1e999 a | b") ==
        "grammar, line 1: expected a weight above 0, found '1e999'");
  CHECK(complaint("S = A(x") == "grammar, line 1: 'A(x' does not end with ')'");
  CHECK(complaint("S = A(x,)") == "grammar, line 1: 'A(x,)' has an empty argument");
  CHECK(complaint("S = A(x)(y)") == "grammar, line 1: 'A(x)(y)' goes on after its ')'");
  CHECK(complaint("S = A(x)\nA(y) = b") == "grammar, line 1: there is no rule for A(x)");
  CHECK(complaint("S = A(N)\nA(y) = b") ==
        "grammar, line 1: 'A(N)' uses N, which the rule does not take");
  CHECK(complaint("S(N) = b") ==
        "grammar, line 1: the first rule, S, is the start: it takes no arguments");
  CHECK(complaint("S = a\nB = b") == "grammar, line 2: this rule for B is never used");
  CHECK(complaint("S = a\nS = b") == "grammar, line 2: this rule for S is never used");
}

TEST_CASE("a grammar that cannot be handled exactly is refused") {
  CHECK(complaint("S = S a | b") == "grammar: S can begin with itself (left recursion)");
  CHECK(complaint("S = E T\nE = _ | e\nT = S a | b") ==
        "grammar: S can begin with itself (left recursion)");
  // A critical and a supercritical branching: the first ends, but after no finite mean length.
  CHECK(complaint("S = 1 a S S | 1 b").ends_with("sentences have no finite mean length"));
  CHECK(complaint("S = 2 a S S | 1 b").ends_with("sentences have no finite mean length"));
  CHECK(complaint("S = x A | y\nA = a A").ends_with("sentences have no finite mean length"));
}

TEST_CASE("uniform numbers are the same on every platform") {
  std::mt19937_64 generator(5489);
  // The engine's first number is 14514284786278117030 by its definition.
  CHECK(wordlm::uniform(generator) == 14514284786278117030ULL / 2048 * 0x1p-53);
  double sum = 0.0;
  for (int i = 0; i < 10000; ++i) {
    const double u = wordlm::uniform(generator);
    REQUIRE((u >= 0.0 && u < 1.0));
    sum += u;
  }
  CHECK(sum / 10000 == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("every built-in sentence has exactly one derivation") {
  std::mt19937_64 generator(1);
  for (int i = 0; i < 4000; ++i) {
    const Grammar::Derivation derivation = builtin_grammar().derive(generator);
    const double marginal = builtin_grammar().log_probability(derivation.tokens);
    INFO(fmt::format("{}", fmt::join(derivation.tokens, " ")));
    REQUIRE(std::abs(marginal - derivation.log_probability) < 1e-9);
  }
}

TEST_CASE("the built-in grammar's exact figures agree with its samples") {
  constexpr int kSamples = 50000;
  std::mt19937_64 generator(2);
  double sum = 0.0;
  double squares = 0.0;
  double words = 0.0;
  double words_squared = 0.0;
  for (int i = 0; i < kSamples; ++i) {
    const Grammar::Derivation derivation = builtin_grammar().derive(generator);
    const double length = static_cast<double>(derivation.tokens.size());
    sum -= derivation.log_probability;
    squares += derivation.log_probability * derivation.log_probability;
    words += length;
    words_squared += length * length;
  }
  const auto standard_error = [](double total, double total_squares) {
    const double mean = total / kSamples;
    return std::sqrt((total_squares / kSamples - mean * mean) / kSamples);
  };
  CHECK(std::abs(sum / kSamples - builtin_grammar().entropy_per_sentence()) <
        3.5 * standard_error(sum, squares));
  CHECK(std::abs(words / kSamples - builtin_grammar().mean_words()) <
        3.5 * standard_error(words, words_squared));
}

TEST_CASE("the built-in language is of a size that a small network learns") {
  const Grammar& grammar = builtin_grammar();
  CHECK(grammar.words().size() >= 350);
  CHECK(grammar.words().size() <= 500);
  CHECK(grammar.mean_words() > 8.0);
  CHECK(grammar.mean_words() < 12.0);
  CHECK(grammar.entropy_per_word() > 1.75);
  CHECK(grammar.entropy_per_word() < 2.6);
  const std::vector<double> counts = grammar.mean_counts();
  // Thirty times in 20,000 sentences, in the mean, for the rarest word.
  CHECK(*std::ranges::min_element(counts) * 20000 > 30.0);
  double total = 0.0;
  for (const double count : counts) total += count;
  CHECK(total == doctest::Approx(grammar.mean_words()).epsilon(1e-12));
}

TEST_CASE("no built-in sentence follows a vowel with the wrong article") {
  for (const Words& sentence : builtin_sentences(4000, 3)) {
    for (std::size_t i = 0; i + 1 < sentence.size(); ++i) {
      if (sentence[i] != "a") continue;
      INFO(fmt::format("{}", fmt::join(sentence, " ")));
      REQUIRE(std::string_view("aeiou").find(sentence[i + 1].front()) == std::string_view::npos);
    }
  }
}

TEST_CASE("built-in verbs agree with subjects far away") {
  const auto log_p = [](const Words& words) { return builtin_grammar().log_probability(words); };
  const Words cats = {"the", "cats", "that", "my", "aunt", "fed", "are", "fluffy", "."};
  Words wrong = cats;
  wrong[6] = "is";
  CHECK(std::isfinite(log_p(cats)));
  CHECK(log_p(wrong) == kNever);
  Words pronoun = {"when", "my", "aunt", "fed", "her", "cat", ",", "nobody", "thanked", "her", "."};
  CHECK(std::isfinite(log_p(pronoun)));
  pronoun[4] = "his";
  CHECK(log_p(pronoun) == kNever);
}

TEST_CASE("built-in comments are the same for the same seed") {
  CHECK(builtin_comments(50, 7) == builtin_comments(50, 7));
  CHECK(builtin_comments(50, 7) != builtin_comments(50, 8));
  const std::vector<std::string> more = builtin_comments(60, 7);
  CHECK(builtin_comments(50, 7) == std::vector<std::string>(more.begin(), more.begin() + 50));
  CHECK(builtin_comments(0, 7).empty());
  CHECK_THROWS_WITH_AS((void)builtin_comments(-1, 7), "comments: the count is -1, below 0",
                       unroll::Error);
}

TEST_CASE("built-in comments, read as a file's comments are, give their sentences back") {
  constexpr std::int64_t kCount = 5000;
  const std::vector<text::Sentence> expected = builtin_sentences(kCount, 4);
  const std::vector<text::Sentence> found = text::sentences_of(builtin_comments(kCount, 4));
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == expected[i]);
  CHECK(expected.size() > 1.5 * kCount);
  CHECK(expected.size() < 2.1 * kCount);
}

}  // namespace
