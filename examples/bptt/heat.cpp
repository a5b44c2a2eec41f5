#include "bptt/heat.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "bptt/page.h"
#include "common/heat_map.h"
#include "common/output.h"
#include "text/words.h"
#include "wordlm/builtin_comments.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

constexpr std::size_t kSteps = 40;
constexpr Index kHidden = 32;
constexpr Index kClasses = 10;
constexpr std::array<std::size_t, 6> kDistances = {1, 2, 5, 10, 20, 39};

/// A cell and the part of its state that is looked at.
struct Looked {
  const char* name;
  const char* cell;
  StatePart part;
};
constexpr std::array kLooked = {
    Looked{"rnn: h", "rnn", StatePart::output}, Looked{"gru: h", "gru", StatePart::output},
    Looked{"lstm: h", "lstm", StatePart::output}, Looked{"lstm: c", "lstm", StatePart::memory}};

constexpr const char* kEnd = "END";  // of a sentence, and before the first
constexpr std::int64_t kSentences = 12000;
constexpr std::uint64_t kUnseen = 99;  // the seed of sentences that are not trained on
constexpr std::uint64_t kSeed = 7;

double norm_of(Var var) {
  double sum = 0;
  for (const double value : var.value().to_doubles()) sum += value * value;
  return std::sqrt(sum);
}

/// Random numbers, normal, as a tensor.
Tensor noise(const Shape& shape, Random& random) {
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (double& value : values) value = random.normal();
  return Tensor::of<double>(shape, values);
}

}  // namespace

Matrix influence(std::span<const Var> losses, std::span<const Var> values) {
  Matrix matrix{losses.size(), std::vector<double>(losses.size() * losses.size(),
                                                   std::numeric_limits<double>::quiet_NaN())};
  for (std::size_t t = 0; t < losses.size(); ++t) {
    const auto reached = values.subspan(0, t + 1);
    const std::vector<Var> gradients = losses[t].tape().gradients(losses[t], reached);
    for (std::size_t k = 0; k <= t; ++k)
      matrix.values[t * matrix.steps + k] = norm_of(gradients[k]);
  }
  return matrix;
}

double left_after(const Matrix& matrix, std::size_t distance) {
  double sum = 0;
  for (std::size_t t = distance; t < matrix.steps; ++t) {
    sum += matrix.at(t, t - distance) / matrix.at(t, t);
  }
  return sum / static_cast<double>(matrix.steps - distance);
}

Matrix cell_influence(std::string_view cell, StatePart part, std::size_t steps, Index hidden,
                      std::uint64_t seed) {
  const Parameters parameters(DType::f64, seed);
  const AnyCell any = find_cell(cell).make(parameters / "cell", hidden, hidden, {});
  const Linear readout(parameters / "readout", hidden, kClasses);
  Random random(seed, hash_name("inputs"));
  Tape tape(DType::f64);
  std::vector<Var> losses;
  std::vector<Var> parts;
  AnyState state = zero_state(any, tape, 1);
  for (std::size_t t = 0; t < steps; ++t) {
    const Tape::StepScope scope(tape, static_cast<Index>(t));
    state = any.step(tape.input(noise({1, hidden}, random)), state);
    const auto target = static_cast<std::int32_t>(random.below(kClasses));
    losses.push_back(softmax_cross_entropy(readout(output_of(state)),
                                           tape.input(Tensor::of<std::int32_t>({1}, {target}))));
    if (part == StatePart::memory && state.vars.size() < 2) {
      fail<Error>("heat: the state of {} has no part besides its output", cell);
    }
    parts.push_back(part == StatePart::output ? output_of(state) : state.vars[1]);
  }
  return influence(losses, parts);
}

double Connections::share(std::size_t t, std::size_t k) const {
  double sum = 0;
  for (std::size_t j = 0; j <= t; ++j) sum += influence.at(t, j);
  return influence.at(t, k) / sum;
}

std::vector<std::size_t> Connections::strongest(std::size_t t, std::size_t count) const {
  std::vector<std::size_t> steps(t + 1);
  std::iota(steps.begin(), steps.end(), std::size_t{0});
  std::ranges::stable_sort(steps,
                           [&](auto a, auto b) { return influence.at(t, a) > influence.at(t, b); });
  steps.resize(std::min(count, steps.size()));
  return steps;
}

Connections connections(const LanguageModel& model, const TokenText& text,
                        const std::vector<std::string>& tokens) {
  std::vector<std::int32_t> ids;
  for (const std::string& token : tokens) ids.push_back(text.id(token));
  const std::vector<std::int32_t> next(ids.begin() + 1, ids.end());
  ids.pop_back();
  Tape tape;
  const auto steps = static_cast<Index>(ids.size());
  const LanguageModel::Reading reading = model.read(tape, ids);
  const Var y = tape.input(Tensor::of<std::int32_t>({steps}, next));
  const std::vector<double> log_p = pick(log_softmax(reading.logits), y).value().to_doubles();
  Connections result;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    result.read.push_back(tokens[t]);
    result.predicted.push_back(tokens[t + 1]);
    result.log_p.push_back(log_p[t]);
  }
  result.influence = influence(unstack(pick(reading.logits, y)), reading.inputs);
  return result;
}

