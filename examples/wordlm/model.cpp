#include "wordlm/model.h"

#include "wordlm/initial_weights.h"
#include "wordlm/window.h"

namespace wordlm {

using unroll::Input;
using unroll::Tape;
using unroll::Var;

Model::Model(const Settings& settings, std::int64_t words)
    : parameters_(settings.model.double_precision ? unroll::DType::f64 : unroll::DType::f32,
                  settings.seed),
      words_(words),
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
  if (s.tie) {
    output_.emplace(embedding_.value().W, parameters_ / "output", s.bias, begin.output_bias);
  } else {
    output_.emplace(parameters_ / "output", s.outputs(), words, s.bias, begin.output,
                    begin.output_bias);
  }
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

Var Model::sum_of_losses(Var outputs, const Batch& batch) const {
  return unroll::softmax_cross_entropy(*output_, outputs, outputs.tape().input(batch.y),
                                       unroll::Reduction::sum, kPadding);
}

Model::Output Model::run(Var x, const State& state) const {
  const auto [outputs, last] = hidden(x, state, 0);
  return {(*output_)(outputs), last};
}

Model::Loss Model::loss(const Batch& batch, Tape& tape, const State& from) const {
  const auto [outputs, last] = hidden(tape.input(batch.x), from, 0);
  return {sum_of_losses(outputs, batch), last};
}

Model::Loss Model::training_loss(const Batch& batch, Tape& tape, const State& from,
                                 unroll::Noise& noise, std::int64_t bptt) const {
  const auto [outputs, last] = training_hidden(tape.input(batch.x), from, noise, bptt);
  return {sum_of_losses(outputs, batch), last};
}

Var Model::loss(Tape& tape, const Batch& batch, std::int64_t bptt) const {
  const Var x = tape.input(batch.x);
  return sum_of_losses(hidden(x, start(tape, x.shape()[1]), bptt).outputs, batch);
}

}  // namespace wordlm
