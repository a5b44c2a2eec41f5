#pragma once
/// Operations that look up by integer ids.

#include <unroll/core/tape.h>

namespace unroll {

/// y[n] = table[ids[n]]: rows of a table (V x ...), such as word vectors; ids i32 of any shape S,
/// result (S..., ...). The gradient with respect to the table is row-sparse. ValueError for an id
/// outside [0, V) when the result is computed.
Var embedding(Var table, Var ids);

/// A table of `size` rows, zero but for row ids[n] += rows[n]: the transpose of embedding.
Var scatter_rows(Var ids, Var rows, Index size);

/// y[n] = x[n, ids[n]]: one element of each row; x (S..., V), ids (S...), result (S...).
Var pick(Var x, Var ids);

/// Rows of `size` zeros but for y[n, ids[n]] = x[n]: the transpose of pick; unpick(1, ids) is
/// one-hot.
Var unpick(Var x, Var ids, Index size);

/// y[..., n, ...] = x[..., ids[..., n, ...], ...]: elements chosen along an axis; x and ids of the
/// same shape but for that axis, result of the shape of ids. ValueError for an id outside of x when
/// the result is computed.
Var gather(Var x, Var ids, Index axis);

/// Zeros, `size` of them along an axis, but for y[..., ids[..., n, ...], ...] += x[..., n, ...]:
/// the transpose of gather; ids and x of one shape.
Var scatter_add(Var ids, Var x, Index axis, Index size);

/// Slices of x chosen along an axis by a list of ids: y[..., n, ...] = x[..., ids[n], ...].
Var index_select(Var x, Var ids, Index axis);

}  // namespace unroll
