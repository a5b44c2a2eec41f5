#include "wordlm/model.h"

#include <cmath>

#include "wordlm/initial_weights.h"
#include "wordlm/window.h"

namespace wordlm {

using unroll::Input;
using unroll::Tape;
using unroll::Var;

Model::Model(const Settings& settings, std::int64_t words, std::span<const std::int64_t> counts)
    : parameters_(settings.model.double_precision ? unroll::DType::f64 : unroll::DType::f32,
                  settings.seed),
      words_(words),
      outputs_(settings.model.outputs()),
      dropout_(settings.training.dropout) {
  const ModelSettings& s = settings.model;
  InitialWeights begin = initial_weights(s.initial);
  begin.cell.bias = s.bias;
  begin.cell.forget_bias = s.forget_bias;
  const unroll::CellEntry& cell = unroll::find_cell(s.cell);
  Input in = Input::one_hot(words);
  if (s.embedding > 0) {
    embedding_.emplace(parameters_ / "embedding", words, s.embedding, begin.embedding);
    in = s.embedding;
  }
  for (std::int64_t layer = 0; !s.is_window() && layer < s.layers; ++layer) {
    stack_.cells.push_back(cell.make(parameters_ / "layers" / layer, in, s.hidden, begin.cell));
    in = s.hidden;
  }
  if (s.is_window()) {
    stack_.cells.emplace_back(Window(parameters_ / "window", s.embedding, s.hidden, s.order));
  }
  output_.emplace(parameters_ / "output", s, words, counts,
                  s.tie ? embedding_.value().W : unroll::Parameter());
}

Model::State Model::start(Tape& tape, std::int64_t batch) const {
  return unroll::zero_state(stack_, tape, batch);
}

Model::Hidden Model::hidden(Var x, const State& state, std::int64_t bptt) const {
  if (embedding_) x = (*embedding_)(x);
  return bptt == 0 ? unroll::unroll_over(stack_, x, state)
                   : unroll::unroll_truncated(stack_, x, state, bptt);
}

Model::Hidden Model::training_hidden(Var x, const State& state, unroll::Noise& noise,
                                     std::int64_t bptt) const {
  if (dropout_ == 0) return hidden(x, state, bptt);
  if (embedding_) x = (*embedding_)(x);
  return unroll::unroll_layers(stack_, x, state, unroll::Dropout{dropout_, noise});
}

Model::Output Model::run(Var x, const State& state) const {
  const auto [outputs, last] = hidden(x, state, 0);
  return {output_->logits(outputs), last};
}

Model::Loss Model::loss(const Batch& batch, Tape& tape, const State& from) const {
  const auto [outputs, last] = hidden(tape.input(batch.x), from, 0);
  return {output_->loss(outputs, batch.y), last};
}

Model::Losses Model::losses(const Batch& batch, Tape& tape, const State& from) const {
  const auto [outputs, last] = hidden(tape.input(batch.x), from, 0);
  return {output_->losses(outputs, batch.y), last};
}

Model::Loss Model::training_loss(const Batch& batch, Tape& tape, const State& from,
                                 unroll::Noise& noise, std::int64_t bptt) const {
  const auto [outputs, last] = training_hidden(tape.input(batch.x), from, noise, bptt);
  return {output_->training_loss(outputs, batch.y, noise), last};
}

Var Model::loss(Tape& tape, const Batch& batch, std::int64_t bptt) const {
  const Var x = tape.input(batch.x);
  return output_->loss(hidden(x, start(tape, x.shape()[1]), bptt).outputs, batch.y);
}

double Model::loss_to_expect(std::span<const std::int64_t> counts) const {
  if (counts.empty()) return std::log(static_cast<double>(words_));
  Tape tape(parameters_.dtype());
  const Var h = unroll::full(tape, {1, outputs_}, 0);
  const auto log_p = unroll::log_softmax(output_->logits(h)).value().to_doubles();
  double loss = 0;
  double total = 0;
  for (std::size_t word = 0; word < counts.size(); ++word) {
    const auto count = static_cast<double>(counts[word]);
    loss -= count * log_p[word];
    total += count;
  }
  return loss / total;
}

}  // namespace wordlm
