#pragma once
/// The order in which a draft runs.

#include <unroll/core/plan/draft.h>

#include <vector>

namespace unroll {

/// Something that runs at once.
struct Task {
  enum class Kind : std::uint8_t { product, kernel, sweep, copy };
  Kind kind;
  Id id = kNone;      // the product, the kernel's value, the copy
  Id second = kNone;  // another value that the kernel gives
  // Of a sweep, lists in Schedule::ids: element-wise values, in an order they can be computed in;
  // copies of its results; sums of them, in their order.
  List nodes{};
  List copies{};
  List sums{};
  List terms{};  // in Schedule::terms, of sums of several values, in the same order
};

/// What a sweep adds to a sum of several values.
struct SumTerm {
  Id product;
  Id of;
  bool first;  // of its sum
};

struct Schedule {
  std::vector<Task> tasks;
  std::vector<Id> ids;
  std::vector<SumTerm> terms;

  [[nodiscard]] std::span<const Id> list(List list) const {
    return std::span(ids).subspan(list.first, list.count);
  }
  [[nodiscard]] std::span<const SumTerm> terms_of(const Task& task) const {
    return std::span(terms).subspan(task.terms.first, task.terms.count);
  }
};

/// Products, kernels and sums run as soon as they can, in the order in which they were recorded;
/// element-wise values and copies when the first of them needs them, those of one shape together
/// where the draft shares sweeps, and copies and sums of element-wise values with these.
[[nodiscard]] Schedule order_tasks(const Draft& draft);

}  // namespace unroll
