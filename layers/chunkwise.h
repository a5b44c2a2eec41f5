#pragma once
/// Linear recurrences a chunk of steps at a time: within a chunk products of matrices, as attention
/// has them, from chunk to chunk the recurrence. The values are those of unroll_over() but for
/// rounding.
///
/// Cells whose state is a matrix and whose step is linear in it have such a form. The memories of
/// The recurrences of PastAttention and Ntm are not linear: where they read and write depends on
/// the values that they have read. The states of S4d and S6 are (B, hidden, N), but each element
/// fades at a pace of its own: a chunk would need a matrix of its steps for each of the hidden
/// features.

#include <unroll/layers/cells/linear_attention.h>
#include <unroll/layers/cells/rwkv.h>
#include <unroll/layers/cells/xlstm.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// Steps a cell over x (T, B, in), or ids (T, B), from `state`, `chunk` steps at a time; the last
/// chunk may be shorter. ShapeError for a chunk below 1.
[[nodiscard]] Unrolled<MatrixState> unroll_chunkwise(const RetNet& cell, Var x, MatrixState state,
                                                     Index chunk);
[[nodiscard]] Unrolled<MatrixState> unroll_chunkwise(const Gla& cell, Var x, MatrixState state,
                                                     Index chunk);
[[nodiscard]] Unrolled<MatrixState> unroll_chunkwise(const DeltaNet& cell, Var x, MatrixState state,
                                                     Index chunk);
[[nodiscard]] Unrolled<MatrixState> unroll_chunkwise(const GatedDeltaNet& cell, Var x,
                                                     MatrixState state, Index chunk);
[[nodiscard]] Unrolled<Rwkv6::State> unroll_chunkwise(const Rwkv6& cell, Var x, Rwkv6::State state,
                                                      Index chunk);
[[nodiscard]] Unrolled<Mlstm::State> unroll_chunkwise(const Mlstm& cell, Var x, Mlstm::State state,
                                                      Index chunk);

}  // namespace unroll
