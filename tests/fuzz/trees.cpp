// Trees of random form.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

namespace unroll::fuzz {
namespace {

/// A network over trees: what a leaf and a node are, and a loss at every node.
struct TreeNetwork {
  using State = TreeLstm::State;

  TreeNetwork(Program& p, const Parameters& tree)
      : words(p.between(2, 12)),
        classes(p.between(2, 5)),
        hidden(p.size()),
        batch(1),
        embedding(tree / "words", words, hidden, p.weights()),
        lstm(tree / "lstm", hidden, hidden, p.options()),
        pair(tree / "pair", 2 * hidden, hidden, true, p.weights()),
        gate(tree / "gate", 2 * hidden, hidden, true, p.weights()),
        readout(tree / "readout", hidden, classes, true, p.weights()),
        form(p.below(3)) {}

  /// A random tree with that many leaves; adds the logits of its nodes to `logits`.
  State build(Program& p, Index leaves) {
    const auto done = [&](const State& state) {
      logits.push_back(readout(state.h));
      return state;
    };
    Tape& tape = p.tape();
    if (leaves == 1) {
      const Var x = embedding(p.ids({batch}, words));
      return done(form == 0 ? lstm.step(x, {}) : State{x, x});
    }
    std::vector<State> children;
    const Index parts = form == 0 ? std::min(leaves, p.between(2, 3)) : 2;
    for (Index part = 0, left = leaves; part < parts; ++part) {
      const Index others = parts - 1 - part;
      const Index mine = others == 0 ? left : p.between(1, left - others);
      children.push_back(build(p, mine));
      left -= mine;
    }
    if (form == 0) return done(lstm.step(full(tape, {batch, hidden}, 0), children));
    const Var both = concat(std::array{children[0].h, children[1].h}, 1);
    const Var n = tanh(pair(both));
    if (form == 1) return done({n, n});
    const Var z = sigmoid(gate(both));
    const Var h = z * children[0].h + (1 - z) * n;
    return done({h, children[1].c + h});
  }

  Index words;
  Index classes;
  Index hidden;
  Index batch;
  Embedding embedding;
  TreeLstm lstm;
  Linear pair;
  Linear gate;
  Linear readout;
  Index form;
  std::vector<Var> logits;
};

}  // namespace

void trees(Program& p) {
  const Parameters tree = p.tree();
  TreeNetwork network(p, tree);
  const bool at_once = p.one_in(2);  // the losses of all nodes in one
  std::vector<Var> results;
  for (Index i = p.between(1, 3); i > 0; --i) {
    const TreeNetwork::State root = network.build(p, p.between(1, 10));
    if (p.one_in(2)) results.push_back(root.h);
    if (p.one_in(4)) p.glance(root.c);
  }
  if (at_once) {
    results.push_back(concat(network.logits, 0));
  } else {
    std::vector<Var> losses;
    for (const Var& logits : network.logits) {
      losses.push_back(softmax_cross_entropy(logits, p.ids({1}, network.classes)));
    }
    results.push_back(add_up(losses));
  }
  p.learn(results, {tree});
}

void batched_trees(Program& p) {
  const Parameters tree = p.tree();
  TreeNetwork network(p, tree);
  network.batch = p.batch();
  const TreeNetwork::State root = network.build(p, p.between(2, 12));
  p.learn({root.h, root.c, p.one_in(2) ? stack(network.logits) : network.logits.back()}, {tree});
}

}  // namespace unroll::fuzz
