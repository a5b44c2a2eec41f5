#include <unroll/core/plan/gather.h>

#include <algorithm>

namespace unroll {
namespace {

using Offsets = std::vector<Position>;

class Gathering {
 public:
  explicit Gathering(Draft& draft) : draft_(draft) {}

  void run() {
    // The values that one product reads side by side, such as the gradients of all gates, come
    // first: the other products that read them need nothing else. Sums come last; they can add up
    // in any order.
    for (const int now : {0, 1, 2}) {
      for (Id i = 0; i < draft_.products.size(); ++i) {
        const BlockProduct& p = draft_.products[i];
        if (!p.is_gone() && !p.swept && turn(p) == now) arrange(i);
      }
    }
    close_gaps();
  }

 private:
  static int turn(const BlockProduct& p) {
    if (p.ones) return 2;
    return p.inner > 1 && !p.transpose_a ? 0 : 1;
  }

  /// The places of the blocks of a matrix; inner sizes run down or across.
  void grid(Offsets& offsets, const BlockProduct& p, bool inner_down, std::uint32_t others,
            Index size) const {
    offsets.clear();
    const std::uint32_t rows = inner_down ? p.inner : others;
    const std::uint32_t columns = inner_down ? others : p.inner;
    Index row = 0;
    for (std::uint32_t i = 0; i < rows; ++i) {
      Index column = 0;
      for (std::uint32_t j = 0; j < columns; ++j) {
        offsets.push_back({row, column});
        column += inner_down ? size : draft_.inner_size(p, j);
      }
      row += inner_down ? draft_.inner_size(p, i) : size;
    }
  }
  static void transpose(Offsets& offsets) {
    for (Position& offset : offsets) std::swap(offset.row, offset.column);
  }

  /// Gathers a list of operands and returns it, or the list of what stands for them now.
  List gather_list(List list) {
    const auto ids = draft_.ids(list);
    ids_.assign(ids.begin(), ids.end());
    draft_.gather(ids_, offsets_, "place");
    return std::ranges::equal(ids_, draft_.ids(list)) ? list : draft_.add_list(ids_);
  }

  void arrange(Id index) {
    BlockProduct p = draft_.products[index];
    if (p.ones && p.inner > 1) sort_terms(p);
    if (p.a.count > 1) {
      grid(offsets_, p, false, p.rows, p.m);
      if (p.transpose_a) transpose(offsets_);
      p.a = gather_list(p.a);
    }
    // Parameters were joined because they lie together.
    if (p.b.count > 1 && !draft_.values[draft_.ids(p.b)[0]].parameter) {
      grid(offsets_, p, true, p.columns, p.n);
      if (p.transpose_b) transpose(offsets_);
      p.b = gather_list(p.b);
    }
    draft_.products[index] = p;
    if (p.out.count == 1) return;
    const bool together = draft_.values[draft_.ids(p.out)[0]].placed && lie_together(p);
    if (together) return;
    offsets_.clear();
    for (std::uint32_t i = 0; i < p.rows; ++i) {
      for (std::uint32_t j = 0; j < p.columns; ++j) offsets_.push_back({p.m * i, p.n * j});
    }
    draft_.scatter(index, offsets_, "place");
  }

  /// Whether results that have destinations of their own already lie one below the other there.
  bool lie_together(const BlockProduct& p) {
    const auto out = draft_.ids(p.out);
    const auto width = static_cast<Index>(size_of(draft_.values[out[0]].dtype));
    if (p.columns != 1) return false;
    for (std::size_t i = 1; i < out.size(); ++i) {
      if (!draft_.assume_adjacent(out[i - 1], out[i], p.m * p.n * width)) return false;
    }
    return true;
  }

  /// Brings the terms of a sum into the order in which they lie.
  void sort_terms(BlockProduct& p) {
    const auto ids = draft_.ids(p.b);
    std::vector<Id> sorted(ids.begin(), ids.end());
    std::ranges::sort(sorted, [&](Id a, Id b) { return draft_.lies_before(a, b); });
    if (!std::ranges::equal(sorted, draft_.ids(p.b))) p.b = draft_.add_list(sorted);
  }

  /// Kernels read matrices without gaps. All that read one value read one copy of it.
  void close_gaps() {
    for (Id id = 0; id < draft_.work(); ++id) {
      if (draft_.values[id].role != Role::kernel) continue;
      for (std::size_t i = 0; i < draft_.values[id].input_count; ++i) {
        const Id input = draft_.inputs_of(id)[i];
        if (draft_.has_gaps(input)) draft_.replace_input(id, i, draft_.without_gaps(input));
      }
    }
  }

  Draft& draft_;
  Offsets offsets_;
  std::vector<Id> ids_;
};

}  // namespace

void gather(Draft& draft) { Gathering(draft).run(); }

}  // namespace unroll
