#include "bptt/names.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bptt/page.h"
#include "common/interrupt.h"
#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

constexpr std::array kCells = {"rnn", "gru", "lstm"};
constexpr std::array<Index, 7> kDistances = {2, 5, 10, 15, 20, 30, 40};
constexpr Index kWeights = 4000;
constexpr Index kVector = 12;  // the size of a word vector
constexpr Index kBatch = 32;
constexpr Index kSteps = 1000;
constexpr Index kTest = 500;  // texts to measure with

using Words = std::vector<std::string_view>;

/// Sentences of small talk, of two to five words with their full stop.
const std::vector<Words>& small_talk() {
  static const std::vector<Words> kTalk = {{"yes", "."},
                                           {"well", "."},
                                           {"it", "rained", "."},
                                           {"time", "went", "by", "."},
                                           {"it", "was", "late", "."},
                                           {"the", "day", "was", "long", "."},
                                           {"the", "rain", "was", "cold", "."}};
  return kTalk;
}

std::vector<std::string> all_words() {
  std::vector<std::string> words = {"Jane", "John",   "Mary", "Paul", "Anna", "Mark", "Lucy",
                                    "Adam", "walked", "in",   "too",  "said", "hi",   "to"};
  for (const Words& sentence : small_talk()) {
    for (const std::string_view word : sentence) {
      if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
    }
  }
  return words;
}

std::int32_t id_of(std::string_view word) {
  const std::vector<std::string>& words = words_of_names();
  return static_cast<std::int32_t>(std::ranges::find(words, word) - words.begin());
}

void append(std::vector<std::int32_t>& ids, const Words& words) {
  for (const std::string_view word : words) ids.push_back(id_of(word));
}

/// Adds sentences of `length` words together. A sentence that would leave one word is not taken.
void append_small_talk(std::vector<std::int32_t>& ids, Index length, Random& random) {
  while (length > 0) {
    const std::vector<Words>& talk = small_talk();
    const Words& sentence =
        talk[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(talk.size())))];
    const Index left = length - static_cast<Index>(sentence.size());
    if (left < 0 || left == 1) continue;
    append(ids, sentence);
    length = left;
  }
}

/// One text and its answer.
std::pair<std::vector<std::int32_t>, std::int32_t> draw_text(Index distance, Random& random) {
  const auto a = static_cast<std::int32_t>(random.below(kNameCount));
  const auto b = static_cast<std::int32_t>((a + 1 + random.below(kNameCount - 1)) % kNameCount);
  std::vector<std::int32_t> ids = {a};
  append(ids, {"walked", "in", "."});
  ids.push_back(b);
  append(ids, {"walked", "in", "too", "."});
  append_small_talk(ids, distance, random);
  const bool first_speaks = random.below(2) == 0;
  ids.push_back(first_speaks ? a : b);
  append(ids, {"said", "hi", "to"});
  return {ids, first_speaks ? b : a};
}

/// The most hidden units a reader of that cell can have with so many weights in all.
Index hidden_of(std::string_view cell, Index weights) {
  const auto words = static_cast<Index>(words_of_names().size());
  Index hidden = 1;
  const auto weights_with = [&](Index units) {
    const Parameters p;
    (void)find_cell(cell).make(p / "cell", kVector, units, {});
    return words * kVector + p.size() + kNameCount * (units + 1);
  };
  while (weights_with(hidden + 1) <= weights) ++hidden;
  return hidden;
}

double accuracy(const NameReader& reader, const NameTexts& texts) {
  Tape tape;
  const Tape::Inference inference(tape);
  const std::vector<double> logits = reader.read(tape, texts).logits.value().to_doubles();
  const auto answers = texts.y.values<std::int32_t>();
  Index right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i) * kNameCount;
    right += std::max_element(row, row + kNameCount) - row == answers[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(answers.size());
}

