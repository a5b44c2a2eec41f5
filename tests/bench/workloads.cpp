/// The list of workloads, and those that are language models or layers alone.

#include "bench/workloads.h"

#include "bench/packed_peephole.h"
#include "bench/workload_cells.h"
#include "bench/workload_parts.h"

#include <fmt/format.h>

namespace bench {

using namespace unroll;

namespace {

/// What the workloads differ in.
struct Sizes {
  Index vocabulary;
  Index embedding;  // 0: one-hot ids straight into the lowest layer
  Index hidden;
  Index layers;
  Index batch;
  Index steps;
  double dropout = 0;

  /// Sizes that a test runs in a moment.
  [[nodiscard]] Sizes at(Scale scale) const {
    if (scale == Scale::full) return *this;
    return {std::min<Index>(vocabulary, 30), embedding > 0 ? 16 : 0,    16,     layers,
            std::min<Index>(batch, 3),       std::min<Index>(steps, 6), dropout};
  }
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
    for (const C& cell : stack.cells) {
      if constexpr (requires { cell.before_first_step(tape); }) cell.before_first_step(tape);
    }
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
Workload language_model(const std::string& name, std::string_view cell, const Sizes& s,
                        const Make& make, std::function<void(Gradients&)> update) {
  auto model = std::make_shared<LanguageModel<C>>(s, make);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("{}: vocabulary {}, {}, {} x {}, batch {}, {} steps{}", cell, s.vocabulary,
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
  return {
      name,
      fmt::format("LSTM: {} x {} alone, batch {}, {} steps", s.layers, s.hidden, s.batch, s.steps),
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

constexpr Sizes kSmall{10000, 200, 200, 2, 20, 20};
constexpr Sizes kMedium{10000, 650, 650, 2, 20, 35, 0.5};
constexpr Sizes kOneLayer{100, 256, 256, 1, 32, 50};
constexpr const char* kZoo = "W7 ";

using Maker = std::function<Workload(const std::string& name, Scale scale)>;

/// A language model of cells that are made of (parameters, input, hidden).
template <Cell C>
Maker model_of(std::string_view cell, const Sizes& sizes,
               std::function<void(Gradients&)> update = clipped_sgd) {
  return [=](const std::string& name, Scale scale) {
    return language_model<C>(name, cell, sizes.at(scale), plain<C>, update);
  };
}

Workload make_tutorial_rnn(const std::string& name, Scale scale) {
  const auto make = [](const Parameters& p, Input in, Index hidden) {
    CellOptions options;
    options.bias = false;
    return Rnn(p, in, hidden, options);
  };
  return language_model<Rnn>(name, "RNN", Sizes{8000, 0, 100, 1, 1, 30}.at(scale), make, sgd);
}

Workload make_characters(const std::string& name, Scale scale) {
  const auto update = [rmsprop = std::make_shared<RmsProp>(RmsProp::Options{
                           .learning_rate = 0.002, .decay = 0.95})](Gradients& gradients) {
    clip_by_value(gradients, 5);
    rmsprop->step(gradients);
  };
  return model_of<Lstm>("LSTM", {65, 0, 128, 2, 50, 50}, update)(name, scale);
}

Workload make_packed(const std::string& name, Scale scale) {
  Workload packed =
      model_of<PackedPeephole>("LSTM with peepholes, packed by hand", kSmall)(name, scale);
  copy_packed(make_workload("W6", scale).parameters, packed.parameters);
  return packed;
}

Workload make_layers(const std::string& name, Scale scale) {
  return layers_only(name, kSmall.at(scale));
}

Workload make_antisymmetric(const std::string& name, Scale scale) {
  using Recorded = AntisymmetricRnn::Recorded;
  const Recorded recorded = name == "W17" ? Recorded::every_step : Recorded::once;
  const auto make = [&](const Parameters& p, Input in, Index hidden) {
    return AntisymmetricRnn(p, in, hidden, recorded);
  };
  const std::string_view cell =
      recorded == Recorded::once ? "antisymmetric RNN, U - U^T once" : "antisymmetric RNN";
  return language_model<AntisymmetricRnn>(name, cell, kOneLayer.at(scale), make, clipped_sgd);
}

Workload make_zoo(const std::string& name, Scale scale) {
  const CellEntry& cell = find_cell(std::string_view(name).substr(3));
  const auto make = [&](const Parameters& p, Input in, Index hidden) {
    return cell.make(p, in, hidden, {});
  };
  return language_model<AnyCell>(name, cell.name, kOneLayer.at(scale), make, clipped_sgd);
}

/// "W2 229": W2 with that batch; "W3 141" likewise.
Workload make_batch(const std::string& name, Scale scale) {
  Sizes sizes = name.starts_with("W2") ? kSmall : kMedium;
  sizes.batch = std::stol(name.substr(3));
  return model_of<Lstm>("LSTM", sizes)(name, scale);
}

bool has_batch(std::string_view name) {
  return (name.starts_with("W2 ") || name.starts_with("W3 ")) && name.size() < 10 &&
         name.find_first_not_of("0123456789", 3) == name.npos && name.size() > 3;
}

struct Entry {
  std::string name;
  Maker make;
};

/// All workloads but those of W7, of which there is one for each cell.
std::vector<Entry> entries() {
  return {{"W1", make_tutorial_rnn},
          {"W2", model_of<Lstm>("LSTM", kSmall)},
          {"W3", model_of<Lstm>("LSTM", kMedium)},
          {"W4", make_characters},
          {"W5", model_of<Gru>("GRU", kSmall)},
          {"W6", model_of<LstmPeephole>("LSTM with peepholes", kSmall)},
          {"W6p", make_packed},
          {"W8", model_of<Lstm>("LSTM", {100, 0, 256, 1, 1, 2000})},
          {"W9", make_layers},
          {"W10", make_trees},
          {"W10 same", make_trees},
          {"W10 levels", make_trees},
          {"W10 words", make_trees},
          {"W10 words same", make_trees},
          {"W11", make_sentiment},
          {"W11 fixed", make_sentiment},
          {"W12", make_attention},
          {"W12 25", make_attention},
          {"W13", make_ctc},
          {"W14", model_of<SelectiveSsm>("selective SSM", kOneLayer)},
          {"W15", model_of<DeltaNet>("DeltaNet", {100, 128, 128, 1, 16, 50})},
          {"W16", make_decoding},
          {"W16 c", make_decoding},
          {"W17", make_antisymmetric},
          {"W17 once", make_antisymmetric},
          {"W18", make_tagger},
          {"W19", make_caption}};
}

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.push_back(entry.name);
  for (const CellEntry& cell : all_cells()) names.push_back(kZoo + std::string(cell.name));
  return names;
}

Workload make_workload(const std::string& name, Scale scale) {
  if (has_batch(name)) return make_batch(name, scale);
  if (name.starts_with(kZoo)) return make_zoo(name, scale);
  for (const Entry& entry : entries()) {
    if (entry.name == name) return entry.make(name, scale);
  }
  fail<Error>("no workload '{}'; there are: {}", name, fmt::join(workload_names(), ", "));
}

}  // namespace bench
