// Our own matrix product against three loops.
#include "support.h"

#include <unroll/core/run/gemm.h>

namespace unroll::testing {
namespace {

/// A matrix in a larger one, which is full of a number that belongs to nobody.
template <class T>
struct Matrix {
  static constexpr T kNobodys = T(12345.5);
  static constexpr Index kMargin = 40;  // elements before and behind

  Matrix(Index rows, Index columns, Index stride) : rows(rows), columns(columns), stride(stride) {
    elements.assign(static_cast<std::size_t>(rows * stride + 2 * kMargin), kNobodys);
  }
  Matrix(Index rows, Index columns, Index stride, Random& random) : Matrix(rows, columns, stride) {
    for_each([&](T& x) { x = static_cast<T>(random.uniform(-1, 1)); });
  }

  template <class F>
  void for_each(F f) {
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) f(data()[i * stride + j]);
    }
  }
  [[nodiscard]] T* data() { return elements.data() + kMargin; }
  [[nodiscard]] double at(Index i, Index j) { return static_cast<double>(data()[i * stride + j]); }
  /// Whether all that is not in the matrix is as it was.
  [[nodiscard]] bool is_clean() {
    Matrix copy = *this;
    copy.for_each([](T& x) { x = kNobodys; });
    return std::all_of(copy.elements.begin(), copy.elements.end(),
                       [](T x) { return x == kNobodys; });
  }

  Index rows;
  Index columns;
  Index stride;
  std::vector<T> elements;
};

constexpr unsigned kPages = 8;  // in the form of a case: rows of a are whole pages apart

/// One product: its operands, and c before and after.
template <class T>
struct Case {
  Case(Index m, Index n, Index k, unsigned form, Random& random)
      : a(form & 1U ? k : m, form & 1U ? m : k, stride_of_a(form & 1U ? m : k, form, random),
          random),
        b(form & 2U ? n : k, form & 2U ? k : n, (form & 2U ? k : n) + random.below(9), random),
        bias(1, n, n, random),
        c(m, n, n + random.below(9), random),
        sums(static_cast<std::size_t>(m)) {
    gemm = {.m = m,
            .n = n,
            .k = k,
            .a = a.data(),
            .lda = a.stride,
            .transpose_a = (form & 1U) != 0,
            .b = b.data(),
            .ldb = b.stride,
            .transpose_b = (form & 2U) != 0,
            .bias = (form & 4U) != 0 ? bias.data() : nullptr,
            .c = nullptr,
            .ldc = c.stride};
    if (!gemm.transpose_a) return;
    // Every third part is not wanted.
    const Index height = m % 4 == 0 ? m / 4 : m % 3 == 0 ? m / 3 : m;
    for (Index i = 0; i < m; i += height) parts.push_back(i % 3 == 2 ? nullptr : sums.data() + i);
    gemm.sums = parts;
  }

  /// A few elements more than a row; or whole pages.
  static Index stride_of_a(Index columns, unsigned form, Random& random) {
    constexpr Index kPage = 4096 / sizeof(T);
    if ((form & kPages) != 0) return (columns + kPage - 1) / kPage * kPage;
    return columns + random.below(9);
  }

  /// Computes c in parts, each from b or from what was packed of it.
  [[nodiscard]] Matrix<T> multiply_in(const std::vector<Interval>& rows,
                                      const std::vector<Interval>& columns, bool packed) {
    Matrix<T> result = c;
    gemm.c = result.data();
    std::fill(sums.begin(), sums.end(), kUnwritten);
    for (const Interval& part : columns) {
      // A tensor's memory is aligned as packed columns have to be.
      Tensor memory(dtype_of<T>(), {packed_size(gemm, part)});
      T* const to = memory.values<T>().data();
      if (packed) pack(gemm, part, to);
      for (const Interval& range : rows) multiply(gemm, range, part, packed ? to : nullptr);
    }
    return result;
  }
  [[nodiscard]] Matrix<T> multiply_whole() {
    return multiply_in({{0, gemm.m}}, {{0, gemm.n}}, false);
  }

  /// The largest error of a result, relative to the sum of the sizes of what was added up.
  [[nodiscard]] double error_of(Matrix<T>& result) {
    double worst = 0;
    for (Index i = 0; i < gemm.m; ++i) {
      for (Index j = 0; j < gemm.n; ++j) {
        double sum = gemm.bias ? bias.at(0, j) : 0;
        double size = std::abs(sum) + 1e-30;
        for (Index p = 0; p < gemm.k; ++p) {
          const double term = (gemm.transpose_a ? a.at(p, i) : a.at(i, p)) *
                              (gemm.transpose_b ? b.at(j, p) : b.at(p, j));
          sum += term;
          size += std::abs(term);
        }
        const double error = std::abs(result.at(i, j) - sum) / size;
        worst = std::isnan(error) ? INFINITY : std::max(worst, error);
      }
    }
    return worst;
  }

  /// The same of the sums of a.
  [[nodiscard]] double error_of_sums() {
    double worst = 0;
    const Index height = parts.empty() ? 1 : gemm.m / static_cast<Index>(parts.size());
    for (Index i = 0; i < gemm.m; ++i) {
      const T got = sums[static_cast<std::size_t>(i)];
      if (parts.empty() || parts[static_cast<std::size_t>(i / height)] == nullptr) {
        if (got != kUnwritten) return INFINITY;
        continue;
      }
      double sum = 0;
      double size = 1e-30;
      for (Index p = 0; p < gemm.k; ++p) {
        sum += a.at(p, i);
        size += std::abs(a.at(p, i));
      }
      worst = std::max(worst, std::abs(got - sum) / size);
    }
    return worst;
  }

