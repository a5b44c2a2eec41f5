#pragma once
/// The LSTM with peepholes as somebody writes it who packs by hand: the four gates as one product.

#include <unroll/unroll.h>

namespace bench {

/// The arithmetic of unroll::LstmPeephole, which has a line for each gate; W6 and W6p are timed
/// beside each other to see whether those lines cost anything. in: (B, in), out: h (B, hidden).
struct PackedPeephole {
  using State = unroll::Lstm::State;

  PackedPeephole(const unroll::Parameters& p, unroll::Input in, unroll::Index hidden);

  [[nodiscard]] State step(unroll::Var x, State s) const;

  unroll::Index hidden;
  unroll::Gate gates;            // of i, f, o, g in this order: W, U and b of 4 hidden rows
  unroll::Parameter pi, pf, po;  // (hidden)
};

/// Gives a model of packed cells the values of the same model of unroll::LstmPeephole: rows of the
/// gates to their rows of the packed, everything else by its name.
void copy_packed(const unroll::Parameters& open, const unroll::Parameters& packed);

}  // namespace bench
