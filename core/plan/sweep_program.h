#pragma once
/// Element-wise values as the instructions of one sweep.

#include <unroll/core/plan/rects.h>

#include <vector>

namespace unroll {

/// Makes the steps of sweeps, one after another.
class SweepPrograms {
 public:
  SweepPrograms(const Draft& draft, const Storage& storage, Rects& rects);

  /// One sweep of all nodes of task `t`. The values that are stored leave it, and so do its copies;
  /// the others never reach memory.
  [[nodiscard]] FusedStep make(const Task& task, std::uint32_t t);

 private:
  void begin(const Task& task);
  void compute(Id id, std::uint32_t i, std::span<const Id> keys);
  void add_up(Id sum, FusedStep::Reading reading, Id of, bool adds);
  void end();
  [[nodiscard]] Id key(Id input) const;
  void note(Id id, std::uint32_t i);
  std::uint32_t load(Id key, Id input, Id reader);
  void release(std::span<const Id> keys, std::uint32_t i);
  std::uint32_t take(bool fresh, std::vector<std::uint32_t>& free);

  const Draft& draft_;
  const Storage& storage_;
  Rects& rects_;
  std::uint32_t task_ = 0;
  FusedStep step_;
  std::vector<std::uint32_t> free_;           // slots of what is computed
  std::vector<std::uint32_t> free_operands_;  // and of what is loaded

  // Of the sweep at hand, by value.
  struct State {
    std::uint32_t slot = kNone;
    std::uint32_t last_use = kNone;  // the position of the node that reads it last
    bool loaded = false;             // it comes from memory
  };
  std::vector<State> states_;
  std::vector<Id> touched_;
  std::vector<Id> keys_;             // of all inputs of all nodes, one after another
  std::vector<std::uint32_t> read_;  // slots of the inputs of one
};

}  // namespace unroll
