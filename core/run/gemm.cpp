#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/core/run/gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/pack-inl.h>
#include <unroll/core/run/tile-inl.h>
#include <unroll/core/tensor.h>

#include <algorithm>
#include <array>

#ifndef UNROLL_CORE_RUN_GEMM_CPP_
#define UNROLL_CORE_RUN_GEMM_CPP_
namespace unroll {

/// k is cut into blocks of at most this size: c is read and written again for each, and a block of
/// a has to stay in the second-level cache.
constexpr Index kDepth = 768;
/// Elements of b that are packed before they are used: they stay in the second-level cache.
constexpr Index kChunk = Index{1} << 17;
/// For so few rows copying a, or b where it need not be transposed, costs more than it saves.
constexpr Index kFewRows = 32;
/// Rows of a that are copied together.
constexpr Index kRowBlock = 112;

struct Depths {
  explicit Depths(Index k) : k(k), count(std::max<Index>(1, (k + kDepth - 1) / kDepth)) {}
  [[nodiscard]] Interval operator[](Index i) const { return {k * i / count, k * (i + 1) / count}; }
  Index k;
  Index count;
};

/// Memory of one thread, kept from call to call.
template <class T>
T* scratch(int which, Index elements) {
  thread_local std::array<Buffer, 2> buffers;
  Buffer& buffer = buffers[static_cast<std::size_t>(which)];
  const auto bytes = static_cast<std::size_t>(elements) * sizeof(T);
  if (buffer.size() < bytes) buffer = Buffer(bytes, Buffer::Content::any);
  return reinterpret_cast<T*>(buffer.data());
}

}  // namespace unroll
#endif

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

// Plans leave room for the columns that the last panel of a thread is padded with.
static_assert(kPanel<float> <= PackedMatrix::kPadding && kPanel<double> <= PackedMatrix::kPadding);

template <class T>
Index padded(Interval columns) {
  return (columns.size() + kPanel<T> - 1) / kPanel<T> * kPanel<T>;
}

template <class T>
void pack_all(const Gemm<T>& g, Interval columns, T* packed) {
  const Depths depths(g.k);
  for (Index i = 0; i < depths.count; ++i) {
    for (Index j = columns.begin; j < columns.end; j += kPanel<T>) {
      pack_panel(g, depths[i], j, columns.end, packed);
      packed += depths[i].size() * kPanel<T>;
    }
  }
}

/// The sums of a block of a, copied to `a`; what was summed of the rows above is there already.
template <class T>
void add_up(const Gemm<T>& g, Interval rows, Interval depth, const T* a) {
  std::array<T, kRowBlock> sums{};
  const auto count = static_cast<std::size_t>(rows.size());
  for (Index p = 0; p < depth.size(); ++p) {
    for (std::size_t i = 0; i < count; ++i) sums[i] += a[i];
    a += kRowBlock;
  }
  const Index height = g.m / static_cast<Index>(g.sums.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Index row = rows.begin + static_cast<Index>(i);
    T* const to = g.sums[static_cast<std::size_t>(row / height)];
    if (to == nullptr) continue;
    T& sum = to[row % height];
    sum = depth.begin == 0 ? sums[i] : sum + sums[i];
  }
}

/// Whether blocks of a are copied before they are used: the kernels read some elements of a column
/// of it, and what is a multiple of a page apart has its place in one set of the first-level cache.
template <class T>
bool copies_a(const Gemm<T>& g, Interval rows) {
  constexpr Index kPage = 4096 / sizeof(T);
  return g.transpose_a || (g.lda % kPage == 0 && rows.size() > kFewRows);
}

/// How far apart the rows, or columns where it is transposed, of such a copy are.
template <class T>
Index stride_of_copy(const Gemm<T>& g, Interval depth) {
  return g.transpose_a ? kRowBlock : depth.size() + kLanes<T>;
}

template <class T>
Part<T> block_of_a(const Gemm<T>& g, Interval depth, Interval rows) {
  const Index height = std::min(kRowBlock, rows.size());
  if (g.transpose_a) {
    return {g.a + depth.begin * g.lda + rows.begin, g.lda, depth.size(), height};
  }
  return {g.a + rows.begin * g.lda + depth.begin, g.lda, height, depth.size()};
}
template <class T>
Part<T> part_of_b(const Gemm<T>& g, Interval depth, Interval columns) {
  if (g.transpose_b) {
    return {g.b + columns.begin * g.ldb + depth.begin, g.ldb, columns.size(), depth.size()};
  }
  return {g.b + depth.begin * g.ldb + columns.begin, g.ldb, depth.size(), columns.size()};
}

