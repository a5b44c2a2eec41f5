#include "wordlm/model.h"

namespace wordlm {

using unroll::Input;
using unroll::Tape;
using unroll::Var;

Model::Model(const Settings& settings, std::int64_t words)
    : parameters_(settings.double_precision ? unroll::DType::f64 : unroll::DType::f32,
                  settings.seed),
      words_(words) {
  const unroll::CellEntry& cell = unroll::find_cell(settings.cell);
  const unroll::CellOptions options{.bias = settings.bias};
  Input in = Input::one_hot(words);
  if (settings.embedding > 0) {
    embedding_.emplace(parameters_ / "embedding", words, settings.embedding);
    in = settings.embedding;
  }
  for (std::int64_t layer = 0; layer < settings.layers; ++layer) {
    stack_.cells.push_back(cell.make(parameters_ / "layers" / layer, in, settings.hidden, options));
    in = settings.hidden;
  }
  output_.emplace(parameters_ / "output", settings.hidden, words, settings.bias);
}

Model::Output Model::run(Var x, const State& state, std::int64_t bptt) const {
  if (embedding_) x = (*embedding_)(x);
  const auto [outputs, last] = bptt == 0 ? unroll::unroll_over(stack_, x, state)
                                         : unroll::unroll_truncated(stack_, x, state, bptt);
  return {(*output_)(outputs), last};
}

Model::State Model::start(Tape& tape, std::int64_t batch) const {
  return unroll::zero_state(stack_, tape, batch);
}

Var Model::loss(Tape& tape, const Batch& batch, std::int64_t bptt) const {
  const Var x = tape.input(batch.x);
  const Var logits = run(x, start(tape, x.shape()[1]), bptt).logits;
  return unroll::softmax_cross_entropy(logits, tape.input(batch.y), unroll::Reduction::sum,
                                       kPadding);
}

}  // namespace wordlm
