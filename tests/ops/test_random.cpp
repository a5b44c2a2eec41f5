// Dropout: how often, how much, and the same again for the same key.
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kCount = 200'000;

/// The mask of a key: what becomes of ones.
std::vector<double> mask(const RandomKey& key, double rate = 0.5, const Shape& shape = {64}) {
  Tape tape(DType::f64);
  return dropout(full(tape, shape, 1), rate, key).value().to_doubles();
}

TEST_CASE("dropout: the share of zeros is the rate, and the mean stays") {
  for (const double rate : {0.0, 0.1, 0.25, 0.5, 0.9}) {
    const std::vector<double> y = mask({1, 2, 3}, rate, {kCount});
    const double kept = 1 / (1 - rate);
    const auto dropped = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    CHECK(dropped + static_cast<double>(std::count(y.begin(), y.end(), kept)) == kCount);
    // Five standard deviations of a binomial distribution.
    const double allowed = 5 * std::sqrt(rate * (1 - rate) / kCount);
    CHECK(std::abs(dropped / kCount - rate) <= allowed);
    double total = 0;
    for (const double value : y) total += value;
    CHECK(std::abs(total / kCount - 1) <= allowed * kept);
  }
}

TEST_CASE("dropout: rate 0 changes nothing") {
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({7, 3}, 1));
  CHECK(same_bits(dropout(x, 0, {}).value(), x.value()));
}

TEST_CASE("dropout: neighbours are dropped independently") {
  const std::vector<double> y = mask({5, 6, 7}, 0.5, {kCount});
  for (const std::size_t distance : {1U, 2U, 3U, 4U, 64U}) {
    double both = 0;
    for (std::size_t i = 0; i + distance < y.size(); ++i) both += y[i] * y[i + distance] / 4;
    CHECK(std::abs(both / kCount - 0.25) < 5 * std::sqrt(0.25 * 0.75 / kCount));
  }
}

/// What dropout makes of x, by its definition: a word of Philox for each element.
template <class T>
Tensor dropped(const Tensor& x, double rate, const RandomKey& key) {
  const auto low = [](std::uint64_t bits) { return static_cast<std::uint32_t>(bits); };
  const auto site = static_cast<std::uint64_t>(key.site);
  const auto step = static_cast<std::uint64_t>(key.step);
  Tensor y = x;
  std::size_t i = 0;
  for (T& value : y.values<T>()) {
    const auto block = static_cast<std::uint32_t>(i / 4);
    const auto words =
        philox({block, low(site ^ (site >> 32)), low(step), low(step >> 32)}, key.seed);
    value = words[i % 4] < rate * 0x1p32 ? T{0} : value * static_cast<T>(1 / (1 - rate));
    ++i;
  }
  return y;
}

TEST_CASE_TEMPLATE(
    "dropout: masks are the words of Philox, at any size and on any number of threads", T, float,
    double) {
  const RandomKey key{0x8123456789abcdef, -1234567890123, 0x1fedcba98};
  for (const double rate : {0.0, 0.25, 0.7, 1 - 0x1p-32, std::nextafter(1.0, 0.0)}) {
    for (const Index size : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 1003}) {
      const Tensor x = random_tensor({size}, 1).to(dtype_of<T>());
      const Tensor wanted = dropped<T>(x, rate, key);
      Tape tape(dtype_of<T>());
      const Var y = dropout(tape.input(x), rate, key);
      CHECK(same_bits(y.value(), wanted));
      const Node& node = tape.graph().nodes[y.index()];
      for (const int parts : {2, 3, 7}) {
        std::fill_n(reinterpret_cast<T*>(node.value), size, std::numeric_limits<T>::quiet_NaN());
        for (int part = 0; part < parts; ++part) {
          node.op->forward[static_cast<std::size_t>(node.dtype)](
              KernelCall(tape.graph(), node, part, parts));
        }
        CHECK(same_bits(y.value(), wanted));
      }
    }
  }
}

