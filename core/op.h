#pragma once
/// What an operation is: one record that holds everything the rest of unroll knows about it. core
/// calls through the record and knows no operation by name; ops/ defines them, one struct each.

#include <unroll/core/error.h>
#include <unroll/core/graph.h>
#include <unroll/core/names/notation.h>
#include <unroll/core/run/share.h>
#include <unroll/core/tensor.h>
#include <unroll/core/var.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// What kind of work an operation is. Passes ask for this, for the facts of OpInfo, and for the
/// functions of Op that say more of a kind: view_offset, product, concat_axis, range, transposes,
/// sum_axis and second.
enum class OpKind : std::uint8_t {
  leaf,         // a value from outside: input, parameter
  elementwise,  // out[i] from in[i], inputs broadcast
  view,         // the same memory under another shape or offset
  concat,       // the inputs, one after another along an axis
  slice,        // a range of the input along an axis
  product,      // a matrix product
  other,        // what its kernel computes
};

/// The facts of an operation that are plain data.
struct OpInfo {
  std::string_view name;        // as errors and lists have it
  std::string_view formula;     // one line: the documentation, the table in the manual
  OpKind kind = OpKind::other;  // the kind of its work
  int min_inputs = 1;           // fewest inputs of a call
  int max_inputs = 1;           // most inputs of a call
  unsigned integer_inputs = 0;  // bit i: input i holds i32 (indices, counters)
  bool any_dtype = false;       // takes i32 as well, the result is what input 0 is
  bool integer_result = false;  // the result is i32
  bool row_sparse = false;      // (ids, rows): zero but for some rows, added up where ids repeat
  bool activation = false;      // the function of a gate: sigmoid, tanh and their like
  bool adds_up = false;         // element-wise: its inputs added up, two at a time by its sweep
  bool parallel = false;        // its kernel works on KernelCall::share() only
  bool in_place = false;        // its result may lie where input 0 does, which is then gone
};

/// The shapes, types and attributes of a call: what a shape rule sees, and what passes ask about.
class Signature {
 public:
  /// Of a call of `info` with the nodes `inputs` of `graph`.
  Signature(const OpInfo& info, const Graph& graph, std::span<const std::uint32_t> inputs,
            const Attributes& attributes)
      : info_(info), graph_(graph), inputs_(inputs), attributes_(attributes) {}

  /// The number of inputs, and the shape and the element type of input `i`.
  [[nodiscard]] int count() const { return static_cast<int>(inputs_.size()); }
  [[nodiscard]] const Shape& shape(int i) const { return node(i).shape; }
  [[nodiscard]] DType dtype(int i) const { return node(i).dtype; }
  /// The attributes of the call: the struct that the operation recorded.
  template <class A>
  [[nodiscard]] A attributes() const {
    return attributes_.as<A>();
  }
  /// Throws ShapeError "<op>: <message>".
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, Args&&... args) const {
    fail<ShapeError>("{}: {}", info_.name, fmt::format(format, std::forward<Args>(args)...));
  }
  /// `axis` counted from the back where negative; ShapeError unless input 0 has it.
  [[nodiscard]] int axis(Index axis) const;

 private:
  [[nodiscard]] const Node& node(int i) const {
    return graph_.nodes[inputs_[static_cast<std::size_t>(i)]];
  }
  const OpInfo& info_;
  const Graph& graph_;
  std::span<const std::uint32_t> inputs_;
  const Attributes& attributes_;
};

/// What a forward kernel sees: the values of the inputs, and the place for the result.
class KernelCall {
 public:
  /// The part `part` of `parts` of a call, which gives the value of `second` along with its own.
  KernelCall(const Graph& graph, const Node& node, int part = 0, int parts = 1,
             const Node* second = nullptr)
      : graph_(graph), node_(node), part_(part), parts_(parts), second_(second) {}

