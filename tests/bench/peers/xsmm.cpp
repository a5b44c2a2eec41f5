#include "bench/peers/xsmm.h"

#include <libxsmm.h>
#include <unroll/core/error.h>

#include <algorithm>

namespace bench {

using namespace unroll;

namespace {

/// Columns of a block: four vectors of 16.
constexpr Index kWidth = 64;

/// libxsmm's matrices are column-major: c = a b is to it cᵀ = bᵀ aᵀ with the sides exchanged.
libxsmm_smmfunction kernel_for(Index rows, Index columns, Index depth, Index lda, Index ldc) {
  const auto narrow = [](Index i) { return static_cast<libxsmm_blasint>(i); };
  const libxsmm_blasint strides[] = {narrow(columns), narrow(lda), narrow(ldc)};
  const float alpha = 1;
  const float beta = 0;
  const libxsmm_smmfunction kernel =
      libxsmm_smmdispatch(narrow(columns), narrow(rows), narrow(depth), &strides[0], &strides[1],
                          &strides[2], &alpha, &beta, nullptr, nullptr);
  if (kernel == nullptr)
    fail<Error>("libxsmm has no kernel for {} x {} x {}", rows, columns, depth);
  return kernel;
}

}  // namespace

XsmmProduct::XsmmProduct(const Gemm<float>& gemm, Interval columns)
    : a_(gemm.a), b_(DType::f32, {gemm.k, columns.size()}) {
  Index lda = gemm.lda;
  if (gemm.transpose_a) {
    a_copy_ = Tensor(DType::f32, {gemm.m, gemm.k});
    float* to = a_copy_.values<float>().data();
    for (Index i = 0; i < gemm.m; ++i) {
      for (Index p = 0; p < gemm.k; ++p) *to++ = gemm.a[p * gemm.lda + i];
    }
    a_ = a_copy_.values<float>().data();
    lda = gemm.k;
  }
  float* to = b_.values<float>().data();
  for (Index j = columns.begin; j < columns.end; j += kWidth) {
    const Index width = std::min(kWidth, columns.end - j);
    blocks_.push_back({kernel_for(gemm.m, width, gemm.k, lda, gemm.ldc), to, gemm.c + j});
    for (Index p = 0; p < gemm.k; ++p) {
      for (Index i = j; i < j + width; ++i) {
        *to++ = gemm.b[gemm.transpose_b ? i * gemm.ldb + p : p * gemm.ldb + i];
      }
    }
  }
}

void XsmmProduct::multiply() const {
  for (const Block& block : blocks_) block.kernel(block.b, a_, block.c);
}

}  // namespace bench
