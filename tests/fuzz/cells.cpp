#include "fuzz/cells.h"

namespace unroll::fuzz {

Var random_squash(Random& random, Var x) {
  switch (random.below(6)) {
    case 0:
    case 1:
      return sigmoid(x);
    case 2:
      return tanh(x) * 0.5 + 0.25;
    case 3:
      return 1 - sigmoid(x);
    default:
      return tanh(x);
  }
}

Var random_mix(Random& random, Var a, Var b) {
  switch (random.below(8)) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3: {
      const Var gate = sigmoid(a);
      return gate * b + (1 - gate) * a;
    }
    case 4:
      return a / (1 + square(b));
    case 5:
      return a * 0.5 + tanh(b);
    case 6:
      return sigmoid(a) * tanh(b);
    default:
      return a * tanh(b) - b;
  }
}

RandomCell::RandomCell(Program& p, const Parameters& parameters, Input in, Index hidden)
    : hidden(hidden), equations(p.seed()) {
  const CellOptions options = p.options();
  for (Index i = p.between(1, 4); i > 0; --i) {
    gates.emplace_back(parameters / fmt::format("g{}", i), in, hidden, options);
  }
}

RandomCell::State RandomCell::step(Var x, State s) const {
  Random random(equations);
  std::vector<Var> values{s.c, s.h};
  for (const Gate& gate : gates) {
    // The h that a gate sees may depend on the gates before it, as in a GRU.
    const Var seen = random.below(3) == 0 ? random_mix(random, s.h, tanh(values.back())) : s.h;
    values.push_back(random_squash(random, gate(x, seen)));
  }
  const auto any = [&] { return values[static_cast<std::size_t>(random.below(ssize(values)))]; };
  for (std::int64_t i = 1 + random.below(3); i > 0; --i) {
    const Var a = any();
    values.push_back(random_mix(random, a, any()));
  }
  const Var c = random.below(2) == 0 ? tanh(values.back()) : 0.5 * values.back() + 0.25 * tanh(s.c);
  const Var h = random_mix(random, tanh(c), values[values.size() / 2]);
  return {tanh(h), tanh(c)};
}

AnyCell random_cell(Program& p, const Parameters& parameters, Input in, Index hidden) {
  const std::span<const CellEntry> all = all_cells();
  const CellEntry& entry = all[static_cast<std::size_t>(p.below(std::ssize(all)))];
  const Index kind = p.below(4);
  const CellOptions options = p.options();
  if (kind == 0) return AnyCell(Lstm(parameters, in, hidden, options));
  if (kind == 1) return AnyCell(Gru(parameters, in, hidden, options));
  // Cells with (hidden x hidden) states, or that are deep by themselves, only where they are small.
  if (kind == 2 && hidden <= 40) return entry.make(parameters, in, hidden, options);
  return AnyCell(RandomCell(p, parameters, in, hidden));
}

Layer::Layer(Program& p, const Parameters& parameters, Input in, Index hidden)
    : cell(random_cell(p, parameters / "cell", in, hidden)), hidden(hidden), kind(p.below(4)) {
  if (kind == 0) first = parameters.add("start", {1, hidden}, p.weights());
}

AnyState Layer::start(Program& p, Index batch) const {
  AnyState state = cell.zero_state(p.tape(), batch);
  if (kind > 1) return state;
  // States that count steps or are positive stay as they are: only the output is another.
  state.vars[state.output] = kind == 1 ? p.input({batch, hidden}, -0.9, 0.9)
                                       : broadcast_to(p.tape().parameter(first), {batch, hidden});
  return state;
}

}  // namespace unroll::fuzz
