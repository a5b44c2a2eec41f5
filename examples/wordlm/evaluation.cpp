#include "wordlm/evaluation.h"

#include "common/interrupt.h"
#include "wordlm/streams.h"

namespace wordlm {

using unroll::Tape;

namespace {

constexpr std::int64_t kEvaluationBatch = 32;
constexpr std::int64_t kPieceWords = 500;  // at once, of a text of any length

/// The sum of -log p of all words but the first, the state carried from piece to piece.
double total_loss(const Model& model, const Ids& ids, Tape& tape) {
  const Streams text(ids, 1, kPieceWords);
  tape.clear();
  auto carried = unroll::carry(model.start(tape, 1));
  double total = 0;
  for (std::int64_t i = 0; i < text.pieces(); ++i) {
    examples::stop_if_interrupted();
    tape.clear();
    const auto [loss, last] = model.loss(text.piece(i), tape, unroll::restore(tape, carried));
    total += loss.item();
    carried = unroll::carry(last);
  }
  return total;
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
  const auto words = static_cast<std::int64_t>(text.size()) - 1;
  return {total_loss(model, text, tape) / static_cast<double>(words), words};
}

std::vector<double> score(const Model& model, const std::vector<Ids>& sentences) {
  std::vector<double> scores;
  Tape tape(model.parameters().dtype());
  for (const Ids& ids : sentences) scores.push_back(-total_loss(model, ids, tape));
  return scores;
}

}  // namespace wordlm
