/// Element-wise operations over broadcast inputs: whatever the shapes, the sweep itself sees
/// contiguous elements.

#include <unroll/core/op.h>

#include <algorithm>

namespace unroll {
namespace {

/// How an input is read along the collapsed dimensions of an element-wise result: how far one goes
/// in it for a step in the inner dimension (0 or 1) and in each outer one.
struct Walk {
  const std::byte* data;
  Index inner;
  std::array<Index, Shape::kMaxRank> strides{};
};

Walk walk_of(const Shape& shape, const Shape& result, const std::byte* data) {
  Walk walk{data, 0, {}};
  Index stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const int target = axis + result.rank() - shape.rank();
    walk.strides[static_cast<std::size_t>(target)] = shape[axis] == 1 ? 0 : stride;
    stride *= shape[axis];
  }
  return walk;
}

/// The number of trailing dimensions over which every input is either whole or a single value:
/// they are one inner loop.
int inner_dimensions(const KernelCall& call) {
  const Shape& result = call.shape();
  int inner = result.rank();
  for (int i = 0; i < call.count(); ++i) {
    const Shape& shape = call.shape(i);
    if (shape.size() == 1 || shape == result) continue;
    const int missing = result.rank() - shape.rank();
    int same = 0;
    while (same < shape.rank() &&
           shape[shape.rank() - 1 - same] == result[result.rank() - 1 - same]) {
      ++same;
    }
    int ones = 0;
    while (ones < result.rank() &&
           (result.rank() - 1 - ones < missing || shape[result.rank() - 1 - ones - missing] == 1)) {
      ++ones;
    }
    inner = std::min(inner, std::max(same, ones));
  }
  return inner;
}

template <class T>
void sweep_broadcast(const KernelCall& call, Sweep sweep, const Attributes& attributes) {
  constexpr Index kTile = 1024;
  constexpr std::size_t kMaxInputs = 3;
  const Shape& result = call.shape();
  const auto inputs = static_cast<std::size_t>(call.count());
  UNROLL_CHECK(inputs <= kMaxInputs);
  const int inner = inner_dimensions(call);
  const int outer = result.rank() - inner;
  const Index count = result.size(outer, result.rank());
  const Index rows = result.size(0, outer);

  std::array<Walk, kMaxInputs> walks{};
  for (std::size_t i = 0; i < inputs; ++i) {
    const Shape& shape = call.shape(static_cast<int>(i));
    walks[i] =
        walk_of(shape, result, reinterpret_cast<const std::byte*>(call.in<T>(static_cast<int>(i))));
    const int missing = result.rank() - shape.rank();
    for (int axis = outer; axis < result.rank(); ++axis) {
      if (axis >= missing && shape[axis - missing] != 1) walks[i].inner = 1;
    }
  }

  std::array<std::array<T, kTile>, kMaxInputs> repeated;  // single values, spread out
  SweepCall part;
  T* out = call.out<T>();
  for (Index row = 0; row < rows; ++row) {
    std::array<const T*, kMaxInputs> starts{};
    for (std::size_t i = 0; i < inputs; ++i) {
      Index offset = 0;
      Index rest = row;
      for (int axis = outer - 1; axis >= 0; --axis) {
        offset += rest % result[axis] * walks[i].strides[static_cast<std::size_t>(axis)];
        rest /= result[axis];
      }
      starts[i] = reinterpret_cast<const T*>(walks[i].data) + offset;
      if (walks[i].inner == 0) {
        std::fill_n(repeated[i].begin(), std::min(count, kTile), *starts[i]);
      }
    }
    for (Index begin = 0; begin < count; begin += kTile) {
      for (std::size_t i = 0; i < inputs; ++i) {
        part.inputs[i] = walks[i].inner == 0 ? repeated[i].data() : starts[i] + begin;
      }
      part.output = out;
      part.columns = std::min(kTile, count - begin);
      sweep(part, attributes);
      out += part.columns;
    }
  }
}

/// y = x1 + x2 + ... + xn, by a sweep that adds two; all have one shape.
void add_up(const KernelCall& call, Sweep sweep) {
  const Index size = call.shape().size();
  std::byte* const out = call.out<std::byte>();
  std::copy_n(call.in<std::byte>(0), static_cast<std::size_t>(size) * size_of(call.dtype()), out);
  for (int i = 1; i < call.count(); ++i) {
    sweep({.inputs = {out, call.in<std::byte>(i)}, .output = out, .columns = size},
          call.attributes());
  }
}

}  // namespace

void run_sweep(const KernelCall& call) {
  const Shape& result = call.shape();
  if (result.size() == 0) return;
  const Sweep sweep = call.op().sweep[static_cast<std::size_t>(call.dtype())];
  if (call.op().adds_up && call.count() != 2) return add_up(call, sweep);
  bool whole = true;
  SweepCall all{.output = call.out<std::byte>(), .columns = result.size()};
  for (int i = 0; i < call.count(); ++i) {
    whole = whole && call.shape(i) == result;
    all.inputs[static_cast<std::size_t>(i)] = call.in<std::byte>(i);
  }
  if (whole) {
    sweep(all, call.attributes());
  } else if (call.dtype() == DType::f32) {
    sweep_broadcast<float>(call, sweep, call.attributes());
  } else {
    sweep_broadcast<double>(call, sweep, call.attributes());
  }
}

}  // namespace unroll
