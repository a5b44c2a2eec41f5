#include <cblas.h>
#include <unroll/core/error.h>
#include <unroll/core/run/blas.h>

#include <algorithm>
#include <limits>

namespace unroll {
namespace {

void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const float* a,
          blasint lda, const float* b, blasint ldb, float beta, float* c, blasint ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const double* a,
          blasint lda, const double* b, blasint ldb, double beta, double* c, blasint ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemv(CBLAS_TRANSPOSE t, blasint rows, blasint columns, const float* a, const float* x,
          float beta, float* y) {
  cblas_sgemv(CblasRowMajor, t, rows, columns, 1, a, columns, x, 1, beta, y, 1);
}
void gemv(CBLAS_TRANSPOSE t, blasint rows, blasint columns, const double* a, const double* x,
          double beta, double* y) {
  cblas_dgemv(CblasRowMajor, t, rows, columns, 1, a, columns, x, 1, beta, y, 1);
}

blasint narrow(Index n) {
  if (n > std::numeric_limits<blasint>::max()) {
    fail<ShapeError>("a matrix product with a dimension of {}: at most {} is supported", n,
                     std::numeric_limits<blasint>::max());
  }
  return static_cast<blasint>(n);
}

CBLAS_TRANSPOSE order(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

/// Threads are the team's: each calls OpenBLAS for its own part.
void use_one_thread() {
  [[maybe_unused]] static const bool once = [] {
    openblas_set_num_threads(1);
    return true;
  }();
}

template <class T>
void multiply_any(const Product& p, const T* a, const T* b, T beta, T* c) {
  if (p.m == 0 || p.n == 0) return;
  use_one_thread();
  if (p.k == 0) {
    if (beta == 0) std::fill_n(c, p.m * p.n, T{0});
    return;
  }
  // OpenBLAS multiplies an uninitialised c by a beta of 0 in gemv; NaNs in old memory would stay.
  if (beta == 0 && (p.m == 1 || p.n == 1)) std::fill_n(c, p.m * p.n, T{0});
  const blasint m = narrow(p.m);
  const blasint n = narrow(p.n);
  const blasint k = narrow(p.k);
  if (m == 1) {  // cᵀ = bᵀ aᵀ, a vector
    if (p.transpose_b) {
      gemv(CblasNoTrans, n, k, b, a, beta, c);
    } else {
      gemv(CblasTrans, k, n, b, a, beta, c);
    }
  } else if (n == 1) {
    if (p.transpose_a) {
      gemv(CblasTrans, k, m, a, b, beta, c);
    } else {
      gemv(CblasNoTrans, m, k, a, b, beta, c);
    }
  } else {
    gemm(order(p.transpose_a), order(p.transpose_b), m, n, k, a, p.transpose_a ? m : k, b,
         p.transpose_b ? k : n, beta, c, n);
  }
}

}  // namespace

void multiply(const Product& product, const float* a, const float* b, float beta, float* c) {
  multiply_any(product, a, b, beta, c);
}

void multiply(const Product& product, const double* a, const double* b, double beta, double* c) {
  multiply_any(product, a, b, beta, c);
}

}  // namespace unroll
