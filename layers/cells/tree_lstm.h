#pragma once
/// The Tree-LSTMs (Tai, Socher & Manning 2015): LSTMs over a tree instead of a sequence.

#include <unroll/layers/cells/lstm.h>
#include <unroll/ops/shape.h>

#include <optional>

namespace unroll {

/// The child-sum form: a node reads its x and the states of its children, any number of them, in no
/// order; each child has a forget gate of its own. With one child a node is a step of Lstm.
///
///   h = sum_k h_k
///   i = sigmoid(Wi x + Ui h + bi)
///   o = sigmoid(Wo x + Uo h + bo)
///   g = tanh(Wg x + Ug h + bg)
///   f_k = sigmoid(Wf x + Uf h_k + bf)
///   c' = i g + sum_k f_k c_k
///   h' = o tanh(c')
///
/// x: (B, in) or ids (B), the same node of B trees of one form; out: h (B, hidden).
struct TreeLstm {
  using State = Lstm::State;

  TreeLstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : lstm(p, in, hidden, options) {}

  /// The state of a node; a leaf has no children.
  [[nodiscard]] State step(Var x, std::span<const State> children) const {
    return join([&](const Gate& gate) { return gate.x(x); }, children);
  }
  /// The state of a node that reads nothing, as inner nodes of a parse tree do: W x is not there.
  [[nodiscard]] State step(std::span<const State> children) const {
    if (children.empty()) fail<Error>("TreeLstm: a node without x and without children");
    Tape& tape = children[0].h.tape();
    const auto of_nothing = [&](const Gate& gate) {
      return gate.b ? tape.parameter(gate.b) : full(tape, children[0].h.shape(), 0);
    };
    return join(of_nothing, children);
  }

  Lstm lstm;

 private:
  /// The equations; `input(gate)` is W x + b of a gate.
  template <class F>
  State join(F input, std::span<const State> children) const {
    if (children.empty()) {  // all h_k are zeros
      const Var c = sigmoid(input(lstm.i)) * tanh(input(lstm.g));
      return {sigmoid(input(lstm.o)) * tanh(c), c};
    }
    Var h = children[0].h;
    for (const State& child : children.subspan(1)) h += child.h;
    const Var it = sigmoid(input(lstm.i) + lstm.i.h(h));
    const Var ot = sigmoid(input(lstm.o) + lstm.o.h(h));
    const Var gt = tanh(input(lstm.g) + lstm.g.h(h));
    const Var Wf = input(lstm.f);
    Var c = it * gt;
    for (const State& child : children) c += sigmoid(Wf + lstm.f.h(child.h)) * child.c;
    return {ot * tanh(c), c};
  }
};

/// The N-ary form: up to N children in order, each with matrices of its own; the forget gate of
/// each sees all of them. A missing child has a state of zeros.
///
///   i = sigmoid(Wi x + sum_l Ui_l h_l + bi), o and g likewise
///   f_k = sigmoid(Wf x + sum_l Uf_kl h_l + bf)
///   c' = i g + sum_k f_k c_k
///   h' = o tanh(c')
///
/// x: (B, in) or ids (B); out: h (B, hidden).
struct NaryTreeLstm {
  using State = Lstm::State;

  NaryTreeLstm(const Parameters& p, Input in, Index hidden, Index children,
               const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, children * hidden, hidden, options),
        o(p / "o", in, children * hidden, hidden, options),
        g(p / "g", in, children * hidden, hidden, options),
        Wf(p / "f", in, hidden, with_forget_bias(options)) {
    for (Index k = 0; k < children; ++k) {
      Uf.emplace_back(p / "f" / k, children * hidden, hidden, without_bias(options));
    }
  }

  /// The state of a node; Error for more than N children.
  [[nodiscard]] State step(Var x, std::span<const State> children) const {
    return join([&](const auto& gate) { return of_x(gate, x); }, children);
  }
  /// The state of a node that reads nothing: W x is not there.
  [[nodiscard]] State step(std::span<const State> children) const {
    if (children.empty()) fail<Error>("NaryTreeLstm: a node without x and without children");
    Tape& tape = children[0].h.tape();
    const auto of_nothing = [&](const auto& gate) {
      return gate.b ? tape.parameter(gate.b) : full(tape, children[0].h.shape(), 0);
    };
    return join(of_nothing, children);
  }

  Index hidden;
  Gate i, o, g;  // U: (hidden x N hidden)
  Projection Wf;
  std::vector<Recurrent> Uf;  // of each child

 private:
  static Var of_x(const Gate& gate, Var x) { return gate.x(x); }
  static Var of_x(const Projection& projection, Var x) { return projection(x); }

  /// The equations; `input(gate)` is W x + b of a gate, or of all forget gates.
  template <class F>
  State join(F input, std::span<const State> children) const {
    if (children.size() > Uf.size()) {
      fail<Error>("NaryTreeLstm: {} children, expected up to {}", children.size(), Uf.size());
    }
    if (children.empty()) {  // all h_l are zeros
      const Var c = sigmoid(input(i)) * tanh(input(g));
      return {sigmoid(input(o)) * tanh(c), c};
    }
    std::vector<Var> hs;
    for (const State& child : children) hs.push_back(child.h);
    const Var none = hs.size() < Uf.size() ? full(hs[0].tape(), hs[0].shape(), 0) : hs[0];
    hs.resize(Uf.size(), none);
    const Var h = concat(hs, 1);
    const Var Wfx = input(Wf);
    Var c = sigmoid(input(i) + i.h(h)) * tanh(input(g) + g.h(h));
    for (std::size_t k = 0; k < children.size(); ++k) {
      c += sigmoid(Wfx + Uf[k](h)) * children[k].c;
    }
    return {sigmoid(input(o) + o.h(h)) * tanh(c), c};
  }
};

/// A node of a tree: the row of x that it reads, if any, and its children, which come before it in
/// the list of nodes.
struct TreeNode {
  std::optional<Index> x = {};
  std::vector<Index> children = {};
};

/// The states of all nodes, in order, of B trees of one form: x is (rows, B, in), or ids (rows, B).
/// The last node of the list is the root. Error where a child does not come before its parent.
template <class C>
std::vector<typename C::State> unroll_tree(const C& cell, Var x, std::span<const TreeNode> nodes) {
  std::vector<typename C::State> states;
  for (const TreeNode& node : nodes) {
    std::vector<typename C::State> children;
    for (const Index child : node.children) {
      if (child < 0 || child >= std::ssize(states)) {
        fail<Error>("unroll_tree: node {} has the child {}: children come before their parent",
                    states.size(), child);
      }
      children.push_back(states[static_cast<std::size_t>(child)]);
    }
    if (node.x) {
      states.push_back(cell.step(select(x, *node.x), children));
    } else if constexpr (requires { cell.step(children); }) {
      states.push_back(cell.step(children));
    } else {
      fail<Error>("unroll_tree: node {} reads no x, which this cell needs", states.size());
    }
  }
  return states;
}

}  // namespace unroll
