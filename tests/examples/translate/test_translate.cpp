#include <doctest/doctest.h>

#include <algorithm>

#include "files.h"
#include "programs.h"
#include "small_translator.h"
#include "translate/attention_plot.h"
#include "translate/bleu.h"

namespace translate {
namespace {

using unroll::Tape;
using unroll::Var;
using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments, const std::string& input = "") {
  return unroll::testing::run_program(TRANSLATE_PROGRAM, arguments, input);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a translator in f64 has the right gradients, with every extension") {
  const Pairs pairs = builtin_pairs(2, 1, Part::train);
  for (const ModelSettings& settings : all_settings()) {
    const Translator translator = small_translator(settings, pairs);
    const Encoded encoded = encode(pairs, translator);
    const std::vector<std::size_t> all = {0, 1};
    CHECK_NOTHROW(examples::check_gradients_of(translator.parameters, [&](Tape& tape) {
      return loss_of(translator, tape, encoded, all, nullptr);
    }));
  }
}

TEST_CASE("encoder and decoder share their weights unless they are told apart") {
  const Pairs pairs = builtin_pairs(2, 1, Part::train);
  const auto settings = all_settings();
  const auto has_decoder = [&](const ModelSettings& s) {
    const auto tensors = unroll::tensors_of(small_translator(s, pairs).parameters);
    return std::ranges::any_of(
        tensors, [](const auto& entry) { return entry.first.starts_with("decoder."); });
  };
  CHECK_FALSE(has_decoder(settings[0]));
  CHECK(has_decoder(settings[1]));
  CHECK_FALSE(has_decoder(settings[3]));
  CHECK_FALSE(has_decoder(settings[5]));
  CHECK(has_decoder(settings[6]));
}

TEST_CASE("what sentences are padded with reaches no loss") {
  const Pairs pairs = builtin_pairs(5, 2, Part::train);
  for (const ModelSettings& settings : all_settings()) {
    const Translator translator = small_translator(settings, pairs);
    const Encoded encoded = encode(pairs, translator);
    const auto loss = [&](const std::vector<std::size_t>& numbers) {
      Tape tape(unroll::DType::f64);
      return loss_of(translator, tape, encoded, numbers, nullptr).item();
    };
    double sum = 0;
    double words = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const auto length = static_cast<double>(encoded.target[i].size() + 1);
      sum += loss({i}) * length;
      words += length;
    }
    CHECK(loss({0, 1, 2, 3, 4}) == doctest::Approx(sum / words).epsilon(1e-12));
  }
}

TEST_CASE("attention sums to one over the real source words, and padding gets none") {
  for (const char* kind : {"additive", "dot", "general"}) {
    ModelSettings settings = all_settings()[6];
    settings.attention = kind;
    const Pairs pairs = builtin_pairs(2, 3, Part::train);
    const Translator translator = small_translator(settings, pairs);
    const std::vector<Ids> sources = {{1, 2, 3, 4, 5}, {3, 1}};
    Tape tape(unroll::DType::f64);
    const auto padded = unroll::pad_sequence(sources, {.multiple = 4});
    const auto memory = translator.model.encode(tape.input(padded.ids), padded.mask(tape));
    const Var y = translator.model.read(tape.input(unroll::Tensor::of<std::int32_t>({2}, {1, 2})));
    const auto step = translator.model.step(y, memory.first, memory);
    const std::vector<double> weights = step.weights.value().value().to_doubles();
    REQUIRE(weights.size() == 16);  // (8, 2)
    for (std::size_t b = 0; b < 2; ++b) {
      double sum = 0;
      for (std::size_t j = 0; j < 8; ++j) {
        const double weight = weights[2 * j + b];
        CHECK((weight > 0) == (j < sources[b].size()));
        sum += weight;
      }
      CHECK(sum == doctest::Approx(1));
    }
  }
}

TEST_CASE("attention of a translation: rows sum to one, in the order of the words") {
  const Pairs pairs = builtin_pairs(2, 3, Part::train);
  ModelSettings settings = all_settings()[6];
  const Translator forward = small_translator(settings, pairs);
  settings.reverse = true;
  const Translator backward = small_translator(settings, pairs);
  const Ids source = {1, 2, 3};
  const Ids reversed = {3, 2, 1};
  const auto rows = attention_of(forward, source, Ids{2, 1});
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 3);
    CHECK(row[0] + row[1] + row[2] == doctest::Approx(1));
  }
  // The same parameters read the same ids; only the order of the columns is put right again.
  auto again = attention_of(backward, source, Ids{2, 1});
  for (auto& row : again) std::ranges::reverse(row);
  CHECK(again == rows);
  CHECK(backward.source_ids(pairs.pairs[0].source).front() ==
        forward.source_ids(pairs.pairs[0].source).back());
  CHECK_THROWS_WITH((void)attention_of(small_translator(all_settings()[0], pairs), source, Ids{1}),
                    "a model without attention looks at no words");
}

TEST_CASE("a picture of attention shows weights, and is as large as its words need") {
  const auto picture = attention_picture({"a", "<b>"}, {"x", "(end)"}, {{0.25, 0.75}, {1, 0}});
  const std::string svg = examples::to_svg(picture);
  CHECK(has(svg, "<svg"));
  for (const char* opacity : {"0.25", "0.75"}) {
    CHECK((has(svg, fmt::format("fill-opacity:{};", opacity)) ||
           has(svg, fmt::format("fill-opacity=\"{}\"", opacity))));  // as newer versions write
  }
  CHECK(has(examples::to_png(picture), "PNG"));
  CHECK(attention_picture({"a", "longer"}, {"x"}, {{0.5, 0.5}}).height > picture.height - 34);
  CHECK_THROWS_WITH((void)attention_picture({"a"}, {"x"}, {{0.5, 0.5}}),
                    "a picture of attention: expected 1 rows of 1 weights");
}

