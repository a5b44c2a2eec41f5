#pragma once
/// Random numbers as a function of a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011). Nothing is stored: the n-th number of a stream is
/// computed from (seed, stream, n), so a mask can be drawn twice and a resumed run draws the same.

#include <array>
#include <cstdint>
#include <string_view>

namespace unroll {

/// What Philox4x32-10 multiplies by, and what is added to the halves of the key after each round.
struct PhiloxConstants {
  static constexpr int kRounds = 10;  // rounds a block
  /// Of the two multiplications of a round.
  static constexpr std::array<std::uint32_t, 2> kFactors{0xD2511F53, 0xCD9E8D57};
  /// Added to the two halves of the key.
  static constexpr std::array<std::uint32_t, 2> kKeySteps{0x9E3779B9, 0xBB67AE85};
};

/// Four random 32-bit words for a 128-bit counter under a 64-bit key.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::uint64_t key);

/// A number that depends on every byte of a name (FNV-1a, 64 bits); names a stream.
[[nodiscard]] std::uint64_t hash_name(std::string_view name);

/// A sequence of random numbers: the stream `stream` of seed `seed`, read in order.
class Random {
 public:
  /// From the beginning of that stream.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// 32 random bits.
  [[nodiscard]] std::uint32_t bits();
  /// Uniform in [0, 1), 53 random bits.
  [[nodiscard]] double uniform();
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Mean 0, standard deviation 1 (Box-Muller).
  [[nodiscard]] double normal();
  /// Uniform in {0, ..., bound - 1}; bound > 0.
  [[nodiscard]] std::int64_t below(std::int64_t bound);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

}  // namespace unroll
