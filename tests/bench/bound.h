#pragma once
/// What a step of training cannot take less time than: the time of its matrix products.

#include <unroll/core/graph.h>

namespace bench {

/// The floating-point operations of the matrix products that a tape has run, counted one by one,
/// those of products along leading axes too.
[[nodiscard]] double flops_of_products(const unroll::Graph& graph);

/// The best rate of large products, in operations a second: what nothing here can be above. Each
/// thread has a part of the rows; the matrices lie where a tape's lie, in the memory of tensors.
[[nodiscard]] double product_rate();

/// The best rate of copying what no cache holds, in bytes read and written a second, by all
/// threads.
[[nodiscard]] double memory_rate();

}  // namespace bench
