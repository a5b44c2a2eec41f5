#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/random.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>
#include <unroll/core/op.h>
#include <unroll/core/random.h>

#include <algorithm>

#ifndef UNROLL_OPS_RANDOM_CPP_
#define UNROLL_OPS_RANDOM_CPP_
namespace unroll {

/// A mask: the words of block b are those of counter (b, site, step) under the seed, and elements
/// whose word is below the limit drop.
struct Mask {
  std::uint64_t seed;
  std::uint32_t site;
  std::array<std::uint32_t, 2> step;
  std::uint32_t limit;
};

}  // namespace unroll
#endif

// Masks over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
/// Writes the words of `block`; returns how many blocks it wrote, which is always the same.
HWY_INLINE std::size_t write_words(const Mask& mask, std::uint32_t block, std::uint32_t* words) {
  const auto w = philox({block, mask.site, mask.step[0], mask.step[1]}, mask.seed);
  std::copy(w.begin(), w.end(), words);
  return 1;
}
#else
/// Writes the words of as many blocks from `block` on as there are 64-bit lanes; returns how many.
///
/// A lane holds one block, a word of it in the low half of each of four vectors. The high halves
/// are left to hold anything: products do not read them.
HWY_INLINE std::size_t write_words(const Mask& mask, std::uint32_t block, std::uint32_t* words) {
  using C = PhiloxConstants;
  const hn::ScalableTag<std::uint64_t> d;
  const hn::Repartition<std::uint32_t, decltype(d)> d32;
  const std::size_t lanes = hn::Lanes(d);
  const auto product = [=](auto x, std::uint32_t factor) HWY_ATTR {
    return hn::MulEven(hn::BitCast(d32, x), hn::Set(d32, factor));
  };
  // The first blocks go to the even lanes, the others to the odd ones: pairs of words interleaved
  // by 128 bits are then in order.
  const auto evens = hn::Add(hn::ShiftRight<1>(hn::Iota(d, 0)), hn::Set(d, block));
  auto c0 = hn::OddEven(hn::Add(evens, hn::Set(d, lanes / 2)), evens);
  auto c1 = hn::Set(d, mask.site);
  auto c2 = hn::Set(d, mask.step[0]);
  auto c3 = hn::Set(d, mask.step[1]);
  auto k0 = static_cast<std::uint32_t>(mask.seed);
  auto k1 = static_cast<std::uint32_t>(mask.seed >> 32);
  for (int round = 0; round < C::kRounds; ++round) {
    const auto p0 = product(c0, C::kFactors[0]);
    const auto p1 = product(c2, C::kFactors[1]);
    c0 = hn::Xor3(hn::ShiftRight<32>(p1), c1, hn::Set(d, k0));
    c1 = p1;
    c2 = hn::Xor3(hn::ShiftRight<32>(p0), c3, hn::Set(d, k1));
    c3 = p0;
    k0 += C::kKeySteps[0];
    k1 += C::kKeySteps[1];
  }
  const auto pair = [=](auto low, auto high) HWY_ATTR {
    return hn::BitCast(
        d, hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(high)), hn::BitCast(d32, low)));
  };
  const auto w01 = pair(c0, c1);
  const auto w23 = pair(c2, c3);
  hn::Store(hn::BitCast(d32, hn::InterleaveLower(d, w01, w23)), d32, words);
  hn::Store(hn::BitCast(d32, hn::InterleaveUpper(d, w01, w23)), d32, words + 2 * lanes);
  return lanes;
}
#endif

/// Which lanes of a vector of floats, or of doubles, drop.
template <class D>
HWY_INLINE auto dropped(D d, const std::uint32_t* words, std::uint32_t limit) {
  const hn::Rebind<std::uint32_t, D> d32;
  const auto drop = hn::Lt(hn::Load(d32, words), hn::Set(d32, limit));
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::RebindMask(d, drop);
  } else {
    const hn::Rebind<std::int32_t, D> di32;
    const hn::Rebind<std::int64_t, D> di64;
    const auto wide = hn::PromoteTo(di64, hn::BitCast(di32, hn::VecFromMask(d32, drop)));
    return hn::RebindMask(d, hn::MaskFromVec(wide));
  }
}

