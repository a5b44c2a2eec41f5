#pragma once
/// The recorded computation: nodes in the order they were recorded, which is an order they can run
/// in. Plain data: the tape fills it, plan/ reads it, and run/ gives the nodes their values.

#include <unroll/core/tensor.h>

#include <array>
#include <concepts>
#include <cstring>
#include <type_traits>
#include <vector>

namespace unroll {

struct Op;

/// The attributes of one operation (an axis, a factor), stored flat so that nodes compare by their
/// bytes. Attribute structs hold 8-byte members only, hence no padding.
class Attributes {
 public:
  static constexpr std::size_t kSize = 64;
  Attributes() = default;
  template <class A>
  requires(!std::same_as<A, Attributes>) explicit Attributes(const A& attributes) {
    static_assert(std::is_trivially_copyable_v<A> && sizeof(A) <= kSize && sizeof(A) % 8 == 0);
    std::memcpy(words_.data(), &attributes, sizeof(A));
  }
  template <class A>
  [[nodiscard]] A as() const {
    A attributes;
    std::memcpy(&attributes, words_.data(), sizeof(A));
    return attributes;
  }
  friend bool operator==(const Attributes& a, const Attributes& b) {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < kSize / 8; ++i) difference |= a.words_[i] ^ b.words_[i];
    return difference == 0;
  }
  [[nodiscard]] std::size_t hash() const {
    std::size_t hash = 0;
    for (const std::uint64_t word : words_) hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    return hash;
  }

 private:
  std::array<std::uint64_t, kSize / 8> words_{};
};

/// One recorded operation.
struct Node {
  Node() = default;
  Node(const Op* op, const Attributes& attributes) : op(op), attributes(attributes) {}

  const Op* op = nullptr;
  Attributes attributes;
  Shape shape;
  DType dtype = DType::f32;
  std::uint32_t first_input = 0;  // into Graph::inputs
  std::uint32_t input_count = 0;
  std::int32_t step = -1;            // the time step it belongs to, -1: none
  std::int32_t origin = -1;          // the node whose gradient rule recorded it, -1: the user
  std::int32_t parameter = -1;       // which of the tape's parameters its memory is; views included
  std::uint32_t twin = 0;            // the first fixed node that computes the same, perhaps itself
  std::byte* value = nullptr;        // null until it has run, or where it was not kept
  Index stride = 0;                  // elements from row to row of the value, 0: no gap
  std::byte* destination = nullptr;  // where its value is wanted, null: anywhere
  bool unasked = false;              // no Var of it was handed out, or it was discarded
  bool lost = false;     // that would give something else now: a parameter it reads has changed
  bool fixed = false;    // a parameter, or computed of parameters alone
  bool has_run = false;  // a plan computed it before, whether or not its value was kept
};

/// Copies the value of a node, whose rows may lie apart, to one piece.
inline void copy_rows(const Node& node, std::byte* to) {
  const std::size_t width = size_of(node.dtype);
  const auto columns = static_cast<std::size_t>(node.shape[node.shape.rank() - 1]);
  const std::size_t rows = static_cast<std::size_t>(node.shape.size()) / columns;
  const auto stride = static_cast<std::size_t>(node.stride);
  for (std::size_t row = 0; row < rows; ++row) {
    std::memcpy(to + row * columns * width, node.value + row * stride * width, columns * width);
  }
}

/// A gradient on its way back, noted while the tape was differentiated. Where `node` is not
/// `input`: the rule of `node` gave `gradient`, a term of the gradient of `input`. Where they are
/// one: `gradient` is the sum of all terms of its gradient.
struct PassedGradient {
  std::uint32_t loss;      // the node that was differentiated
  std::uint32_t node;      // the node whose rule it was
  std::uint32_t input;     // the node it was passed to
  std::uint32_t gradient;  // the node of its value
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> inputs;
  std::vector<PassedGradient> passed;  // in the order of the walk, one walk after the other

  [[nodiscard]] std::span<const std::uint32_t> inputs_of(const Node& node) const {
    return {inputs.data() + node.first_input, node.input_count};
  }
  [[nodiscard]] const Node& input(const Node& node, int i) const {
    return nodes[inputs[node.first_input + static_cast<std::size_t>(i)]];
  }
};

}  // namespace unroll
