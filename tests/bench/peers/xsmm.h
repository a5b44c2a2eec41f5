#pragma once
/// Small matrix products by libxsmm, which generates a kernel for each size; its header is included
/// nowhere else.

#include <unroll/core/run/gemm.h>
#include <unroll/core/tensor.h>

#include <vector>

namespace bench {

/// Some columns of a product, with its operands in the order libxsmm is fastest in.
class XsmmProduct {
 public:
  /// Packs b's columns, and a where it is transposed: libxsmm reads neither transposed.
  XsmmProduct(const unroll::Gemm<float>& gemm, unroll::Interval columns);

  /// Computes the columns of c.
  void multiply() const;

 private:
  using Kernel = void (*)(const float*, const float*, float*, ...);

  /// Columns that one call computes.
  struct Block {
    Kernel kernel;
    const float* b;
    float* c;
  };

  const float* a_;
  unroll::Tensor a_copy_;
  unroll::Tensor b_;
  std::vector<Block> blocks_;
};

}  // namespace bench