/// y = x mask scale, for `size` elements of which the first is number `at` of the mask. The mask is
/// passed as a value: nothing written to y can change it, so the keys of all rounds are computed
/// once.
template <class T>
void drop(Mask mask, T scale, const T* x, T* y, Index at, Index size) {
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<std::uint64_t> d64;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  HWY_ALIGN std::uint32_t words[4 * hn::MaxLanes(d64)];
  const auto factor = hn::Set(d, scale);
  const auto drop_one = [&](Index i, std::uint32_t word) {
    y[i] = word < mask.limit ? T{0} : x[i] * scale;
  };
  Index i = 0;
  if (at % 4 != 0) {  // the rest of a block
    (void)write_words(mask, static_cast<std::uint32_t>(at / 4), words);
    for (; i < size && (at + i) % 4 != 0; ++i) drop_one(i, words[(at + i) % 4]);
  }
  while (i < size) {
    const auto block = static_cast<std::uint32_t>((at + i) / 4);
    const auto count = 4 * static_cast<Index>(write_words(mask, block, words));
    const Index here = std::min(count, size - i);
    Index j = 0;
    for (; j + lanes <= here; j += lanes) {
      const auto scaled = hn::Mul(hn::LoadU(d, x + i + j), factor);
      hn::StoreU(hn::IfThenZeroElse(dropped(d, words + j, mask.limit), scaled), d, y + i + j);
    }
    for (; j < here; ++j) drop_one(i + j, words[j]);
    i += here;
  }
}

