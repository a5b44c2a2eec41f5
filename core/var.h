#pragma once
/// A handle to one recorded value.

#include <unroll/core/tensor.h>

#include <cstdint>

namespace unroll {

class Tape;

/// Names a node of a tape: 16 bytes, copied freely. Using one after its tape was cleared, or on
/// another tape, is a HandleError that says so.
class Var {
 public:
  /// A handle to nothing; using it is a HandleError.
  Var() = default;
  /// The node `index` of `tape`, as long as that is of its present generation.
  Var(Tape* tape, std::uint32_t index, std::uint32_t generation)
      : tape_(tape), index_(index), generation_(generation) {}

  /// The tape that it is on; HandleError where it is a handle to nothing.
  [[nodiscard]] Tape& tape() const {
    if (tape_ == nullptr) never_recorded();
    return *tape_;
  }
  /// Whether it is a handle to something.
  [[nodiscard]] bool was_recorded() const { return tape_ != nullptr; }
  /// Which node of the tape, and of which generation: clear() begins a new one.
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  /// A copy: one stays what it is while more nodes are recorded. This and the type are defined
  /// beside the tape.
  [[nodiscard]] inline Shape shape() const;
  [[nodiscard]] inline DType dtype() const;

  /// Its value; runs what it needs. The view holds until the tape is cleared.
  [[nodiscard]] TensorView value() const;
  /// The value of a tensor of one element.
  [[nodiscard]] double item() const;

  friend bool operator==(const Var&, const Var&) = default;

 private:
  [[noreturn]] static void never_recorded();

  Tape* tape_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t generation_ = 0;
};

static_assert(sizeof(Var) == 16 && std::is_trivially_copyable_v<Var>);

}  // namespace unroll
