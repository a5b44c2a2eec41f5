#include "bptt/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "bptt/page.h"
#include "common/interrupt.h"
#include "common/output.h"
#include "wordlm/gates.h"
#include "wordlm/inspect_page.h"

namespace bptt {

using namespace unroll;
using examples::say;
using wordlm::InspectedText;
using wordlm::Quantity;
using wordlm::Tracking;

namespace {

constexpr Index kLongest = 12;      // a's of a string
constexpr Index kCounters = 12;     // units that read them
constexpr Index kRemembering = 64;  // units that read quotes
constexpr Index kBatch = 32;
constexpr std::array<const char*, 3> kSymbols = {"|", "a", "b"};  // END, and what stands before

/// Values inside a cell after one step.
wordlm::InspectedStep step_of(const Linear& readout, const Parameters& parameters,
                              const AnyState& state) {
  return {
      readout(output_of(state)).value().to_doubles(),
      {wordlm::activations_of(wordlm::cell_values(find_cell("lstm"), parameters, "cell.", state))}};
}

/// The ids of a string: the end before it, n a's, n b's, its end.
std::vector<std::int32_t> string_of(Index n) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(2 * n + 2), 0);
  std::fill_n(ids.begin() + 1, n, 1);
  std::fill_n(ids.begin() + 1 + n, n, 2);
  return ids;
}

}  // namespace

AnbnReader::AnbnReader(Index longest, Index hidden, std::uint64_t seed)
    : task_(variants::find_task("anbn").make(longest)),
      parameters_(DType::f32, seed),
      cell_(find_cell("lstm").make(parameters_ / "cell", task_->input(), hidden, {})),
      readout_(parameters_ / "readout", hidden, task_->outputs()),
      seed_(seed) {}

Var AnbnReader::answers(Tape& tape, const variants::Batch& batch) const {
  const Var x = tape.input(batch.x);
  return readout_(unroll_over(cell_, x, zero_state(cell_, tape, x.shape()[1])).outputs);
}

Index AnbnReader::train(Index updates) {
  constexpr Index kEvery = 50;
  Random random(seed_, hash_name("train"));
  Adam adam({.learning_rate = 1e-2});
  Tape tape;
  for (Index update = 0; update < updates; ++update) {
    examples::stop_if_interrupted();
    if (update % kEvery == 0 && score() > 0.99) return update;
    tape.clear();
    const variants::Batch batch = task_->draw(kBatch, random);
    const Var loss = task_->loss(answers(tape, batch), batch);
    Gradients gradients = tape.gradients(loss, parameters_);
    clip_by_global_norm(gradients, 1);
    adam.step(gradients);
  }
  return updates;
}

double AnbnReader::score() const {
  Random random(seed_, hash_name("test"));
  const variants::Batch batch = task_->draw(200, random);
  Tape tape;
  return task_->score(answers(tape, batch).value(), batch);
}

InspectedText AnbnReader::inspect(Index n) const {
  Tape tape;
  auto carried = carry(zero_state(cell_, tape, 1));
  return wordlm::inspect_steps(
      string_of(n),
      [&](std::int32_t id) {
        tape.clear();
        const AnyState state =
            cell_.step(tape.input(Tensor::of<std::int32_t>({1}, {id})), restore(tape, carried));
        carried = carry(state);
        return step_of(readout_, parameters_, state);
      },
      [](std::int32_t id) { return std::string(kSymbols[static_cast<std::size_t>(id)]); });
}

Quantity open_as(const InspectedText& text) {
  Quantity quantity{"open a's", {}};
  double open = 0;
  for (const std::string& token : text.read) {
    open += token == "a" ? 1 : token == "b" ? -1 : 0;
    quantity.values.push_back(open);
  }
  return quantity;
}

InspectedText inspect(const LanguageModel& model, const TokenText& tokens,
                      const std::vector<std::int32_t>& ids) {
  Tape tape;
  auto carried = carry(model.start(tape));
  return wordlm::inspect_steps(
      ids,
      [&](std::int32_t id) {
        tape.clear();
        const AnyState state = model.step(tape, id, restore(tape, carried));
        carried = carry(state);
        return step_of(model.readout(), model.parameters(), state);
      },
      [&](std::int32_t id) { return tokens.tokens[static_cast<std::size_t>(id)]; });
}

namespace {

constexpr std::array<std::string_view, 6> kWords = {"sun", "rain", "we", "go", "sea", "old"};
constexpr std::int64_t kWordsPerMark = 10;  // in the mean, between one mark and the next

}  // namespace

