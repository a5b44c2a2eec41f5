// Several runs, tapes and threads.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

#include <thread>

namespace unroll::fuzz {

void two_tapes(Program& p) {
  const Parameters tree = p.tree();
  const Parameters other = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const Layer layer(p, tree, features, hidden);
  const Linear readout(other, hidden, p.small_size(), true, p.weights());
  const std::array tapes{&p.tapes().first, &p.tapes().second};
  for (Index piece = p.between(1, 3); piece > 0; --piece) {
    if (p.one_in(2)) p.clear();
    // Both are recorded in turn before anything of them is asked for.
    std::array<Var, 2> outputs;
    std::array<AnyState, 2> states;
    for (std::size_t i = 0; i < 2; ++i) {
      p.use(*tapes[i]);
      states[i] = layer.start(p, batch);
    }
    for (Index t = p.steps(); t > 0; --t) {
      for (std::size_t i = 0; i < 2; ++i) {
        p.use(*tapes[i]);
        states[i] = layer.step(p.input({batch, features}), states[i]);
        outputs[i] = readout(output_of(states[i]));
      }
    }
    for (std::size_t i = 0; i < 2; ++i) p.show(outputs[i]);
    const auto which = static_cast<std::size_t>(p.below(2));
    p.use(*tapes[which]);
    std::vector<Var> results{outputs[which]};
    if (p.one_in(3)) {  // a value goes from tape to tape
      const Var moved = p.tape().input(outputs[1 - which].value());
      results.push_back(outputs[which] * moved);
    }
    p.learn(results, {tree, other});
    p.use(*tapes[1 - which]);
    if (p.one_in(2)) p.learn({readout(p.input({3, hidden}))}, {tree, other});
  }
}

namespace {

/// A small program with many details of which one may be another.
struct Details {
  std::array<std::size_t, 3> gates{0, 1, 2};  // which matrices the gates have
  Index batch = 3;
  Index steps = 3;
  double factor = 0.5;
  Index begin = 0;  // of a slice
  Index row = 0;    // of a parameter, from which on it is read as a matrix
  Index function = 0;
  bool bias = true;
  bool transposed = false;
  bool two_inputs = false;  // of equal values, instead of one that is read twice
  bool swapped = false;     // the terms of a sum
  bool asks = false;        // in the middle
  bool ends_early = false;  // the gradient
  bool lets_go = false;
  bool begins_later = false;  // nodes have other numbers
  bool keeps_state = false;   // the last state is asked for
  bool differentiates_inputs = false;
};

/// The same with one detail changed.
Details near(Program& p, const Details& base) {
  static const std::vector<std::array<std::size_t, 3>> gates{
      {0, 1, 2}, {0, 1, 3}, {0, 2, 3}, {1, 0, 2}, {1, 2, 3}, {3, 4, 5}, {1, 3, 5}, {0, 0, 1}};
  static const std::vector<bool Details::*> flags{
      &Details::bias,        &Details::transposed, &Details::two_inputs,
      &Details::swapped,     &Details::asks,       &Details::differentiates_inputs,
      &Details::ends_early,  &Details::lets_go,    &Details::keeps_state,
      &Details::begins_later};
  Details d = base;
  switch (p.below(8)) {
    case 0:
    case 1:
      d.gates = p.one_of(gates);
      break;
    case 2:
      d.batch += 1;
      break;
    case 3:
      d.steps += 1;
      break;
    case 4:
      (p.one_in(2) ? d.begin : d.row) ^= 1;
      break;
    case 5:
      d.factor = 0.25;
      d.function = p.below(3);
      break;
    default: {
      bool Details::*const flag = p.one_of(flags);
      d.*flag = !(d.*flag);
    }
  }
  return d;
}

struct NearNetwork {
  NearNetwork(Program& p, const Parameters& tree, Index hidden) : tree(tree), hidden(hidden) {
    for (int i = 0; i < 6; ++i) {
      W.push_back((tree / i).add("W", {hidden, hidden}, p.weights()));
      U.push_back((tree / i).add("U", {hidden, hidden}, p.weights()));
      b.push_back((tree / i).add("b", {hidden}, p.weights()));
    }
    V = tree.add("V", {hidden + 1, hidden}, p.weights());
  }

