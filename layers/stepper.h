#pragma once
/// A cell step by step, as decoding and sampling use it: state in, state out.

#include <unroll/core/replay.h>
#include <unroll/layers/sequence.h>

#include <memory>
#include <optional>
#include <vector>

namespace unroll {

/// Runs a cell one step after another, on a tape of its own. The step is recorded and planned once;
/// after that it costs little more than its products. No gradients, and no memory that grows.
///
/// A Stepper reads parameters as they are when it steps; it records again when they have changed.
template <class C>
class Stepper {
  static_assert(explain_cell<C>());

 public:
  /// From the zero state, for `batch` sequences of inputs (batch, input size).
  Stepper(const C& cell, Index batch, DType dtype = DType::f32)
      : cell_(cell), tape_(std::make_unique<Tape>(dtype)), batch_(batch) {
    state_ = carry(zero_state(cell_, *tape_, batch));
  }

  /// One step; x is (batch, input size). Returns the output (batch, hidden), valid until the next.
  TensorView step(const TensorView& x) {
    if (!replay_ || !replay_->is_current() || x.shape != x_shape_) record(x);
    replay_->set(0, x);
    for (std::size_t i = 0; i < state_.values.size(); ++i) replay_->set(i + 1, state_.values[i]);
    replay_->run();
    for (std::size_t i = 0; i < state_.values.size(); ++i) {
      const TensorView after = replay_->output(i + 1);
      convert(after, after.dtype, state_.values[i].data());
    }
    return replay_->output(0);
  }

  /// The state after the last step, to go on from elsewhere or later.
  [[nodiscard]] const Carried<typename C::State>& state() const { return state_; }
  /// The state that the next step begins with.
  void set_state(const Carried<typename C::State>& state) { state_ = state; }

 private:
  void record(const TensorView& x) {
    replay_.reset();
    tape_->clear();
    x_shape_ = x.shape;
    const Var input = tape_->input(x);
    const typename C::State before = restore(*tape_, state_);
    const typename C::State after = require_set(step_of(cell_, input, before));
    std::vector<Var> inputs = vars_of(before);
    inputs.insert(inputs.begin(), input);
    std::vector<Var> outputs = vars_of(after);
    outputs.insert(outputs.begin(), output_of(after));
    replay_.emplace(*tape_, inputs, outputs);
  }

  C cell_;
  std::unique_ptr<Tape> tape_;
  Index batch_;
  Shape x_shape_;
  Carried<typename C::State> state_;
  std::optional<Replay> replay_;
};

}  // namespace unroll
