#include "bptt/language_model.h"

#include <unroll/core/error.h>

#include <algorithm>

#include "common/interrupt.h"

namespace bptt {

using namespace unroll;

namespace {

/// `steps` ids of every stream from `begin` on, (steps, batch).
Tensor piece(const std::vector<std::int32_t>& ids, std::size_t stream, std::size_t begin,
             Index steps, Index batch) {
  Tensor result(DType::i32, {steps, batch});
  const auto values = result.values<std::int32_t>();
  const auto width = static_cast<std::size_t>(batch);
  for (std::size_t t = 0; t < static_cast<std::size_t>(steps); ++t) {
    for (std::size_t b = 0; b < width; ++b) values[t * width + b] = ids[b * stream + begin + t];
  }
  return result;
}

}  // namespace

void TokenText::append(std::string_view token) {
  const auto found = std::ranges::find(tokens, token);
  ids.push_back(static_cast<std::int32_t>(found - tokens.begin()));
  if (found == tokens.end()) tokens.emplace_back(token);
}

std::int32_t TokenText::id(std::string_view token) const {
  const auto found = std::ranges::find(tokens, token);
  if (found == tokens.end()) fail<Error>("the text has no token '{}'", token);
  return static_cast<std::int32_t>(found - tokens.begin());
}

LanguageModel::LanguageModel(Index tokens, const LanguageSettings& settings)
    : settings_(settings),
      parameters_(DType::f32, settings.seed),
      embedding_(parameters_ / "embedding", tokens, settings.vector, normal(0.5)),
      cell_(find_cell(settings.cell)
                .make(parameters_ / "cell", settings.vector, settings.hidden, {})),
      readout_(parameters_ / "readout", settings.hidden, tokens) {}

double LanguageModel::train(const std::vector<std::int32_t>& ids) {
  const LanguageSettings& s = settings_;
  // A stream has the token after its last step too, which is its target.
  const std::size_t stream = (ids.size() - 1) / static_cast<std::size_t>(s.batch);
  const auto steps = static_cast<std::size_t>(s.steps);
  if (stream < steps) {
    fail<Error>("a text of {} tokens is too short for {} streams of {} steps", ids.size(), s.batch,
                s.steps);
  }
  Adam adam({.learning_rate = s.learning_rate});
  Tape tape;
  auto state = carry(zero_state(cell_, tape, s.batch));
  double sum = 0;
  Index measured = 0;
  std::size_t begin = 0;
  for (Index update = 0; update < s.updates; ++update) {
    examples::stop_if_interrupted();
    tape.clear();
    if (begin + steps > stream) {
      begin = 0;
      state = carry(zero_state(cell_, tape, s.batch));
    }
    const Var x = tape.input(piece(ids, stream, begin, s.steps, s.batch));
    const Var y = tape.input(piece(ids, stream, begin + 1, s.steps, s.batch));
    const auto [outputs, last] = unroll_over(cell_, embedding_(x), state);
    const Var loss = softmax_cross_entropy(readout_, outputs, y);
    Gradients gradients = tape.gradients(loss, parameters_);
    clip_by_global_norm(gradients, 1);
    adam.learning_rate =
        s.learning_rate * (1 - static_cast<double>(update) / static_cast<double>(s.updates));
    adam.step(gradients);
    if (update >= s.updates - std::max<Index>(s.updates / 10, 1)) {
      sum += loss.item();
      ++measured;
    }
    state = carry(last);
    begin += steps;
  }
  return sum / static_cast<double>(measured);
}

LanguageModel::Reading LanguageModel::read(Tape& tape, const std::vector<std::int32_t>& ids) const {
  const auto steps = static_cast<Index>(ids.size());
  Reading reading{
      unstack(embedding_(tape.input(Tensor::of<std::int32_t>({steps, 1}, ids)))), {}, {}};
  std::vector<Var> outputs;
  AnyState state = zero_state(cell_, tape, 1);
  for (Index t = 0; t < steps; ++t) {
    const Tape::StepScope scope(tape, t);
    state = cell_.step(reading.inputs[static_cast<std::size_t>(t)], state);
    reading.states.push_back(state);
    outputs.push_back(output_of(state));
  }
  reading.logits = reshape(readout_(stack(outputs)), {steps, readout_.W.shape()[0]});
  return reading;
}

AnyState LanguageModel::start(Tape& tape) const { return zero_state(cell_, tape, 1); }

AnyState LanguageModel::step(Tape& tape, std::int32_t id, const AnyState& state) const {
  return cell_.step(embedding_(tape.input(Tensor::of<std::int32_t>({1}, {id}))), state);
}

}  // namespace bptt
