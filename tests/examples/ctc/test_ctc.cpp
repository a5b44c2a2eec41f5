#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "ctc/builtin_signals.h"
#include "ctc/spell.h"
#include "ctc/speller_file.h"
#include "ctc/task.h"
#include "files.h"
#include "programs.h"

namespace ctc {
namespace {

using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments) { return unroll::testing::run_program(CTC_PROGRAM, arguments); }

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a speller that learns comes near the decoders of the process, and not above them") {
  const Signals train = builtin_signals(6000, 1);
  const Signals test = builtin_signals(1000, 2);
  const Speller speller({.hidden = 24}, normalization_of(train), train.names, unroll::DType::f32,
                        1);
  examples::TrainedModel model;
  model.settings.epochs = 5;
  model.settings.learning_rate = 0.005;
  SpellTask task(speller, train, test, model.settings, std::nullopt);
  REQUIRE(examples::train(task, model, {}));

  const std::vector<Rows> all = speller.log_probabilities(test.signals);
  const Rows free = free_transitions(test.names.size());
  const Rows transitions = process_transitions();
  Errors best;
  Errors viterbi;
  double excess = 0;  // of the loss, over that of the process
  double excess_squares = 0;
  double more_wrong = 0;  // signals that only the model, or only the likeliest labels, get wrong
  double disagreements = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Labels& labels = test.signals[i].labels;
    const Rows frames = process_likelihoods(test.signals[i]);
    best.count(labels_of(best_path(all[i], free)), labels);
    viterbi.count(labels_of(best_path(frames, transitions)), labels);
    const double difference = log_probability(frames, transitions, labels) -
                              log_sum_of_paths(frames, transitions) -
                              log_probability(all[i], free, labels);
    excess += difference;
    excess_squares += difference * difference;
    const bool model_right = prefix_beam_search(all[i], free, 20).labels == labels;
    const bool process_right =
        prefix_beam_search(frames, transitions, kProcessBeam).labels == labels;
    more_wrong += (process_right ? 1 : 0) - (model_right ? 1 : 0);
    disagreements += process_right != model_right ? 1 : 0;
  }
  CHECK(best.rate() == task.score().value);
  CHECK(best.rate() < viterbi.rate() + 0.03);
  // No model gives the labels more probability, or decodes more signals without an error, than the
  // process; pairs of results on the same signals, within four standard deviations.
  CHECK(excess > -4 * std::sqrt(excess_squares));
  CHECK(excess / 1000 < 0.6);
  CHECK(more_wrong > -4 * std::sqrt(disagreements));
  CHECK(more_wrong < 120);
}

TEST_CASE("a speller in f64 has the right gradients") {
  const Signals signals = builtin_signals(3, 1);
  const Speller speller({.hidden = 2}, normalization_of(signals), signals.names, unroll::DType::f64,
                        2);
  const std::vector<std::size_t> all = {0, 1, 2};
  CHECK_NOTHROW(examples::check_gradients_of(speller.parameters, [&](unroll::Tape& tape) {
    return speller.loss(tape, signals.signals, all);
  }));
}

TEST_CASE("signals of a batch do not change what is read from a shorter one") {
  const Signals signals = builtin_signals(30, 1);
  const Speller speller({.hidden = 8}, normalization_of(signals), signals.names, unroll::DType::f64,
                        2);
  const std::vector<Rows> all = speller.log_probabilities(signals.signals);
  double loss = 0;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Rows alone = speller.log_probabilities(std::span(&signals.signals[i], 1))[0];
    REQUIRE(alone.size() == signals.signals[i].frames.size());
    REQUIRE(all[i].size() == alone.size());
    for (std::size_t t = 0; t < alone.size(); ++t) {
      for (std::size_t s = 0; s < 6; ++s) CHECK(all[i][t][s] == doctest::Approx(alone[t][s]));
    }
    loss -= log_probability(alone, free_transitions(6), signals.signals[i].labels) / 30;
    numbers.push_back(i);
  }
  unroll::Tape tape(unroll::DType::f64);
  CHECK(speller.loss(tape, signals.signals, numbers).item() == doctest::Approx(loss));
}

