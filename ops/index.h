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

}  // namespace unroll