std::string quoted_text(Index words, std::uint64_t seed) {
  Random random(seed, hash_name("quotes"));
  std::string text;
  bool open = false;
  for (Index i = 0; i < words; ++i) {
    const std::string_view word = kWords[static_cast<std::size_t>(random.below(kWords.size()))];
    const bool has_mark = random.below(kWordsPerMark) == 0;
    text +=
        fmt::format("{}{}{} ", has_mark && !open ? "\"" : "", word, has_mark && open ? "\"" : "");
    open = open != has_mark;
  }
  return text;
}

double quoted_entropy() {
  const double mark = 1.0 / kWordsPerMark;
  const double choices =
      std::log(kWords.size()) - mark * std::log(mark) - (1 - mark) * std::log(1 - mark);
  double characters = 1 + mark;  // the blank, and a mark or none
  for (const std::string_view word : kWords) {
    characters += static_cast<double>(word.size()) / static_cast<double>(kWords.size());
  }
  return choices / characters;
}

namespace {

/// The values of a unit over a text.
std::vector<double> values_of(const wordlm::Activation& activation, std::int64_t unit) {
  std::vector<double> values;
  for (const std::vector<double>& step : activation.steps) {
    values.push_back(step[static_cast<std::size_t>(unit)]);
  }
  return values;
}

const wordlm::Activation& activation_of(const InspectedText& text, std::string_view name) {
  return *std::ranges::find(text.layers.front().activations, name, &wordlm::Activation::name);
}

/// The gates and the memory of a unit step by step.
Table strips(const InspectedText& text, const Tracking& unit, const Quantity& counted) {
  Table table{{"read", counted.name, "c", "i", "f", "o", "next", "p"}, {}};
  for (std::size_t t = 0; t < text.read.size(); ++t) {
    std::vector<std::string> row = {text.read[t], fmt::format("{:.0f}", counted.values[t])};
    for (const char* name : {"c", "i", "f", "o"}) {
      row.push_back(fmt::format("{:.2f}", values_of(activation_of(text, name), unit.unit)[t]));
    }
    row.push_back(text.words[t].word);
    row.push_back(fmt::format("{:.3f}", std::exp(text.words[t].log_p)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

examples::Chart counter_chart(const InspectedText& text, const Tracking& unit,
                              const Quantity& counted) {
  const auto curve = [](std::string name, const std::vector<double>& values) {
    examples::Curve result{std::move(name), "", {}};
    for (std::size_t t = 0; t < values.size(); ++t) {
      result.points.push_back({static_cast<double>(t), values[t]});
    }
    return result;
  };
  examples::Chart chart;
  chart.title = "A unit that counts";
  chart.subtitle = fmt::format(
      "unit {} of an LSTM trained on aⁿbⁿ reads {} a's and as many b's; "
      "correlation of c with the open a's over all strings: {:.3f}",
      unit.unit, kLongest, unit.correlation);
  chart.x_label = "symbols read after the first, which stands before the string";
  chart.y_label = "value after the symbol";
  for (const char* name : {"c", "i", "f", "o"}) {
    chart.curves.push_back(curve(name, values_of(activation_of(text, name), unit.unit)));
  }
  chart.curves.push_back(curve(counted.name, counted.values));
  return chart;
}

wordlm::InspectedModel described(std::string name, std::string description, std::int64_t words) {
  return {.name = std::move(name),
          .description = std::move(description),
          .equations = std::string(find_cell("lstm").equations),
          .words = words,
          .is_characters = true};
}

void show_counter(const Folder& folder) {
  AnbnReader reader(kLongest, kCounters, 1);
  const Index updates = reader.train(3000);
  say("An LSTM of {} units learns to predict the next symbol of aⁿbⁿ, n up to {}. After {}\n"
      "minibatches it foresees the b's and the end of {:.1f} % of new strings; 100 % is the\n"
      "best possible. To know where a string ends it has to count. A unit counts if its c, or\n"
      "the tanh of it, has a correlation of {} or more, or of -{} or less, with the number of\n"
      "open a's, over all strings from n = 1 to {}.\n\n",
      kCounters, kLongest, updates, 100 * reader.score(), wordlm::kTracks, wordlm::kTracks,
      kLongest);
  std::vector<InspectedText> strings;
  std::vector<std::vector<Quantity>> counted;
  for (Index n = 1; n <= kLongest; ++n) {
    strings.push_back(reader.inspect(n));
    counted.push_back({open_as(strings.back())});
  }
  const Tracking unit = wordlm::find_tracking(strings, counted).front();
  say("unit {} goes with it best: the correlation of its {} is {:.3f}{}. Its gates, n = {}; | is "
      "the end:\n\n{}",
      unit.unit, unit.squashed ? "tanh c" : "c", unit.correlation,
      unit.tracks() ? ": it counts" : ": none counts", kLongest,
      to_text(strips(strings.back(), unit, counted.back().front())));
  if (!folder.is_given()) return;
  folder.write("gates", counter_chart(strings.back(), unit, counted.back().front()));
  const std::vector<InspectedText> shown = {strings.back(), strings[4]};
  folder.write("gates-anbn.html",
               wordlm::inspection_page(
                   described("aⁿbⁿ", fmt::format("an LSTM of {} units", kCounters), 3), shown,
                   {wordlm::varied_units(shown, 0, kCounters)}, std::span(&unit, 1)));
}

/// A model of quoted text, its gates and states over a text, and the unit that follows quotes best.
struct QuoteReader {
  double loss = 0;
  std::int64_t tokens = 0;
  std::vector<InspectedText> texts;
  Tracking unit;
};

QuoteReader train_quotes(std::uint64_t seed) {
  TokenText text;
  for (const char c : quoted_text(30000, 1)) text.append(std::string_view(&c, 1));
  QuoteReader result{
      .tokens = static_cast<std::int64_t>(text.tokens.size()), .texts = {}, .unit = {}};
  LanguageModel model(result.tokens, {.vector = 8,
                                      .hidden = kRemembering,
                                      .steps = 48,
                                      .updates = 1000,
                                      .learning_rate = 2e-2,
                                      .seed = seed});
  result.loss = model.train(text.ids);
  std::vector<std::int32_t> ids;
  for (const char c : quoted_text(200, 2)) ids.push_back(text.id(std::string_view(&c, 1)));
  result.texts.push_back(inspect(model, text, ids));
  // The first of the quantities is the quote.
  result.unit =
      wordlm::find_tracking(result.texts, {wordlm::quantities_of(result.texts[0])}).front();
  return result;
}

/// The text in lines, a line of signs below each: + where the memory is above 0, - where it is not.
std::string with_signs(const InspectedText& text, const Tracking& unit) {
  constexpr std::size_t kWidth = 88;
  const std::vector<double> c = values_of(activation_of(text, "c"), unit.unit);
  std::string result;
  for (std::size_t begin = 0; begin < std::min(text.read.size(), 2 * kWidth); begin += kWidth) {
    std::string signs;
    result += "  ";
    for (std::size_t t = begin; t < std::min(text.read.size(), begin + kWidth); ++t) {
      result += text.read[t];
      signs += (c[t] > 0) == (unit.correlation > 0) ? '+' : '-';
    }
    result += "\n  " + signs + "\n";
  }
  return result;
}

void show_quotes(const Folder& folder) {
  constexpr std::uint64_t kTrainings = 8;
  say("\nAnother LSTM, of {} units, reads the characters of a text in which quotes open and\n"
      "close. The two marks are the same character: which of them can come next, only memory "
      "tells.\n"
      "On average no model can have a loss below {:.4f} nats a character. Not every training ends "
      "with a\n"
      "unit that keeps the quote to itself; they are repeated, {} times at most, until one\n"
      "does, by the criterion above:\n\n",
      kRemembering, quoted_entropy(), kTrainings);
  Table table{{"training", "loss", "unit", "correlation"}, {}};
  QuoteReader best;
  for (std::uint64_t seed = 1; seed <= kTrainings && !best.unit.tracks(); ++seed) {
    QuoteReader reader = train_quotes(seed);
    table.rows.push_back({fmt::format("{}", seed), fmt::format("{:.4f}", reader.loss),
                          fmt::format("{}", reader.unit.unit),
                          fmt::format("{:.3f}{}", reader.unit.correlation,
                                      reader.unit.squashed ? " of tanh c" : " of c")});
    if (std::abs(reader.unit.correlation) > std::abs(best.unit.correlation))
      best = std::move(reader);
  }
  say("{}\n{}; + where it says that a quote is open:\n\n{}", to_text(table),
      best.unit.tracks() ? fmt::format("unit {} remembers the quote", best.unit.unit)
                         : "no unit remembers the quote alone; the best",
      with_signs(best.texts[0], best.unit));
  if (!folder.is_given()) return;
  auto units = wordlm::varied_units(best.texts, 0, 6);
  if (std::ranges::find(units, best.unit.unit) == units.end()) units.push_back(best.unit.unit);
  folder.write("gates-quotes.html",
               wordlm::inspection_page(
                   described("quotes",
                             fmt::format("an LSTM of {} units, loss {:.4f} nats a character",
                                         kRemembering, best.loss),
                             best.tokens),
                   best.texts, {units}, std::span(&best.unit, 1)));
}

}  // namespace

void run_gates(const Folder& folder) {
  show_counter(folder);
  show_quotes(folder);
}

}  // namespace bptt
