// Cells above, beside and after each other.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

#include <numeric>

namespace unroll::fuzz {
namespace {

/// What a layer reads: some of the values below it, joined or added.
Var read_some(Program& p, const std::vector<Var>& below) {
  const Var last = below.back();
  const Var other = p.one_of(below);
  switch (p.below(4)) {
    case 0:
      return concat(below, 2);
    case 1:
      return concat(std::array{other, last}, 2);
    case 2:
      return other.shape() == last.shape() ? other + last : last;
    default:
      return last;
  }
}

/// The output of a layer, with or without a way past it.
Var past(Program& p, Var in, Var out, const std::optional<Linear>& gate) {
  if (in.shape() != out.shape()) return out;
  if (!gate) return p.one_in(2) ? out + in : out;
  const Var t = sigmoid((*gate)(in));
  return t * out + (1 - t) * in;
}

}  // namespace

void skips(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.one_in(2) ? hidden : p.size();
  const Index steps = p.steps();
  const Index batch = p.batch(true);
  const Index count = p.between(2, 4);
  // Parameters are made before anything is recorded: first which of the values below it, and hence
  // how many features, each layer reads.
  std::vector<Index> sizes{features};
  std::vector<Layer> layers;
  std::vector<std::optional<Linear>> gates;
  std::vector<std::vector<std::size_t>> read;
  for (Index i = 0; i < count; ++i) {
    std::vector<std::size_t> below{sizes.size() - 1};
    if (p.one_in(3)) below.push_back(static_cast<std::size_t>(p.below(std::ssize(sizes))));
    if (p.one_in(4)) {
      below.resize(sizes.size());
      std::iota(below.begin(), below.end(), std::size_t{0});
    }
    Index in = 0;
    for (const std::size_t j : below) in += sizes[j];
    const Index out = p.one_in(3) ? p.size() : hidden;
    layers.emplace_back(p, tree / i, in, out);
    gates.emplace_back();
    if (p.one_in(3) && in == out) gates.back().emplace(tree / i / "past", in, out);
    sizes.push_back(out);
    read.push_back(std::move(below));
  }

  std::vector<Var> values{p.input({steps, batch, features})};
  std::vector<Var> results;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<Var> below;
    for (const std::size_t j : read[i]) below.push_back(values[j]);
    const Var in = below.size() == 1 ? below[0] : concat(below, 2);
    const auto [outputs, last] = unroll_over(layers[i].cell, in, layers[i].start(p, batch));
    values.push_back(past(p, in, outputs, gates[i]));
    if (p.one_in(2)) results.push_back(output_of(last));
    if (p.one_in(4)) results.push_back(values.back());
  }
  results.push_back(p.one_in(2) ? values.back() : read_some(p, values));
  p.learn(results, {tree});
}

void delays(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  const RandomCell cell(p, tree / "cell", features, hidden);
  const Linear mix(tree / "mix", hidden, hidden, p.one_in(2), p.weights());
  const Index far = p.between(2, 4);
  const bool adds = p.one_in(2);
  const bool joins = p.one_in(3);
  const std::vector<Var> x = unstack(p.input({p.steps() + 1, batch, features}));
  std::vector<RandomCell::State> states{zero_state(cell, p.tape(), batch)};
  std::vector<Var> outputs;
  for (const Var& xt : x) {
    RandomCell::State state = states.back();
    if (std::ssize(states) > far) {
      const Var before = states[states.size() - 1 - static_cast<std::size_t>(far)].h;
      state.h = adds ? state.h + mix(before) : sigmoid(mix(before)) * state.h;
    }
    states.push_back(cell.step(xt, state));
    // Pairs of states of two steps, as pooling over time reads them.
    outputs.push_back(joins ? maximum(states.back().h, states[states.size() / 2].c * 2)
                            : states.back().h);
  }
  p.learn({stack(outputs), p.one_of(states).c}, {tree});
}

void interleaved(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index other = p.one_in(2) ? hidden : p.size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  const bool reads_back = p.one_in(2);  // the lower cell reads the upper one of the step before
  const Layer low(p, tree / "low", reads_back ? features + other : features, hidden);
  const Layer high(p, tree / "high", hidden, other);
  const bool late = p.one_in(3);  // the upper cell reads the lower one of the step before
  const Index every = p.between(1, 3);
  const std::vector<Var> x = unstack(p.input({p.steps(), batch, features}));
  AnyState a = low.start(p, batch);
  AnyState b = high.start(p, batch);
  std::vector<Var> outputs;
  for (std::size_t t = 0; t < x.size(); ++t) {
    const Var before = output_of(a);
    const Var in = reads_back ? concat(std::array{x[t], output_of(b)}, 1) : x[t];
    a = low.step(in, a);
    if (static_cast<Index>(t) % every == 0) b = high.step(late ? before : output_of(a), b);
    outputs.push_back(output_of(b));
    if (p.one_in(8)) p.glance(output_of(b));
  }
  p.learn({stack(outputs), output_of(a), b.vars.back()}, {tree});
}

void shared_layers(Program& p) {
  const Parameters tree = p.tree();
  const Index size = p.size();
  const Index batch = p.batch(true);
  const Layer one(p, tree / "one", size, size);
  const Layer two(p, tree / "two", size, size);
  const Index depth = p.between(2, 3);
  const Index pattern = p.between(0, 2);
  const Var x = p.input({p.steps(), batch, size});
  const auto layer_at = [&](Index i) -> const Layer& { return i % 2 == pattern ? two : one; };
  std::vector<Var> results;
  if (p.one_in(2)) {  // layer by layer
    Var outputs = x;
    for (Index i = 0; i < depth; ++i) {
      outputs = unroll_over(layer_at(i).cell, outputs, layer_at(i).start(p, batch)).outputs;
      if (p.one_in(3)) results.push_back(outputs);
    }
    results.push_back(outputs);
  } else {  // step by step
    std::vector<AnyState> states;
    for (Index i = 0; i < depth; ++i) states.push_back(layer_at(i).start(p, batch));
    std::vector<Var> outputs;
    for (Var xt : unstack(x)) {
      for (Index i = 0; i < depth; ++i) {
        AnyState& state = states[static_cast<std::size_t>(i)];
        state = layer_at(i).step(xt, state);
        xt = output_of(state);
      }
      outputs.push_back(xt);
    }
    results.push_back(stack(outputs));
    results.push_back(output_of(states[0]));
  }
  p.learn(results, {tree});
}

void both_directions(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch();
  const Index steps = p.steps();
  const Index layers = p.between(1, 2);
  const bool lstm = p.one_in(2);
  std::vector<Index> lengths;
  for (Index i = 0; i < batch; ++i) lengths.push_back(p.between(0, steps));
  const bool padded = p.one_in(2);
  const CellOptions options = p.options();
  const auto run = [&](const auto& network) {
    const Var x = p.input({steps, batch, features});
    const std::optional<Var> mask =
        padded ? std::optional(length_mask(p.tape(), lengths, steps)) : std::nullopt;
    const auto [outputs, last] = network.run(x, network.zero_state(p.tape(), batch), mask);
    p.learn({outputs, vars_of(last)[0], vars_of(last).back()}, {tree});
  };
  if (lstm) {
    run(DeepBidirectional<Lstm>(tree, features, hidden, layers, [&](const Parameters& q, Input in) {
      return Lstm(q, in, hidden, options);
    }));
  } else {
    run(DeepBidirectional<Gru>(tree, features, hidden, layers, [&](const Parameters& q, Input in) {
      return Gru(q, in, hidden, options);
    }));
  }
}

}  // namespace unroll::fuzz
