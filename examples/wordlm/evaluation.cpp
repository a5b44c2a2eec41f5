#include "wordlm/evaluation.h"

#include <array>

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
void for_each_piece(const Model& model, std::span<const std::int32_t> ids, Tape& tape, F&& f) {
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

void stop_if_interrupted(const unroll::Processes& processes) {
  if (processes.any(examples::interrupted)) throw examples::Interrupted{};
}

Evaluation evaluate(const Model& model, const SentenceList& sentences,
                    const unroll::Processes& processes) {
  Tape tape(model.parameters().dtype());
  std::array<double, 2> mine{};  // loss and words
  SentenceBatches batches(sentences, {.batch = kEvaluationBatch});
  for (std::int64_t first = 0; first < batches.count(); first += processes.count()) {
    stop_if_interrupted(processes);
    const std::int64_t number = first + processes.rank();
    if (number >= batches.count()) continue;
    tape.clear();
    const Batch batch = make_batch(sentences, batches[number]);
    mine[0] += model.loss(tape, batch).item();
    mine[1] += static_cast<double>(batch.words);
  }
  const std::vector<double> all = processes.sum(mine);
  return {all[0] / all[1], static_cast<std::int64_t>(all[1])};
}

Evaluation evaluate_running(const Model& model, const SentenceList& text,
                            const unroll::Processes& processes) {
  Tape tape(model.parameters().dtype());
  std::array<double, 2> mine{};  // the loss, and whether it was interrupted
  try {
    if (processes.rank() == 0) {
      for_each_piece(model, text.at(0), tape, [&](const Batch& piece, const Model::State& state) {
        text.note_read(static_cast<std::size_t>(piece.words));
        const auto [loss, last] = model.loss(piece, tape, state);
        mine[0] += loss.item();
        return last;
      });
    }
  } catch (const examples::Interrupted&) {
    mine[1] = 1;
  }
  const std::vector<double> all = processes.sum(mine);
  if (all[1] > 0) throw examples::Interrupted{};
  const std::int64_t words = text.length(0) - 1;
  return {all[0] / static_cast<double>(words), words};
}

std::vector<double> Scorer::operator()(std::span<const std::int32_t> text) {
  std::vector<double> all;
  for_each_piece(model_, text, tape_, [&](const Batch& piece, const Model::State& state) {
    const auto [losses, last] = model_.losses(piece, tape_, state);
    for (const double loss : losses.value().to_doubles()) all.push_back(-loss);
    return last;
  });
  return all;
}

std::vector<double> log_probabilities(const Model& model, std::span<const std::int32_t> text) {
  return Scorer(model)(text);
}

}  // namespace wordlm
