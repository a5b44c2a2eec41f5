#pragma once
/// The independently recurrent network (Li, Li, Cook, Zhu & Gao 2018): each unit sees its own h
/// alone.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// u begins uniform in [0, 1), so that no unit explodes, whatever the length: the paper's bound on
/// |u| is 2^(1/T) for sequences of T steps. in: (B, in) or ids (B), out: h (B, hidden).
struct IndRnn {
  using State = Var;
  static constexpr std::string_view source = "Li et al. 2018";
  static constexpr std::string_view equations = "h' = relu(W x + u h + b)";

  IndRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), W(p, in, hidden, options), u(p.add("u", {hidden}, uniform(0, 1))) {}

  [[nodiscard]] Var step(Var x, Var h) const { return relu(W(x) + u * h); }

  Index hidden;
  Projection W;
  Parameter u;  // (hidden)
};

}  // namespace unroll
