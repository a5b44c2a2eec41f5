// Values taken apart and joined, and products of all sizes.
#include "fuzz/cells.h"
#include "fuzz/structures.h"

namespace unroll::fuzz {

/// An LSTM whose weights are one matrix and whose states are one value.
void joined_states(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  const bool one_matrix = p.one_in(2);  // [x, h] W, else x W + h U
  const Parameter W =
      tree.add("W", {4 * hidden, features + (one_matrix ? hidden : 0)}, p.weights());
  const Parameter U = tree.add("U", {4 * hidden, hidden}, p.weights());
  const Parameter b = tree.add("b", {4 * hidden}, p.weights());
  const bool c_first = p.one_in(2);
  const bool shifted = p.one_in(4) && hidden > 1;  // reads across the border between h and c
  const Index first = p.below(4);
  const Index result = p.below(3);
  Var state = p.input({batch, 2 * hidden}, -0.9, 0.9);
  std::vector<Var> outputs;
  for (const Var& x : unstack(p.input({p.steps(), batch, features}))) {
    Tape& tape = p.tape();
    const Var h = slice(state, 1, c_first ? hidden : 0, c_first ? 2 * hidden : hidden);
    const Var c = slice(state, 1, c_first ? 0 : hidden, c_first ? hidden : 2 * hidden);
    const Var seen = shifted ? slice(state, 1, hidden / 2, hidden / 2 + hidden) : h;
    const Var gates =
        one_matrix
            ? linear(concat(std::array{x, seen}, 1), tape.parameter(W), tape.parameter(b))
            : linear(x, tape.parameter(W), tape.parameter(b)) + linear(seen, tape.parameter(U));
    const std::vector<Var> g = split(gates, 4, 1);
    const auto gate = [&](Index i) { return g[static_cast<std::size_t>((first + i) % 4)]; };
    const Var c_next = sigmoid(gate(0)) * c + sigmoid(gate(1)) * tanh(gate(2));
    const Var h_next = sigmoid(gate(3)) * tanh(c_next);
    state = c_first ? concat(std::array{c_next, h_next}, 1) : concat(std::array{h_next, c_next}, 1);
    outputs.push_back(result == 0 ? state : result == 1 ? h_next : slice(state, 1, 0, hidden));
  }
  p.learn({stack(outputs), state}, {tree});
}

/// A state in groups of which each reads itself and some others, as a clockwork network's does.
void groups(Program& p) {
  const Parameters tree = p.tree();
  const Index count = p.between(2, 4);
  const Index features = p.size();
  const Index batch = p.batch(true);
  std::vector<Index> ends{0};
  for (Index i = 0; i < count; ++i) ends.push_back(ends.back() + p.small_size());
  const Index hidden = ends.back();
  const bool triangular = p.one_in(2);
  const bool one_W = p.one_in(2);
  const Parameter W = tree.add("W", {hidden, features}, p.weights());
  std::vector<Recurrent> U;
  std::vector<Projection> W_of;
  for (Index i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Index from = triangular ? hidden - ends[at] : hidden;
    U.emplace_back(tree / i, from, ends[at + 1] - ends[at], p.options());
    W_of.emplace_back(tree / i / "x", features, ends[at + 1] - ends[at], p.options());
  }
  Var h = full(p.tape(), {batch, hidden}, 0);
  std::vector<Var> outputs;
  Index t = 0;
  for (const Var& x : unstack(p.input({p.steps(), batch, features}))) {
    const Var all = one_W ? linear(x, p.tape().parameter(W)) : x;
    std::vector<Var> parts;
    for (std::size_t i = 0; i < U.size(); ++i) {
      const Var before = slice(h, 1, ends[i], ends[i + 1]);
      const Var Wx = one_W ? slice(all, 1, ends[i], ends[i + 1]) : W_of[i](x);
      const Var seen = triangular ? slice(h, 1, ends[i], hidden) : h;
      const Var next = tanh(Wx + U[i](seen));
      // Group i runs in every (i + 1)th step.
      parts.push_back(t % static_cast<Index>(i + 1) == 0 ? next : before);
    }
    h = concat(parts, 1);
    outputs.push_back(h);
    ++t;
  }
  p.learn({stack(outputs), h}, {tree});
}

/// Values of which a plan keeps some columns of a wider matrix, and what is seen of them later.
void kept_views(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  std::vector<Gate> gates;
  for (Index i = p.between(2, 4); i > 0; --i) gates.emplace_back(tree / i, features, hidden);
  const bool only_x = p.one_in(2);  // the gates are products, and not sums of products
  std::vector<Var> kept;
  std::vector<Var> joined;
  Var h = full(p.tape(), {batch, hidden}, 0);
  for (const Var& x : unstack(p.input({p.steps(), batch, features}))) {
    std::vector<Var> g;
    for (const Gate& gate : gates) g.push_back(only_x ? gate.x(x) : gate(x, h));
    h = tanh(g[0]) * sigmoid(g[1]);
    for (const Var& value : g) kept.push_back(value);
    if (p.one_in(2)) joined.push_back(concat(g, 1));
    if (p.one_in(2)) (void)(add_up(g) * h).value();  // from here on there is another plan
  }
  if (p.one_in(3)) kept.push_back(stack(std::array{kept[0], h, kept[kept.size() / 2]}));
  kept.insert(kept.end(), joined.begin(), joined.end());
  std::vector<Var> seen;
  for (Index i = p.between(2, 6); i > 0; --i) {
    Var v = p.one_of(kept);
    for (Index views = p.between(1, 3); views > 0; --views) {
      const Shape shape = v.shape();
      const int last = shape.rank() - 1;
      if (last < 0) break;
      const Index begin = shape[0] == 0 ? 0 : p.below(shape[0]);
      const Index cut = shape[last] == 0 ? 0 : p.below(shape[last]);
      switch (p.below(6)) {
        case 0:
          v = reshape(v, {shape.size()});
          break;
        case 1:
          if (shape.size() % 2 == 0) v = reshape(v, {2, shape.size() / 2});
          break;
        case 2:
          v = rows(v, begin, shape[0]);
          break;
        case 3:
          v = slice(v, last, cut, shape[last]);
          break;
        case 4:
          v = slice(v, last, 0, cut);
          break;
        default:
          if (last > 0 && shape[0] > 0) v = select(v, begin);
      }
      if (p.one_in(4)) kept.push_back(v);
    }
    seen.push_back(p.one_in(2) ? tanh(v) : v);
    if (p.one_in(3)) (void)seen.back().value();
  }
  p.learn(seen, {tree});
}

/// Products in a chain and beside each other, in all ways to transpose, up to 300 x 300 x 300.
void products(Program& p) {
  const Parameters tree = p.tree();
  const std::vector<Index> sizes{p.size(), p.size(), p.size()};
  std::vector<Parameter> matrices;
  for (const Index rows : sizes) {
    for (const Index columns : sizes) {
      matrices.push_back((tree / ssize(matrices)).add("W", {rows, columns}, p.weights()));
    }
  }
  std::vector<Var> values;
  for (int i = 0; i < 2; ++i) values.push_back(p.input({p.batch(true), p.one_of(sizes)}));
  values.push_back(p.input({p.one_of(sizes), p.one_of(sizes)}));
  const auto fits = [&](Index k, bool transposed) {
    std::vector<Var> found;
    for (const Parameter& W : matrices) {
      if (W.shape()[transposed ? 1 : 0] == k) found.push_back(p.tape().parameter(W));
    }
    for (const Var& v : values) {
      if (v.shape()[transposed ? 1 : 0] == k) found.push_back(v);
    }
    return found;
  };
  for (Index i = p.between(3, 9); i > 0; --i) {
    const Var a = p.one_of(values);
    const Transposed t{p.one_in(4), p.one_in(2)};
    const Index k = a.shape()[t.a ? 0 : 1];
    const std::vector<Var> found = fits(k, t.b);
    if (found.empty() || k == 0) continue;
    const Var b = p.one_of(found);
    const double scale = 1 / std::sqrt(static_cast<double>(k));
    Var y = matmul(a, b, t);
    const Index form = p.below(4);
    if (form == 0) {  // a sum of products
      const std::vector<Var> others = fits(k, t.b);
      for (const Var& other : others) {
        if (other.shape() == b.shape() && p.one_in(2)) y = y + matmul(a, other, t);
      }
    }
    if (form == 1) y = y + matmul(a, p.one_in(2) ? b : b * 2, t);
    if (p.one_in(4)) {  // a sum of layers whose weights and biases are computed, or parameters
      const Index columns = t.b ? b.shape()[0] : b.shape()[1];
      const Var left = t.a ? transpose(a) : a;
      for (Index terms = p.between(1, 3); terms > 0; --terms) {
        const Var weight = p.one_in(2) ? tanh(b) : b;
        const Var bias = p.one_in(2) ? p.input({columns}) : sum(tanh(y), 0);
        const Var W = t.b ? weight : transpose(weight);
        y = p.one_in(4) ? y + linear(left, W) : y + linear(p.one_in(2) ? left : left * 2, W, bias);
      }
    }
    values.push_back(p.one_in(2) ? tanh(y * scale) : y * scale);
    if (form == 2 && y.shape()[1] > 1) {  // columns of it
      const Index columns = y.shape()[1];
      const Index begin = p.below(columns);
      values.push_back(tanh(slice(values.back(), 1, begin, begin + 1 + p.below(columns - begin))));
    }
    if (form == 3 && y.shape()[0] > 1) values.push_back(rows(values.back(), 1, y.shape()[0]));
  }
  std::vector<Var> results{values.back()};
  for (Index i = p.between(0, 2); i > 0; --i) results.push_back(p.one_of(values));
  p.learn(results, {tree});
}

void tied(Program& p) {
  const Parameters tree = p.tree();
  const Index words = p.size() + 1;
  const Index size = p.size();
  const Index hidden = p.one_in(2) ? size : p.size();
  const Index batch = p.batch();
  const Index steps = p.steps();
  const Embedding embedding(tree / "words", words, size, p.weights());
  const Layer layer(p, tree / "layer", size, hidden);
  const Linear down(tree / "down", hidden, size, p.one_in(2), p.weights());
  const Linear readout(embedding.W, tree / "readout", p.one_in(2), p.weights());
  const Index form = p.below(4);
  const auto logits_of = [&](Var h) {
    const Var y = hidden == size ? h : down(h);
    if (form == 0) return readout(y);
    const Var table = p.tape().parameter(embedding.W);
    const Var flat = reshape(y, {y.shape().size() / size, size});
    if (form == 1) return matmul(flat, table, {false, true});
    if (form == 2) return matmul(flat, transpose(table));
    return linear(y, tanh(table));
  };
  AnyState state = layer.start(p, batch);
  const std::vector<Var> x = unstack(embedding(p.ids({steps, batch}, words)));
  std::vector<Var> outputs;
  std::vector<Var> results;
  const bool by_step = p.one_in(2);
  for (const Var& xt : x) {
    state = layer.step(xt, state);
    outputs.push_back(output_of(state));
    if (by_step) results.push_back(logits_of(outputs.back()));
  }
  if (!by_step) {
    const Var y = hidden == size ? stack(outputs) : down(stack(outputs));
    if (form == 0 && p.one_in(2)) {
      results.push_back(softmax_cross_entropy(readout, y, p.ids({steps, batch}, words)));
    } else {
      results.push_back(logits_of(stack(outputs)));
    }
  }
  if (p.one_in(3)) {  // an autoencoder with the same weights in both directions
    const Var v = p.input({p.batch(), words});
    const Var table = p.tape().parameter(embedding.W);
    results.push_back(linear(tanh(matmul(v, table)), table));
  }
  p.learn(results, {tree});
}

/// A state (B, H, N) that is written by outer products, or runs along N as in a state space model.
void matrix_states(Program& p) {
  const Parameters tree = p.tree();
  const Index hidden = p.small_size();
  const Index width = p.one_in(2) ? p.between(1, 8) : p.small_size();
  const Index features = p.size();
  const Index batch = p.batch(true);
  const CellOptions options = p.options();
  const Projection key(tree / "k", features, width, options);
  const Projection value(tree / "v", features, hidden, options);
  const Projection query(tree / "q", features, width, options);
  const Projection gate(tree / "g", features, hidden, options);
  const Parameter A = tree.add("A", {hidden, width}, p.weights());
  const Index form = p.below(3);
  Var S = full(p.tape(), {batch, hidden, width}, 0);
  std::vector<Var> outputs;
  for (const Var& x : unstack(p.input({p.steps(), batch, features}))) {
    const Var k = reshape(key(x), {batch, 1, width});
    const Var v = reshape(value(x), {batch, hidden, 1});
    const Var q = reshape(query(x), {batch, 1, width});
    const Var g = reshape(gate(x), {batch, hidden, 1});
    if (form == 0) {  // selective: exp(-step A) S + step v k
      const Var step = softplus(g);
      S = exp(-(step * square(p.tape().parameter(A)))) * S + (step * v) * k;
    } else if (form == 1) {  // the delta rule
      const Var u = k / (1 + sum(square(k), 2, true));
      const Var old = sum(S * u, 2, true);
      S = S + sigmoid(g) * ((v - old) * u);
    } else {
      S = sigmoid(g) * S + tanh(v) * softmax(k);
    }
    outputs.push_back(sum(S * q, 2));
    if (p.one_in(6)) p.glance(outputs.back());
  }
  std::vector<Var> results{stack(outputs)};
  if (p.one_in(2)) results.push_back(sum(S, p.below(3)));
  if (p.one_in(3)) results.push_back(transpose(S, 1, 2));
  p.learn(results, {tree});
}

}  // namespace unroll::fuzz
