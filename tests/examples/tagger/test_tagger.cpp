#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "files.h"
#include "programs.h"
#include "tagger/builtin_sentences.h"
#include "tagger/tagger_file.h"

namespace tagger {
namespace {

using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments, const std::string& input = "") {
  return unroll::testing::run_program(TAGGER_PROGRAM, arguments, input);
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A small tagger, trained on built-in sentences.
std::unique_ptr<Tagger> trained(const Corpus& train, const Corpus& test, std::int64_t epochs) {
  auto tagger =
      std::make_unique<Tagger>(ModelSettings{.embedding = 16, .hidden = 24, .dropout = 0.2},
                               Alphabet::of(train, 1, 1000), train.tags, unroll::DType::f32, 1);
  examples::TrainedModel model;
  model.settings.epochs = epochs;
  model.settings.learning_rate = 0.01;
  TagTask task(*tagger, tagger->encode(train), tagger->encode(test), model.settings, {});
  REQUIRE(examples::train(task, model, {}));
  return tagger;
}

/// "anna/person eats/eating apple/fruit"
std::string tagged(const Tagger& tagger, std::vector<std::string> words) {
  const Encoded encoded = tagger.encode(Sentence{words, {}});
  const auto tags = tagger.find(std::span(&encoded, 1)).tags[0];
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += fmt::format("{}{}/{}", i > 0 ? " " : "", words[i],
                        tagger.tags[static_cast<std::size_t>(tags[i])]);
  }
  return text;
}

TEST_CASE("a tagger that learns comes near the best possible and not above it") {
  const Corpus test = builtin_sentences(2000, 2);
  const auto tagger = trained(builtin_sentences(3000, 1), test, 4);
  const BestPossible best = best_possible(test);
  const Scores scores = score(*tagger, tagger->encode(test));
  const auto words = static_cast<double>(test.words());
  const double deviation = std::sqrt(best.accuracy * (1 - best.accuracy) / words);
  CHECK(scores.accuracy > best.accuracy - 0.01);
  CHECK(scores.accuracy < best.accuracy + 4 * deviation);
  // -log p(tags) varies from sentence to sentence, by about 0.5 nats each.
  CHECK(scores.nats < best.nats + 0.02);
  CHECK(scores.nats > best.nats - 4 * 0.5 * std::sqrt(2000) / words);

  // One word, two tags: what stands before it says which.
  CHECK(tagged(*tagger, {"Anna", "eats", "apple"}) == "Anna/person eats/eating apple/fruit");
  CHECK(tagged(*tagger, {"Anna", "sues", "apple"}) == "Anna/person sues/dealing apple/company");
  // What stands after it says which, too: nothing follows a company so often as the end.
  CHECK(tagged(*tagger, {"ben", "likes", "orange", "today"}) ==
        "ben/person likes/eating orange/fruit today/time");
  CHECK(tagged(*tagger, {"ben", "likes", "orange"}) == "ben/person likes/dealing orange/company");
}

TEST_CASE("what words say of the tags of the process is counted exactly") {
  // "anna buys apple": eating and fruit, or dealing and company.
  const std::vector<std::string> words = {"anna", "buys", "apple"};
  const double eating = 0.45 * 0.25 * 0.65 * 0.3 * 0.2;
  const double dealing = 0.45 * 0.3 * 0.9 * 0.3 * 0.6;
  const double p = dealing / (eating + dealing);
  const Posterior posterior = posterior_of(words);
  CHECK(posterior.tags == std::vector<std::int32_t>{0, 2, 4});
  CHECK(posterior.right == doctest::Approx(1 + 2 * p));
  CHECK(posterior.entropy == doctest::Approx(-p * std::log(p) - (1 - p) * std::log(1 - p)));
  CHECK_THROWS_AS((void)posterior_of(std::vector<std::string>{"anna", "anna"}), unroll::ValueError);
  CHECK_THROWS_AS((void)posterior_of({}), unroll::ValueError);

  // The likeliest tags of each word are right as often as they are said to be.
  const Corpus corpus = builtin_sentences(20000, 3);
  const BestPossible best = best_possible(corpus);
  double right = 0;
  for (const Sentence& sentence : corpus.sentences) {
    const auto tags = posterior_of(sentence.words).tags;
    for (std::size_t i = 0; i < tags.size(); ++i) right += tags[i] == sentence.tags[i] ? 1 : 0;
  }
  const auto count = static_cast<double>(corpus.words());
  const double deviation = std::sqrt(best.accuracy * (1 - best.accuracy) / count);
  CHECK(std::abs(right / count - best.accuracy) <
        6 * deviation);  // words of a sentence go together
}

TEST_CASE("a tagger in f64 has the right gradients, with characters and without") {
  const Corpus corpus = builtin_sentences(3, 1);
  for (const std::int64_t characters : {0, 2}) {
    const Tagger tagger({3, 3, characters, 0}, Alphabet::of(corpus, 1, 100), corpus.tags,
                        unroll::DType::f64, 2);
    const std::vector<Encoded> encoded = tagger.encode(corpus);
    const std::vector<std::size_t> all = {0, 1, 2};
    CHECK_NOTHROW(examples::check_gradients_of(tagger.parameters, [&](unroll::Tape& tape) {
      return tagger.loss(tape, encoded, all, nullptr);
    }));
  }
}

TEST_CASE("sentences of a batch do not change the tags of a shorter one") {
  const Corpus corpus = builtin_sentences(60, 4);
  const Tagger tagger({8, 8, 4, 0}, Alphabet::of(corpus, 1, 100), corpus.tags, unroll::DType::f64,
                      2);
  const std::vector<Encoded> encoded = tagger.encode(corpus);
  const Tagger::Found together = tagger.find(encoded);
  double loss = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const Tagger::Found alone = tagger.find(std::span(encoded).subspan(i, 1));
    CHECK(alone.tags[0] == together.tags[i]);
    loss += alone.loss;
  }
  CHECK(together.loss == doctest::Approx(loss));
}