  /// The number of inputs; shapes and element types of input `i` and, without an argument, of
  /// the result.
  [[nodiscard]] int count() const { return static_cast<int>(node_.input_count); }
  [[nodiscard]] const Shape& shape(int i) const { return input(i).shape; }
  [[nodiscard]] const Shape& shape() const { return node_.shape; }
  [[nodiscard]] DType dtype() const { return node_.dtype; }
  [[nodiscard]] DType dtype(int i) const { return input(i).dtype; }
  /// The elements of input `i`, and the place for those of the result, row-major.
  template <class T>
  [[nodiscard]] const T* in(int i) const {
    return reinterpret_cast<const T*>(input(i).value);
  }
  template <class T>
  [[nodiscard]] T* out() const {
    return reinterpret_cast<T*>(node_.value);
  }
  /// The place for the value of Op::second; null where it is not asked for.
  template <class T>
  [[nodiscard]] T* second() const {
    return second_ == nullptr ? nullptr : reinterpret_cast<T*>(second_->value);
  }
  /// The attributes of the call: the struct that the operation recorded.
  template <class A>
  [[nodiscard]] A attributes() const {
    return node_.attributes.as<A>();
  }
  [[nodiscard]] const Attributes& attributes() const { return node_.attributes; }
  /// The operation that is called.
  [[nodiscard]] const Op& op() const { return *node_.op; }
  /// Which of `count` rows, or other things that do not depend on each other, this call computes;
  /// where there are several it is one of them, begins and ends at a multiple of `grain`.
  [[nodiscard]] Interval share(Index count, Index grain = 1) const {
    return share_of(count, part_, parts_, grain);
  }
  /// Throws ValueError "<op>: <message>".
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, Args&&... args) const;

 private:
  [[nodiscard]] const Node& input(int i) const { return graph_.input(node_, i); }
  const Graph& graph_;
  const Node& node_;
  int part_;
  int parts_;
  const Node* second_;
};

/// A forward kernel: computes the value of a node, or the part that the call says.
using Kernel = void (*)(const KernelCall&);

/// An operation as y (m x n) = a b + bias: which inputs a, b and bias are, and how they are read.
/// With an m of 0 this call is none.
struct ProductForm {
  static constexpr int kOnes = -1;  // in place of an input
  int a = 0;                        // kOnes: a row of ones, so that y is the sum of the rows of b
  int b = 1;                        // the input that b is
  int bias = -1;                    // -1: none
  bool transpose_a = false;         // whether a is read as its transpose
  bool transpose_b = false;         // the same for b
  Index m = 0;                      // rows of y
  Index n = 0;                      // columns of y
  Index k = 0;                      // columns of a, rows of b
};

/// Which range of input 0 a slice is: as long as its result, from `begin` on.
struct SliceForm {
  int axis;     // that it is a range of
  Index begin;  // the first position
};

/// What an element-wise kernel works on: matrices of one size, each with a stride of its own from
/// row to row, in elements; 0: one row for all rows.
struct SweepCall {
  std::array<const void*, 3> inputs{};  // where they begin
  std::array<Index, 3> strides{};       // one an input
  void* output = nullptr;               // where the result begins
  Index stride = 0;                     // that of the result
  Index rows = 1;                       // of all of them
  Index columns = 0;                    // the same
};

/// An element-wise kernel: what a node runs and what passes fuse.
using Sweep = void (*)(const SweepCall& call, const Attributes& attributes);

/// Runs the sweep of an element-wise operation over broadcast inputs: its forward kernel.
void run_sweep(const KernelCall& call);

/// What a gradient rule sees: the node, the gradient of the loss with respect to it, and a way to
/// contribute to the gradients of its inputs, written in ops.
class Backward {
 public:
  /// One addend of the gradient of an input.
  struct Contribution {
    std::uint32_t input;  // a node
    Var dx;               // of its shape
  };

  /// At the node `node`, whose gradient is `dy`; `wanted` has one flag an input,
  /// `contributions` takes what the rule adds.
  Backward(Tape& tape, std::uint32_t node, Var dy, std::span<const std::uint8_t> wanted,
           std::vector<Contribution>& contributions)
      : tape_(tape), node_(node), dy_(dy), wanted_(wanted), contributions_(contributions) {}

