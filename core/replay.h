#pragma once
/// A part of a tape that runs again and again with other inputs, as one step of decoding does.

#include <unroll/core/tape.h>

#include <memory>
#include <span>
#include <vector>

namespace unroll {

struct Plan;

/// What is recorded once is planned once: a run records nothing, packs no weights again, and uses
/// the same memory. The tape has to stay as it is: after `clear()`, or when parameters have
/// changed, there is to be a new replay.
class Replay {
 public:
  /// `inputs` were put on the tape by Tape::input(), `outputs` are computed from them. HandleError
  /// for an input that was computed.
  Replay(Tape& tape, std::span<const Var> inputs, std::span<const Var> outputs);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  /// Changes the values of input `i`; ShapeError for values of another shape.
  void set(std::size_t i, const TensorView& values);
  void run();
  /// The values of output `i`, until the next run.
  [[nodiscard]] TensorView output(std::size_t i) const { return results_.at(i); }
  /// Whether it can run: the tape was not cleared, and no parameter it reads has changed.
  [[nodiscard]] bool is_current() const;

 private:
  void forget_dependents();
  [[nodiscard]] TensorView result(std::size_t i);

  Tape& tape_;
  std::uint32_t generation_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::uint32_t> outputs_;
  std::vector<std::uint32_t> nodes_;  // of the plan's request
  std::unique_ptr<Plan> plan_;
  Buffer memory_;
  std::vector<Tensor> dense_;  // copies of outputs whose rows lie apart
  std::vector<TensorView> results_;
  int packed_by_ = 0;  // threads of the last run
};

}  // namespace unroll