void DropF32(const Mask& mask, float scale, const float* x, float* y, Index at, Index size) {
  drop(mask, scale, x, y, at, size);
}
void DropF64(const Mask& mask, double scale, const double* x, double* y, Index at, Index size) {
  drop(mask, scale, x, y, at, size);
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/families.h>
#include <unroll/ops/random.h>
#include <unroll/ops/samples.h>

namespace unroll {
namespace {

HWY_EXPORT(DropF32);
HWY_EXPORT(DropF64);

struct Rate {
  double rate;
};

/// The key as data: seed, step and part are inputs, not attributes, so that every step of a loop
/// records the same structure.
constexpr Index kKeySize = 8;
Tensor key_tensor(const RandomKey& key) {
  const auto site = static_cast<std::uint64_t>(key.site);
  const auto step = static_cast<std::uint64_t>(key.step);
  const auto low = [](std::uint64_t x) { return static_cast<std::int32_t>(x & 0xffffffff); };
  const auto high = [](std::uint64_t x) { return static_cast<std::int32_t>(x >> 32); };
  return Tensor::of<std::int32_t>(
      {kKeySize}, {low(key.seed), high(key.seed), low(site ^ (site >> 32)), low(step), high(step),
                   static_cast<std::int32_t>(key.part.first),
                   static_cast<std::int32_t>(key.part.of), key.axis});
}

/// Throws where x is not what a key says of it.
void check_part(const Shape& x, const RandomKey& key) {
  const auto [first, of] = key.part;
  if (of == 0) return;
  if (key.axis < 0 || key.axis >= x.rank()) {
    fail<ShapeError>("dropout: x {} has no axis {} of sequences", x.to_string(), key.axis);
  }
  if (first < 0 || first + x[key.axis] > of) {
    fail<ShapeError>("dropout: x {} with {} sequences along axis {}, from number {} on of {}",
                     x.to_string(), x[key.axis], key.axis, first, of);
  }
}

/// Calls f(begin, end, at) for runs of elements [begin, end) of x that lie side by side in the mask
/// of the whole batch too, from element `at` on.
template <class F>
void for_each_run(const Shape& x, const BatchPart& part, int axis, Index begin, Index end, F f) {
  if (part.of == 0) {
    f(begin, end, begin);
    return;
  }
  const Index width = x.size(axis + 1, x.rank());  // elements of a sequence
  const Index run = x[axis] * width;
  for (Index i = begin; i < end;) {
    const Index outer = i / run;
    const Index stop = std::min(end, (outer + 1) * run);
    f(i, stop, (outer * part.of + part.first) * width + i - outer * run);
    i = stop;
  }
}

struct Dropout {
  static constexpr OpInfo info{.name = "dropout",
                               .formula = "y = x mask(key) / (1 - rate)",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10,
                               .parallel = true};

  static Shape shape(const Signature& s) {
    const double rate = s.attributes<Rate>().rate;
    if (!(rate >= 0 && rate < 1)) s.reject("rate {}: expected 0 <= rate < 1", rate);
    if (s.shape(1) != Shape{kKeySize}) s.reject("a key of shape {}", s.shape(1).to_string());
    return s.shape(0);
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const double rate = k.attributes<Rate>().rate;
    const T scale = static_cast<T>(1 / (1 - rate));
    std::array<std::uint32_t, kKeySize> key{};
    std::copy_n(k.in<std::int32_t>(1), key.size(), key.begin());
    // One word each for block and site, two for the step, and the seed is Philox's key.
    const Mask mask{.seed = (std::uint64_t{key[1]} << 32) | key[0],
                    .site = key[2],
                    .step = {key[3], key[4]},
                    .limit = static_cast<std::uint32_t>(rate * 0x1p32)};
    const BatchPart part{key[5], key[6]};
    const auto [begin, end] = k.share(k.shape().size(), 4);
    for_each_run(k.shape(), part, static_cast<int>(key[7]), begin, end,
                 [&](Index from, Index to, Index at) {
                   const T* const x = k.in<T>(0) + from;
                   T* const y = k.out<T>() + from;
                   if constexpr (sizeof(T) == sizeof(float)) {
                     HWY_DYNAMIC_DISPATCH(DropF32)(mask, scale, x, y, at, to - from);
                   } else {
                     HWY_DYNAMIC_DISPATCH(DropF64)(mask, scale, x, y, at, to - from);
                   }
                 });
  }

  static void gradient(Backward& b);
  static std::string describe(const Attributes& attributes) {
    return fmt::format("{:g}", attributes.as<Rate>().rate);
  }

  static std::vector<Sample> samples() {
    const auto with = [](double rate) {
      return [rate](Vars v) { return dropout(v[0], rate, {7, 1, 2}); };
    };
    const auto part = [](Vars v) {  // sequences 2, 3 and 4 of 7
      return dropout(v[0], 0.5, {.seed = 7, .site = 1, .step = 2, .part = {2, 7}, .axis = 1});
    };
    return {{{{{3, 5}}}, with(0.5)}, {{{{1, 1}}}, with(0.2)},  {{{{0, 4}}}, with(0.5)},
            {{{{}}}, with(0.1)},     {{{{2, 3, 2}}}, with(0)}, {{{{2, 3, 3}}}, part},
            {{{{2, 0, 3}}}, part}};
  }

  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 5}}},
             [](Vars v) { return dropout(v[0], 1, {}); },
             "dropout: rate 1: expected 0 <= rate < 1"},
            {{{{3, 5}}},
             [](Vars v) { return dropout(v[0], -0.5, {}); },
             "dropout: rate -0.5: expected 0 <= rate < 1"},
            {{{{3, 5}}},
             [](Vars v) {
               return dropout(v[0], 0.5, {.part = {2, 7}, .axis = 2});
             },
             "dropout: x (3 x 5) has no axis 2 of sequences"},
            {{{{3, 5}}},
             [](Vars v) {
               return dropout(v[0], 0.5, {.part = {5, 7}});
             },
             "dropout: x (3 x 5) with 3 sequences along axis 0, from number 5 on of 7"}};
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
  check_part(x.shape(), key);
  return record(x, x.tape().input(key_tensor(key)), Rate{rate});
}

}  // namespace unroll
#endif  // HWY_ONCE
