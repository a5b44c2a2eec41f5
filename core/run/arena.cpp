#include <unroll/core/run/arena.h>

#include <algorithm>

namespace unroll {

std::byte* Arena::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + Buffer::kAlignment - 1) & ~(Buffer::kAlignment - 1);
  if (blocks_.empty() || used_ + rounded > blocks_.back().size()) {
    const std::size_t next = blocks_.empty() ? kFirstBlock : 2 * blocks_.back().size();
    blocks_.emplace_back(std::max(next, rounded), Buffer::Content::any);
    used_ = 0;
  }
  std::byte* result = blocks_.back().data() + used_;
  used_ += rounded;
  return result;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    const std::size_t total = bytes();
    blocks_.clear();
    blocks_.emplace_back(total, Buffer::Content::any);
  }
  used_ = 0;
}

std::size_t Arena::bytes() const {
  std::size_t total = 0;
  for (const Buffer& block : blocks_) total += block.size();
  return total;
}

}  // namespace unroll
