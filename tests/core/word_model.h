#pragma once
/// A small word model: embedding, LSTM, output layer. What many tests record a training step of.

#include <unroll/unroll.h>

#include <vector>

namespace unroll::testing {

/// The values of a Var, as doubles.
inline std::vector<double> values_of(Var var) { return var.value().to_doubles(); }

/// Nodes that computed something: a view only points, a leaf comes from outside.
inline bool has_computed(const Node& node) {
  return node.value != nullptr && node.op->kind != OpKind::view && node.op->kind != OpKind::leaf;
}

/// Values that increase in equal steps.
inline Tensor ramp(const Shape& shape, double first = 0.1, double step = 0.1) {
  std::vector<double> values;
  for (Index i = 0; i < shape.size(); ++i) {
    values.push_back(first + step * static_cast<double>(i));
  }
  return Tensor::of(shape, values);
}

/// An initializer that gives ramp().
inline Initializer rising(double first = 0.1, double step = 0.1) {
  return [=](const Shape&, std::span<double> values, Random&) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = first + step * static_cast<double>(i);
    }
  };
}

struct WordModel {
  static constexpr Index kWords = 11;
  static constexpr Index kBatch = 3;
  static constexpr Index kHidden = 5;

  explicit WordModel(DType dtype = DType::f32, std::uint64_t seed = 1)
      : parameters(dtype, seed),
        words(parameters / "words", kWords, 4),
        lstm(parameters / "lstm", 4, kHidden),
        readout(parameters / "readout", kHidden, kWords) {}

  /// Word ids (T, B), different ones for each `seed`.
  static Tensor ids(Index steps, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int32_t> ids;
    for (Index i = 0; i < steps * kBatch; ++i) {
      ids.push_back(static_cast<std::int32_t>(random.below(kWords)));
    }
    return Tensor::of<std::int32_t>({steps, kBatch}, ids);
  }

  /// Records the loss of predicting `targets` from `inputs`, both (T, B).
  [[nodiscard]] Var loss(Tape& tape, const Tensor& inputs, const Tensor& targets) const {
    const Var x = words(tape.input(inputs));
    const Lstm::State start = zero_state(lstm, tape, inputs.shape()[1]);
    return softmax_cross_entropy(readout(unroll_over(lstm, x, start).outputs), tape.input(targets));
  }
  [[nodiscard]] Var loss(Tape& tape, Index steps, std::uint64_t seed = 7) const {
    return loss(tape, ids(steps, seed), ids(steps, seed + 1));
  }

  Parameters parameters;
  Embedding words;
  Lstm lstm;
  Linear readout;
};

}  // namespace unroll::testing