/// The columns of one chunk for all rows, over one block of k. `b` holds their panels, or is null:
/// then they are read where they are, which pays for few rows. After it comes one of k `after`, if
/// any, and `next` will be packed for it.
template <class T>
void chunk(const Gemm<T>& g, Interval rows, Interval columns, Interval depth, const T* b,
           Interval after = {0, 0}, Ahead<T> next = {}) {
  Operands<T> o{.k = depth.size(),
                .a = nullptr,
                .lda = g.lda,
                .b = nullptr,
                .ldb = kPanel<T>,
                .bias = nullptr,
                .c = nullptr,
                .ldc = g.ldc,
                .add = depth.begin > 0,
                .columns = 0,
                .next = nullptr,
                .next_stride = 0};
  for (Index i = rows.begin; i < rows.end; i += kRowBlock) {
    const Index count = std::min(kRowBlock, rows.end - i);
    const T* a = g.a + i * g.lda + depth.begin;
    Ahead<T> next_a;
    if (copies_a(g, rows)) {
      if (i + kRowBlock < rows.end) {
        next_a = Ahead<T>(block_of_a(g, depth, {i + kRowBlock, rows.end}));
      } else if (after.size() > 0) {
        next_a = Ahead<T>(block_of_a(g, after, rows));
      }
      o.lda = stride_of_copy(g, depth);
      T* const copy = scratch<T>(1, kRowBlock * (depth.size() + kLanes<T>));
      const Part<T> block = block_of_a(g, depth, {i, i + count});
      for (Index r = 0; r < block.rows; ++r) {
        copy_row(block.data + r * block.stride, block.columns, copy + r * o.lda);
      }
      a = copy;
      // Whoever computes the first columns adds up the rows.
      if (columns.begin == 0 && !g.sums.empty()) add_up(g, {i, i + count}, depth, copy);
    }
    const auto begin_at = [&](Index j) {
      o.a = a;
      o.b = b == nullptr ? g.b + depth.begin * g.ldb + j : b + (j - columns.begin) * depth.size();
      o.ldb = b == nullptr ? g.ldb : kPanel<T>;
      o.bias = depth.begin == 0 && g.bias ? g.bias + j : nullptr;
      o.c = g.c + i * g.ldc + j;
    };
    Index first = columns.begin;
    if (count == 1 && !g.transpose_a) {
      constexpr Index kTogether = kRowPanels * kPanel<T>;
      for (; first + kTogether <= columns.end; first += kTogether) {
        begin_at(first);
        row_of_panels(o, b == nullptr ? kPanel<T> : kPanel<T> * depth.size());
      }
    }
    for (Index j = first; j < columns.end; j += kPanel<T>) {
      begin_at(j);
      o.columns = std::min(kPanel<T>, columns.end - j);
      Ahead<T>& ahead = next_a.done() ? next : next_a;
      if (g.transpose_a) {
        panel<T, true>(o, count, ahead);
      } else {
        panel<T, false>(o, count, ahead);
      }
    }
  }
}

template <class T>
void multiply_all(const Gemm<T>& g, Interval rows, Interval columns, const T* packed) {
  const Depths depths(g.k);
  for (Index i = 0; i < depths.count; ++i) {
    const Interval depth = depths[i];
    const Interval following = i + 1 < depths.count ? depths[i + 1] : Interval{0, 0};
    if (packed != nullptr) {
      chunk(g, rows, columns, depth, packed, following);
      packed += padded<T>(columns) * depth.size();
      continue;
    }
    const Index whole = columns.size() / kPanel<T> * kPanel<T>;
    const Interval direct{columns.begin, columns.begin + whole};
    const bool reads_b = !g.transpose_b && rows.size() <= kFewRows;
    if (reads_b && whole > 0) chunk<T>(g, rows, direct, depth, nullptr);
    const Index width =
        std::max(kPanel<T>, kChunk / std::max<Index>(1, depth.size()) / kPanel<T> * kPanel<T>);
    const Index first = reads_b ? direct.end : columns.begin;
    for (Index j = first; j < columns.end; j += width) {
      const Interval part{j, std::min(j + width, columns.end)};
      T* const b = scratch<T>(0, padded<T>(part) * std::max<Index>(1, depth.size()));
      for (Index p = part.begin; p < part.end; p += kPanel<T>) {
        pack_panel(g, depth, p, part.end, b + (p - part.begin) * depth.size());
      }
      const bool ends = part.end == columns.end;
      const Interval after = ends ? following : depth;
      const Index next = ends ? first : part.end;
      chunk(g, rows, part, depth, b, after,
            Ahead<T>(part_of_b(g, after, {next, std::min(next + width, columns.end)})));
    }
  }
}

/// The entry points of one instruction set.
template <class T>
struct Kernels {
  Index grain;
  Index (*padded)(Interval);
  void (*pack)(const Gemm<T>&, Interval, T*);
  void (*multiply)(const Gemm<T>&, Interval, Interval, const T*);
};
template <class T>
constexpr Kernels<T> kKernels{kLanes<T>, padded<T>, pack_all<T>, multiply_all<T>};
const void* GemmF32() { return &kKernels<float>; }
const void* GemmF64() { return &kKernels<double>; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(GemmF32);
HWY_EXPORT(GemmF64);

template <class T>
const HWY_NAMESPACE::Kernels<T>& kernels() {
  if constexpr (sizeof(T) == 4) {
    return *static_cast<const HWY_NAMESPACE::Kernels<T>*>(HWY_DYNAMIC_DISPATCH(GemmF32)());
  } else {
    return *static_cast<const HWY_NAMESPACE::Kernels<T>*>(HWY_DYNAMIC_DISPATCH(GemmF64)());
  }
}

}  // namespace

template <class T>
Index column_grain() {
  return kernels<T>().grain;
}

template <class T>
Index packed_size(const Gemm<T>& gemm, Interval columns) {
  return kernels<T>().padded(columns) * gemm.k;
}

template <class T>
void pack(const Gemm<T>& gemm, Interval columns, T* packed) {
  kernels<T>().pack(gemm, columns, packed);
}

template <class T>
void multiply(const Gemm<T>& gemm, Interval rows, Interval columns, const T* packed) {
  if (rows.size() <= 0 || columns.size() <= 0) return;
  kernels<T>().multiply(gemm, rows, columns, packed);
}

template Index column_grain<float>();
template Index column_grain<double>();
template Index packed_size<float>(const Gemm<float>&, Interval);
template Index packed_size<double>(const Gemm<double>&, Interval);
template void pack<float>(const Gemm<float>&, Interval, float*);
template void pack<double>(const Gemm<double>&, Interval, double*);
template void multiply<float>(const Gemm<float>&, Interval, Interval, const float*);
template void multiply<double>(const Gemm<double>&, Interval, Interval, const double*);

}  // namespace unroll
#endif  // HWY_ONCE
