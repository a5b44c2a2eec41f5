/// Sees from when to when each buffer is in use; gives its memory to those that come later. What is
/// used step after step, such as the gradient that goes from one to the one before, so stays in the
/// cache.

#include <unroll/core/plan/layout.h>
#include <unroll/core/tensor.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <set>

namespace unroll {
namespace {

/// The memory of a plan, and the gaps in it that are free.
class Block {
 public:
  /// The smallest gap that is large enough, or the end, which a gap there makes longer.
  Index take(Index size) {
    Gap gap{bytes_, 0};
    if (const auto best = by_size_.lower_bound({size, 0}); best != by_size_.end()) {
      gap = {best->second, best->first};
      remove(gap);
    } else if (!gaps_.empty()) {
      const auto last = std::prev(gaps_.end());
      if (last->first + last->second == bytes_) {
        gap = {last->first, last->second};
        remove(gap);
      }
    }
    bytes_ = std::max(bytes_, gap.offset + size);
    if (gap.size > size) add({gap.offset + size, gap.size - size});
    return gap.offset;
  }

  void give_back(Index offset, Index size) {
    Gap gap{offset, size};
    if (const auto after = gaps_.find(offset + size); after != gaps_.end()) {
      gap.size += after->second;
      remove({after->first, after->second});
    }
    if (const auto next = gaps_.lower_bound(offset); next != gaps_.begin()) {
      const auto [before, length] = *std::prev(next);
      if (before + length == offset) {
        remove({before, length});
        gap = {before, gap.size + length};
      }
    }
    add(gap);
  }

  [[nodiscard]] Index bytes() const { return bytes_; }

 private:
  struct Gap {
    Index offset;
    Index size;
  };
  void add(Gap gap) {
    gaps_.emplace(gap.offset, gap.size);
    by_size_.emplace(gap.size, gap.offset);
  }
  void remove(Gap gap) {
    gaps_.erase(gap.offset);
    by_size_.erase({gap.size, gap.offset});
  }

  std::map<Index, Index> gaps_;                // sizes by offset; no two touch
  std::set<std::pair<Index, Index>> by_size_;  // the same, by size and then by offset
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