TEST_CASE("a translator that learns comes near the best possible") {
  const Pairs train = builtin_pairs(2500, 1, Part::train);
  const Pairs test = builtin_pairs(300, 1, Part::test);
  ModelSettings settings;
  settings.hidden = settings.embedding = 48;
  const Translator translator = small_translator(settings, train, unroll::DType::f32);
  examples::TrainedModel model;
  model.settings.epochs = 12;
  model.settings.batch = 32;
  model.settings.learning_rate = 0.005;
  TranslateTask task(translator, train, test, model.settings, Metric::accuracy);
  CHECK(task.score().best == 1.0);
  REQUIRE(examples::train(task, model, {}));
  const std::vector<Ids> found = translate_all(translator, test, {.width = 3});
  CHECK(accuracy(found, test, translator) > 0.9);
  CHECK(bleu(sentences_of(found, translator), references_of(test), true).score > 95);
  CHECK(model.progress.losses.back() > 0);
  CHECK(model.progress.losses.back() < 0.1);
}

TEST_CASE("translate: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  const Arguments options = {"--pairs", "100",     "--hidden", "6",         "--embedding",
                             "6",       "--batch", "10",       "--dropout", "0.1"};
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
  CHECK(has(run({"train", "--load", parts, "--reverse"}).err, "cannot be changed with --load"));

  const std::string output = folder.file("output");
  CHECK(has(run({"eval", "--load", whole, "--beam", "2", "--output", output}).out,
            "best possible 100.0 %"));
  CHECK(std::ranges::count(unroll::testing::content_of(output), '\n') == 1000);
  const std::string svg = folder.file("a.svg");
  const Run drawn = run({"translate", "--load", whole, "the dog sings.", "--attention-plot", svg});
  CHECK(drawn.status == 0);
  CHECK(std::ranges::count(drawn.out, '\n') == 1);
  CHECK(has(unroll::testing::content_of(svg), "<svg"));
  // A line for a line, whatever is in it.
  const Run lines = run({"translate", "--load", whole, "--beam", "1"}, "the dog\n\n \nA cat!\n");
  CHECK(lines.err == "");
  CHECK(std::ranges::count(lines.out, '\n') == 4);
  CHECK(has(lines.out, "\n\n\n"));
  CHECK(run({"translate", "--load", whole}).err == "translate: no sentence to translate\n");
  const std::string png = folder.file("a.png");
  CHECK(run({"translate", "--load", whole, "--attention-plot", png, "the dog"}).err == "");
  CHECK(unroll::testing::content_of(png).starts_with("\x89PNG"));
  CHECK(run({"translate", "--load", whole, "--attention-plot", "a.gif", "the dog"}).err ==
        "translate: a.gif: a picture is written as .svg or .png\n");
  // So it is for a file of pairs: those without words have a line too.
  std::ofstream(folder.file("p.en")) << "the dog\n\nthe cat\n";
  std::ofstream(folder.file("p.es")) << "el perro\nun\nel gato\n";
  const std::string found = folder.file("found");
  CHECK(run({"eval", "--load", whole, "--data", folder.file("p.en"), folder.file("p.es"),
             "--output", found})
            .err == "");
  CHECK(std::ranges::count(unroll::testing::content_of(found), '\n') == 3);
  CHECK(has(unroll::testing::content_of(found), "\n\n"));
  CHECK(has(run({"bleu", found, folder.file("p.es")}).out, "BLEU "));
  CHECK(run({"translate", "--load", whole, "--attention-plot", svg}, "a\n").err ==
        "translate: --attention-plot: expected one sentence as an argument, found 0\n");
  CHECK(run({"translate", "--load", whole, " "}).err == "translate: ' ': no word to translate\n");
  CHECK(has(run({"translate", "--load", svg, "x"}).err, "a.svg: "));
  CHECK(run({"train", "--both-ways", "--hidden", "5"}).err ==
        "translate: --hidden 5: an encoder of both directions has half of the units in each; an "
        "even number is expected\n");
}

TEST_CASE("translate: files of pairs are trained on, and BLEU is the score") {
  const Folder folder;
  std::string source;
  std::string target;
  for (const Pair& pair : builtin_pairs(60, 1, Part::train).pairs) {
    source += sentence_of(pair.source) + "\n";
    target += pair.reference + "\n";
  }
  std::ofstream(folder.file("a.en")) << source;
  std::ofstream(folder.file("a.es")) << target;
  const Run result = run({"train", "--data", folder.file("a.en"), folder.file("a.es"), "--epochs",
                          "1", "--hidden", "4", "--embedding", "4", "--save", folder.file("m")});
  CHECK(result.err == "");
  CHECK(has(result.out, "a.es: 60 pairs; 54 to train on, 6 held out\n"));
  CHECK(has(result.out, "BLEU 0."));
  CHECK(has(
      run({"eval", "--load", folder.file("m"), "--data", folder.file("a.en"), folder.file("a.es")})
          .out,
      "BLEU "));
  CHECK(has(run({"train", "--data", folder.file("a.en")}).err,
            "a.en:1: expected a sentence, a tab and its translation"));
}

}  // namespace
}  // namespace translate