TEST_CASE("numbers of a frame are normalised by their mean and standard deviation") {
  const Signals signals{{"", "a"}, {{{{1, 5}, {3, 5}}, {1}, {}}, {{{5, 5}}, {1}, {}}}, ""};
  const Normalization normalization = normalization_of(signals);
  CHECK(normalization.mean == std::vector<double>{3, 5});
  CHECK(normalization.deviation[0] == doctest::Approx(std::sqrt(8.0 / 3)));
  CHECK(normalization.deviation[1] == 1);  // it never changes

  // Signals in other units are read alike.
  const Signals some = builtin_signals(3, 1);
  Signals other = some;
  for (Signal& signal : other.signals) {
    for (auto& frame : signal.frames) {
      for (float& x : frame) x = 100 * x - 7;
    }
  }
  const auto read = [](const Signals& s) {
    const Speller speller({.hidden = 4}, normalization_of(s), s.names, unroll::DType::f64, 2);
    return speller.log_probabilities(s.signals)[0];
  };
  const Rows a = read(some);
  const Rows b = read(other);
  for (std::size_t t = 0; t < a.size(); ++t) {
    for (std::size_t s = 0; s < a[t].size(); ++s) CHECK(a[t][s] == doctest::Approx(b[t][s]));
  }
}

TEST_CASE("errors are counted by edits, labels and signals") {
  Errors errors;
  errors.count({1, 2}, {1, 2, 3});
  errors.count({1}, {1});
  errors.count({2, 2}, {1, 1, 1});
  CHECK(errors.edits == 4);
  CHECK(errors.labels == 7);
  CHECK(errors.wrong == 2);
  CHECK(errors.rate() == doctest::Approx(4.0 / 7));
}

TEST_CASE("signals are read from lines of JSON") {
  const Folder folder;
  const std::string path = folder.file("a.jsonl");
  write(path,
        "{\"signal\": [[1, 2.5], [3, -4]], \"labels\": [\"no\", \"ah\"]}\n\n"
        "{\"labels\": [7], \"signal\": [[0, 0]], \"speaker\": \"x\"}\n");
  const Signals signals = read_signals(path);
  CHECK(signals.names == std::vector<std::string>{kBlankName, "7", "ah", "no"});
  REQUIRE(signals.signals.size() == 2);
  CHECK(signals.inputs() == 2);
  CHECK(signals.signals[0].frames == std::vector<std::vector<float>>{{1, 2.5F}, {3, -4}});
  CHECK(signals.signals[0].labels == Labels{3, 2});
  CHECK(signals.signals[1].labels == Labels{1});
  CHECK(path_to_text({0, 2, 2, 3}, signals.names) == "· ah ah no");
  CHECK(path_to_text({0, 1, 1, 2}, {kBlankName, "a", "b"}) == "·aab");
  CHECK(labels_to_text({2, 3}, signals.names) == "ah no");
}

TEST_CASE("signals that cannot be read are refused in a sentence") {
  const Folder folder;
  const auto error = [&](const std::string& second_line) {
    write(folder.file("a.jsonl"),
          "{\"signal\": [[1, 2]], \"labels\": [\"a\"]}\n" + second_line + "\n");
    const Run result = run({"train", "--data", folder.file("a.jsonl"), "--epochs", "0"});
    CHECK(result.status == 1);
    CHECK(std::ranges::count(result.err, '\n') == 1);
    return result.err;
  };
  CHECK(has(error("no"), "a.jsonl:2: expected an object of JSON"));
  CHECK(has(error("{\"labels\": [1]}"), "a.jsonl:2: expected a list of frames as 'signal'"));
  CHECK(has(error("{\"signal\": [[1, 2]]}"), "a.jsonl:2: expected a list as 'labels'"));
  CHECK(has(error("{\"signal\": [[1, 2], [1, \"x\"]], \"labels\": []}"),
            "a.jsonl:2: frame 2 of 'signal' is not a list of numbers"));
  CHECK(has(error("{\"signal\": [[1, 2], [1]], \"labels\": []}"),
            "a.jsonl:2: frame 2 has 1 number, those before it have 2"));
  CHECK(has(error("{\"signal\": [[1]], \"labels\": [\"a\"]}"),
            "a.jsonl:2: frames of 1 number; those of the lines before have 2"));
  CHECK(has(error("{\"signal\": [[1, 2]], \"labels\": [0.5]}"),
            "a.jsonl:2: expected texts or whole numbers as 'labels', found 0.5"));
  CHECK(has(error("{\"signal\": [[1, 2], [3, 4]], \"labels\": [\"a\", \"a\"]}"),
            "a.jsonl:2: 2 frames cannot say its 2 labels; at least 3 are needed"));
  write(folder.file("b.jsonl"), "{\"signal\": [[1, 2]], \"labels\": [\"b\"]}\n");
  write(folder.file("a.jsonl"), "{\"signal\": [[1, 2]], \"labels\": [\"a\"]}\n");
  CHECK(has(run({"train", "--data", folder.file("a.jsonl"), "--test", folder.file("b.jsonl")}).err,
            "b.jsonl:1: the label 'b' is none of the model's: a"));
  CHECK(has(run({"train", "--data", folder.file("none.jsonl")}).err, "cannot be opened"));
}

