#pragma once
/// What a sweep does with rows besides its operations, compiled once for every instruction set, or
/// it would take longer than they do.

#include <unroll/core/shape.h>

namespace unroll {

template <class T>
struct RowKernels {
  void (*fill)(T* row, Index n, T value);
  /// Adds `count` rows, which begin a stride apart, to one, in their order.
  void (*add)(T* row, Index n, const T* others, Index stride, Index count);
  T (*sum)(const T* row, Index n);  // rounded as the vectors of the machine have it
};

template <class T>
const RowKernels<T>& row_kernels();

}  // namespace unroll
