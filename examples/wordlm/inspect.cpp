#include "wordlm/inspect.h"

#include <unroll/core/view/view.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/interrupt.h"
#include "wordlm/batches.h"
#include "wordlm/corpus.h"
#include "wordlm/evaluation.h"
#include "wordlm/gates.h"

namespace wordlm {
namespace {

constexpr std::size_t kAlternatives = 5;

/// log softmax of the logits.
std::vector<double> log_softmax_of(std::vector<double> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - top);
  for (double& logit : logits) logit -= top + std::log(sum);
  return logits;
}

/// The likeliest ids, by falling probability.
std::vector<Alternative> likeliest(const std::vector<double>& log_p,
                                   const std::function<std::string(std::int32_t)>& word) {
  std::vector<std::int32_t> ids(log_p.size());
  std::iota(ids.begin(), ids.end(), 0);
  const std::size_t count = std::min(kAlternatives, ids.size());
  const auto of = [&](std::int32_t id) { return log_p[static_cast<std::size_t>(id)]; };
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                    [&](auto a, auto b) { return of(a) != of(b) ? of(a) > of(b) : a < b; });
  std::vector<Alternative> result;
  for (const std::int32_t id : std::span(ids).first(count)) {
    result.push_back({word(id), std::exp(of(id))});
  }
  return result;
}

/// Adds the values of one step to those of the steps before.
void add_step(std::vector<Activation>& activations, const std::vector<Activation>& values) {
  if (activations.empty()) {
    for (const Activation& value : values) activations.push_back({value.name, {}});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    activations[i].steps.push_back(values[i].steps.front());
  }
}

}  // namespace

std::vector<Activation> activations_of(const std::vector<NamedVar>& values) {
  std::vector<Activation> activations;
  for (const NamedVar& value : values) {
    activations.push_back({value.name, {value.var.value().to_doubles()}});
  }
  return activations;
}

double InspectedWord::surprise() const { return -log_p / std::log(2.0); }

double InspectedText::perplexity() const {
  return std::exp(-log_p / static_cast<double>(words.size()));
}

std::int64_t InspectedText::unknown() const {
  return std::ranges::count_if(words, [](const InspectedWord& word) { return !word.known; });
}

InspectedText inspect_steps(std::span<const std::int32_t> ids,
                            const std::function<InspectedStep(std::int32_t)>& step,
                            const std::function<std::string(std::int32_t)>& word) {
  InspectedText result;
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    examples::stop_if_interrupted();
    const InspectedStep read = step(ids[i]);
    result.layers.resize(read.layers.size());
    for (std::size_t layer = 0; layer < read.layers.size(); ++layer) {
      add_step(result.layers[layer].activations, read.layers[layer]);
    }
    const std::vector<double> log_p = log_softmax_of(read.logits);
    const double of_next = log_p[static_cast<std::size_t>(ids[i + 1])];
    result.words.push_back(
        {.word = word(ids[i + 1]), .log_p = of_next, .likeliest = likeliest(log_p, word)});
    result.read.push_back(word(ids[i]));
    result.log_p += of_next;
  }
  return result;
}

InspectedText inspect(const Checkpoint& checkpoint, const std::string& text) {
  const Model& model = *checkpoint.model;
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  if (checkpoint.settings.model.is_window()) {
    unroll::fail<unroll::Error>("a model that reads a window has no gates to look into");
  }
  const unroll::CellEntry& cell = unroll::find_cell(checkpoint.settings.model.cell);
  const EncodedText encoded = encode_text(checkpoint.settings.text, vocabulary, text);
  const Ids& ids = encoded.ids;
  const std::vector<double> scores = log_probabilities(model, ids);

  unroll::Tape tape(model.parameters().dtype());
  auto carried = unroll::carry(model.start(tape, 1));
  const auto step = [&](std::int32_t id) {
    tape.clear();
    const unroll::Var x = tape.input(unroll::Tensor::of<std::int32_t>({1, 1}, {id}));
    const auto [logits, state] = model.run(x, unroll::restore(tape, carried));
    InspectedStep result{logits.value().to_doubles(), {}};
    for (std::size_t layer = 0; layer < state.size(); ++layer) {
      result.layers.push_back(activations_of(
          cell_values(cell, model.parameters(), fmt::format("layers.{}.", layer), state[layer])));
    }
    carried = unroll::carry(state);
    return result;
  };
  const auto word = [&](std::int32_t id) {
    return id < vocabulary.size() ? vocabulary.word(id)
                                  : fmt::format("id {}, which has no word", id);
  };
  InspectedText result = inspect_steps(ids, step, word);
  result.log_p = std::accumulate(scores.begin(), scores.end(), 0.0);
  for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {  // as they are written
    result.words[i].word = encoded.tokens[i];
    result.words[i].known = ids[i + 1] != vocabulary.unknown();
    if (i + 1 < result.read.size()) result.read[i + 1] = encoded.tokens[i];
  }
  return result;
}

void write_tape(const Checkpoint& checkpoint, const std::string& text, const std::string& path) {
  const EncodedText encoded = encode_text(checkpoint.settings.text, checkpoint.vocabulary, text);
  unroll::Tape tape(checkpoint.model->parameters().dtype());
  const unroll::Var loss = checkpoint.model->loss(tape, make_batch({encoded.ids}, {0}));
  unroll::write_view(tape, loss, path, {.title = fmt::format("-log p of: {}", text)});
}

std::vector<std::int64_t> varied_units(std::span<const InspectedText> texts, std::size_t layer,
                                       std::size_t count) {
  const auto output = [&](const InspectedText& text) -> const auto& {
    return text.layers[layer].activations.back().steps;
  };
  const std::size_t hidden = output(texts.front()).front().size();
  std::vector<double> variances(hidden);
  for (std::size_t unit = 0; unit < hidden; ++unit) {
    double n = 0;
    double sum = 0;
    double squares = 0;
    for (const InspectedText& text : texts) {
      for (const std::vector<double>& step : output(text)) {
        ++n;
        sum += step[unit];
        squares += step[unit] * step[unit];
      }
    }
    variances[unit] = squares / n - (sum / n) * (sum / n);
  }
  std::vector<std::int64_t> units(hidden);
  std::iota(units.begin(), units.end(), 0);
  std::stable_sort(units.begin(), units.end(), [&](auto a, auto b) {
    return variances[static_cast<std::size_t>(a)] > variances[static_cast<std::size_t>(b)];
  });
  units.resize(std::min(count, hidden));
  std::sort(units.begin(), units.end());
  return units;
}

}  // namespace wordlm
