#pragma once
/// Numbers that are almost zero.

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace unroll {

/// While it lives, numbers below the smallest normal one (1.2e-38 of f32) are zeros for this
/// thread, as in every matrix product. A processor takes a hundred times as long for an operation
/// on one of them, and a model that is sure of a word has thousands in the gradient of its softmax.
class DenormalsAreZero {
 public:
  DenormalsAreZero() : before_(mode()) { set_mode(before_ | kZero); }
  ~DenormalsAreZero() { set_mode(before_); }
  DenormalsAreZero(const DenormalsAreZero&) = delete;
  DenormalsAreZero& operator=(const DenormalsAreZero&) = delete;

 private:
#if defined(__x86_64__)
  using Mode = unsigned;
  static constexpr Mode kZero = 0x8040;  // of results, and of operands
  static Mode mode() { return _mm_getcsr(); }
  static void set_mode(Mode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = std::uint64_t;
  static constexpr Mode kZero = std::uint64_t{1} << 24;
  static Mode mode() {
    Mode mode = 0;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = int;
  static constexpr Mode kZero = 0;
  static Mode mode() { return 0; }
  static void set_mode(Mode /*mode*/) {}
#endif

  Mode before_;
};

}  // namespace unroll
