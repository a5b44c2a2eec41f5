/// Part of the pass that places values. Sees from when to when each buffer is in use; gives its
/// memory to those that come later. What is used step after step, such as the gradient that goes
/// from one to the one before, so stays in the cache.

#include <unroll/core/plan/reuse.h>
#include <unroll/core/tensor.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>

namespace unroll {
namespace {

class Block {
 public:
  /// The smallest gap that is large enough, or the end, which a gap there makes longer.
  Index take(Index size) {
    auto best = gaps_.end();
    for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
      if (gap->second >= size && (best == gaps_.end() || gap->second < best->second)) best = gap;
    }
    if (best == gaps_.end() && !gaps_.empty()) {
      const auto last = std::prev(gaps_.end());
      if (last->first + last->second == bytes_) best = last;
    }
    if (best == gaps_.end()) {
      bytes_ += size;
      return bytes_ - size;
    }
    const auto [offset, length] = *best;
    gaps_.erase(best);
    bytes_ = std::max(bytes_, offset + size);
    if (length > size) gaps_.emplace(offset + size, length - size);
    return offset;
  }

  void give_back(Index offset, Index size) {
    const auto after = gaps_.lower_bound(offset);
    if (after != gaps_.end() && after->first == offset + size) {
      size += after->second;
      gaps_.erase(after);
    }
    const auto next = gaps_.lower_bound(offset);
    if (next != gaps_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == offset) {
        before->second += size;
        return;
      }
    }
    gaps_.emplace(offset, size);
  }

  [[nodiscard]] Index bytes() const { return bytes_; }

 private:
  std::map<Index, Index> gaps_;  // by offset; no two touch
  Index bytes_ = 0;
};

}  // namespace

Layout lay_out(std::span<const Lifetime> buffers) {
  const auto size_of_buffer = [&](std::size_t i) {
    constexpr auto kLine = static_cast<Index>(Buffer::kAlignment);
    return (buffers[i].bytes + kLine - 1) / kLine * kLine;
  };
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].first < buffers[b].first;
  });

  Layout layout{std::vector<Index>(buffers.size()), 0};
  Block block;
  using Ending = std::pair<std::uint32_t, std::size_t>;  // the last step of a buffer
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> in_use;
  for (const std::size_t i : order) {
    while (!in_use.empty() && in_use.top().first < buffers[i].first) {
      const std::size_t done = in_use.top().second;
      in_use.pop();
      block.give_back(layout.offsets[done], size_of_buffer(done));
    }
    if (buffers[i].bytes == 0) continue;
    layout.offsets[i] = block.take(size_of_buffer(i));
    in_use.emplace(buffers[i].last, i);
  }
  layout.bytes = block.bytes();
  return layout;
}

}  // namespace unroll