TEST_CASE("ctc: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  const Arguments options = {"--signals", "60", "--hidden", "6", "--batch", "10"};
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
  CHECK(has(train(with(options, {"--epochs", "3", "--save", whole})), "the process's own Viterbi"));
  (void)train(with(options, {"--epochs", "1", "--save", parts}));
  (void)train({"--load", parts, "--save", parts, "--epochs", "3"});
  CHECK(unroll::testing::content_of(whole) == unroll::testing::content_of(parts));
  CHECK(has(run({"train", "--load", parts, "--hidden", "5"}).err, "cannot be changed with --load"));

  CHECK(has(run({"eval", "--load", whole}).out, "nats a signal, the process itself "));
  const Run said = run({"spell", "--load", whole, "--first", "3", "--count", "2", "--plot",
                        folder.file("plot.svg")});
  CHECK(said.status == 0);
  CHECK(has(said.out, "signal 3, "));
  CHECK(has(said.out, "signal 4, "));
  CHECK_FALSE(has(said.out, "signal 5, "));
  CHECK(has(said.out, "beam search"));
  CHECK(has(unroll::testing::content_of(folder.file("plot.svg")), "<svg"));
  CHECK(has(run({"spell", "--load", whole, "--first", "1001"}).err, "there is no signal 1001"));
  CHECK(has(run({"spell", "--load", folder.file("plot.svg")}).err, "plot.svg: "));

  // Signals of other sizes, and signals without labels.
  write(folder.file("two.jsonl"), "{\"signal\": [[1, 2]]}\n");
  CHECK(has(run({"spell", "--load", whole, "--data", folder.file("two.jsonl")}).err,
            "two.jsonl: 2 numbers a frame; the model "));
  write(folder.file("five.jsonl"), "{\"signal\": [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]}\n");
  CHECK(has(run({"spell", "--load", whole, "--data", folder.file("five.jsonl")}).out,
            "signal 1, 2 frames\n  best path "));
  CHECK(has(run({"eval", "--load", whole, "--data", folder.file("five.jsonl")}).err,
            "five.jsonl:1: expected a list as 'labels'"));
}

TEST_CASE("ctc: a model is trained on the signals of a file and reads others") {
  const Folder folder;
  const auto to_json = [&](const std::string& name, std::uint64_t seed) {
    std::string text;
    const Signals signals = builtin_signals(30, seed);
    for (const Signal& signal : signals.signals) {
      nlohmann::json line;
      line["signal"] = signal.frames;
      for (const std::int32_t label : signal.labels) {
        line["labels"].push_back("sound " + signals.names[static_cast<std::size_t>(label)]);
      }
      text += line.dump() + "\n";
    }
    write(folder.file(name), text);
  };
  to_json("train.jsonl", 1);
  to_json("test.jsonl", 2);
  const Run trained = run({"train", "--data", folder.file("train.jsonl"), "--epochs", "1",
                           "--hidden", "4", "--save", folder.file("m")});
  CHECK(trained.err == "");
  CHECK(
      has(trained.out, "30 signals of 5 numbers a frame, 5 different labels; 27 to train on, 3 "));
  CHECK_FALSE(has(trained.out, "Viterbi"));
  const Run tested = run({"eval", "--load", folder.file("m"), "--data", folder.file("test.jsonl")});
  CHECK(tested.err == "");
  CHECK(has(tested.out, "prefix beam search"));
  CHECK_FALSE(has(tested.out, "process"));
}

}  // namespace
}  // namespace ctc
