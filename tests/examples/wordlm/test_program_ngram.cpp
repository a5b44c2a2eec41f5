// N-grams, their mixture with a network, and the window model, as a user meets them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "run_program.h"
#include "wordlm/mixture.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string output_of(const Arguments& arguments) {
  const Run result = run(arguments);
  CAPTURE(fmt::format("{}", fmt::join(arguments, " ")));
  CHECK(result.err == "");
  REQUIRE(result.status == 0);
  return result.out;
}

/// The number behind some text of an output.
double number_behind(const std::string& out, const std::string& text) {
  const std::size_t at = out.find(text);
  REQUIRE(at != std::string::npos);
  return std::stod(out.substr(at + text.size()));
}

TEST_CASE("wordlm ngram: counts are saved, evaluated and scored, and mixed with a network") {
  const Folder folder;
  const std::string ngrams = folder.file("n");
  const std::string model = folder.file("m");
  const std::string counted =
      output_of({"ngram", "--comments", "2000", "--order", "3", "--save", ngrams});
  CHECK(has(counted, "\n3-grams: "));
  const double held_out = number_behind(counted, "held-out loss ");
  const double floor = number_behind(counted, "run, ");
  CHECK(held_out > floor);
  const std::string evaluated = output_of({"eval", "--load", ngrams, "--held-out"});
  CHECK(has(evaluated, "model: 3-grams\n"));
  CHECK(number_behind(evaluated, "loss: ") == doctest::Approx(held_out).epsilon(1e-4));
  CHECK(has(output_of({"score", "--load", ngrams, "--words", "the cat"}), "  SENTENCE_END\n"));

  (void)output_of({"train", "--comments", "2000", "--hidden", "16", "--epochs", "2", "--samples",
                   "0", "--save", model});
  const std::string mixed = output_of({"eval", "--load", model, "--held-out", "--mix", ngrams});
  const double alone = number_behind(mixed, "loss: ");
  const double others = number_behind(mixed, "3-grams alone: loss ");
  const std::size_t line = mixed.find("\nmixture of ");
  REQUIRE(line != std::string::npos);
  const double mixture = number_behind(mixed.substr(line), "loss ");
  CHECK(others == doctest::Approx(held_out).epsilon(1e-4));
  CHECK(mixture < std::min(alone, others));

  const std::string other = folder.file("o");
  (void)output_of({"ngram", "--comments", "100", "--order", "2", "--save", other});
  CHECK(has(run({"eval", "--load", model, "--held-out", "--mix", other}).err,
            "knows other words than"));
  CHECK(has(run({"train", "--load", ngrams}).err, "holds the n-grams of 'wordlm ngram'"));
  CHECK(has(run({"ngram", "--order", "11"}).err, "--order"));
}

TEST_CASE("the share of a mixture is the best one") {
  const std::vector<double> p = {-1, -5, -2, -0.5, -3};
  const std::vector<double> q = {-2, -1, -2.5, -1, -1};
  const double best = best_weight(p, q);
  const double least = mean_loss(mix(p, q, best));
  for (double weight = 0.01; weight < 1; weight += 0.01) {
    CHECK(mean_loss(mix(p, q, weight)) >= least - 1e-12);
  }
  // By hand: half of each word's probabilities.
  CHECK(mix(p, q, 0.5)[0] == doctest::Approx(std::log((std::exp(-1) + std::exp(-2)) / 2)));
  CHECK(mix(std::vector{-2000.0}, std::vector{-2001.0}, 0.5)[0] ==
        doctest::Approx(-2000 + std::log((1 + std::exp(-1)) / 2)));
  CHECK(best_weight(p, std::vector(5, -9.0)) == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("wordlm train --model window: trained, sampled, evaluated, shown") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::string out =
      output_of({"train", "--model", "window", "--order", "4", "--comments", "300", "--hidden",
                 "12", "--epochs", "1", "--samples", "1", "--save", model});
  CHECK(has(out, "model: window of 3 words, hidden layer of 12"));
  CHECK(has(out, "y = b + W x + U tanh(d + H x)"));
  CHECK(has(output_of({"info", model}), "--model window --order 4"));
  CHECK(has(output_of({"eval", "--load", model, "--held-out"}), "perplexity: "));
  (void)output_of({"sample", "--load", model, "--count", "1"});
  CHECK(has(run({"train", "--model", "window", "--layers", "2"}).err, "is one layer"));
  CHECK(has(run({"train", "--order", "4"}).err, "--order requires --model"));
}

}  // namespace
}  // namespace wordlm
