#pragma once
/// What a sweep does with rows besides its operations, compiled once for every instruction set, or
/// it would take longer than they do.

#include <unroll/core/shape.h>

namespace unroll {

template <class T>
struct RowKernels {
  void (*fill)(T* row, Index n, T value);
  /// Fills each of `count` rows, one behind the other, with its value; values are a stride apart.
  void (*fill_each)(T* rows, Index count, Index n, const T* values, Index stride);
  /// Adds `count` rows, which begin a stride apart, to one, in their order.
  void (*add)(T* row, Index n, const T* others, Index stride, Index count);
  /// The sum of each of `count` rows, a stride apart, or that added to what is there; rounded as
  /// the vectors of the machine have it.
  void (*sum_each)(const T* rows, Index stride, Index count, Index n, T* sums, bool adds);
};

template <class T>
const RowKernels<T>& row_kernels();

}  // namespace unroll