  /// The number of inputs, the tape, and input `i`.
  [[nodiscard]] int count() const { return static_cast<int>(wanted_.size()); }
  [[nodiscard]] Tape& tape() const { return tape_; }
  [[nodiscard]] Var in(int i) const;
  /// The node's own value.
  [[nodiscard]] Var y() const;
  /// The gradient of the loss with respect to `y()`, of the same shape.
  [[nodiscard]] Var dy() const { return dy_; }
  /// Whether a gradient for input `i` is asked for; a rule need not work for one that is not.
  [[nodiscard]] bool wants(int i) const { return wanted_[static_cast<std::size_t>(i)] != 0; }
  /// Adds `dx` to the gradient of input `i`. A gradient of the broadcast shape is summed back to
  /// the shape of the input here, once for all operations.
  void add(int i, Var dx);
  /// The attributes of the call: as recorded, and as the struct that they are.
  [[nodiscard]] const Attributes& attributes() const;
  template <class A>
  [[nodiscard]] A attributes() const {
    return attributes().as<A>();
  }

 private:
  Tape& tape_;
  std::uint32_t node_;
  Var dy_;
  std::span<const std::uint8_t> wanted_;
  std::vector<Contribution>& contributions_;
};

/// In place of a gradient rule: there is none, and why.
struct NoGradient {
  std::string_view reason;  // one sentence
};

/// An input of a sample: values drawn uniformly from [low, high) in f64, or ids below `high`.
struct SampleInput {
  Shape shape;       // of the input
  double low = -2;   // the least value
  double high = 2;   // no value is as large
  bool ids = false;  // whether they are i32
};
/// A call of an operation, given its inputs.
using Call = std::function<Var(std::span<const Var>)>;

/// A call an operation must get right; tests derive all their checks from it.
struct Sample {
  std::vector<SampleInput> inputs;  // in order
  Call call;                        // records the operation
};

/// A call an operation must refuse, with the exact text it refuses it with. A mistake in values
/// (ValueError) shows when the result is asked for, every other one at the call itself.
struct BadInput {
  std::vector<SampleInput> inputs;  // in order
  Call call;                        // records the operation
  std::string message;              // the whole text
};

/// The record of an operation.
struct Op : OpInfo {
  Shape (*shape)(const Signature&) = nullptr;          // the shape rule
  std::array<Kernel, 3> forward{};                     // by DType; null where there is none
  std::array<Sweep, 3> sweep{};                        // element-wise operations only
  Index (*view_offset)(const Signature&) = nullptr;    // views only: in elements of input 0
  ProductForm (*product)(const Signature&) = nullptr;  // products, and what can be seen as one
  int (*concat_axis)(const Signature&) = nullptr;      // concats only
  SliceForm (*range)(const Signature&) = nullptr;      // slices only
  bool (*transposes)(const Signature&) = nullptr;      // whether y is input 0, a matrix, transposed
  int (*sum_axis)(const Signature&) = nullptr;         // sums along an axis only
  const Op& (*second)() = nullptr;  // an op of the first inputs: the kernel can give its value too
  void (*gradient)(Backward&) = nullptr;                 // null where no_gradient says why
  std::string_view no_gradient{};                        // the reason, where there is no gradient
  std::string (*describe)(const Attributes&) = nullptr;  // attributes, for pictures of a tape
  /// As equations write it; without it, one of one input is "name(x)".
  Notation (*write)(std::span<const Notation>, const Attributes&) = nullptr;
  std::vector<Sample> (*samples)() = nullptr;       // calls it must get right
  std::vector<BadInput> (*bad_inputs)() = nullptr;  // calls it must refuse
};

template <class D>
concept HasGradient = requires(Backward& b) {
  D::gradient(b);
};
template <class D>
concept SaysNoGradient = requires {
  { D::gradient } -> std::convertible_to<NoGradient>;
};
template <class D>
concept HasSweep = requires(DType dtype) {
  { D::sweep(dtype) } -> std::same_as<Sweep>;
};
template <class D>
concept HasView = requires(const Signature& s) {
  { D::view_offset(s) } -> std::same_as<Index>;
};
template <class D>
concept HasProduct = requires(const Signature& s) {
  { D::product(s) } -> std::same_as<ProductForm>;
};
template <class D>
concept HasConcat = requires(const Signature& s) {
  { D::concat_axis(s) } -> std::same_as<int>;
};
template <class D>
concept HasSlice = requires(const Signature& s) {
  { D::range(s) } -> std::same_as<SliceForm>;
};
template <class D>
concept HasTransposes = requires(const Signature& s) {
  { D::transposes(s) } -> std::same_as<bool>;
};
template <class D>
concept HasSumAxis = requires(const Signature& s) {
  { D::sum_axis(s) } -> std::same_as<int>;
};
template <class D>
concept HasSecond = requires {
  { D::second() } -> std::same_as<const Op&>;
};
template <class D>
concept HasForward = requires(const KernelCall& k) {
  D::template forward<float>(k);
};
template <class D>
concept HasDescription = requires(const Attributes& a) {
  { D::describe(a) } -> std::same_as<std::string>;
};

