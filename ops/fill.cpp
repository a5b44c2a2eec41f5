/// Operations that fill whole tensors: full, broadcast_to.

#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

struct Filling {
  Shape shape;
  double value;
};

struct Full {
  static constexpr OpInfo info{
      .name = "full", .formula = "y = one value everywhere", .min_inputs = 0, .max_inputs = 0};
  static Shape shape(const Signature& s) { return s.attributes<Filling>().shape; }
  template <class T>
  static void forward(const KernelCall& k) {
    std::fill_n(k.out<T>(), k.shape().size(), static_cast<T>(k.attributes<Filling>().value));
  }
  static constexpr NoGradient gradient{"it has no inputs"};
  static std::string describe(const Attributes& attributes) {
    return fmt::format("{:g}", attributes.as<Filling>().value);
  }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 4}, Shape{1, 1}, Shape{0, 4}, Shape{}}) {
      samples.push_back({{{{}}}, [shape](Vars v) { return full(v[0].tape(), shape, 1.5); }});
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{}}},
             [](Vars v) {
               return full(v[0].tape(), {2, -1}, 0);
             },
             "a shape with a negative dimension: (2 x -1)"}};
  }
};

struct BroadcastTo {
  static constexpr OpInfo info{
      .name = "broadcast_to", .formula = "y = x, repeated to a shape", .kind = OpKind::elementwise};
  static Shape shape(const Signature& s) {
    const Shape wide = s.attributes<Shape>();
    if (broadcast(s.shape(0), wide) != wide) {
      s.reject("{} does not broadcast to {}", s.shape(0).to_string(), wide.to_string());
    }
    return wide;
  }
  /// Whoever runs a sweep does the repeating.
  template <class T>
  static void copy(const SweepCall& call, const Attributes& /*attributes*/) {
    for (Index row = 0; row < call.rows; ++row) {
      std::copy_n(static_cast<const T*>(call.inputs[0]) + row * call.strides[0], call.columns,
                  static_cast<T*>(call.output) + row * call.stride);
    }
  }
  static Sweep sweep(DType dtype) { return dtype == DType::f32 ? copy<float> : copy<double>; }
  static void gradient(Backward& b) { b.add(0, b.dy()); }  // summed back where it is added
  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    const std::initializer_list<std::pair<Shape, Shape>> shapes = {{{3, 1}, {3, 4}},
                                                                   {{4}, {3, 4}},
                                                                   {{}, {1, 1}},
                                                                   {{0, 1}, {0, 4}},
                                                                   {{}, {2, 3}},
                                                                   {{1, 3}, {0, 3}},
                                                                   {{2, 1, 2, 1}, {2, 3, 2, 4}}};
    for (const auto& [from, to] : shapes) {
      samples.push_back({{{from}}, [to = to](Vars v) { return broadcast_to(v[0], to); }});
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 2}}},
             [](Vars v) {
               return broadcast_to(v[0], {3, 4});
             },
             "broadcast_to: (3 x 2) does not broadcast to (3 x 4)"}};
  }
};

using Family = OpFamily<Full, BroadcastTo>;

}  // namespace

std::vector<const Op*> fill_ops() { return Family::all(); }

Var full(Tape& tape, const Shape& shape, double value) {
  return tape.record(Family::op<Full>(), {}, Attributes(Filling{shape, value}));
}

Var lower_triangle(Tape& tape, Index rows, Index columns, Index diagonal) {
  return 1 - upper_triangle(tape, rows, columns, diagonal + 1);
}

Var upper_triangle(Tape& tape, Index rows, Index columns, Index diagonal) {
  Tensor mask(tape.dtype(), {rows, columns});
  dispatch(tape.dtype(), [&]<class T>(T) {
    for (Index i = 0; i < rows; ++i) {
      for (Index j = std::max(Index{0}, i + diagonal); j < columns; ++j) {
        mask.values<T>()[static_cast<std::size_t>(i * columns + j)] = 1;
      }
    }
  });
  return tape.input(mask);
}

Var broadcast_to(Var x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return x.tape().record(Family::op<BroadcastTo>(), {&x, 1}, Attributes(shape));
}

}  // namespace unroll
