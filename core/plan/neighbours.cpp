#include <unroll/core/plan/neighbours.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace unroll {
namespace {

class Neighbours {
 public:
  explicit Neighbours(std::span<const Located> matrices)
      : matrices_(matrices), used_(matrices.size(), 0), sorted_(matrices.size()) {
    std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
    std::ranges::stable_sort(sorted_, std::less<>(),
                             [&](std::size_t i) { return matrices[i].address; });
    first_unused_.resize(sorted_.size());
    std::iota(first_unused_.begin(), first_unused_.end(), std::size_t{0});
  }

  std::vector<std::vector<std::size_t>> runs() {
    std::vector<std::vector<std::size_t>> runs;
    for (std::size_t i = 0; i < matrices_.size(); ++i) {
      if (used_[i] != 0) continue;
      std::size_t begin = i;
      for (std::size_t before = beside(begin, -1); before != kNowhere;) {
        begin = before;
        before = beside(begin, -1);
      }
      std::vector<std::size_t>& run = runs.emplace_back();
      for (std::size_t at = begin; at != kNowhere; at = beside(at, 1)) {
        run.push_back(at);
        used_[at] = 1;
      }
    }
    return runs;
  }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  /// The first unused matrix that lies `steps` of its lengths behind matrix `i`.
  std::size_t beside(std::size_t i, Index steps) {
    if (matrices_[i].address == nullptr || matrices_[i].bytes == 0) return kNowhere;
    const std::byte* const wanted = matrices_[i].address + steps * matrices_[i].bytes;
    const auto first = std::ranges::lower_bound(
        sorted_, wanted, std::less<>(), [&](std::size_t k) { return matrices_[k].address; });
    if (first == sorted_.end()) return kNowhere;
    // Those at one address were noted in their order; the used ones come first.
    std::size_t& unused = first_unused_[static_cast<std::size_t>(first - sorted_.begin())];
    while (unused < sorted_.size() && matrices_[sorted_[unused]].address == wanted) {
      const std::size_t found = sorted_[unused];
      if (used_[found] == 0) return matrices_[found].bytes == matrices_[i].bytes ? found : kNowhere;
      ++unused;
    }
    return kNowhere;
  }

  std::span<const Located> matrices_;
  std::vector<std::uint8_t> used_;
  std::vector<std::size_t> sorted_;        // by address
  std::vector<std::size_t> first_unused_;  // by position in sorted_, of those at one address
};

}  // namespace

std::vector<std::vector<std::size_t>> runs_of_neighbours(std::span<const Located> matrices) {
  return Neighbours(matrices).runs();
}

}  // namespace unroll
