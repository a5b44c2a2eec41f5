#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/core/run/gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <unroll/core/error.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/lanes-inl.h>
#include <unroll/core/tensor.h>

#include <algorithm>
#include <array>
#include <utility>

#ifndef UNROLL_CORE_RUN_GEMM_CPP_
#define UNROLL_CORE_RUN_GEMM_CPP_
namespace unroll {

/// k is cut into blocks of at most this size: c is read and written again for each, and a block of
/// a has to stay in the second-level cache.
constexpr Index kDepth = 768;
/// Elements of b that are packed before they are used: they stay in the second-level cache.
constexpr Index kChunk = Index{1} << 17;
/// For so few rows packing b, where it need not be transposed, costs more than it saves.
constexpr Index kFewRows = 32;
/// Rows of a transposed a that are copied together.
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
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, 64 / sizeof(T)>;
template <class T>
constexpr Index kLanes = static_cast<Index>(hn::MaxLanes(Tag<T>()));
/// A panel is two vectors of columns wide: the accumulators of a block of rows, the vectors of b
/// and one element of a fill the registers.
template <class T>
constexpr Index kPanel = 2 * kLanes<T>;
#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)  // 32 registers
constexpr int kRows = 14;
#else
constexpr int kRows = 6;
#endif

/// Where a block of rows of a begins: element (i, p) is at p * lda + i where a is transposed, else
/// at i * lda + p.
template <class T>
struct Operands {
  Index k;
  const T* a;
  Index lda;
  const T* b;
  Index ldb;
  const T* bias;
  T* c;
  Index ldc;
  bool add;
  Index columns;  // of the panel that are stored
  const T* next;  // where a is transposed: element p at p * next_stride is fetched meanwhile
  Index next_stride;
};

/// MR rows times NV vectors of columns of c, in registers.
template <class D, int MR, int NV, bool kTransposed, class T = hn::TFromD<D>>
void tile(const Operands<T>& o) {
  const D d;
  constexpr auto lanes = static_cast<Index>(hn::MaxLanes(d));
  using V = hn::Vec<D>;
  V sum[MR][NV];
  for (int j = 0; j < NV; ++j) {
    const Index left = std::clamp<Index>(o.columns - j * lanes, 0, lanes);
    V start = hn::Zero(d);
    if (o.bias && left == lanes) start = hn::LoadU(d, o.bias + j * lanes);
    if (o.bias && left < lanes) {
      start = load_first(d, static_cast<std::size_t>(left), o.bias + j * lanes);
    }
    for (int i = 0; i < MR; ++i) sum[i][j] = start;
  }
  // Every third row has a pointer of its own, the two after it are reached by offsets of lda.
  constexpr int kPointers = kTransposed ? 1 : (MR + 2) / 3;
  const T* a[kPointers];
  for (int i = 0; i < kPointers; ++i) a[i] = o.a + 3 * i * o.lda;
  const T* b = o.b;
  [[maybe_unused]] const T* next = o.next;
  const auto step = [&] {
    V columns[NV];
    for (int j = 0; j < NV; ++j) columns[j] = hn::LoadU(d, b + j * lanes);
    for (int i = 0; i < MR; ++i) {
      const V x = hn::Set(d, kTransposed ? a[0][i] : a[i / 3][(i % 3) * o.lda]);
      for (int j = 0; j < NV; ++j) sum[i][j] = hn::MulAdd(x, columns[j], sum[i][j]);
    }
    for (int i = 0; i < kPointers; ++i) a[i] += kTransposed ? o.lda : 1;
    b += o.ldb;
    if constexpr (kTransposed) {
      hwy::Prefetch(next);
      next += o.next_stride;
    }
  };
  // The rows of c will be written: they are fetched one by one, since many at once would be waited
  // for.
  const Index first = std::min<Index>(MR, o.k);
  for (Index p = 0; p < first; ++p) {
    for (int j = 0; j < NV; ++j) hwy::Prefetch(o.c + p * o.ldc + j * lanes);
    hwy::Prefetch(o.c + p * o.ldc + NV * lanes - 1);
    step();
  }
  for (Index p = first; p < o.k; ++p) step();
  for (int j = 0; j < NV; ++j) {
    const Index left = o.columns - j * lanes;
    for (int i = 0; i < MR; ++i) {
      T* const c = o.c + i * o.ldc + j * lanes;
      if (left >= lanes) {
        hn::StoreU(o.add ? hn::Add(sum[i][j], hn::LoadU(d, c)) : sum[i][j], d, c);
      } else {
        const auto count = static_cast<std::size_t>(std::max<Index>(left, 0));
        const V v = o.add ? hn::Add(sum[i][j], load_first(d, count, c)) : sum[i][j];
        store_first(d, count, v, c);
      }
    }
  }
}

template <class T>
using Tile = void (*)(const Operands<T>&);

/// The kernels for 1 to N rows.
template <class D, int NV, bool kTransposed, int... I>
constexpr auto tiles(std::integer_sequence<int, I...>) {
  return std::array<Tile<hn::TFromD<D>>, sizeof...(I)>{tile<D, I + 1, NV, kTransposed>...};
}

/// All rows of one panel, in blocks of nearly the same height.
template <class T, bool kTransposed>
void panel(const Operands<T>& all, Index rows) {
  using Half = hn::CappedTag<T, (kLanes<T> + 1) / 2>;  // half the work, where that is enough
  constexpr std::make_integer_sequence<int, kRows> heights;
  static constexpr auto kWide = tiles<Tag<T>, 2, kTransposed>(heights);
  static constexpr auto kNarrow = tiles<Tag<T>, 1, kTransposed>(heights);
  static constexpr auto kHalf = tiles<Half, 1, kTransposed>(heights);
  const Index columns = all.columns;
  const auto& kernels = columns > kLanes<T> ? kWide : 2 * columns > kLanes<T> ? kNarrow : kHalf;
  const Index blocks = (rows + kRows - 1) / kRows;
  Operands<T> o = all;
  for (Index block = 0; block < blocks; ++block) {
    const Index begin = rows * block / blocks;
    const Index end = rows * (block + 1) / blocks;
    o.a = all.a + (kTransposed ? begin : begin * all.lda);
    o.c = all.c + begin * all.ldc;
    o.next = all.next ? all.next + block * kLanes<T> : o.a;
    o.next_stride = all.next ? all.next_stride : 0;
    kernels[static_cast<std::size_t>(end - begin - 1)](o);
  }
}

/// A short copy, for which a call would take longer.
template <class T>
HWY_INLINE void copy_row(const T* from, Index count, T* to) {
  const Tag<T> d;
  Index i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
}

#if HWY_TARGET != HWY_SCALAR
/// Four elements of each of some rows, `stride` apart, in one vector.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_fours(D d, const T* rows, Index stride) {
  constexpr std::size_t lanes = hn::MaxLanes(d);
  if constexpr (lanes <= 4) {
    return hn::LoadU(d, rows);
  } else {
    const hn::Half<D> half;
    const T* const upper = rows + static_cast<Index>(lanes / 8) * stride;
    return hn::Combine(d, load_fours(half, upper, stride), load_fours(half, rows, stride));
  }
}

