#include "bptt/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "bptt/page.h"
#include "common/heat_map.h"
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

constexpr Index kLongest = 12;   // a's of a string
constexpr Index kCounters = 12;  // units that read them
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

std::string quoted_text(Index sentences, std::uint64_t seed) {
  static constexpr std::array kWho = {"my aunt", "the king", "nobody", "our cat"};
  static constexpr std::array kSays = {"said", "says", "thinks", "wrote"};
  static constexpr std::array kWhat = {"it rains",  "the sea is cold", "i am here",
                                       "we can go", "time flies",      "he lost the key"};
  Random random(seed, hash_name("quotes"));
  const auto one_of = [&](const auto& list) {
    return list[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(list.size())))];
  };
  std::string text;
  for (Index i = 0; i < sentences; ++i) {
    if (random.below(2) == 0) {
      text += fmt::format("{}.", one_of(kWhat));
    } else {
      text += fmt::format("{} {} \"", one_of(kWho), one_of(kSays));
      const Index length = 1 + random.below(3);
      for (Index k = 0; k < length; ++k)
        text += fmt::format("{}{}.", k == 0 ? "" : " ", one_of(kWhat));
      text += "\"";
    }
    text += " ";
  }
  return text;
}

namespace {}  // namespace

void run_gates(const Folder& folder) {
  AnbnReader reader(kLongest, kCounters, 1);
  const Index updates = reader.train(1500);
  std::vector<InspectedText> strings;
  std::vector<std::vector<Quantity>> counted;
  for (Index n = 1; n <= kLongest; ++n) {
    strings.push_back(reader.inspect(n));
    counted.push_back({open_as(strings.back())});
  }
  say("{} updates, score {}\n", updates, reader.score());
  for (const Tracking& t : wordlm::find_tracking(strings, counted)) {
    say("{} {} {} {:.3f}\n", t.quantity, t.layer, t.unit, t.correlation);
  }
  TokenText text;
  for (const char c : quoted_text(4000, 1)) text.append(std::string_view(&c, 1));
  LanguageModel model(static_cast<Index>(text.tokens.size()),
                      {.vector = 8, .hidden = 32, .steps = 64, .updates = 800});
  const double loss = model.train(text.ids);
  say("{} tokens {} loss {}\n", text.ids.size(), text.tokens.size(), loss);
  std::vector<std::int32_t> ids;
  for (const char c : quoted_text(30, 2)) ids.push_back(text.id(std::string_view(&c, 1)));
  const std::vector<InspectedText> read = {inspect(model, text, ids)};
  for (const Tracking& t : wordlm::find_tracking(read, {wordlm::quantities_of(read[0])})) {
    say("{} {} {} {:.3f}\n", t.quantity, t.layer, t.unit, t.correlation);
  }
  (void)folder;
}

}  // namespace bptt
