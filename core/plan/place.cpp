/// Sees the blocks of every product and how element-wise operations and kernels read their inputs.
/// Makes the values that a product reads or writes together rectangles of one matrix, gates side by
/// side and steps in order of time, so that it copies nothing; where a value is wanted at two
/// places, a copy.

#include <unroll/core/plan/access.h>
#include <unroll/core/plan/passes.h>

#include <algorithm>

namespace unroll {
namespace {

using Offsets = std::vector<Draft::Offset>;

/// The places of rows x columns blocks of a matrix.
Offsets grid(std::size_t rows, std::size_t columns, Index height, Index width) {
  Offsets offsets;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      offsets.push_back({static_cast<Index>(i) * height, static_cast<Index>(j) * width});
    }
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
  const Offsets a_grid = p.transpose_a ? transposed(grid(p.rows, p.inner, p.m, p.k))
                                       : grid(p.rows, p.inner, p.m, p.k);
  const Offsets b_grid = p.transpose_b ? transposed(grid(p.inner, p.columns, p.k, p.n))
                                       : grid(p.inner, p.columns, p.k, p.n);
  draft.gather(a, a_grid);
  // Parameters were joined because they lie together.
  if (!draft.values[b[0]].parameter) draft.gather(b, b_grid);
  const bool together = draft.values[p.out[0]].placed && lie_together(draft, p);
  if (!together) draft.scatter(index, grid(p.rows, p.columns, p.m, p.n));
  draft.products[index].a = std::move(a);
  draft.products[index].b = std::move(b);
}

/// Kernels read matrices without gaps. All that read one value read one copy of it.
void close_gaps(Draft& draft) {
  const auto count = static_cast<Id>(draft.request.work.size());
  std::vector<Id> copies(draft.values.size(), kNone);
  for (Id id = 0; id < count; ++id) {
    if (draft.values[id].role != Role::kernel) continue;
    for (std::uint32_t i = 0; i < draft.values[id].input_count; ++i) {
      const Id input = draft.inputs_of(id)[i];
      if (!draft.has_gaps(input)) continue;
      if (copies[input] == kNone) copies[input] = draft.add_copy(input);
      draft.inputs[draft.values[id].first_input + i] = copies[input];
    }
  }
}

}  // namespace

void place(Draft& draft) {
  const auto count = static_cast<Id>(draft.request.work.size());
  for (Id id = 0; id < count; ++id) {
    if (draft.values[id].role == Role::elementwise && !is_fusible(draft, id)) {
      draft.values[id].role = Role::kernel;
      draft.arrangement.make_dense(id);
    }
  }
  // What one product reads side by side, such as the gradients of all gates, comes first: the other
  // products that read it need nothing else.
  for (const bool side_by_side : {true, false}) {
    for (Id i = 0; i < draft.products.size(); ++i) {
      const BlockProduct& p = draft.products[i];
      if (!p.empty() && (p.inner > 1 && !p.transpose_a) == side_by_side) arrange(draft, i);
    }
  }
  close_gaps(draft);
}

}  // namespace unroll