/// As many rows of b as a vector of D has elements become columns of a panel: squares of four by
/// four elements at a time, side by side in a vector.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void transpose_rows(D d, const T* b, Index ldb, Index k, T* out) {
  constexpr Index width = kPanel<T>;
  constexpr auto lanes = static_cast<Index>(hn::MaxLanes(d));
  Index p = 0;
  for (; p + 4 <= k; p += 4) {
    const auto v0 = load_fours(d, b + p, 4 * ldb);
    const auto v1 = load_fours(d, b + p + ldb, 4 * ldb);
    const auto v2 = load_fours(d, b + p + 2 * ldb, 4 * ldb);
    const auto v3 = load_fours(d, b + p + 3 * ldb, 4 * ldb);
    const auto low02 = hn::InterleaveLower(d, v0, v2);
    const auto low13 = hn::InterleaveLower(d, v1, v3);
    const auto high02 = hn::InterleaveUpper(d, v0, v2);
    const auto high13 = hn::InterleaveUpper(d, v1, v3);
    T* const to = out + p * width;
    hn::StoreU(hn::InterleaveLower(d, low02, low13), d, to);
    hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, to + width);
    hn::StoreU(hn::InterleaveLower(d, high02, high13), d, to + 2 * width);
    hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, to + 3 * width);
  }
  for (; p < k; ++p) {
    for (Index j = 0; j < lanes; ++j) out[p * width + j] = b[j * ldb + p];
  }
}
#endif

