// What becomes of parameters: several trees, replaced, masked, changed; gradients read late.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

namespace unroll::fuzz {

void several_trees(Program& p) {
  const Parameters one = p.tree();
  const Parameters two = p.tree();
  const Parameters three = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const Layer encoder(p, one, features, hidden);
  const Layer decoder(p, two, hidden, hidden);
  const Linear readout(three, hidden, p.small_size(), true, p.weights());
  // Matrices of two trees that read one value, beside each other as gates are.
  const Linear left(one / "left", hidden, hidden, true, p.weights());
  const Linear right(two / "right", hidden, hidden, true, p.weights());
  const Var x = p.input({p.steps(), batch, features});
  const auto [outputs, last] = unroll_over(encoder.cell, x, encoder.start(p, batch));
  Var h = output_of(last);
  if (p.one_in(3)) p.change(three);  // has not been read yet
  AnyState state = decoder.start(p, batch);
  std::vector<Var> decoded;
  for (Index t = p.steps(); t > 0; --t) {
    state = decoder.step(tanh(left(h)) * sigmoid(right(h)), state);
    h = output_of(state);
    decoded.push_back(readout(h));
  }
  std::vector<Parameters> trees{one, two, three};
  if (p.one_in(3)) trees.erase(trees.begin() + p.below(3));
  p.learn({stack(decoded), outputs}, trees);
}

void replaced(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const CellOptions options = p.options();
  const Index count = p.between(1, 2);
  const Stack<Lstm> stack(tree / "cells", features, hidden, count, options);
  const Parameter gain = tree.add("gain", {hidden, 1}, p.weights());
  Tape& tape = p.tape();
  Noise noise(p.seed(), 1);
  const auto replace_some = [&] {
    switch (p.below(4)) {
      case 0:
        drop_weights(tape, tree / "cells", 0.3, noise);
        break;
      case 1:
        drop_recurrent(tape, tree / "cells", batch, 0.3, noise);
        break;
      case 2:
        for (const Lstm& cell : stack.cells) {
          for (const Gate* gate : {&cell.i, &cell.f, &cell.g}) {
            const Var U = tape.parameter(gate->U);
            if (p.one_in(2)) {  // antisymmetric
              tape.replace(gate->U, U - transpose(U));
            } else {  // with normalised rows
              const Var norm = sqrt(sum(square(U), 1, true) + 0.01);
              tape.replace(gate->U, U / norm * tape.parameter(gain));
            }
          }
        }
        break;
      default: {
        const Lstm& cell = stack.cells.front();
        tape.mask_input(cell.o.U, p.input({batch, hidden}, 0, 1));
        tape.replace(cell.f.U, tape.parameter(cell.g.U));  // two gates with one matrix
      }
    }
  };
  replace_some();
  const auto run = [&] {
    const Var x = p.input({p.steps(), batch, features});
    return unroll_over(stack, x, stack.zero_state(tape, batch));
  };
  const auto [outputs, last] = run();
  std::vector<Var> results{outputs};
  if (p.one_in(2)) {  // replaced again, or not replaced any more, on the same tape
    if (p.one_in(2)) {
      p.change(tree);
      p.show(outputs);
      results.clear();
    } else {
      replace_some();
    }
    results.push_back(run().outputs);
  }
  p.learn(results, {tree});
}

void held_gradients(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index words = p.between(2, 7);
  const Embedding embedding(tree / "words", words, features, p.weights());
  const Layer layer(p, tree / "layer", features, hidden);
  const Linear readout(tree / "readout", hidden, words, true, p.weights());
  const Index batch = p.batch();
  std::deque<Gradients> kept;  // also across clear(), which is allowed once they have run
  for (Index piece = p.between(1, 3); piece > 0; --piece) {
    const Var x = embedding(p.ids({p.steps(), batch}, words));
    const auto [outputs, last] = unroll_over(layer.cell, x, layer.start(p, batch));
    const Var one = p.loss_of(readout(outputs));
    const Var two = p.loss_of(output_of(last));
    for (const Var& loss : {one, two, one + two}) {
      if (p.one_in(4)) continue;
      Gradients& held = p.hold(p.tape().gradients(loss, tree, Tape::Unreached::zero));
      if (p.one_in(4)) held.run();
      if (p.one_in(4)) held.scale(0.5);
      if (p.one_in(4)) clip_by_global_norm(held, 0.1);
      p.show("the words of it", [&held, &embedding] { return held[embedding.W].to_doubles(); });
    }
    kept.push_back(p.tape().gradients(one * tanh(two), tree, Tape::Unreached::zero));
    kept.back().run();
    if (p.one_in(3)) p.change(tree);
    if (p.one_in(2)) {
      p.clear();
    } else if (p.one_in(2)) {
      p.end_piece();
    } else {
      p.learn({readout(tanh(p.input({2, hidden})))}, {tree});
    }
    for (const Gradients& gradients : kept) {
      p.show("gradients kept", [&gradients] { return gradients.flat().to_doubles(); });
    }
    p.end_piece();
  }
}

/// What depends on parameters alone is the same at every step, but is recorded at each.
void of_parameters_only(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  const Gate gate(tree / "gate", features, hidden, p.options());
  const Parameter v = tree.add("v", {hidden, 1}, p.weights());
  const Index form = p.below(4);
  const double gamma = 0.1;
  Var h = full(p.tape(), {batch, hidden}, 0);
  std::vector<Var> outputs;
  for (const Var& x : unstack(p.input({p.steps(), batch, features}))) {
    Tape& tape = p.tape();
    const Var U = tape.parameter(gate.U);
    const Var weight = tape.parameter(v);
    Var M = U;
    if (form == 0) M = U - transpose(U);
    if (form == 1) M = U / sqrt(sum(square(U), 1, true) + 0.1) * weight;
    if (form == 2) M = U * exp(-square(weight));
    if (form == 3) M = matmul(U, U) * 0.5;
    h = h + (gamma * tanh(gate.x(x) + linear(h, M)));
    outputs.push_back(h);
    if (p.one_in(20)) {
      p.glance(h);
      p.change(tree);  // so that the next step has other values
      p.show(h);
      p.end_piece();
      h = p.input({batch, hidden});
      outputs = {h};
    }
  }
  p.learn({stack(outputs), h}, {tree});
}

}  // namespace unroll::fuzz
