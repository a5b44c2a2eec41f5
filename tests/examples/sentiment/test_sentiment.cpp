#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "files.h"
#include "programs.h"
#include "sentiment/builtin_reviews.h"
#include "sentiment/judge_file.h"
#include "sentiment/say.h"
#include "sentiment/task.h"

namespace sentiment {
namespace {

using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments, const std::string& input = "") {
  return unroll::testing::run_program(SENTIMENT_PROGRAM, arguments, input);
}

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("built-in reviews: the best judge is right as often as is said") {
  CHECK(best_accuracy() == doctest::Approx((0.896 + 0.94208) / 2));
  constexpr std::int64_t kCount = 40000;
  const Reviews reviews = builtin_reviews(kCount, 3);
  std::int64_t right = 0;
  std::int64_t positive = 0;
  for (const Review& review : reviews.reviews) {
    right += judge_by_majority(review.words) == (review.label == 1) ? 1 : 0;
    positive += review.label;
  }
  const auto within = [](std::int64_t count, double p) {  // four standard deviations
    return std::abs(static_cast<double>(count) / kCount - p) < 4 * std::sqrt(p * (1 - p) / kCount);
  };
  CHECK(within(right, best_accuracy()));
  CHECK(within(positive, 0.5));
}

TEST_CASE("a judge that learns comes near the best possible, and not above it") {
  const Reviews train = builtin_reviews(3000, 1);
  const Reviews test = builtin_reviews(2000, 2);
  std::vector<std::vector<std::string>> texts;
  for (const Review& review : train.reviews) texts.push_back(review.words);
  ModelSettings settings;
  settings.hidden = settings.embedding = 32;
  const Judge judge(settings, examples::WordIds(texts, 1, 1000), train.labels, unroll::DType::f32,
                    1);
  examples::TrainedModel model;
  model.settings.epochs = 12;
  model.settings.learning_rate = 0.004;
  SentimentTask task(judge, encode(train, judge.words), encode(test, judge.words), model.settings,
                     best_accuracy());
  REQUIRE(examples::train(task, model, {}));
  const double accuracy = judge.accuracy(encode(test, judge.words));
  CHECK(accuracy > best_accuracy() - 0.03);
  CHECK(accuracy < best_accuracy() + 4 * std::sqrt(0.919 * 0.081 / 2000));

  // It has learned what a negation does, and says so.
  const Verdict good = say(judge, "The plot was good.");
  const Verdict bad = say(judge, "The plot was not good.");
  CHECK(good.probabilities[1] > 0.5);
  CHECK(bad.probabilities[1] < 0.5);
  CHECK(good.words == std::vector<std::string>{"the", "plot", "was", "good", "."});
  double sum = 0;
  for (const double weight : bad.weights) sum += std::abs(weight);
  CHECK(sum == doctest::Approx(1));

  // The words that judge speak for what they say, where nothing turns them round.
  const std::vector<std::string> favourable = {"great",  "good",     "wonderful", "clever",
                                               "moving", "charming", "brilliant", "gripping"};
  const std::vector<std::string> others = {"bad",    "dull",    "awful", "boring",
                                           "clumsy", "tedious", "weak",  "silly"};
  const auto is_in = [](const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
  };
  double right = 0;
  double all = 0;
  for (const Review& review : builtin_reviews(300, 9).reviews) {
    const bool turned = std::ranges::any_of(review.words, [](const std::string& word) {
      return word == "not" || word == "never" || word == "nobody";
    });
    if (turned) continue;
    const Verdict verdict = say(judge, fmt::format("{}", fmt::join(review.words, " ")));
    for (std::size_t i = 0; i < verdict.words.size(); ++i) {
      const bool good_word = is_in(favourable, verdict.words[i]);
      if (!good_word && !is_in(others, verdict.words[i])) continue;
      const bool for_positive = (verdict.weights[i] > 0) == (verdict.label() == 1);
      right += for_positive == good_word ? 1 : 0;
      all += 1;
    }
  }
  CHECK(all > 50);
  CHECK(right / all > 0.97);
}

TEST_CASE("a long text is read in several passes with the weights of one") {
  const Reviews reviews = builtin_reviews(20, 1);
  std::vector<std::vector<std::string>> texts;
  for (const Review& review : reviews.reviews) texts.push_back(review.words);
  const Judge judge({4, 4, false, "mean", 0}, examples::WordIds(texts, 1, 100), reviews.labels,
                    unroll::DType::f64, 2);
  std::string text;
  for (int i = 0; i < 500; ++i) text += "good ";
  const Verdict verdict = say(judge, text);  // of 500 words: 40 points and 10
  double sum = 0;
  for (const double weight : verdict.weights) sum += std::abs(weight);
  CHECK(sum == doctest::Approx(1));
}

TEST_CASE("a judge in f64 has the right gradients, however it reads and pools") {
  const Reviews reviews = builtin_reviews(3, 1);
  std::vector<std::vector<std::string>> texts;
  for (const Review& review : reviews.reviews) texts.push_back(review.words);
  for (const bool both_ways : {false, true}) {
    for (const char* pooling : {"mean", "last", "attention"}) {
      const Judge judge({3, 4, both_ways, pooling, 0}, examples::WordIds(texts, 1, 100),
                        reviews.labels, unroll::DType::f64, 2);
      const Encoded encoded = encode(reviews, judge.words);
      const std::vector<std::size_t> all = {0, 1, 2};
      CHECK_NOTHROW(examples::check_gradients_of(judge.parameters, [&](unroll::Tape& tape) {
        return judge.loss(tape, encoded, all, nullptr);
      }));
    }
  }
}

TEST_CASE("what a text is padded with does not change what is said of it") {
  const Reviews reviews = builtin_reviews(40, 1);
  std::vector<std::vector<std::string>> texts;
  for (const Review& review : reviews.reviews) texts.push_back(review.words);
  const Judge judge({8, 8, true, "attention", 0}, examples::WordIds(texts, 1, 100), reviews.labels,
                    unroll::DType::f64, 2);
  const Encoded encoded = encode(reviews, judge.words);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < encoded.texts.size(); ++i) {
    const std::vector<double> p = judge.probabilities(encoded.texts[i]);
    right += (p[1] > p[0]) == (encoded.labels[i] == 1) ? 1 : 0;
  }
  CHECK(judge.accuracy(encoded) == static_cast<double>(right) / 40);
}