namespace {

void print_cells(const Folder& folder) {
  say("A cell reads {} random vectors and predicts a class after each. The loss at step t sends a\n"
      "gradient back to the state after every step k before it; all of them are a triangle of\n"
      "{} numbers, drawn by --out. For untrained cells of {} units, this is what is left of the\n"
      "gradient after so many steps, the mean of all t, that at step t itself being 1:\n\n",
      kSteps, kSteps * (kSteps + 1) / 2, kHidden);
  examples::HeatMap map{
      .title = "Which loss sends its gradient where",
      .subtitle = fmt::format("||dL(t) / ds(k)|| of untrained cells of {} units, s = h "
                              "or c; nothing goes from t to a later k",
                              kHidden),
      .x_label = "the step k that the gradient reaches",
      .y_label = "the step t of the loss",
      .value_label = "length of the gradient",
      .x = {-0.5, kSteps - 0.5},
      .y = {-0.5, kSteps - 0.5},
      .logarithmic = true,
      .low = 1e-8,
      .high = {},
      .contours = {},
      .panels = {}};
  Table table{{"steps back"}, {}};
  for (const std::size_t distance : kDistances) table.rows.push_back({fmt::format("{}", distance)});
  for (const Looked& looked : kLooked) {
    const Matrix matrix = cell_influence(looked.cell, looked.part, kSteps, kHidden, kSeed);
    table.header.emplace_back(looked.name);
    for (std::size_t i = 0; i < kDistances.size(); ++i) {
      table.rows[i].push_back(fmt::format("{:.1e}", left_after(matrix, kDistances[i])));
    }
    map.panels.push_back({looked.name, kSteps, kSteps, matrix.values, {}});
  }
  say("{}\nThe h of an LSTM reaches the next step through its gates alone, and loses most of its "
      "gradient\n"
      "there. What is left goes on along c, and that is multiplied by the forget gates only: with\n"
      "their bias of 1, by sigmoid(1) = {:.2f} a step or so.\n",
      to_text(table), 1 / (1 + std::exp(-1.0)));
  folder.write("heat", map);
}

/// The built-in comments as one text, and the sentences that are looked at.
TokenText training_text() {
  TokenText text;
  text.append(kEnd);
  for (const text::Sentence& sentence : wordlm::builtin_sentences(kSentences, 1)) {
    for (const std::string& word : sentence) text.append(word);
    text.append(kEnd);
  }
  return text;
}

/// New sentences with long dependencies: from a pronoun after "because" back to the person, from a
/// verb after a clause with "that" back to its noun.
std::vector<std::vector<std::string>> chosen_sentences(const TokenText& text) {
  std::vector<std::vector<std::string>> chosen;
  const auto has = [](const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  constexpr std::array kWanted = {"because", "that"};
  for (const text::Sentence& sentence : wordlm::builtin_sentences(kSentences, kUnseen)) {
    const bool is_known = std::ranges::all_of(
        sentence, [&](const std::string& word) { return has(text.tokens, word); });
    if (!is_known || sentence.size() < 10 || sentence.size() > 15) continue;
    if (!has(sentence, kWanted[chosen.size() % kWanted.size()])) continue;
    chosen.push_back({kEnd});
    chosen.back().insert(chosen.back().end(), sentence.begin(), sentence.end());
    chosen.back().emplace_back(kEnd);
    if (chosen.size() == 6) break;
  }
  return chosen;
}

void print_connections(const Connections& c) {
  Table table{{"predicted", "p", "depends on"}, {}};
  for (std::size_t t = 0; t < c.read.size(); ++t) {
    std::string words;
    for (const std::size_t k : c.strongest(t, 3)) {
      words +=
          fmt::format("{}{} {:.0f} %", words.empty() ? "" : ", ", c.read[k], 100 * c.share(t, k));
    }
    table.rows.push_back({c.predicted[t], fmt::format("{:.3f}", std::exp(c.log_p[t])), words});
  }
  say("{}", to_text(table));
}

}  // namespace

void run_heat(const Folder& folder) {
  print_cells(folder);
  const TokenText text = training_text();
  LanguageModel model(static_cast<Index>(text.tokens.size()), {.updates = 3000});
  const double loss = model.train(text.ids);
  const wordlm::Grammar& grammar = wordlm::builtin_grammar();
  say("\nAn LSTM of 64 units has read {} words of the built-in comments of wordlm: loss {:.2f}\n"
      "nats a word, where guessing costs {:.2f} and no model can have less than {:.2f}. What\n"
      "does the prediction of a word depend on? On the words whose vectors its logit has the\n"
      "longest gradients at. Of a new sentence, the probability of each word, and the three\n"
      "it depends on most, with the parts they have in the sum of all lengths:\n\n",
      text.ids.size(), loss, std::log(static_cast<double>(text.tokens.size())),
      grammar.entropy_per_word());
  std::vector<Connections> all;
  for (const auto& sentence : chosen_sentences(text)) {
    all.push_back(connections(model, text, sentence));
  }
  print_connections(all.front());
  if (folder.is_given()) {
    folder.write(
        "heat-connections.html",
        connections_page(all, fmt::format("an LSTM of 64 units, loss {:.2f} nats a word", loss)));
  }
}

}  // namespace bptt