template <class D>
concept HasNotation = requires(std::span<const Notation> in, const Attributes& a) {
  { D::write(in, a) } -> std::same_as<Notation>;
};

/// The parts an operation must have; one that lacks a part does not compile.
template <class D>
concept OpDefinition = requires(const Signature& s) {
  { D::info } -> std::convertible_to<OpInfo>;
  { D::shape(s) } -> std::same_as<Shape>;
  { D::samples() } -> std::same_as<std::vector<Sample>>;
  { D::bad_inputs() } -> std::same_as<std::vector<BadInput>>;
}
&&(HasGradient<D> || SaysNoGradient<D>)&&(HasSweep<D> || HasView<D> || HasForward<D>);

/// The record of an operation, from the struct that defines it.
template <OpDefinition D>
Op make_op() {
  Op op{D::info};
  op.shape = D::shape;
  op.samples = D::samples;
  op.bad_inputs = D::bad_inputs;
  if constexpr (HasGradient<D>) op.gradient = D::gradient;
  if constexpr (SaysNoGradient<D>) op.no_gradient = D::gradient.reason;
  if constexpr (HasDescription<D>) op.describe = D::describe;
  if constexpr (HasNotation<D>) op.write = D::write;
  static_assert(HasView<D> == (D::info.kind == OpKind::view));
  static_assert(HasProduct<D> || D::info.kind != OpKind::product);
  static_assert(HasConcat<D> == (D::info.kind == OpKind::concat));
  static_assert(HasSlice<D> == (D::info.kind == OpKind::slice));
  if constexpr (HasView<D>) op.view_offset = D::view_offset;
  if constexpr (HasProduct<D>) op.product = D::product;
  if constexpr (HasConcat<D>) op.concat_axis = D::concat_axis;
  if constexpr (HasSlice<D>) op.range = D::range;
  if constexpr (HasTransposes<D>) op.transposes = D::transposes;
  if constexpr (HasSumAxis<D>) op.sum_axis = D::sum_axis;
  if constexpr (HasSecond<D>) op.second = D::second;
  if constexpr (HasSweep<D>) {
    op.forward = {run_sweep, run_sweep, nullptr};
    op.sweep = {D::sweep(DType::f32), D::sweep(DType::f64), nullptr};
  }
  if constexpr (HasForward<D>) {
    op.forward = {D::template forward<float>, D::template forward<double>, nullptr};
    if constexpr (D::info.integer_result) {
      op.forward = {nullptr, nullptr, [](const KernelCall& k) {
                      dispatch(k.dtype(0), [&]<class T>(T) { D::template forward<T>(k); });
                    }};
    }
    if constexpr (D::info.any_dtype) op.forward[2] = D::template forward<std::int32_t>;
  }
  return op;
}

/// The operations of one family. An operation can only be recorded through the list it is on, so
/// none that is used can be missing from the registry.
template <class... Definitions>
struct OpFamily {
  /// The record of the operation D, the same one at every call.
  template <OpDefinition D>
  requires(std::same_as<D, Definitions> || ...) static const Op& op() {
    static const Op record = make_op<D>();
    return record;
  }
  /// All of the family, in the order of the list.
  static std::vector<const Op*> all() { return {&op<Definitions>()...}; }
};

template <class... Args>
void KernelCall::reject(fmt::format_string<Args...> format, Args&&... args) const {
  fail<ValueError>("{}: {}", node_.op->name, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace unroll
