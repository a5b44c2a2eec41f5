#pragma once
/// The affine maps inside the gates of every cell: W x + U h + b, and its two halves.

#include <unroll/core/tape.h>
#include <unroll/layers/initialize.h>

#include <optional>

namespace unroll {

/// What a layer reads: vectors of `size` features, or ids that stand for one-hot vectors.
struct Input {
  /// Vectors of so many features.
  Input(Index features) : size(features) {}  // NOLINT: a number of features is an input
  /// Ids below `count`: W x then is a row of Wᵀ, looked up, and W is stored transposed, (count x
  /// out), so that its gradient is row-sparse.
  static Input one_hot(Index count);

  Index size;        // features of a vector, or the number of ids
  bool ids = false;  // whether they are ids
};

/// How the parameters of a cell begin.
struct CellOptions {
  bool bias = true;                  // whether there is a b
  Initializer W = {};                // empty: uniform in +-1/sqrt(fan in)
  Initializer U = fan_in_uniform();  // of what multiplies h
  Initializer b = zeros();           // of the biases
  double forget_bias = 1;            // added to the bias of a forget gate (Jozefowicz et al. 2015)
  Index depth = 2;                   // of cells that are deep by themselves: layers, or micro-steps
};

/// The options of a forget gate: the same, with the forget bias added to b.
[[nodiscard]] CellOptions with_forget_bias(const CellOptions& options);
/// The options of a gate u where 1 - u forgets: the same, with the forget bias taken off b, since
/// 1 - sigmoid(a) = sigmoid(-a).
[[nodiscard]] CellOptions with_coupled_bias(const CellOptions& options);
/// The same without biases.
[[nodiscard]] CellOptions without_bias(const CellOptions& options);
/// The depth of a cell that is deep by itself; Error, naming the cell, where it is below 1.
[[nodiscard]] Index depth_of(std::string_view cell, const CellOptions& options);

/// W x + b, of what does not see h. W: (out x in), b: (out).
struct Projection {
  /// Adds W under that name, and b; `p` is the branch of the gate.
  Projection(const Parameters& p, Input in, Index out, const CellOptions& options = {},
             std::string_view name = "W");

  /// W x + b for x (B, in), or ids (B): (B, out)
  Var operator()(Var x) const;

  Parameter W;  // (out x in), of ids (in x out)
  Parameter b;  // of no tree without a bias

 private:
  bool ids_;
};

/// x as a vector of `size` features, for equations that add or compare x and h: x itself where it
/// has that size, else P x, learned. P: (size x in), of no tree where x is taken as it is; ids are
/// always looked up in it.
struct Fitted {
  /// Adds a projection "P" where x has not `size` features.
  Fitted(const Parameters& p, Input in, Index size, const CellOptions& options = {});
  /// (B, in), or ids (B), to (B, size)
  Var operator()(Var x) const;

  std::optional<Projection> P;  // where x is not taken as it is
};

/// h times the mask of U (Tape::mask_input, recurrent dropout), or h where U has none. Every
/// product U h takes its h from here.
[[nodiscard]] Var seen_by(const Parameter& U, Var h);

/// U h + b, of what does not see x. U: (out x from), b: (out).
struct Recurrent {
  /// Adds U, and b.
  Recurrent(const Parameters& p, Index from, Index out, const CellOptions& options = {});
  /// (B, from) to (B, out)
  Var operator()(Var h) const;

  Parameter U;  // (out x from)
  Parameter b;  // of no tree without a bias
};

/// W x + U h + b. W: (hidden x in), U: (hidden x hidden), b: (hidden).
struct Gate {
  /// Adds W, U and b to the branch `p`.
  Gate(const Parameters& p, Input in, Index hidden, const CellOptions& options = {});
  /// The same where it has another size than the h it sees. W: (out x in), U: (out x from), b:
  /// (out).
  Gate(const Parameters& p, Input in, Index from, Index out, const CellOptions& options);

  /// W x + U h + b for x (B, in), or ids (B), and h (B, from): (B, out)
  Var operator()(Var x, Var h) const;
  /// W x + b
  [[nodiscard]] Var x(Var x) const;
  /// U h
  [[nodiscard]] Var h(Var h) const;
  /// Whether x are ids; W is then (in x out).
  [[nodiscard]] bool takes_ids() const { return ids_; }

  Parameter W;  // (out x in), of ids (in x out)
  Parameter U;  // (out x from)
  Parameter b;  // of no tree without a bias

 private:
  bool ids_;
};

}  // namespace unroll
