#pragma once
/// The order in which a draft runs.

#include <unroll/core/plan/draft.h>

#include <vector>

namespace unroll {

/// What a sweep adds to a sum of several values.
struct SumTerm {
  Id product;
  Id of;
  bool first;  // of its sum
};

/// Something that runs at once.
struct Task {
  enum class Kind : std::uint8_t { product, kernel, sweep, copy };
  Kind kind;
  Id id = kNone;      // the product, the kernel's value, the copy
  Id second = kNone;  // another value that the kernel gives
  // Of a sweep:
  std::vector<Id> nodes{};       // element-wise values, in an order they can be computed in
  std::vector<Id> copies{};      // of its results
  std::vector<Id> sums{};        // of them, in their order
  std::vector<SumTerm> terms{};  // of sums of several values, in the same order
};

/// Products, kernels and sums run as soon as they can, in the order in which they were recorded;
/// element-wise values and copies when the first of them needs them, those of one shape together
/// where the draft shares sweeps, and copies and sums of element-wise values with these.
[[nodiscard]] std::vector<Task> order_tasks(const Draft& draft);

}  // namespace unroll
