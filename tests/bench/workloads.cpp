#include "bench/workloads.h"

#include <cmath>

#include "bench/packed_peephole.h"

namespace bench {

using namespace unroll;

namespace {

/// Ids below `count` that are distributed as words are: the n-th with a probability near 1/n.
Tensor zipf_ids(const Shape& shape, Index count, std::uint64_t seed) {
  Tensor ids(DType::i32, shape);
  Random random(seed);
  const double range = std::log(static_cast<double>(count) + 1);
  for (std::int32_t& id : ids.values<std::int32_t>()) {
    id = static_cast<std::int32_t>(std::exp(random.uniform() * range)) - 1;
  }
  return ids;
}

/// What the workloads differ in.
struct Sizes {
  Index vocabulary;
  Index embedding;  // 0: one-hot ids straight into the lowest layer
  Index hidden;
  Index layers;
  Index batch;
  Index steps;
  double dropout = 0;
};

/// Ids, perhaps an embedding, a stack of one kind of cell, a softmax over the next id.
template <Cell C>
struct LanguageModel {
  template <class Make>
  LanguageModel(const Sizes& sizes, const Make& make)
      : sizes(sizes),
        x(zipf_ids({sizes.steps, sizes.batch}, sizes.vocabulary, 1)),
        y(zipf_ids({sizes.steps, sizes.batch}, sizes.vocabulary, 2)) {
    if (sizes.embedding > 0) embedding.emplace(p / "embedding", sizes.vocabulary, sizes.embedding);
    for (Index layer = 0; layer < sizes.layers; ++layer) {
      const Input in = layer > 0             ? Input(sizes.hidden)
                       : sizes.embedding > 0 ? Input(sizes.embedding)
                                             : Input::one_hot(sizes.vocabulary);
      stack.cells.push_back(make(p / "layers" / layer, in, sizes.hidden));
    }
    output.emplace(p / "output", sizes.hidden, sizes.vocabulary);
  }

  Var loss(Tape& tape) {
    Var in = tape.input(x);
    if (embedding) in = (*embedding)(in);
    Noise noise(1, step++);
    const auto start = zero_state(stack, tape, sizes.batch);
    const Var outputs = unroll_layers(stack, in, start, Dropout{sizes.dropout, noise}).outputs;
    const Var total = softmax_cross_entropy(*output, outputs, tape.input(y), Reduction::sum);
    return total / static_cast<double>(sizes.batch);
  }

  Sizes sizes;
  Parameters p{DType::f32, 1};
  Tensor x;
  Tensor y;
  std::optional<Embedding> embedding;
  Stack<C> stack;
  std::optional<Linear> output;
  std::int64_t step = 0;
};

template <Cell C, class Make>
Workload language_model(const std::string& name, const Sizes& s, const Make& make,
                        std::function<void(Gradients&)> update) {
  auto model = std::make_shared<LanguageModel<C>>(s, make);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("vocabulary {}, {}, {} x {}, batch {}, {} steps{}", s.vocabulary,
                      s.embedding > 0 ? fmt::format("embedding {}", s.embedding) : "one-hot",
                      s.layers, s.hidden, s.batch, s.steps,
                      s.dropout > 0 ? fmt::format(", dropout {}", s.dropout) : ""),
          s.batch * s.steps,
          s.batch,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          std::move(update),
          parameters,
          std::move(model)};
}

/// LSTM layers alone, as a library has them in one call: no embedding, no output, no update. What
/// the layers read is learned too, since such a call gives its gradient; the loss is half the sum
/// of the squares of what they give, which is then its own gradient.
struct LayersOnly {
  explicit LayersOnly(const Sizes& sizes)
      : x(p.add("x", {sizes.steps, sizes.batch, sizes.hidden}, uniform(1))),
        stack(p / "layers", sizes.hidden, sizes.hidden, sizes.layers) {}

  Var loss(Tape& tape) const {
    const auto start = zero_state(stack, tape, x.shape()[1]);
    return 0.5 * sum(square(unroll_layers(stack, tape.parameter(x), start).outputs));
  }

  Parameters p{DType::f32, 1};
  Parameter x;
  Stack<Lstm> stack;
};

Workload layers_only(const std::string& name, const Sizes& s) {
  auto model = std::make_shared<LayersOnly>(s);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("{} x {} alone, batch {}, {} steps", s.layers, s.hidden, s.batch, s.steps),
          s.batch * s.steps,
          1,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          [](Gradients&) {},
          parameters,
          std::move(model)};
}

template <Cell C>
C plain(const Parameters& p, Input in, Index hidden) {
  return C(p, in, hidden);
}

void sgd(Gradients& gradients) { Sgd(0.1).step(gradients); }

void clipped_sgd(Gradients& gradients) {
  clip_by_global_norm(gradients, 5);
  sgd(gradients);
}

constexpr Sizes kSmall{10000, 200, 200, 2, 20, 20};
constexpr const char* kZoo = "W7 ";

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names = {"W1", "W2", "W3", "W4", "W5", "W6", "W6p", "W8", "W9"};
  for (const CellEntry& cell : all_cells()) names.push_back(kZoo + std::string(cell.name));
  return names;
}

Workload make_workload(const std::string& name) {
  if (name == "W1") {
    const auto make = [](const Parameters& p, Input in, Index hidden) {
      CellOptions options;
      options.bias = false;
      return Rnn(p, in, hidden, options);
    };
    return language_model<Rnn>(name, {8000, 0, 100, 1, 1, 30}, make, sgd);
  }
  if (name == "W2") return language_model<Lstm>(name, kSmall, plain<Lstm>, clipped_sgd);
  if (name == "W3") {
    return language_model<Lstm>(name, {10000, 650, 650, 2, 20, 35, 0.5}, plain<Lstm>, clipped_sgd);
  }
  if (name == "W4") {
    const auto update = [rmsprop = std::make_shared<RmsProp>(RmsProp::Options{
                             .learning_rate = 0.002, .decay = 0.95})](Gradients& gradients) {
      clip_by_value(gradients, 5);
      rmsprop->step(gradients);
    };
    return language_model<Lstm>(name, {65, 0, 128, 2, 50, 50}, plain<Lstm>, update);
  }
  if (name == "W5") return language_model<Gru>(name, kSmall, plain<Gru>, clipped_sgd);
  if (name == "W6") {
    return language_model<LstmPeephole>(name, kSmall, plain<LstmPeephole>, clipped_sgd);
  }
  if (name == "W6p") {
    Workload packed =
        language_model<PackedPeephole>(name, kSmall, plain<PackedPeephole>, clipped_sgd);
    copy_packed(make_workload("W6").parameters, packed.parameters);
    return packed;
  }
  if (name == "W8") {
    return language_model<Lstm>(name, {100, 0, 256, 1, 1, 2000}, plain<Lstm>, clipped_sgd);
  }
  if (name == "W9") return layers_only(name, kSmall);
  if (name.starts_with(kZoo)) {
    const CellEntry& cell = find_cell(std::string_view(name).substr(3));
    const auto make = [&](const Parameters& p, Input in, Index hidden) {
      return cell.make(p, in, hidden, {});
    };
    return language_model<AnyCell>(name, {100, 256, 256, 1, 32, 50}, make, clipped_sgd);
  }
  fail<Error>("no workload '{}'; there are: {}", name, fmt::join(workload_names(), ", "));
}

}  // namespace bench
