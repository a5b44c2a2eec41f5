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

/// Cuts pieces where others begin or end, so that what overlaps is of one range, and join_some()
/// leaves none; leaves them whole where that would make too many of them.
std::vector<Piece> cut_where_others_end(std::vector<Piece> pieces) {
  constexpr std::size_t kMost = 4;  // for one, on average
  std::vector<Index> ends;
  for (const Piece& piece : pieces) {
    ends.push_back(piece.begin);
    ends.push_back(piece.begin + piece.size);
  }
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  const auto ends_within = [&](const Piece& piece) {  // its own end included
    return std::span<const Index>(std::ranges::upper_bound(ends, piece.begin),
                                  std::ranges::upper_bound(ends, piece.begin + piece.size));
  };
  std::size_t count = 0;
  for (const Piece& piece : pieces) count += ends_within(piece).size();
  if (count > kMost * pieces.size()) return pieces;
  std::vector<Piece> cut;
  for (const Piece& piece : pieces) {
    if (piece.size == 0) cut.push_back(piece);
    Index begin = piece.begin;
    for (const Index end : ends_within(piece)) {
      const bool whole = end - begin == piece.size;
      const Var values =
          whole ? piece.values
                : slice(piece.values, piece.axis, begin - piece.begin, end - piece.begin);
      cut.push_back({piece.placed, values, piece.axis, begin, end - begin});
      begin = end;
    }
  }
  return cut;
}

void sort_pieces(std::vector<Piece>& pieces) {
  std::ranges::stable_sort(pieces, {}, [](const Piece& p) { return std::pair(p.begin, p.size); });
}

bool same_range(const Piece& a, const Piece& b) { return a.begin == b.begin && a.size == b.size; }

/// Joins pieces placed along one axis, T slices of a sequence say, by one concat: T padded tensors
/// added up would cost T² instead. Pieces of the same range are added first. What overlaps others
/// in part stays in `pieces`.
Var join_some(std::vector<Piece>& pieces) {
  std::vector<Piece> rest;
  const Shape whole = pieces[0].placed.shape();
  const Index axis = pieces[0].axis;
  Tape& tape = pieces[0].placed.tape();
  std::vector<Var> parts;
  Index end = 0;  // of what has been joined
  const auto fill_to = [&](Index begin) {
    if (begin > end)
      parts.push_back(full(tape, whole.with(static_cast<int>(axis), begin - end), 0));
  };
  for (std::size_t i = 0; i < pieces.size();) {
    std::vector<Var> same;
    const Piece first = pieces[i];
    for (; i < pieces.size() && same_range(pieces[i], first); ++i) {
      if (first.begin >= end) {
        same.push_back(pieces[i].values);
      } else {
        rest.push_back(pieces[i]);
      }
    }
    if (same.empty()) continue;
    fill_to(first.begin);
    parts.push_back(same.size() == 1 ? same[0] : add_up(same));
    end = first.begin + first.size;
  }
  fill_to(whole[static_cast<int>(axis)]);
  pieces = std::move(rest);
  return parts.size() == 1 ? parts[0] : concat(parts, axis);
}

/// Whether sorted pieces cover everything in ranges that follow each other, each twice or more.
bool cover_twice(const std::vector<Piece>& pieces) {
  Index end = 0;
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t next = i + 1;
    while (next < pieces.size() && same_range(pieces[next], pieces[i])) ++next;
    if (pieces[i].begin != end || next < i + 2) return false;
    end += pieces[i].size;
    i = next;
  }
  return !pieces.empty() && end == pieces[0].placed.shape()[static_cast<int>(pieces[0].axis)];
}

/// Terms that add up to what pieces and other terms do.
std::vector<Var> join_pieces(std::vector<Piece> pieces, std::vector<Var> terms) {
  pieces = cut_where_others_end(std::move(pieces));
  sort_pieces(pieces);
  if (cover_twice(pieces)) {  // what is whole is one more in sums there are anyway
    const Index axis = pieces[0].axis;
    for (const Var& term : terms) {
      pieces.push_back({term, term, axis, 0, term.shape()[static_cast<int>(axis)]});
    }
    terms.clear();
    pieces = cut_where_others_end(std::move(pieces));
    sort_pieces(pieces);
  }
  while (pieces.size() > 1) terms.push_back(join_some(pieces));
  if (pieces.size() == 1) terms.push_back(pieces[0].placed);
  return terms;
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
  terms = join_pieces(std::move(pieces), std::move(terms));
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