TEST_CASE("the most frequent tag of each word is the baseline") {
  const Corpus train{{"A", "B"}, {{{"x", "x", "x", "y"}, {0, 1, 1, 0}}, {{"z"}, {1}}}, ""};
  const Corpus test{{"A", "B"}, {{{"x", "y", "new", "x"}, {1, 0, 1, 0}}}, ""};
  CHECK(most_frequent_tag_accuracy(train, test) == 0.75);  // new is B, as most words are
}

TEST_CASE("tagger: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  const auto train = [&](Arguments more) {
    more.insert(more.begin(), "train");
    const Run result = run(more);
    CHECK(result.err == "");
    REQUIRE(result.status == 0);
    return result.out;
  };
  const Arguments options = {"--sentences", "100", "--hidden", "6", "--embedding", "5"};
  const auto with = [](Arguments a, const Arguments& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const std::string whole = folder.file("whole");
  const std::string parts = folder.file("parts");
  const std::string said =
      train(with(options, {"--epochs", "3", "--save", whole, "--plot", folder.file("curve.svg")}));
  CHECK(has(said, "best possible accuracy 94."));
  CHECK(has(unroll::testing::content_of(folder.file("curve.svg")), "<svg"));
  (void)train(with(options, {"--epochs", "1", "--save", parts}));
  (void)train({"--load", parts, "--save", parts, "--epochs", "3"});
  CHECK(unroll::testing::content_of(whole) == unroll::testing::content_of(parts));
  CHECK(has(run({"train", "--load", parts, "--hidden", "5"}).err, "cannot be changed with --load"));
  CHECK(has(run({"eval", "--load", whole}).out, "nats a word, entropy of the tags 0."));

  const Run tags = run({"tag", "--load", whole, "Anna eats apple. Ben!"});
  CHECK(tags.status == 0);
  CHECK(std::ranges::count(tags.out, '\n') == 8);  // six words, a blank line after each sentence
  CHECK(tags.out.starts_with("Anna   "));
  CHECK(has(run({"tag", "--load", whole}, "eats\n").out, "eats  "));
  CHECK(run({"tag", "--load", whole}, "eats\n\n***\n").err ==
        "tagger: standard input:3: '***' holds no word to tag\n");
  CHECK(has(run({"tag", "--load", whole, "***"}).err, "'***' holds no word to tag"));
  CHECK(has(run({"tag", "--load", folder.file("curve.svg"), "x"}).err, "curve.svg: "));
  write(folder.file("other.jsonl"), R"({"words": ["a"], "tags": ["fruit"]})"
                                    "\n"
                                    R"({"words": ["a"], "tags": ["NOUN"]})"
                                    "\n");
  CHECK(has(run({"eval", "--load", whole, "--data", folder.file("other.jsonl")}).err,
            "other.jsonl:2: the tag 'NOUN' is none of the model's: person, eating, "));
  CHECK(run({"train", "--check", "--characters", "3"}).status == 0);
}

TEST_CASE("tagger: parts of speech of real sentences are learned above the baseline") {
  const std::string path = UNROLL_SOURCE_DIR "/../shared/data/ud-ewt-train.conllu";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: no ", path);
    return;
  }
  const Run trained = run({"train", "--data", path, "--epochs", "4", "--hidden", "32"});
  CHECK(trained.err == "");
  CHECK(has(trained.out, "the most frequent tag of each word: accuracy 83.2 %"));
  const std::string mark = "the best model is that of epoch ";
  const std::size_t at = trained.out.find(": accuracy ", trained.out.find(mark));
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(trained.out.substr(at + 11)) > 84.5);
}

}  // namespace
}  // namespace tagger
