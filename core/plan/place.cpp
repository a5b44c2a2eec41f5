/// Sees the blocks of every product and how element-wise operations and kernels read their inputs.
/// Makes the values that a product reads or writes together rectangles of one matrix, gates side by
/// side and steps in order of time, so that it copies nothing; where a value is wanted at two
/// places, a copy. (Columns that are sliced or joined have their places from the start, in
/// draft_views.cpp.)

#include <unroll/core/plan/access.h>
#include <unroll/core/plan/make_plan.h>

#include <algorithm>

namespace unroll {
namespace {

using Offsets = std::vector<Draft::Offset>;

/// The places of blocks of a matrix, by the heights of its rows and the widths of its columns.
Offsets grid(const std::vector<Index>& heights, const std::vector<Index>& widths) {
  Offsets offsets;
  Index row = 0;
  for (const Index height : heights) {
    Index column = 0;
    for (const Index width : widths) {
      offsets.push_back({row, column});
      column += width;
    }
    row += height;
  }
  return offsets;
}

Offsets transposed(Offsets offsets) {
  for (Draft::Offset& offset : offsets) std::swap(offset.rows, offset.columns);
  return offsets;
}

/// Whether results that have places of their own already lie one below the other there.
bool lie_together(Draft& draft, const BlockProduct& product) {
  const auto width = static_cast<Index>(size_of(draft.values[product.out[0]].dtype));
  if (product.columns != 1) return false;
  for (std::size_t i = 1; i < product.out.size(); ++i) {
    if (!draft.assume_adjacent(product.out[i - 1], product.out[i], product.m * product.n * width)) {
      return false;
    }
  }
  return true;
}

void arrange(Draft& draft, Id index) {
  const BlockProduct& p = draft.products[index];
  std::vector<Id> a = p.a;
  std::vector<Id> b = p.b;
  const std::vector<Index> heights(p.rows, p.m);
  const std::vector<Index> widths(p.columns, p.n);
  const Offsets a_grid = p.transpose_a ? transposed(grid(heights, p.k)) : grid(heights, p.k);
  const Offsets b_grid = p.transpose_b ? transposed(grid(p.k, widths)) : grid(p.k, widths);
  if (!p.ones) draft.gather(a, a_grid);
  // Parameters were joined because they lie together.
  if (!draft.values[b[0]].parameter) draft.gather(b, b_grid);
  const bool together = draft.values[p.out[0]].placed && lie_together(draft, p);
  if (!together) draft.scatter(index, grid(heights, widths));
  draft.products[index].a = std::move(a);
  draft.products[index].b = std::move(b);
}

/// Brings the terms of a sum into the order in which they lie.
void sort_terms(const Draft& draft, BlockProduct& p) {
  std::sort(p.b.begin(), p.b.end(), [&](Id a, Id b) { return draft.lies_before(a, b); });
  for (std::size_t i = 0; i < p.b.size(); ++i) p.k[i] = draft.values[p.b[i]].rows;
}

/// Kernels read matrices without gaps. All that read one value read one copy of it.
void close_gaps(Draft& draft) {
  const auto count = static_cast<Id>(draft.request.work.size());
  for (Id id = 0; id < count; ++id) {
    if (draft.values[id].role != Role::kernel) continue;
    for (std::uint32_t i = 0; i < draft.values[id].input_count; ++i) {
      const Id input = draft.inputs_of(id)[i];
      if (!draft.has_gaps(input)) continue;
      const Id copy = draft.without_gaps(input);
      draft.inputs[draft.values[id].first_input + i] = copy;
    }
  }
}

}  // namespace

void place(Draft& draft) {
  // What one product reads side by side, such as the gradients of all gates, comes first: the other
  // products that read it need nothing else. Sums come last; they can add up in any order.
  const auto turn = [](const BlockProduct& p) {
    if (p.ones) return 2;
    return p.inner() > 1 && !p.transpose_a ? 0 : 1;
  };
  for (const int now : {0, 1, 2}) {
    for (Id i = 0; i < draft.products.size(); ++i) {
      BlockProduct& p = draft.products[i];
      if (p.empty() || p.swept || turn(p) != now) continue;
      if (p.ones) sort_terms(draft, p);
      arrange(draft, i);
    }
  }
  close_gaps(draft);
}

}  // namespace unroll