TEST_CASE("labelled texts are read from folders, tables and pairs of files") {
  const Folder folder;
  const auto labels = [](const Reviews& reviews) {
    std::string all;
    for (const Review& review : reviews.reviews) {
      all += fmt::format("{}:{} ", reviews.labels[static_cast<std::size_t>(review.label)],
                         fmt::join(review.words, " "));
    }
    return all;
  };
  const std::string imdb = folder.file("aclImdb");
  write(imdb + "/train/pos/0_9.txt", "Very good<br />indeed.");
  write(imdb + "/train/neg/1_2.txt", "Bad.");
  write(imdb + "/train/unsup/5_0.txt", "Who knows.");
  write(imdb + "/test/pos/0_9.txt", "Fine.");
  write(imdb + "/test/neg/0_1.txt", "Poor.");
  CHECK(labels(read_reviews(std::array{imdb}, {})) == "neg:bad . pos:very good indeed . ");
  CHECK(labels(read_reviews(std::array{imdb}, {}, "test", {"pos", "neg"})) ==
        "neg:poor . pos:fine . ");
  write(folder.file("a.csv"), "id,Review,Sentiment\n1,\"Good, yes\",positive\n2,No,negative\n");
  CHECK(labels(read_reviews(std::array{folder.file("a.csv")}, {})) ==
        "positive:good , yes negative:no ");
  write(folder.file("a.jsonl"), "{\"x\": \"Good\", \"y\": 1}\n\n{\"x\": \"No\", \"y\": 0}\n");
  CHECK(labels(read_reviews(std::array{folder.file("a.jsonl")}, {"x", "y"})) == "1:good 0:no ");
  const std::array tables = {folder.file("a.csv"), folder.file("b.csv")};
  write(tables[1], "text,label\nFair,positive\n");
  CHECK(labels(read_reviews(tables, {})) == "positive:good , yes negative:no positive:fair ");
  write(folder.file("rt.pos"), "Good\nFine\n");
  write(folder.file("rt.neg"), "No\n");
  CHECK(labels(read_reviews(std::array{folder.file("rt.pos"), folder.file("rt.neg")}, {})) ==
        "pos:good pos:fine neg:no ");
  // Packed files have the labels of what is in them.
  const auto pack = [&](const std::string& path) {
    REQUIRE(std::system(("gzip '" + path + "'").c_str()) == 0);
    return path + ".gz";
  };
  CHECK(labels(read_reviews(std::array{pack(folder.file("rt.pos")), pack(folder.file("rt.neg"))},
                            {})) == "pos:good pos:fine neg:no ");
  (void)pack(imdb + "/train/pos/0_9.txt");
  CHECK(labels(read_reviews(std::array{imdb}, {})) == "neg:bad . pos:very good indeed . ");
}

