#pragma once
/// What a network forgets while it is trained. None of it is in a cell, and none is a flag: the
/// step that trains asks for it, the step that evaluates does not.

#include <unroll/core/tape.h>
#include <unroll/ops/random.h>

namespace unroll {

/// The random numbers of one training step. Each operation that draws takes a key of its own, in
/// the order they are recorded: the same (seed, step) gives the same masks again.
class Noise {
 public:
  /// Of the training step `step` of a run with that seed. With a part of a batch, each sequence is
  /// masked as it would be in the whole batch.
  Noise(std::uint64_t seed, std::int64_t step, BatchPart part = {})
      : seed_(seed), step_(step), part_(part) {}
  /// The next key, for a mask that all sequences share, as that of weights.
  [[nodiscard]] RandomKey key() { return {seed_, site_++, step_}; }
  /// The next key, for a mask with the sequences of the batch along that axis.
  [[nodiscard]] RandomKey key(int axis) { return {seed_, site_++, step_, part_, axis}; }

 private:
  std::uint64_t seed_;
  std::int64_t step_;
  BatchPart part_;
  std::int64_t site_ = 0;
};

/// Dropout for connections that do not recur (Zaremba, Sutskever & Vinyals 2014), a new mask each
/// time it is called: what `unroll_layers` is given between layers. At rate 0 it does nothing.
/// Where the noise is of a part of a batch, the sequences lie along the axis of x before its last.
struct Dropout {
  double rate;   // the share of elements set to 0
  Noise& noise;  // where its masks are drawn from
  /// x of any shape.
  Var operator()(Var x) const;
};

/// Dropout with one mask for all steps of a sequence: x (T, B, features), mask (B, features)
/// (variational dropout, Gal & Ghahramani 2016).
Var dropout_over_time(Var x, double rate, Noise& noise);

/// Recurrent dropout with one mask for all steps (Gal & Ghahramani 2016): until the tape is
/// cleared, what the recurrent weights U of `cells` multiply is masked, for each gate and sequence
/// by a mask of its own. States are carried unmasked, so a GRU's z h is not worn down.
void drop_recurrent(Tape& tape, const Parameters& cells, Index batch, double rate, Noise& noise);

/// Weight dropping (Merity, Keskar & Socher 2018): until the tape is cleared, the recurrent weights
/// U of `cells` read as a dropped-out copy, drawn once for all steps.
void drop_weights(Tape& tape, const Parameters& cells, double rate, Noise& noise);

}  // namespace unroll
