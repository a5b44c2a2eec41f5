#pragma once
/// Memory for the values of one step: handed out in order, given back all at once.

#include <unroll/core/tensor.h>

#include <vector>

namespace unroll {

/// Blocks that grow on demand and are kept across `reset()`; after a reset that followed growth,
/// they are joined to one block, so that a repeated step finds all its memory in one piece.
class Arena {
 public:
  /// `bytes` of memory aligned to a cache line, not zeroed.
  std::byte* allocate(std::size_t bytes);
  void reset();
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr std::size_t kFirstBlock = std::size_t{1} << 16;
  std::vector<Buffer> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace unroll
