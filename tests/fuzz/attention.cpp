// Attention over the states of an encoder, or over all steps of a sequence.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

namespace unroll::fuzz {
namespace {

/// What scores a query against keys.
struct Scores {
  Scores(Program& p, const Parameters& tree, Index encoder, Index decoder)
      : size(p.size()),
        form(p.below(4)),
        key(tree / "key", encoder, size, p.one_in(2), p.weights()),
        query(tree / "query", decoder, size, p.one_in(2), p.weights()),
        v(tree.add("v", {1, size}, p.weights())) {}

  /// Scores (S, B) of keys (S, B, size) for a query (B, size).
  [[nodiscard]] Var operator()(Var keys, Var q) const {
    const Shape shape = keys.shape().without(2);
    Tape& tape = keys.tape();
    switch (form) {
      case 0:  // Bahdanau
        return reshape(linear(tanh(keys + q), tape.parameter(v)), shape);
      case 1:
        return sum(tanh(keys + q) * reshape(tape.parameter(v), {size}), 2);
      case 2:  // dot
        return sum(keys * q, 2) / std::sqrt(static_cast<double>(size));
      default:
        return sum(sigmoid(keys) * tanh(q), -1);
    }
  }

  Index size;
  Index form;
  Linear key;
  Linear query;
  Parameter v;
};

/// Softmax over the first axis of (S, B).
Var softmax_over_steps(Var scores, bool by_hand) {
  if (!by_hand) return transpose(softmax(transpose(scores)));
  const Var e = exp(scores - stop_gradient(max(scores, 0, true)));
  return e / sum(e, 0, true);
}

}  // namespace

void attention(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index words = p.between(2, 9);
  const Index batch = p.batch();
  const Index length = p.steps();
  const Layer encoder(p, tree / "encoder", features, hidden);
  const Index size = p.one_in(2) ? hidden : p.size();
  const bool feeds = p.one_in(2);  // the context is an input of the next step
  const Embedding embedding(tree / "words", words, size, p.weights());
  const Layer decoder(p, tree / "decoder", feeds ? size + hidden : size, size);
  const Scores scores(p, tree / "scores", hidden, size);
  const Linear combine(tree / "combine", size + hidden, size, true, p.weights());
  const Linear readout(tree / "readout", size, words, true, p.weights());
  const bool by_hand = p.one_in(2);
  const bool masked_ends = p.one_in(3);
  const bool covers = p.one_in(4);  // scores see how much attention a step has had

  const Var x = p.input({length, batch, features});
  const auto [states, last] = unroll_over(encoder.cell, x, encoder.start(p, batch));
  const Var keys = scores.key(states);
  const Var hidden_ends = masked_ends ? p.input({length, batch}, -30, 0) : keys;
  AnyState state = decoder.start(p, batch);
  Var context = full(p.tape(), {batch, hidden}, 0);
  Var coverage = full(p.tape(), {length, batch}, 0);
  std::vector<Var> outputs;
  for (Index t = p.steps(); t > 0; --t) {
    const Var word = embedding(p.ids({batch}, words));
    state = decoder.step(feeds ? concat(std::array{word, context}, 1) : word, state);
    Var score = scores(keys, scores.query(output_of(state)));
    if (masked_ends) score = score + hidden_ends;
    if (covers) score = score - 0.5 * coverage;
    const Var weights = softmax_over_steps(score, by_hand);
    if (covers) coverage = coverage + weights;
    context = sum(reshape(weights, {length, batch, 1}) * states, 0);
    outputs.push_back(tanh(combine(concat(std::array{output_of(state), context}, 1))));
    if (p.one_in(8)) p.glance(weights);
  }
  std::vector<Var> results{readout(stack(outputs))};
  if (p.one_in(2)) results.push_back(output_of(last));
  if (covers) results.push_back(coverage);
  p.learn(results, {tree});
}

void self_attention(Program& p) {
  const Parameters tree = p.tree();
  const Index size = p.size();
  const Index steps = p.steps();
  const Index heads = p.between(1, 3);
  std::vector<Linear> key;
  std::vector<Linear> query;
  std::vector<Linear> value;
  for (Index head = 0; head < heads; ++head) {
    key.emplace_back(tree / head / "k", size, size, false, p.weights());
    query.emplace_back(tree / head / "q", size, size, false, p.weights());
    value.emplace_back(tree / head / "v", size, size, p.one_in(2), p.weights());
  }
  const Layer layer(p, tree / "layer", size, size);
  const LayerNorm norm(tree / "norm", size);
  const bool causal = p.one_in(2);
  const Var x = p.input({steps, 1, size});
  const auto [outputs, last] = unroll_over(layer.cell, x, layer.start(p, 1));
  const Var h = reshape(outputs, {steps, size});
  const Var mask = causal ? p.input({steps, steps}, -9, 0) : h;
  std::vector<Var> parts;
  for (std::size_t head = 0; head < key.size(); ++head) {
    Var scores = matmul(query[head](h), key[head](h), {false, true}) * 0.3;
    if (causal) scores = scores + mask;
    parts.push_back(matmul(softmax(scores), value[head](h)));
  }
  p.learn({norm(h + add_up(parts)), p.one_of(parts)}, {tree});
}

}  // namespace unroll::fuzz
