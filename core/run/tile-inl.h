/// The kernels of a product: a block of rows times a panel of columns, in registers. Included once
/// for every instruction set, hence the unusual guard.

#if defined(UNROLL_CORE_RUN_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_CORE_RUN_TILE_INL_H_
#undef UNROLL_CORE_RUN_TILE_INL_H_
#else
#define UNROLL_CORE_RUN_TILE_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <unroll/core/run/lanes-inl.h>
#include <unroll/core/shape.h>

#include <algorithm>
#include <array>
#include <utility>

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

/// A part of a matrix as it is stored.
template <class T>
struct Part {
  const T* data = nullptr;
  Index stride = 0;
  Index rows = 0;
  Index columns = 0;
};

/// A part that will be copied next: each step of the kernels fetches a line of it.
template <class T>
class Ahead {
 public:
  Ahead() = default;
  explicit Ahead(const Part<T>& part)
      : part_(part), lines_(part.rows * part.columns == 0 ? 0 : part.columns / kLine + 1) {}

  [[nodiscard]] bool done() const { return line_ >= lines_; }
  [[nodiscard]] Index stride() const { return part_.stride; }
  /// The same line of as many rows as there are steps, from here on.
  const T* take(Index steps) {
    const T* const from = part_.data + row_ * part_.stride + line_ * kLine;
    row_ += steps;
    if (row_ >= part_.rows) {
      row_ = 0;
      ++line_;
    }
    return from;
  }

 private:
  static constexpr Index kLine = 64 / sizeof(T);
  Part<T> part_;
  Index lines_ = 0;
  Index row_ = 0;
  Index line_ = 0;
};

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
  const T* next;  // what is fetched meanwhile: a line for each of the k steps
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
  constexpr bool kFetches = MR * NV > 8;  // else reading b takes all the time
  [[maybe_unused]] const T* next = o.next;
  const auto step = [&]() HWY_ATTR {
    V columns[NV];
    for (int j = 0; j < NV; ++j) columns[j] = hn::LoadU(d, b + j * lanes);
    for (int i = 0; i < MR; ++i) {
      const V x = hn::Set(d, kTransposed ? a[0][i] : a[i / 3][(i % 3) * o.lda]);
      for (int j = 0; j < NV; ++j) sum[i][j] = hn::MulAdd(x, columns[j], sum[i][j]);
    }
    for (int i = 0; i < kPointers; ++i) a[i] += kTransposed ? o.lda : 1;
    b += o.ldb;
    if constexpr (kFetches) {
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

/// One row of a times this many panels at once: the sums of one panel alone would wait for each
/// other. `panel` is how far apart the panels of b are.
constexpr int kRowPanels = 4;
template <class T>
void row_of_panels(const Operands<T>& o, Index panel) {
  const Tag<T> d;
  constexpr Index lanes = kLanes<T>;
  constexpr int kVectors = 2 * kRowPanels;
  using V = hn::Vec<Tag<T>>;
  V sum[kVectors];
  for (int j = 0; j < kVectors; ++j) {
    sum[j] = o.bias ? hn::LoadU(d, o.bias + j * lanes) : hn::Zero(d);
  }
  const T* b = o.b;
  for (Index p = 0; p < o.k; ++p) {
    const V x = hn::Set(d, o.a[p]);
    for (int j = 0; j < kVectors; ++j) {
      sum[j] = hn::MulAdd(x, hn::LoadU(d, b + (j / 2) * panel + (j % 2) * lanes), sum[j]);
    }
    b += o.ldb;
  }
  for (int j = 0; j < kVectors; ++j) {
    T* const c = o.c + j * lanes;
    hn::StoreU(o.add ? hn::Add(sum[j], hn::LoadU(d, c)) : sum[j], d, c);
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
void panel(const Operands<T>& all, Index rows, Ahead<T>& ahead) {
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
    o.next_stride = ahead.done() ? 0 : ahead.stride();
    o.next = ahead.done() ? o.a : ahead.take(o.k);
    kernels[static_cast<std::size_t>(end - begin - 1)](o);
  }
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // UNROLL_CORE_RUN_TILE_INL_H_
