#include <cblas.h>
#include <dlfcn.h>
#include <unroll/core/error.h>
#include <unroll/core/run/blas.h>
#include <unroll/core/run/denormals.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {
namespace {

/// The functions of OpenBLAS that are called. The library is opened when the first product asks for
/// it: a program that is linked with it gets a thread for each core before it begins, which would
/// never have work, since threads are the team's and each multiplies its own part.
struct OpenBlas {
  decltype(&cblas_sgemm) sgemm;
  decltype(&cblas_dgemm) dgemm;
  decltype(&cblas_sgemv) sgemv;
  decltype(&cblas_dgemv) dgemv;
  decltype(&cblas_strsm) strsm;
  decltype(&cblas_dtrsm) dtrsm;
};

template <class F>
void find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(::dlsym(library, name));
  if (function == nullptr) fail<Error>("{}: has no function {}", UNROLL_OPENBLAS, name);
}

/// A variable of the environment that the library reads as it starts; afterwards it is again what
/// the program's user has set for others.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const set = std::getenv(name)) before_ = set;
    ::setenv(name, value, 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

void* open_with_one_thread() {
  const Variable threads("OPENBLAS_NUM_THREADS", "1");
  void* const library = ::dlopen(UNROLL_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail<Error>(
        "matrix products need OpenBLAS, which cannot be opened: {}; Debian's package is "
        "libopenblas0",
        ::dlerror());
  }
  return library;
}

/// The kernels of OpenBLAS for the vectors of this processor; null where it has none of 256 bits.
const char* kernels_by_vectors() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return __builtin_cpu_supports("avx512bf16") ? "Cooperlake" : "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

/// A processor that is newer than the library gets its oldest kernels, which take up to five times
/// as long as those that fit.
void* open_with_kernels_that_fit() {
  void* const library = open_with_one_thread();
  constexpr const char* kKernels = "OPENBLAS_CORETYPE";
  const char* const fitting = kernels_by_vectors();
  if (fitting == nullptr || std::getenv(kKernels) != nullptr) return library;
  decltype(&openblas_get_corename) name_of_kernels = nullptr;
  find(library, "openblas_get_corename", name_of_kernels);
  if (std::string_view(name_of_kernels()) != "Prescott") return library;
  ::dlclose(library);
  const Variable kernels(kKernels, fitting);
  return open_with_one_thread();
}

OpenBlas open_library() {
  void* const library = open_with_kernels_that_fit();
  OpenBlas blas{};
  find(library, "cblas_sgemm", blas.sgemm);
  find(library, "cblas_dgemm", blas.dgemm);
  find(library, "cblas_sgemv", blas.sgemv);
  find(library, "cblas_dgemv", blas.dgemv);
  find(library, "cblas_strsm", blas.strsm);
  find(library, "cblas_dtrsm", blas.dtrsm);
  // Where another part of the program is linked with it, it had its threads before.
  decltype(&openblas_set_num_threads) set_threads = nullptr;
  find(library, "openblas_set_num_threads", set_threads);
  set_threads(1);
  return blas;
}

const OpenBlas& library() {
  static const OpenBlas blas = open_library();
  return blas;
}

void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const float* a,
          blasint lda, const float* b, blasint ldb, float beta, float* c, blasint ldc) {
  library().sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const double* a,
          blasint lda, const double* b, blasint ldb, double beta, double* c, blasint ldc) {
  library().dgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemv(CBLAS_TRANSPOSE t, blasint rows, blasint columns, const float* a, const float* x,
          float beta, float* y) {
  library().sgemv(CblasRowMajor, t, rows, columns, 1, a, columns, x, 1, beta, y, 1);
}
void gemv(CBLAS_TRANSPOSE t, blasint rows, blasint columns, const double* a, const double* x,
          double beta, double* y) {
  library().dgemv(CblasRowMajor, t, rows, columns, 1, a, columns, x, 1, beta, y, 1);
}

blasint narrow(Index n) {
  if (n > std::numeric_limits<blasint>::max()) {
    fail<ShapeError>("a matrix product with a dimension of {}: at most {} is supported", n,
                     std::numeric_limits<blasint>::max());
  }
  return static_cast<blasint>(n);
}

CBLAS_TRANSPOSE order(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

template <class T>
void multiply_any(const Product& p, const T* a, const T* b, T beta, T* c) {
  if (p.m == 0 || p.n == 0) return;
  const DenormalsAreZero zero;
  if (p.k == 0) {
    if (beta == 0) std::fill_n(c, p.m * p.n, T{0});
    return;
  }
  // OpenBLAS multiplies an uninitialised c by a beta of 0 in gemv; NaNs in old memory would stay.
  if (beta == 0 && (p.m == 1 || p.n == 1)) std::fill_n(c, p.m * p.n, T{0});
  const blasint m = narrow(p.m);
  const blasint n = narrow(p.n);
  const blasint k = narrow(p.k);
  if (m == 1) {  // cᵀ = bᵀ aᵀ, a vector
    if (p.transpose_b) {
      gemv(CblasNoTrans, n, k, b, a, beta, c);
    } else {
      gemv(CblasTrans, k, n, b, a, beta, c);
    }
  } else if (n == 1) {
    if (p.transpose_a) {
      gemv(CblasTrans, k, m, a, b, beta, c);
    } else {
      gemv(CblasNoTrans, m, k, a, b, beta, c);
    }
  } else {
    gemm(order(p.transpose_a), order(p.transpose_b), m, n, k, a, p.transpose_a ? m : k, b,
         p.transpose_b ? k : n, beta, c, n);
  }
}

template <class T, class Trsm>
void solve_any(const UnitLower& s, const T* L, T* b, Trsm trsm) {
  if (s.rows == 0 || s.columns == 0) return;
  const DenormalsAreZero zero;
  const blasint rows = narrow(s.rows);
  const blasint columns = narrow(s.columns);
  trsm(CblasRowMajor, CblasLeft, CblasLower, order(s.transposed), CblasUnit, rows, columns, T{1}, L,
       rows, b, columns);
}

}  // namespace

void multiply(const Product& product, const float* a, const float* b, float beta, float* c) {
  multiply_any(product, a, b, beta, c);
}

void multiply(const Product& product, const double* a, const double* b, double beta, double* c) {
  multiply_any(product, a, b, beta, c);
}

void solve_unit_lower(const UnitLower& system, const float* L, float* b) {
  solve_any(system, L, b, library().strsm);
}

void solve_unit_lower(const UnitLower& system, const double* L, double* b) {
  solve_any(system, L, b, library().dtrsm);
}

}  // namespace unroll