  /// Records a loss and its gradients, and shows them. What differs is in the details alone.
  [[nodiscard]] Var record(Program& p, const Details& d) const {
    Tape& tape = p.tape();
    const Tensor values = p.tensor({d.steps, d.batch, hidden + 1});
    const auto part = [&](Var x) { return slice(x, 2, d.begin, d.begin + hidden); };
    const Var input = tape.input(values);
    const Var x = part(input);
    const Var z = d.two_inputs ? part(tape.input(values)) : x;
    if (d.begins_later) (void)full(tape, {2}, 1);
    const Var rows_of_V = rows(tape.parameter(V), d.row, d.row + hidden);  // a view
    Var h = full(tape, {d.batch, hidden}, 0);
    std::vector<Var> outputs;
    for (Index t = 0; t < d.steps; ++t) {
      std::vector<Var> g;
      for (const std::size_t i : d.gates) {
        const Var in = g.size() == 1 ? select(z, t) : select(x, t);
        const Var Wx = d.bias || g.empty() ? linear(in, tape.parameter(W[i]), tape.parameter(b[i]))
                                           : linear(in, tape.parameter(W[i]));
        const Var Uh = matmul(h, tape.parameter(U[i]), {false, !d.transposed});
        g.push_back(d.swapped ? Uh + Wx : Wx + Uh);
      }
      const Var n = d.function == 1 ? sigmoid(g[2]) : tanh(g[2]);
      if (d.lets_go) tape.discard(g[1]);
      h = sigmoid(g[0]) * n + d.factor * (sigmoid(g[1]) * h);
      if (d.ends_early && t == 0) h = stop_gradient(h);
      outputs.push_back(h);
      if (d.asks && t == 0) (void)g[0].value();
    }
    if (d.keeps_state) p.show(h);
    const Var y = linear(stack(outputs), rows_of_V);
    const Var loss = sum(square(y)) + sum(d.function == 2 ? tanh(h) : h);
    p.hold(tape.gradients(loss, tree, Tape::Unreached::zero));
    if (d.differentiates_inputs) p.show(tape.gradients(loss, std::array{input})[0]);
    p.show(loss);
    return y;
  }

  Parameters tree;
  Index hidden;
  std::vector<Parameter> W;
  std::vector<Parameter> U;
  std::vector<Parameter> b;
  Parameter V;
};

}  // namespace

/// The same program again and again, with one thing changed now and then: a plan that was found for
/// one must not serve another.
void near_misses(Program& p) {
  p.expect_any_bits();
  const Parameters tree = p.tree();
  const Index hidden = p.one_in(8) ? p.size() : p.between(1, 6);
  const NearNetwork one(p, tree, hidden);
  const bool twins = p.one_in(3);
  const NearNetwork two(p, twins ? p.tree() : tree / "two", hidden);
  Details details;
  details.batch = p.batch();
  details.steps = p.between(1, 4);
  (void)one.record(p, details);
  p.end_piece();
  for (Index run = p.between(3, 9); run > 0; --run) {
    const Details d = p.one_in(3) ? details : near(p, details);
    if (!p.one_in(6)) p.clear();
    const Var y = (p.one_in(5) ? two : one).record(p, d);
    if (p.one_in(3)) p.show(y);
    if (p.one_in(4)) p.change(tree);
    p.end_piece();
    if (p.one_in(3)) details = d;
  }
}

/// More structures than plans are kept, and the first ones again.
void many_plans(Program& p) {
  if (!p.one_in(4)) return near_misses(p);
  p.expect_any_bits();
  const Parameters tree = p.tree();
  const NearNetwork network(p, tree, p.between(1, 6));
  Details details;
  const auto run = [&](Index i) {
    p.clear();
    details.batch = 1 + i % 10;
    details.steps = 1 + i / 10 % 3;
    details.factor = 0.5 + static_cast<double>(i / 30);
    (void)network.record(p, details);
    p.end_piece();
  };
  for (Index i = 0; i < 67; ++i) run(i);
  for (Index i = 0; i < 4; ++i) run(i * 20);
}

/// Two threads, each with a tape of its own, read the same parameters.
void two_threads(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Layer layer(p, tree / "layer", features, hidden);
  const Linear readout(tree / "readout", hidden, p.small_size(), true, p.weights());
  std::array<Tensor, 2> inputs;
  for (Tensor& input : inputs) input = p.tensor({p.steps(), p.batch(), features});
  (void)tree.flat();  // parameters get their places before threads read them
  std::array<std::vector<double>, 2> results;
  std::array<std::string, 2> errors;
  const auto work = [&](std::size_t which, Tape& tape) {
    try {
      for (int times = 0; times < 3; ++times) {
        tape.clear();
        const Var x = tape.input(inputs[which]);
        const auto start = layer.cell.zero_state(tape, x.shape()[1]);
        const auto [outputs, last] = unroll_over(layer.cell, x, start);
        const Var loss = sum(square(readout(outputs))) + sum(output_of(last));
        const Gradients gradients = tape.gradients(loss, tree, Tape::Unreached::zero);
        results[which] = gradients.flat().to_doubles();
        results[which].push_back(loss.item());
      }
    } catch (const std::exception& error) {
      errors[which] = error.what();
    }
  };
  std::thread other([&] { work(1, p.tapes().second); });
  work(0, p.tapes().first);
  other.join();
  for (std::size_t i = 0; i < 2; ++i) {
    p.show("results of a thread", [&, i] {
      if (!errors[i].empty()) fail<Error>("{}", errors[i]);
      return results[i];
    });
  }
  p.clear();
}

}  // namespace unroll::fuzz