/// Columns [begin, begin + kPanel) of rows `depth` of b, one row after the other, zeros behind the
/// last column.
template <class T>
void pack_panel(const Gemm<T>& g, Interval depth, Index begin, Index end, T* out) {
  constexpr Index width = kPanel<T>;
  const Index columns = std::min(width, end - begin);
  const Index k = depth.size();
  if (!g.transpose_b) {
    const T* b = g.b + depth.begin * g.ldb + begin;
    for (Index p = 0; p < k; ++p, b += g.ldb, out += width) {
      copy_row(b, columns, out);
      for (Index j = columns; j < width; ++j) out[j] = T{0};
    }
    return;
  }
  const T* const b = g.b + begin * g.ldb + depth.begin;
  Index j = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    for (; j + kLanes<T> <= columns; j += kLanes<T>) {
      transpose_rows(Tag<T>(), b + j * g.ldb, g.ldb, k, out + j);
    }
    for (; j + 4 <= columns; j += 4) {
      transpose_rows(hn::CappedTag<T, 4>(), b + j * g.ldb, g.ldb, k, out + j);
    }
  }
#endif
  for (; j < width; ++j) {
    for (Index p = 0; p < k; ++p) out[p * width + j] = j < columns ? b[j * g.ldb + p] : T{0};
  }
}

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

/// The columns of one chunk for all rows, over one block of k. `b` holds their panels, or is null:
/// then they are read where they are, which pays for few rows.
template <class T>
void chunk(const Gemm<T>& g, Interval rows, Interval columns, Interval depth, const T* b) {
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
                .next_stride = g.lda};
  for (Index i = rows.begin; i < rows.end; i += kRowBlock) {
    const Index count = std::min(kRowBlock, rows.end - i);
    const T* a = g.a + i * g.lda + depth.begin;
    const T* next = nullptr;  // the block of a that will be copied after this one
    if (g.transpose_a) {
      if (i + kRowBlock < rows.end) {
        next = g.a + depth.begin * g.lda + i + kRowBlock;
      } else if (depth.end < g.k) {
        next = g.a + depth.end * g.lda + rows.begin;
      }
      T* const copy = scratch<T>(1, kRowBlock * depth.size());
      a = copy;
      o.lda = kRowBlock;
      for (Index p = 0; p < depth.size(); ++p) {
        copy_row(g.a + (depth.begin + p) * g.lda + i, count, copy + p * kRowBlock);
      }
      // Whoever computes the first columns adds up the rows.
      if (columns.begin == 0 && !g.sums.empty()) add_up(g, {i, i + count}, depth, copy);
    }
    for (Index j = columns.begin; j < columns.end; j += kPanel<T>) {
      o.a = a;
      o.b = b == nullptr ? g.b + depth.begin * g.ldb + j : b + (j - columns.begin) * depth.size();
      o.ldb = b == nullptr ? g.ldb : kPanel<T>;
      o.bias = depth.begin == 0 && g.bias ? g.bias + j : nullptr;
      o.c = g.c + i * g.ldc + j;
      o.columns = std::min(kPanel<T>, columns.end - j);
      o.next = j == columns.begin ? next : nullptr;
      if (g.transpose_a) {
        panel<T, true>(o, count);
      } else {
        panel<T, false>(o, count);
      }
    }
  }
}

template <class T>
void multiply_all(const Gemm<T>& g, Interval rows, Interval columns, const T* packed) {
  const Depths depths(g.k);
  for (Index i = 0; i < depths.count; ++i) {
    const Interval depth = depths[i];
    if (packed != nullptr) {
      chunk(g, rows, columns, depth, packed);
      packed += padded<T>(columns) * depth.size();
      continue;
    }
    const Index whole = columns.size() / kPanel<T> * kPanel<T>;
    const Interval direct{columns.begin, columns.begin + whole};
    const bool reads_b = !g.transpose_b && rows.size() <= kFewRows;
    if (reads_b && whole > 0) chunk<T>(g, rows, direct, depth, nullptr);
    const Index width =
        std::max(kPanel<T>, kChunk / std::max<Index>(1, depth.size()) / kPanel<T> * kPanel<T>);
    for (Index j = reads_b ? direct.end : columns.begin; j < columns.end; j += width) {
      const Interval part{j, std::min(j + width, columns.end)};
      T* const b = scratch<T>(0, padded<T>(part) * std::max<Index>(1, depth.size()));
      for (Index p = part.begin; p < part.end; p += kPanel<T>) {
        pack_panel(g, depth, p, part.end, b + (p - part.begin) * depth.size());
      }
      chunk(g, rows, part, depth, b);
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