TEST_CASE_TEMPLATE("dropout: parts of a batch get their parts of its mask", T, float, double) {
  struct Case {
    Shape shape;
    int axis;  // of the sequences
  };
  for (const auto& [shape, axis] : {Case{{5, 7, 3}, 1}, Case{{7, 5}, 0}, Case{{2, 3, 7}, 2},
                                    Case{{7, 2, 9}, 0}, Case{{4, 11, 33}, 1}, Case{{1}, 0}}) {
    const Tensor x = random_tensor(shape, 1).to(dtype_of<T>());
    RandomKey key{1, 2, 3};
    const Tensor whole = dropped<T>(x, 0.4, key);
    const Index sequences = shape[axis];
    for (const int parts : {1, 2, 3, 7}) {
      Tape tape(dtype_of<T>());
      std::vector<Var> masked;
      for (int part = 0; part < parts; ++part) {
        const Interval mine = share_of(sequences, part, parts);
        const Var piece = slice(tape.input(x), axis, mine.begin, mine.end);
        key.part = {mine.begin, sequences};
        key.axis = axis;
        masked.push_back(dropout(piece, 0.4, key));
      }
      CHECK(same_bits(concat(masked, axis).value(), whole));
    }
  }
}

TEST_CASE("dropout: one mask a key") {
  const RandomKey key{1, 2, 3};
  CHECK(mask(key) == mask(key));
  CHECK(mask(key) != mask({2, 2, 3}));
  CHECK(mask(key) != mask({1, 3, 3}));
  CHECK(mask(key) != mask({1, 2, 4}));
  // All bits of the seed and the step count, and they do not stand for each other.
  const std::uint64_t high = std::uint64_t{1} << 40;
  CHECK(mask(key) != mask({1 + high, 2, 3}));
  CHECK(mask(key) != mask({1, 2, 3 + static_cast<std::int64_t>(high)}));
  CHECK(mask({1, 2, 3}) != mask({3, 2, 1}));
  CHECK(mask({1, 2, 3}) != mask({1, 3, 2}));
  CHECK(mask({0, 0, 0}) != mask({0, 0, 1}));
}

TEST_CASE("dropout: f32 and f64 draw the same mask, as do all shapes") {
  Tape narrow(DType::f32);
  const std::vector<double> y =
      dropout(full(narrow, {8, 8}, 1), 0.5, {1, 2, 3}).value().to_doubles();
  CHECK(y == mask({1, 2, 3}));
  const std::vector<double> part = mask({1, 2, 3}, 0.5, {13});  // not a whole number of blocks
  CHECK(std::equal(part.begin(), part.end(), y.begin()));
}

TEST_CASE("dropout: what survives at a high rate survives at a lower one") {
  const std::vector<double> low = mask({1, 2, 3}, 0.2);
  const std::vector<double> high = mask({1, 2, 3}, 0.7);
  for (std::size_t i = 0; i < low.size(); ++i) CHECK((high[i] == 0 || low[i] != 0));
}

TEST_CASE("dropout: the gradient draws the same mask") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(random_tensor({64}, 1))};
  const Var y = dropout(x[0], 0.5, {1, 2, 3});
  const Var dx = tape.gradients(y, x)[0];
  CHECK(dx.value().to_doubles() == mask({1, 2, 3}));
  // The mask is part of the recorded structure only through its key: the next step records alike.
  const Index nodes = tape.node_count();
  tape.clear();
  const std::vector<Var> next{tape.input(random_tensor({64}, 1))};
  (void)tape.gradients(dropout(next[0], 0.5, {1, 2, 4}), next);
  CHECK(tape.node_count() == nodes);
}

TEST_CASE("dropout: a dropped infinity is gone") {
  Tape tape(DType::f64);
  const std::vector<double> y =
      dropout(full(tape, {64}, INFINITY), 0.5, {1, 2, 3}).value().to_doubles();
  CHECK(std::count(y.begin(), y.end(), 0.0) + std::count(y.begin(), y.end(), INFINITY) == 64);
}

}  // namespace
}  // namespace unroll::testing
