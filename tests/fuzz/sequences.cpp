// Sequences of several lengths, and in several pieces.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

#include <algorithm>

namespace unroll::fuzz {

void shrinking(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch() + 1;
  const Index steps = p.steps();
  const RandomCell cell(p, tree / "cell", features, hidden);
  const Linear readout(tree / "readout", hidden, p.small_size(), p.one_in(2), p.weights());
  std::vector<Index> lengths;
  for (Index i = 0; i < batch; ++i) lengths.push_back(p.between(1, steps));
  std::ranges::sort(lengths, std::greater<>());
  const auto alive_at = [&](Index t) {
    return static_cast<Index>(std::ranges::count_if(lengths, [&](Index l) { return l > t; }));
  };

  // Rows are dropped from a padded batch, or there is no padding and steps lie one after another.
  const bool packed = p.one_in(2);
  Index rows_of_all = 0;
  for (const Index length : lengths) rows_of_all += length;
  const Var x = packed ? p.input({rows_of_all, features}) : p.input({steps, batch, features});
  RandomCell::State state = zero_state(cell, p.tape(), batch);
  std::vector<Var> outputs;
  std::vector<Var> ended;
  Index begin = 0;
  for (Index t = 0; t < lengths[0]; ++t) {
    const Index alive = alive_at(t);
    const Index before = state.h.shape()[0];
    if (alive < before) {
      ended.push_back(rows(state.h, alive, before));
      for_each_var(state, [&](Var& var) { var = rows(var, 0, alive); });
    }
    const Var xt = packed ? rows(x, begin, begin + alive) : rows(select(x, t), 0, alive);
    begin += alive;
    state = cell.step(xt, state);
    outputs.push_back(state.h);
  }
  ended.push_back(state.h);
  std::ranges::reverse(ended);
  const Var finals = concat(ended, 0);
  std::vector<Var> results{p.one_in(2) ? readout(concat(outputs, 0)) : concat(outputs, 0)};
  results.push_back(p.one_in(2) ? readout(finals) : finals);
  p.learn(results, {tree});
}

void masks(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.one_in(3) ? hidden : p.size();
  const Index batch = p.batch();
  const Index steps = p.steps();
  const Layer layer(p, tree / "layer", features, hidden);
  const Index kind = p.below(5);
  Noise noise(p.seed(), 1);
  Var x = p.input({steps, batch, features});
  AnyState state = layer.start(p, batch);
  if (kind == 0) {
    std::vector<Index> lengths;
    for (Index i = 0; i < batch; ++i) lengths.push_back(p.between(0, steps));
    const auto way = p.one_in(2) ? Direction::forward : Direction::backward;
    const Var mask = length_mask(p.tape(), lengths, steps);
    const auto [outputs, last] = unroll_over(layer.cell, x, state, mask, way);
    p.learn({outputs, output_of(last)}, {tree});
    return;
  }
  if (kind == 1) x = Dropout{0.4, noise}(x);
  if (kind == 2) x = dropout_over_time(x, 0.3, noise);
  const Var drawn = full(p.tape(), {batch, hidden}, 1);
  const Var given = p.input({steps, batch, 1}, 0, 1);
  std::vector<Var> outputs;
  for (Index t = 0; t < steps; ++t) {
    const AnyState before = state;
    state = layer.step(select(x, t), state);
    Var& h = state.vars[state.output];
    if (kind == 2) h = dropout(h, 0.25, noise.key());
    if (kind == 3) {  // a mask of its own for every step, of which some rows keep their state
      h = where(dropout(drawn, 0.5, noise.key()), h, output_of(before));
    }
    if (kind == 4) h = h * select(given, t) + (1 - select(given, t)) * output_of(before);
    outputs.push_back(h);
  }
  p.learn({stack(outputs), output_of(state)}, {tree});
}

void carried(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const CellOptions options = p.options();
  const Stack<Lstm> stack(tree / "stack", features, hidden, p.between(1, 2), options);
  const Linear readout(tree / "readout", hidden, p.small_size(), true, p.weights());
  const bool clears = !p.one_in(4);
  const bool by_layers = p.one_in(2);
  const Index steps = p.steps();
  auto state = carry(stack.zero_state(p.tape(), batch));
  for (Index piece = p.between(2, 4); piece > 0; --piece) {
    if (clears) p.clear();
    const Index length = p.one_in(3) ? p.steps() : steps;  // the last piece may be shorter
    const Var x = p.input({length, batch, features});
    const auto from = restore(p.tape(), state);
    const auto [outputs, last] =
        by_layers ? unroll_layers(stack, x, from) : unroll_over(stack, x, from);
    if (p.one_in(3)) state = carry(last);  // before anything else is asked for
    p.learn({p.one_in(2) ? readout(outputs) : outputs}, {tree});
    state = carry(last);
  }
}

void growing(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.small_size();
  const Index words = p.between(2, 9);
  const Index batch = p.batch();
  const Embedding embedding(tree / "words", words, hidden, p.weights());
  const Layer layer(p, tree / "layer", hidden, hidden);
  const Linear readout(tree / "readout", hidden, words, true, p.weights());
  AnyState state = layer.start(p, batch);
  std::vector<Var> outputs;
  Var word = p.ids({batch}, words);
  const bool asks_state = p.one_in(2);
  for (Index t = p.steps() + 4; t > 0; --t) {
    state = layer.step(embedding(word), state);
    const Var logits = readout(output_of(state));
    p.show_now(p.one_in(2) ? softmax(logits) : output_of(state));
    if (asks_state) p.glance(state.vars.back());
    outputs.push_back(logits);
    word = p.ids({batch}, words);
    if (p.one_in(12)) p.change(tree);
  }
  if (p.one_in(2)) {
    p.show(unroll::stack(outputs));
    p.end_piece();
  } else {
    p.change(tree);
    const Var again = readout(embedding(p.ids({3}, words)));
    p.learn({again}, {tree});
  }
}

void truncated(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const RandomCell cell(p, tree / "cell", features, hidden);
  const Var x = p.input({p.steps() + 2, batch, features});
  const RandomCell::State start = zero_state(cell, p.tape(), batch);
  Random random(p.seed());
  const Index back = p.between(0, 4);
  const auto [outputs, last] = p.one_in(3) ? unroll_randomized(cell, x, start, 0.6, random)
                                           : unroll_truncated(cell, x, start, back);
  p.learn({outputs, last.c}, {tree});
}

}  // namespace unroll::fuzz
