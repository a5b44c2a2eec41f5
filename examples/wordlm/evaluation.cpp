#include "wordlm/evaluation.h"

#include "common/interrupt.h"
#include "wordlm/streams.h"

namespace wordlm {

using unroll::Tape;

namespace {

constexpr std::int64_t kEvaluationBatch = 32;
constexpr std::int64_t kPieceWords = 500;  // at once, of a text of any length

/// Calls f(piece, state) for each piece of a text, the state carried from piece to piece; f returns
/// the state after it.
template <class F>
void for_each_piece(const Model& model, const Ids& ids, Tape& tape, F&& f) {
  const Streams text(ids, 1, kPieceWords);
  tape.clear();
  auto carried = unroll::carry(model.start(tape, 1));
  for (std::int64_t i = 0; i < text.pieces(); ++i) {
    examples::stop_if_interrupted();
    tape.clear();
    carried = unroll::carry(f(text.piece(i), unroll::restore(tape, carried)));
  }
}

}  // namespace

Evaluation evaluate(const Model& model, const std::vector<Ids>& sentences) {
  Evaluation result;
  Tape tape(model.parameters().dtype());
  double total = 0;
  for (const auto& numbers : make_batches(sentences, kEvaluationBatch, true, 0, 0)) {
    examples::stop_if_interrupted();
    tape.clear();
    const Batch batch = make_batch(sentences, numbers);
    total += model.loss(tape, batch).item();
    result.words += batch.words;
  }
  result.loss = total / static_cast<double>(result.words);
  return result;
}

Evaluation evaluate_running(const Model& model, const Ids& text) {
  Tape tape(model.parameters().dtype());
  double total = 0;
  for_each_piece(model, text, tape, [&](const Batch& piece, const Model::State& state) {
    const auto [loss, last] = model.loss(piece, tape, state);
    total += loss.item();
    return last;
  });
  const auto words = static_cast<std::int64_t>(text.size()) - 1;
  return {total / static_cast<double>(words), words};
}

std::vector<double> log_probabilities(const Model& model, const Ids& text) {
  std::vector<double> all;
  Tape tape(model.parameters().dtype());
  for_each_piece(model, text, tape, [&](const Batch& piece, const Model::State& state) {
    const auto [losses, last] = model.losses(piece, tape, state);
    for (const double loss : losses.value().to_doubles()) all.push_back(-loss);
    return last;
  });
  return all;
}

}  // namespace wordlm
