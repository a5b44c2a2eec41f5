// Random numbers: known answers, moments, independence of streams.
#include <unroll/core/random.h>

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

using namespace unroll;
using Words = std::array<std::uint32_t, 4>;

namespace {

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sa += a[i], sb += b[i];
    aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  }
  return (ab - sa * sb / n) / std::sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

std::vector<double> draw(std::uint64_t seed, std::uint64_t stream, int count) {
  Random random(seed, stream);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(random.uniform());
  return values;
}

}  // namespace

TEST_CASE("random: Philox4x32-10 gives the known answers of Random123") {
  // From kat_vectors of the Random123 distribution.
  CHECK(philox({0, 0, 0, 0}, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: the words of a stream are those of its counters, in order") {
  constexpr std::uint64_t kSeed = 0x1122334455667788;
  constexpr std::uint64_t kStream = 0x99aabbccddeeff00;
  Random random(kSeed, kStream);
  for (std::uint32_t block = 0; block < 3; ++block) {
    for (const std::uint32_t word : philox({block, 0, 0xddeeff00, 0x99aabbcc}, kSeed)) {
      CHECK(random.bits() == word);
    }
  }
}

TEST_CASE("random: names are hashed by FNV-1a") {
  // Values of the reference implementation (Fowler, Noll, Vo).
  CHECK(hash_name("") == 0xcbf29ce484222325);
  CHECK(hash_name("a") == 0xaf63dc4c8601ec8c);
  CHECK(hash_name("foobar") == 0x85944171f73967e8);
  CHECK(hash_name("\xff") != hash_name("\x7f"));
}

TEST_CASE("random: uniform numbers have mean 1/2 and variance 1/12") {
  const std::vector<double> values = draw(3, 0, 200'000);
  double sum = 0, squares = 0;
  for (const double x : values) {
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(values.size());
  // Four standard errors: 1/sqrt(12 n) of the mean, sqrt(4/45 / n) of the square.
  CHECK(std::abs(sum / n - 0.5) < 4 / std::sqrt(12 * n));
  CHECK(std::abs(squares / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
}

TEST_CASE("random: uniform numbers use all their 53 bits") {
  Random random(5);
  std::uint64_t ones = 0, zeros = 0;
  for (int i = 0; i < 200; ++i) {
    const auto bits = static_cast<std::uint64_t>(random.uniform() * 0x1p53);
    ones |= bits;
    zeros |= ~bits;
  }
  constexpr std::uint64_t kAll = (std::uint64_t{1} << 53) - 1;
  CHECK((ones & kAll) == kAll);
  CHECK((zeros & kAll) == kAll);
  Random scaled(5);
  for (int i = 0; i < 1000; ++i) {
    const double x = scaled.uniform(-2, 6);
    REQUIRE((x >= -2 && x < 6));
  }
}

TEST_CASE("random: normal numbers have mean 0, variance 1 and the right tails") {
  Random random(11, 4);
  constexpr int kCount = 200'000;
  double sum = 0, squares = 0, fourth = 0;
  int within_one = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    REQUIRE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
    within_one += std::abs(x) < 1 ? 1 : 0;
  }
  constexpr double n = kCount;
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
  CHECK(std::abs(fourth / n - 3) < 4 * std::sqrt(96 / n));
  CHECK(std::abs(within_one / n - 0.682689) < 4 * std::sqrt(0.2166 / n));
}

TEST_CASE("random: integers below a bound are all met, equally often") {
  Random random(2);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) {
    const std::int64_t k = random.below(7);
    REQUIRE((k >= 0 && k < 7));
    ++counts[static_cast<std::size_t>(k)];
  }
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 400);
  CHECK(Random(1).below(1) == 0);
}

TEST_CASE("random: streams and seeds are uncorrelated") {
  constexpr int kCount = 50'000;
  const double limit = 4 / std::sqrt(static_cast<double>(kCount));
  const std::vector<double> base = draw(1, 0, kCount);
  CHECK(base == draw(1, 0, kCount));
  CHECK(std::abs(correlation(base, draw(1, 1, kCount))) < limit);
  CHECK(std::abs(correlation(base, draw(2, 0, kCount))) < limit);
  CHECK(std::abs(correlation(base, draw(1, std::uint64_t{1} << 32, kCount))) < limit);
  CHECK(std::abs(correlation(base, draw(1 + (std::uint64_t{1} << 32), 0, kCount))) < limit);
  CHECK(std::abs(correlation(draw(1, hash_name("cell.i.W"), kCount),
                             draw(1, hash_name("cell.f.W"), kCount))) < limit);

  std::set<std::uint32_t> first;  // of neighbouring streams and seeds: all different
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (std::uint64_t stream = 0; stream < 30; ++stream) first.insert(Random(seed, stream).bits());
  }
  CHECK(first.size() == 900);
}