  static constexpr T kUnwritten = T(-12345);
  Matrix<T> a;
  Matrix<T> b;
  Matrix<T> bias;
  Matrix<T> c;
  std::vector<T> sums;
  std::vector<T*> parts;  // of the sums, where they go
  Gemm<T> gemm;
};

/// The whole in parts that begin anywhere, or at multiples of `grain`.
std::vector<Interval> split(Index whole, Random& random, Index grain = 1) {
  std::vector<Interval> parts;
  for (Index begin = 0; begin < whole;) {
    const Index end = std::min(whole, begin + grain * (1 + random.below(whole / grain + 1)));
    parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

template <class T>
void check_case(Index m, Index n, Index k, unsigned form, Random& random) {
  CAPTURE(name_of(dtype_of<T>()));
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(form);
  // Each of k additions rounds once, in blocks.
  const double bound = std::numeric_limits<T>::epsilon() * (4 + std::sqrt(static_cast<double>(k)));
  Case<T> c(m, n, k, form, random);
  Matrix<T> whole = c.multiply_whole();
  CHECK(c.error_of(whole) < bound);
  CHECK(whole.is_clean());
  CHECK(c.error_of_sums() < bound);
  const std::vector<T> sums = c.sums;

  Matrix<T> packed = c.multiply_in({{0, m}}, {{0, n}}, true);
  CHECK(packed.elements == whole.elements);
  CHECK(c.sums == sums);
  for (const Index grain : {column_grain<T>(), Index{1}}) {
    const auto rows = split(m, random);
    const auto columns = split(n, random, grain);
    CHECK(c.multiply_in(rows, columns, false).elements == whole.elements);
    CHECK(c.sums == sums);
    CHECK(c.multiply_in(rows, columns, true).elements == whole.elements);
    CHECK(c.sums == sums);
  }
}

TEST_CASE("gemm: random sizes in every form, split and packing equal a naive product") {
  Random random(1);
  for (int times = 0; times < 12; ++times) {
    for (unsigned form = 0; form < 8; ++form) {
      const Index m = 1 + random.below(70);
      const Index n = 1 + random.below(70);
      const Index k = 1 + random.below(times % 4 == 0 ? 1000 : 50);
      check_case<float>(m, n, k, form, random);
      check_case<double>(m, n, k, form, random);
    }
  }
}

TEST_CASE("gemm: sizes at the edges of blocks equal a naive product") {
  Random random(2);
  for (const Index k : {1, 2, 3, 4, 5, 767, 768, 769, 1536, 1537}) {
    for (const Index m : {1, 13, 14, 15, 32, 33}) {
      const unsigned form = static_cast<unsigned>(random.below(8));
      check_case<float>(m, 1 + random.below(34), k, form, random);
      check_case<double>(m, 1 + random.below(18), k, form, random);
    }
  }
  for (const Index n : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65}) {
    for (unsigned form = 0; form < 8; ++form) {
      check_case<float>(3, n, 5, form, random);
      check_case<double>(3, n, 5, form, random);
    }
  }
  // More rows of a transposed a than are copied together, more of b than is packed at once.
  check_case<float>(113, 20, 9, 1, random);
  check_case<double>(250, 3, 5, 5, random);
  check_case<float>(34, 400, 384, 2, random);
}

TEST_CASE("gemm: rows of a left side that lie whole pages apart are read rightly") {
  Random random(5);
  for (const Index m : {32, 33, 112, 113, 250}) {
    for (const unsigned form : {0U, 3U, 6U}) {
      check_case<float>(m, 1 + random.below(40), 1 + random.below(30), form | kPages, random);
      check_case<double>(m, 1 + random.below(40), 1 + random.below(30), form | kPages, random);
    }
  }
  check_case<float>(120, 5, 1100, kPages, random);
  check_case<double>(40, 3, 800, kPages, random);
}

TEST_CASE("gemm: an inner size of 0 gives the bias, or zeros") {
  Random random(3);
  for (unsigned form = 0; form < 8; ++form) check_case<double>(3, 10, 0, form, random);
}

TEST_CASE("gemm: a result without rows or columns writes nothing") {
  Random random(4);
  Case<float> c(3, 4, 5, 0, random);
  const std::vector<float> before = c.c.elements;
  c.gemm.c = c.c.data();
  multiply(c.gemm, {1, 1}, {0, 4});
  multiply(c.gemm, {0, 3}, {4, 4});
  CHECK(c.c.elements == before);
}

TEST_CASE("gemm: the shares of threads cover the whole in order, at multiples of the grain") {
  for (const Index grain : {1, 8, 16}) {
    for (Index whole = 0; whole < 100; ++whole) {
      for (int threads = 1; threads <= 5; ++threads) {
        Index end = 0;
        for (int thread = 0; thread < threads; ++thread) {
          const Interval share = share_of(whole, thread, threads, grain);
          CHECK(share.begin == end);
          CHECK(share.end >= share.begin);
          CHECK((share.end % grain == 0 || share.end == whole));
          end = share.end;
        }
        CHECK(end == whole);
      }
    }
  }
}

}  // namespace
}  // namespace unroll::testing
