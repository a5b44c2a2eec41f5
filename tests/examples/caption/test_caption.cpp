#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "caption/builtin_scenes.h"
#include "caption/captioner_file.h"
#include "caption/describe.h"
#include "caption/task.h"
#include "files.h"
#include "programs.h"

namespace caption {
namespace {

using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments) {
  return unroll::testing::run_program(CAPTION_PROGRAM, arguments);
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

examples::WordIds words_in(const Examples& all) {
  std::vector<Words> captions;
  for (const Example& example : all.examples) captions.push_back(example.caption);
  return {captions, 1, 1000};
}

/// A small captioner with random parameters, larger than those it would begin with.
Captioner random_captioner(bool every, std::int64_t words) {
  std::vector<std::string> names;
  for (std::int64_t i = 1; i < words; ++i) names.push_back(fmt::format("w{}", i));
  return {{3, 4, every}, 2, examples::WordIds(names), unroll::DType::f64, 3};
}

TEST_CASE("built-in captions: the best possible loss is the entropy of what the process writes") {
  double entropy = 0;
  for (const Scene& scene : all_scenes()) {
    std::set<std::string> captions;
    double total = 0;
    double last = 1;
    for (const auto& [words, odds] : captions_of(scene)) {
      CHECK(odds <= last);
      last = odds;
      total += odds;
      entropy -= odds * std::log(odds);
      captions.insert(words);
    }
    CHECK(total == doctest::Approx(1));
    // Different choices give different captions, else the entropy of the choices would be larger.
    CHECK(captions.size() == captions_of(scene).size());
  }
  CHECK(all_scenes().size() == 360);
  CHECK(best_loss() == doctest::Approx(entropy / 360));

  // By hand: a middling blue cat in the middle leaves article, verb, place and weather open.
  const Scene scene{1, 2, 1, 2};
  CHECK(name_of(scene) == "cat, blue, middling, middle");
  CHECK(captions_of(scene).size() == 2 * 3 * 2 * 3);
  CHECK(captions_of(scene)[0].words == "a blue cat is in the middle");
  CHECK(captions_of(scene)[0].odds == doctest::Approx(0.7 * 0.5 * 0.5 * 0.7));
}

TEST_CASE("built-in captions cost as much as is said on average") {
  constexpr std::int64_t kCount = 20000;
  const Examples all = builtin_examples(kCount, 3);
  double sum = 0;
  double squares = 0;
  for (const Example& example : all.examples) {
    const double loss = process_loss(example);
    sum += loss;
    squares += loss * loss;
  }
  const double mean = sum / kCount;
  const double deviation = std::sqrt((squares / kCount - mean * mean) / kCount);
  CHECK(std::abs(mean - best_loss()) < 4 * deviation);
  CHECK(std::isinf(process_loss({all.examples[0].scene, {"a", "dog"}})));
  CHECK_THROWS_WITH_AS((void)scene_of({1, 1}), "[1, 1] is not the vector of a built-in scene",
                       unroll::Error);
}

TEST_CASE("a captioner that learns comes near the best possible loss, and not below it") {
  const Examples train = builtin_examples(6000, 1);
  const Examples test = builtin_examples(2000, 2);
  for (const bool every : {false, true}) {
    CAPTURE(every);
    const Captioner captioner({24, 48, every}, train.scene_size(), words_in(train),
                              unroll::DType::f32, 1);
    examples::TrainedModel model;
    model.settings.epochs = 12;
    model.settings.learning_rate = 0.003;
    CaptionTask task(captioner, captioner.encode(train), captioner.encode(test), model.settings,
                     best_loss());
    REQUIRE(examples::train(task, model, {}));

    // On the same captions no model has a smaller loss than the process, within four standard
    // deviations of the difference.
    const Encoded encoded = captioner.encode(test);
    double excess = 0;
    double squares = 0;
    for (std::size_t i = 0; i < encoded.scenes.size(); ++i) {
      const Encoded one{{encoded.scenes[i]}, {encoded.captions[i]}};
      const double difference = captioner.loss(one) - process_loss(test.examples[i]);
      excess += difference;
      squares += difference * difference;
    }
    CHECK(excess > -4 * std::sqrt(squares));
    CHECK(excess / 2000 < 0.12);
    CHECK(task.score().value == doctest::Approx(captioner.loss(encoded)));
    CHECK(task.score().best == best_loss());

    // Captions that it draws say what is there: nearly all can be written by the process.
    unroll::Random random(1);
    int possible = 0;
    for (std::size_t i = 0; i < 100; ++i) {
      const Writer writer(captioner, encoded.scenes[i]);
      const Words words = words_of(to_text(captioner, writer.draw(random)));
      possible += std::isfinite(process_loss({encoded.scenes[i], words})) ? 1 : 0;
    }
    CHECK(possible > 90);
  }
}

TEST_CASE("a captioner in f64 has the right gradients, however it reads the scene") {
  const Examples some = builtin_examples(3, 1);
  for (const bool every : {false, true}) {
    const Captioner captioner({3, 4, every}, some.scene_size(), words_in(some), unroll::DType::f64,
                              2);
    const Encoded encoded = captioner.encode(some);
    const std::vector<std::size_t> all = {0, 1, 2};
    CHECK_NOTHROW(examples::check_gradients_of(captioner.parameters, [&](unroll::Tape& tape) {
      return captioner.loss(tape, encoded, all);
    }));
  }
}

TEST_CASE("longer captions of a batch do not change the loss of a shorter one") {
  const Examples some = builtin_examples(20, 1);
  const Captioner captioner({5, 6, true}, some.scene_size(), words_in(some), unroll::DType::f64, 2);
  const Encoded encoded = captioner.encode(some);
  double sum = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    sum += captioner.loss({{encoded.scenes[i]}, {encoded.captions[i]}});
  }
  CHECK(captioner.loss(encoded) == doctest::Approx(sum / 20));
}

TEST_CASE("the likeliest captions are those of all, and their probabilities what the loss says") {
  for (const bool every : {false, true}) {
    const Captioner captioner = random_captioner(every, 3);
    const std::vector<float> scene = {0.5F, -1};
    // All captions of up to four words, by enumeration.
    std::vector<std::pair<double, std::vector<std::int32_t>>> all;
    std::vector<std::vector<std::int32_t>> captions = {{}};
    for (std::size_t length = 0; length < 4; ++length) {
      std::vector<std::vector<std::int32_t>> longer;
      for (const auto& caption : captions) {
        all.emplace_back(captioner.loss({{scene}, {caption}}), caption);
        for (std::int32_t word = 0; word < 3; ++word) {
          longer.push_back(caption);
          longer.back().push_back(word);
        }
      }
      captions = std::move(longer);
    }
    std::ranges::sort(all);
    const std::vector<Written> found = Writer(captioner, scene, 4).likeliest(5, 1000);
    REQUIRE(found.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(found[i].caption == all[i].second);
      CHECK(found[i].log_probability == doctest::Approx(-all[i].first));
    }
  }
}

TEST_CASE("captions are drawn as often as they are probable") {
  const Captioner captioner = random_captioner(false, 2);
  const std::vector<float> scene = {0.5F, -1};
  const Writer writer(captioner, scene, 3);
  constexpr int kDrawn = 2000;
  unroll::Random random(5);
  int empty = 0;
  int cut = 0;
  for (int i = 0; i < kDrawn; ++i) {
    const Written written = writer.draw(random);
    empty += written.caption.empty() ? 1 : 0;
    cut += written.complete ? 0 : 1;
    if (!written.complete) continue;
    CHECK(written.log_probability ==
          doctest::Approx(-captioner.loss({{scene}, {written.caption}})));
  }
  const double p = std::exp(-captioner.loss({{scene}, {{}}}));
  CHECK(std::abs(empty - kDrawn * p) < 4 * std::sqrt(kDrawn * p * (1 - p)));
  CHECK(cut > 0);
  CHECK(to_text(captioner, {{1, 0}, 0, false}) == "w1 <unknown> ...");
}

TEST_CASE("scenes are read from lines of JSON") {
  const Folder folder;
  const std::string path = folder.file("a.jsonl");
  write(path,
        "{\"scene\": [1, 0.5], \"caption\": \"A red dog.\"}\n\n"
        "{\"caption\": \"Two cats\", \"scene\": [0, -2], \"file\": \"x\"}\n");
  const Examples all = read_examples(path);
  REQUIRE(all.examples.size() == 2);
  CHECK(all.scene_size() == 2);
  CHECK(all.examples[0].scene == std::vector<float>{1, 0.5});
  CHECK(all.examples[0].caption == Words{"a", "red", "dog", "."});
  CHECK(all.examples[1].caption == Words{"two", "cats"});
}

TEST_CASE("scenes that cannot be read are refused in a sentence") {
  const Folder folder;
  const auto error = [&](const std::string& second_line) {
    write(folder.file("a.jsonl"), "{\"scene\": [1, 2], \"caption\": \"a\"}\n" + second_line + "\n");
    const Run result = run({"train", "--data", folder.file("a.jsonl"), "--epochs", "0"});
    CHECK(result.status == 1);
    CHECK(std::ranges::count(result.err, '\n') == 1);
    return result.err;
  };
  CHECK(has(error("no"), "a.jsonl:2: expected an object of JSON"));
  CHECK(has(error("{\"caption\": \"a\"}"), "a.jsonl:2: expected a list of numbers as 'scene'"));
  CHECK(has(error("{\"scene\": [1, null], \"caption\": \"a\"}"),
            "a.jsonl:2: expected a list of numbers as 'scene'"));
  CHECK(has(error("{\"scene\": [1, 2]}"), "a.jsonl:2: expected a text as 'caption'"));
  CHECK(has(error("{\"scene\": [1, 2], \"caption\": 3}"), "a.jsonl:2: expected a text as"));
  CHECK(has(error("{\"scene\": [1, 2], \"caption\": \" \"}"), "a.jsonl:2: 'caption' has no word"));
  CHECK(has(error("{\"scene\": [1], \"caption\": \"a\"}"),
            "a.jsonl:2: a scene of 1 number; those of the lines before have 2"));
  CHECK(has(run({"train", "--data", folder.file("none.jsonl")}).err, "cannot be opened"));
}

TEST_CASE("caption: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  for (const char* condition : {"start", "every"}) {
    const Arguments options = {"--scenes", "60",          "--hidden", "6",       "--embedding",
                               "4",        "--condition", condition,  "--batch", "10"};
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
    CHECK(has(train(with(options, {"--epochs", "3", "--save", whole})),
              "best possible 4.486 nats per caption"));
    (void)train(with(options, {"--epochs", "1", "--save", parts}));
    (void)train({"--load", parts, "--save", parts, "--epochs", "3"});
    CHECK(unroll::testing::content_of(whole) == unroll::testing::content_of(parts));
    CHECK(has(run({"train", "--load", parts, "--condition", condition}).err,
              "cannot be changed with --load"));

    CHECK(has(run({"eval", "--load", whole}).out, "nats per caption, best possible 4.486, "));
    const Run said = run({"describe", "--load", whole, "--first", "2", "--count", "2"});
    CHECK(said.err == "");
    CHECK(has(said.out, "scene 2: "));
    CHECK(has(said.out, "scene 3: "));
    CHECK_FALSE(has(said.out, "scene 4: "));
    CHECK(has(said.out, "  likeliest\n"));
    CHECK(run({"describe", "--load", whole}).out == run({"describe", "--load", whole}).out);
  }
  const std::string model = folder.file("whole");
  write(folder.file("two.jsonl"), "{\"scene\": [1, 2]}\n");
  CHECK(has(run({"describe", "--load", model, "--data", folder.file("two.jsonl")}).err,
            "two.jsonl: scenes of 2 numbers; the model "));
  CHECK(has(run({"describe", "--load", model, "--first", "2001"}).err, "there is no scene 2001"));
  CHECK(has(run({"describe", "--load", folder.file("two.jsonl")}).err, "two.jsonl: "));
  CHECK(has(run({"train", "--condition", "never"}).err, "no condition 'never'"));
}

TEST_CASE("caption: a model is trained on the scenes of a file and describes others") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 30; ++i) {
    text += fmt::format("{{\"scene\": [{}], \"caption\": \"{} dog\"}}\n", i % 2,
                        i % 2 == 0 ? "no" : "one");
  }
  write(folder.file("train.jsonl"), text);
  const Run trained = run({"train", "--data", folder.file("train.jsonl"), "--epochs", "60", "--lr",
                           "0.02", "--hidden", "8", "--save", folder.file("m")});
  CHECK(trained.err == "");
  CHECK(has(trained.out, "30 scenes of 1 number; 27 to train on, 3 held out"));
  CHECK_FALSE(has(trained.out, "best possible"));
  write(folder.file("new.jsonl"), "{\"scene\": [0]}\n{\"scene\": [1]}\n");
  const Run said = run({"describe", "--load", folder.file("m"), "--data", folder.file("new.jsonl"),
                        "--samples", "0", "--best", "1"});
  CHECK(has(said.out, "scene 1: [0]\n"));
  CHECK(has(said.out, "  no dog\nscene 2: [1]\n"));
  CHECK(has(said.out, "  one dog\n"));
}

}  // namespace
}  // namespace caption
