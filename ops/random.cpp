#include <unroll/core/random.h>
#include <unroll/ops/families.h>
#include <unroll/ops/random.h>
#include <unroll/ops/samples.h>

#include <algorithm>

namespace unroll {
namespace {

struct Rate {
  double rate;
};

/// The key as data: seed and step are inputs, not attributes, so that every step of a loop records
/// the same structure.
Tensor key_tensor(const RandomKey& key) {
  const auto site = static_cast<std::uint64_t>(key.site);
  const auto step = static_cast<std::uint64_t>(key.step);
  const auto low = [](std::uint64_t x) { return static_cast<std::int32_t>(x & 0xffffffff); };
  const auto high = [](std::uint64_t x) { return static_cast<std::int32_t>(x >> 32); };
  return Tensor::of<std::int32_t>(
      {5}, {low(key.seed), high(key.seed), low(site ^ (site >> 32)), low(step), high(step)});
}

struct Dropout {
  static constexpr OpInfo info{.name = "dropout",
                               .formula = "y = x mask(key) / (1 - rate)",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10,
                               .splits = true};

  static Shape shape(const Signature& s) {
    const double rate = s.attributes<Rate>().rate;
    if (!(rate >= 0 && rate < 1)) s.reject("rate {}: expected 0 <= rate < 1", rate);
    if (s.shape(1) != Shape{5}) s.reject("a key of shape {}", s.shape(1).to_string());
    return s.shape(0);
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const double rate = k.attributes<Rate>().rate;
    const auto limit = static_cast<std::uint64_t>(rate * 0x1p32);  // words below it drop
    const T scale = static_cast<T>(1 / (1 - rate));
    std::array<std::uint32_t, 5> key{};
    std::copy_n(k.in<std::int32_t>(1), key.size(), key.begin());
    const std::uint64_t seed = (std::uint64_t{key[1]} << 32) | key[0];
    const T* x = k.in<T>(0);
    T* y = k.out<T>();
    const auto [begin, size] = k.share(k.shape().size(), 4);
    for (Index i = begin; i < size; i += 4) {
      // One word each for block and site, two for the step, and the seed is Philox's key.
      const auto words = philox({static_cast<std::uint32_t>(i / 4), key[2], key[3], key[4]}, seed);
      for (Index j = i; j < std::min(i + 4, size); ++j) {
        y[j] = words[static_cast<std::size_t>(j - i)] < limit ? T{0} : x[j] * scale;
      }
    }
  }

  static void gradient(Backward& b);
  static std::string describe(const Attributes& attributes) {
    return fmt::format("{:g}", attributes.as<Rate>().rate);
  }

  static std::vector<Sample> samples() {
    const auto with = [](double rate) {
      return [rate](Vars v) { return dropout(v[0], rate, {7, 1, 2}); };
    };
    return {{{{{3, 5}}}, with(0.5)},
            {{{{1, 1}}}, with(0.2)},
            {{{{0, 4}}}, with(0.5)},
            {{{{}}}, with(0.1)},
            {{{{2, 3, 2}}}, with(0)}};
  }

  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 5}}},
             [](Vars v) { return dropout(v[0], 1, {}); },
             "dropout: rate 1: expected 0 <= rate < 1"},
            {{{{3, 5}}},
             [](Vars v) { return dropout(v[0], -0.5, {}); },
             "dropout: rate -0.5: expected 0 <= rate < 1"}};
  }
};

using Family = OpFamily<Dropout>;

Var record(Var x, Var key, Rate rate) {
  const std::array<Var, 2> inputs{x, key};
  return x.tape().record(Family::op<Dropout>(), inputs, Attributes(rate));
}

void Dropout::gradient(Backward& b) { b.add(0, record(b.dy(), b.in(1), b.attributes<Rate>())); }

}  // namespace

std::vector<const Op*> random_ops() { return Family::all(); }

Var dropout(Var x, double rate, const RandomKey& key) {
  return record(x, x.tape().input(key_tensor(key)), Rate{rate});
}

}  // namespace unroll