std::string text_of(const NameTexts& texts) {
  std::string text;
  const auto ids = texts.x.values<std::int32_t>();
  for (Index t = 0; t < texts.x.shape()[0]; ++t) {
    const std::string& word = words_of_names()[static_cast<std::size_t>(
        ids[static_cast<std::size_t>(t * texts.x.shape()[1])])];
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

}  // namespace

const std::vector<std::string>& words_of_names() {
  static const std::vector<std::string> kWords = all_words();
  return kWords;
}

NameTexts draw_names(Index distance, Index batch, Random& random) {
  if (distance < 0 || distance == 1) {
    fail<Error>("names: a distance of {} words: 0, or 2 and more are possible", distance);
  }
  std::vector<std::vector<std::int32_t>> texts;
  std::vector<std::int32_t> answers;
  for (Index b = 0; b < batch; ++b) {
    auto [ids, answer] = draw_text(distance, random);
    texts.push_back(std::move(ids));
    answers.push_back(answer);
  }
  const auto steps = static_cast<Index>(texts.front().size());
  NameTexts result{Tensor(DType::i32, {steps, batch}), Tensor::of<std::int32_t>({batch}, answers)};
  const auto x = result.x.values<std::int32_t>();
  for (std::size_t t = 0; t < static_cast<std::size_t>(steps); ++t) {
    for (std::size_t b = 0; b < texts.size(); ++b) x[t * texts.size() + b] = texts[b][t];
  }
  return result;
}

NameReader::NameReader(std::string_view cell, Index weights, std::uint64_t seed)
    : parameters_(DType::f32, seed),
      embedding_(parameters_ / "embedding", static_cast<Index>(words_of_names().size()), kVector,
                 normal(1)),
      cell_(find_cell(cell).make(parameters_ / "cell", kVector, hidden_of(cell, weights), {})),
      readout_(parameters_ / "readout", hidden_of(cell, weights), kNameCount) {}

NameReader::Reading NameReader::read(Tape& tape, const NameTexts& texts) const {
  const Var vectors = embedding_(tape.input(texts.x));
  const auto last = unroll_over(cell_, vectors, zero_state(cell_, tape, texts.y.size())).last;
  const Var logits = readout_(output_of(last));
  return {vectors, logits, softmax_cross_entropy(logits, tape.input(texts.y))};
}

std::vector<double> arriving(const NameReader& reader, const NameTexts& texts) {
  Tape tape;
  const NameReader::Reading reading = reader.read(tape, texts);
  const Var gradient = tape.gradients(reading.loss, std::array{reading.vectors}).front();
  const std::vector<double> values = gradient.value().to_doubles();
  const auto steps = static_cast<std::size_t>(texts.x.shape()[0]);
  const std::size_t size = values.size() / steps;
  std::vector<double> norms(steps);
  for (std::size_t i = 0; i < values.size(); ++i) norms[i / size] += values[i] * values[i];
  for (double& norm : norms) norm = std::sqrt(norm);
  const double last = norms.back();
  for (double& norm : norms) norm /= last;
  return norms;
}

NamesResult learn_names(std::string_view cell, Index distance, Index steps, std::uint64_t seed) {
  const NameReader reader(cell, kWeights, seed);
  Random random(seed, hash_name("train"));
  Random test_random(seed, hash_name("test"));
  const NameTexts test = draw_names(distance, kTest, test_random);
  NamesResult result{.cell = std::string(cell),
                     .distance = distance,
                     .weights = reader.parameters().size(),
                     .arrives = arriving(reader, test)[kSecondName]};
  Adam adam({.learning_rate = 5e-3});
  Tape tape;
  for (Index step = 0; step < steps; ++step) {
    examples::stop_if_interrupted();
    tape.clear();
    const Var loss = reader.read(tape, draw_names(distance, kBatch, random)).loss;
    Gradients gradients = tape.gradients(loss, reader.parameters());
    clip_by_global_norm(gradients, 1);
    adam.step(gradients);
  }
  result.arrived = arriving(reader, test)[kSecondName];
  result.accuracy = accuracy(reader, test);
  return result;
}

namespace {

/// The results of all cells, distance by distance.
std::vector<NamesResult> learn_all() {
  std::vector<NamesResult> results;
  for (const Index distance : kDistances) {
    for (const char* cell : kCells) results.push_back(learn_names(cell, distance, kSteps));
  }
  return results;
}

/// A row a distance: `before`, then a column a cell, then `after`.
Table table_of(const std::vector<NamesResult>& results, const std::vector<std::string>& header,
               const std::vector<std::string>& before, std::string (*shown)(const NamesResult&),
               const std::vector<std::string>& after) {
  Table table{header, {}};
  for (std::size_t i = 0; i < results.size(); i += kCells.size()) {
    std::vector<std::string> row = {fmt::format("{}", results[i].distance)};
    row.insert(row.end(), before.begin(), before.end());
    for (std::size_t k = 0; k < kCells.size(); ++k) row.push_back(shown(results[i + k]));
    row.insert(row.end(), after.begin(), after.end());
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table accuracies(const std::vector<NamesResult>& results) {
  return table_of(results, {"words between", "guessed", "rnn", "gru", "lstm", "best possible"},
                  {fmt::format("{:.1f} %", 100 * kGuessed)},
                  [](const NamesResult& r) { return fmt::format("{:.1f} %", 100 * r.accuracy); },
                  {"100.0 %"});
}

Table gradients(const std::vector<NamesResult>& results) {
  return table_of(
      results, {"words between", "rnn", "gru", "lstm"}, {},
      [](const NamesResult& r) { return fmt::format("{:.0e} -> {:.0e}", r.arrives, r.arrived); },
      {});
}

/// A curve a cell over the distance.
std::vector<examples::Curve> curves_of(const std::vector<NamesResult>& results,
                                       double NamesResult::*value) {
  std::vector<examples::Curve> curves;
  for (std::size_t k = 0; k < kCells.size(); ++k) {
    examples::Curve curve{kCells[k], fmt::format("{} weights", results[k].weights), {}};
    for (std::size_t i = k; i < results.size(); i += kCells.size()) {
      curve.points.push_back({static_cast<double>(results[i].distance), results[i].*value});
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

void write_pictures(const Folder& folder, const std::vector<NamesResult>& results) {
  examples::Chart chart;
  chart.title = "Whom does Jane greet?";
  chart.subtitle =
      fmt::format("accuracy of the blank after {} minibatches of {} texts, measured on {} others",
                  kSteps, kBatch, kTest);
  chart.x_label = "words between the names and the last sentence";
  chart.y_label = "accuracy";
  chart.curves = curves_of(results, &NamesResult::accuracy);
  chart.levels = {{"guessed", kGuessed}, {"best possible", 1}};
  folder.write("names", chart);
  chart.title = "What arrives at the name before training";
  chart.subtitle =
      "the gradient of the loss with respect to the word vector of the second name, that of "
      "the last word being 1";
  chart.y_label = "length of the gradient";
  chart.logarithmic = true;
  chart.curves = curves_of(results, &NamesResult::arrives);
  chart.levels.clear();
  folder.write("names-gradient", chart);
}

}  // namespace

void run_names(const Folder& folder) {
  Random random(1);
  const std::string example = text_of(draw_names(10, 1, random));
  const std::string story = fmt::format(
      "Two people walk in, time passes, one of them says hi, and the blank is the other one:\n\n"
      "  {} ___\n\n",
      example);
  const std::string reading = fmt::format(
      "Each cell reads texts with so many words between the names and the last sentence, with\n"
      "{} weights at most and {} minibatches of {} texts to learn from. A reader of the last\n"
      "sentence alone is right in one text of {}. The accuracy of the blank:\n",
      kWeights, kSteps, kBatch, kNameCount - 1);
  const std::string arrival =
      "The length of the gradient of the loss at the second name, that at the last word being\n"
      "1, before and after training. At the beginning it vanishes with the distance, fastest\n"
      "in the RNN and slowest in the LSTM, whose forget gates begin open. A cell that gets\n"
      "hold of the name makes it grow; where it stays small, nothing is learned:\n";
  say("{}{}\n", story, reading);
  const std::vector<NamesResult> results = learn_all();
  say("{}\n{}\n{}", to_text(accuracies(results)), arrival, to_text(gradients(results)));
  if (!folder.is_given()) return;
  write_pictures(folder, results);
  folder.write(
      "names.html",
      chapter_page("Whom does Jane greet?",
                   paragraph(story) + paragraph(reading) + to_html(accuracies(results)) +
                       picture("names.svg", "the accuracies of the table over the distance") +
                       paragraph(arrival) + to_html(gradients(results)) +
                       picture("names-gradient.svg", "the gradients before training")));
}

}  // namespace bptt