TEST_CASE("labelled texts that cannot be read are refused in a sentence") {
  const Folder folder;
  const auto error = [&](const std::string& name, const std::string& text) {
    write(folder.file(name), text);
    const Run result = run({"train", "--data", folder.file(name), "--epochs", "0"});
    CHECK(result.status == 1);
    CHECK(std::ranges::count(result.err, '\n') == 1);
    return result.err;
  };
  CHECK(has(error("a.txt", "text\n"), "expected a folder with a folder of texts for each label"));
  CHECK(has(error("a.csv", "text,x\na,b\n"), "no column 'label' among 'text', 'x'; --label names"));
  CHECK(has(error("b.csv", "text,label\na,b,c\n"), "b.csv:2: expected 2 fields"));
  CHECK(has(error("c.csv", "text,label\na,b\nc,b\n"), "all texts have the label 'b'"));
  CHECK(has(error("d.jsonl", "{\"text\": \"a\", \"label\": 1}\nno\n"),
            "d.jsonl:2: expected an object of JSON"));
  CHECK(has(run({"train", "--data", folder.file("none.csv")}).err, "cannot be opened"));
  CHECK(run({"train", "--data", folder.file("none")}).err ==
        "sentiment: " + folder.file("none") + ": cannot be opened: No such file or directory\n");
  CHECK(has(error("b.csv", "text,label\na,b,c\n"), "a field that holds a ',' must be quoted\n"));
  CHECK(has(error("e.csv", "text,label\na,b\nfoo,\n"), "e.csv:3: a text without a label\n"));
  for (const auto& [value, found] :
       {std::pair("null", "null"), std::pair("[1]", "array"), std::pair("{}", "object")}) {
    CHECK(has(error("e.jsonl", fmt::format("{{\"text\": \"a\", \"label\": {}}}\n", value)),
              fmt::format("e.jsonl:1: expected a text or a number as 'label', found {}\n", found)));
  }
  CHECK(has(error("f.jsonl", "{\"text\": \"a\", \"label\": \"\"}\n"),
            "f.jsonl:1: a text without a label\n"));
}

TEST_CASE("sentiment: options that would do nothing are refused") {
  const Folder folder;
  write(folder.file("a.csv"), "text,label\ngood,1\nbad,0\n");
  write(folder.file("a.pos"), "good\n");
  write(folder.file("a.neg"), "bad\n");
  const std::string csv = folder.file("a.csv");
  const auto error = [](const Arguments& arguments) { return run(arguments).err; };
  CHECK(has(error({"train", "--fold", "3"}), "--fold requires --data"));
  CHECK(
      has(error({"train", "--data", csv, "--test", csv, "--fold", "3"}), "--test excludes --fold"));
  const std::string no_table =
      "sentiment: --column and --label name columns of a table; expected one (.csv, .tsv, .jsonl) "
      "as "
      "--data or --test\n";
  CHECK(error({"train", "--column", "foo"}) == no_table);
  CHECK(error({"train", "--label", "foo", "--data", folder.file("a.pos"), folder.file("a.neg")}) ==
        no_table);
  CHECK(has(error({"eval", "--load", "m", "--column", "foo"}), "--column requires --data"));
  CHECK(has(error({"train", "--data", csv, folder.file("a.pos")}),
            "a.pos: expected a folder with a folder of texts for each label, a table (.csv, .tsv, "
            ".jsonl), or nothing but files of texts, one for each label\n"));
}

