#pragma once
/// Matrix products by a register-blocked kernel of our own, for what a library call cannot do: keep
/// a matrix packed from call to call, and let each thread of a team compute its own part.

#include <unroll/core/run/share.h>

#include <span>

namespace unroll {

/// c (m x n) = a b + bias. a is (m x k), or (k x m) read transposed, b likewise; rows
/// are `lda`, `ldb`, `ldc` elements apart.
template <class T>
struct Gemm {
  Index m = 0;
  Index n = 0;
  Index k = 0;
  const T* a = nullptr;
  Index lda = 0;
  bool transpose_a = false;
  const T* b = nullptr;
  Index ldb = 0;
  bool transpose_b = false;
  const T* bias = nullptr;  // (n), or null
  T* c = nullptr;
  Index ldc = 0;
  /// Where the sums of a along k go, if anywhere: a pointer for each m / size() rows, null for
  /// those nobody wants. Only where a is transposed.
  std::span<T* const> sums{};
};

/// Columns of c are best split at multiples of this.
template <class T>
[[nodiscard]] Index column_grain();

/// The number of elements that columns `columns` of b take when packed.
template <class T>
[[nodiscard]] Index packed_size(const Gemm<T>& gemm, Interval columns);
/// Packs those columns in the order the kernel reads them; `packed` is aligned to a cache line.
template <class T>
void pack(const Gemm<T>& gemm, Interval columns, T* packed);

/// Computes those rows and columns of c, from b or, where it is given, from what pack() made of the
/// same columns. The value of an element does not depend on how c is split.
template <class T>
void multiply(const Gemm<T>& gemm, Interval rows, Interval columns, const T* packed = nullptr);

}  // namespace unroll
