/// What the backward walk records by itself: ones, zeros, and the sum of the contributions to one
/// gradient, which knows that pieces of a tensor need not be padded before they are added.

#include <unroll/core/differentiate.h>
#include <unroll/core/tape.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/pieces.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

/// Joins pieces placed along one axis, T slices of a sequence say, by one concat: T padded tensors
/// added up would cost T² instead. Pieces of the same range are added first.
/// Returns what could not be joined because ranges overlap only in part.
std::vector<Var> join_pieces(std::vector<Piece> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  const Shape whole = pieces[0].placed.shape();
  const Index axis = pieces[0].axis;
  Tape& tape = pieces[0].placed.tape();
  std::vector<Var> parts;
  std::vector<Var> rest;
  Index end = 0;  // of what has been joined
  const auto fill_to = [&](Index begin) {
    if (begin > end)
      parts.push_back(full(tape, whole.with(static_cast<int>(axis), begin - end), 0));
  };
  for (std::size_t i = 0; i < pieces.size();) {
    std::vector<Var> same;
    const Piece first = pieces[i];
    for (; i < pieces.size() && pieces[i].begin == first.begin && pieces[i].size == first.size;
         ++i) {
      if (first.begin >= end) {
        same.push_back(pieces[i].values);
      } else {
        rest.push_back(pieces[i].placed);
      }
    }
    if (same.empty()) continue;
    fill_to(first.begin);
    parts.push_back(same.size() == 1 ? same[0] : add_up(same));
    end = first.begin + first.size;
  }
  fill_to(whole[static_cast<int>(axis)]);
  rest.push_back(parts.size() == 1 ? parts[0] : concat(parts, axis));
  return rest;
}

Var flatten_rows(Var rows, const Shape& ids) {
  const Shape shape = rows.shape();
  return reshape(rows, {ids.size(), shape.size(ids.rank(), shape.rank())});
}

/// All lookups into one table as one: their ids and rows one after the other, still row-sparse.
Var join_scattered(std::span<const ScatteredRows> scattered) {
  std::vector<Var> ids;
  std::vector<Var> rows;
  for (const ScatteredRows& one : scattered) {
    const Shape shape = one.ids.shape();
    ids.push_back(reshape(one.ids, {shape.size()}));
    rows.push_back(flatten_rows(one.rows, shape));
  }
  const Shape table = scattered[0].scattered.shape();
  const Var joined = concat(rows, 0);
  return scatter_rows(concat(ids, 0), reshape(joined, table.with(0, joined.shape()[0])), table[0]);
}

/// Whether it is one of those that are cheaper to add up before they are made.
bool is_taken_apart(Var dx) { return as_piece(dx) || as_scattered_rows(dx); }

Var sum_contributions(std::span<const Var> contributions) {
  if (std::none_of(contributions.begin(), contributions.end(), is_taken_apart)) {
    return add_up(contributions);
  }
  std::vector<Var> terms;
  std::vector<Piece> pieces;  // along the axis of the first of them
  std::vector<ScatteredRows> scattered;
  for (const Var& dx : contributions) {
    if (const auto piece = as_piece(dx);
        piece && (pieces.empty() || piece->axis == pieces[0].axis)) {
      pieces.push_back(*piece);
    } else if (const auto rows = as_scattered_rows(dx)) {
      scattered.push_back(*rows);
    } else {
      terms.push_back(dx);
    }
  }
  if (pieces.size() == 1) terms.push_back(pieces[0].placed);
  if (pieces.size() > 1) {
    for (const Var& joined : join_pieces(std::move(pieces))) terms.push_back(joined);
  }
  if (scattered.size() == 1) terms.push_back(scattered[0].scattered);
  if (scattered.size() > 1) terms.push_back(join_scattered(scattered));
  return terms.size() == 1 ? terms[0] : add_up(terms);
}

}  // namespace

const GradientAlgebra& gradient_algebra() {
  static constexpr GradientAlgebra algebra{
      .full = full, .sum = sum_contributions, .sum_to = sum_to};
  return algebra;
}

}  // namespace unroll