TEST_CASE("sentiment: what is held out of moved data is what was, and a file in a folder is data") {
  const Folder folder;
  const auto table = [&](const std::string& name) {
    std::string text = "words,judgement\n";
    for (int i = 0; i < 40; ++i) text += i % 2 == 0 ? "very good,1\n" : "bad,0\n";
    text += "odd,1\n";  // text 40, of fold 0: where it is held out, 37 are left to train on
    write(folder.file(name), text);
    return folder.file(name);
  };
  const std::string model = folder.file("m");
  const Run first =
      run({"train", "--data", table("a.csv"), "--fold", "3", "--column", "words", "--label",
           "judgement", "--hidden", "4", "--embedding", "4", "--epochs", "1", "--save", model});
  CHECK(first.err == "");
  CHECK(has(first.out, "37 to train on, 4 held out"));
  const Run second = run({"train", "--load", model, "--data", table("b.csv"), "--epochs", "1"});
  CHECK(second.err == "");
  CHECK(has(second.out, "37 to train on, 4 held out"));
  CHECK_FALSE(has(second.out, "note: "));  // the same ones

  const std::string file = folder.file("texts/pos/1.txt");
  write(file, "good");
  write(folder.file("texts/neg/1.txt"), "bad");
  CHECK(run({"train", "--data", folder.file("texts"), "--save", file}).err ==
        "sentiment: " + file + ": --save would overwrite the file of the folder --data\n");
}

TEST_CASE("sentiment: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  const Arguments options = {"--reviews",   "100", "--hidden", "6",
                             "--embedding", "6",   "--batch",  "10"};
  const auto train = [&](const Arguments& more) {
    Arguments all = {"train"};
    all.insert(all.end(), more.begin(), more.end());
    const Run result = run(all);
    CHECK(result.err == "");
    REQUIRE(result.status == 0);
    return result.out;
  };
  const auto with = [](Arguments a, const Arguments& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const std::string whole = folder.file("whole");
  const std::string parts = folder.file("parts");
  CHECK(has(train(with(options, {"--epochs", "3", "--save", whole})), "best possible"));
  (void)train(with(options, {"--epochs", "1", "--save", parts}));
  (void)train({"--load", parts, "--save", parts, "--epochs", "3"});
  CHECK(unroll::testing::content_of(whole) == unroll::testing::content_of(parts));
  CHECK(has(run({"train", "--load", parts, "--hidden", "5"}).err, "cannot be changed with --load"));

  CHECK(has(run({"eval", "--load", whole}).out, "best possible 91.9 %"));
  const Run said = run(
      {"say", "--load", whole, "--html", folder.file("page.html"), "the plot was <b>\"good\"</b>"});
  CHECK(said.status == 0);
  CHECK(has(said.out, "negative "));
  const std::string page = unroll::testing::content_of(folder.file("page.html"));
  CHECK(has(page, ">plot</span>"));
  CHECK_FALSE(has(page, "http"));
  CHECK(run({"say", "--load", whole}, "good\n***\n").err ==
        "sentiment: standard input:2: '***' holds no word to judge\n");
  CHECK(has(run({"say", "--load", whole, " "}).err, "no word to judge"));
  CHECK(has(run({"say", "--load", folder.file("page.html"), "x"}).err, "page.html: "));
}

}  // namespace
}  // namespace sentiment
