#pragma once
/// Attention: a query looks at the states of a sequence and gets a weighted mean of them.

#include <unroll/layers/gate.h>

#include <optional>

namespace unroll {

/// How well a query q fits a state h.
enum class Score : std::uint8_t {
  additive,  // v^T tanh(W q + U h) (Bahdanau et al. 2015); also Luong's "concat", whose one matrix
             // for [q; h] is W beside U
  dot,       // q^T h (Luong et al. 2015)
  general,   // q^T U h (Luong et al. 2015)
};

/// What a query got.
struct Attended {
  Var context;  // (B, states), the mean
  Var weights;  // (S, B), which sum to 1 over the states, or are 0 for a sequence without any
};

/// Attention of one query at a time, as a decoder has it. What depends on the states alone is
/// computed once, by over().
class Attention {
 public:
  /// Of queries (B, query) to states (S, B, states); they meet in `size` features where the score
  /// is additive. ShapeError where the score is a dot product and the two sizes differ.
  Attention(const Parameters& p, Index query, Index states, Index size = 0,
            Score score = Score::additive);

  /// The states to look at.
  struct Memory {
    Var states;               // (S, B, states)
    Var keys;                 // (S, B, size): what queries are compared with
    std::optional<Var> mask;  // (S, B): 1 where there is a state
  };
  /// The states (S, B, states) of a batch, with what queries are compared with.
  [[nodiscard]] Memory over(Var states, std::optional<Var> mask = {}) const;

  /// One query (B, query) for each sequence of the memory.
  [[nodiscard]] Attended operator()(Var query, const Memory& memory) const;

 private:
  Score score_;
  std::optional<Projection> W_;  // (size x query)
  std::optional<Projection> U_;  // (size x states)
  Parameter v_;                  // (size)
};

/// Scaled dot-product attention with several heads (Vaswani et al. 2017, section 3.2): each head
/// has queries, keys and values of its own, of `size` / heads features.
struct MultiHeadAttention {
  /// Of queries (T, B, query) to states (S, B, states). ShapeError where the heads do not divide
  /// the size.
  MultiHeadAttention(const Parameters& p, Index query, Index states, Index size, Index heads);

  /// (T, B, size). A mask broadcasts to (B, heads, T, S) and is 1 where a query sees a state: that
  /// of causal attention is lower_triangle(tape, T, S). A query that sees nothing gets zeros.
  Var operator()(Var queries, Var states, std::optional<Var> mask = {}) const;

  Index heads;            // how many; they divide `size`
  Projection q, k, v, o;  // to queries, keys, values and from heads to the output
};

/// A mask (S, B), as length_mask gives it, in the form that MultiHeadAttention takes.
[[nodiscard]] Var as_key_mask(Var mask);

}  // namespace unroll
