#pragma once
/// The order in which a draft runs.

#include <unroll/core/plan/draft.h>

#include <optional>
#include <vector>

namespace unroll {

/// Something that runs at once.
struct Task {
  enum class Kind : std::uint8_t { product, kernel, program, copy };
  /// What a program adds to a sum of several values.
  struct Term {
    Id product;
    Id of;
    bool first;  // of its sum
  };
  Kind kind;
  Id id = kNone;    // the product, the kernel's value, the copy
  Id also = kNone;  // another value that the kernel gives
  // Of a program: element-wise values, in an order they can be computed in; copies of its results;
  // sums of them, in their order; terms of sums of several values, in the same order.
  std::vector<Id> nodes{};
  std::vector<Id> copies{};
  std::vector<Id> sums{};
  std::vector<Term> terms{};
};

/// Products, kernels and sums run as soon as they can; element-wise values and copies when the
/// first of them needs them, those of one shape together where `fuse` is on, and copies and sums of
/// element-wise values with these. Nothing where products wait for each other in a circle.
[[nodiscard]] std::optional<std::vector<Task>> order_tasks(const Draft& draft, bool fuse);

}  // namespace unroll
