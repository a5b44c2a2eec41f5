#pragma once
/// Which values are in memory at all, in which buffer, and from when to when.

#include <unroll/core/plan/layout.h>
#include <unroll/core/plan/order.h>

#include <vector>

namespace unroll {

/// The buffers of a plan. All members of a group of the arrangement lie in one buffer; times are
/// positions among the tasks.
struct Storage {
  static constexpr std::uint32_t kForever = ~std::uint32_t{0};  // the end of what lasts

  std::vector<std::uint8_t> stored;      // by value: an element-wise one that leaves its sweep
  std::vector<std::uint32_t> sweep_of;   // by value: the task that computes it, if a sweep does
  std::vector<std::uint32_t> buffer_of;  // by group of the arrangement, kNone: not in memory
  std::vector<Lifetime> buffers;
  std::vector<Arrangement::Extent> extents;  // by buffer: of the group that it holds
  std::vector<std::uint32_t> in_place_of;  // by buffer: the one whose memory it takes over, itself
  std::vector<std::uint32_t> packed;       // by packed matrix: its buffer
  std::uint32_t ones = 0;                  // the buffer of a row of ones
  Index ones_length = 0;

  /// Whether `id` is a value that an instruction of sweep `task` computes.
  [[nodiscard]] bool is_inside(const Draft& draft, Id id, std::uint32_t task) const {
    return sweep_of[draft.values[id].place.owner] == task && draft.is_whole(id);
  }
  [[nodiscard]] bool lasts(std::uint32_t buffer) const { return buffers[buffer].last == kForever; }
};

/// Finds the buffers, and kernels that write their result over an input which nothing reads after
/// them.
[[nodiscard]] Storage find_storage(const Draft& draft, const std::vector<Task>& tasks);

}  // namespace unroll
