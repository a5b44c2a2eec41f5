// Which layer of a model a node belongs to.
#include "core/word_model.h"

#include <unroll/core/view/layers.h>

#include <doctest/doctest.h>

#include <numeric>

using namespace unroll;
using testing::ramp;

namespace {

Layers layers_of(const Tape& tape) {
  std::vector<std::uint32_t> all(static_cast<std::size_t>(tape.node_count()));
  std::iota(all.begin(), all.end(), 0U);
  return find_layers(tape.graph(), all);
}

std::string layer_of(const Layers& layers, Var var) {
  const std::int32_t layer = layers.of_node[var.index()];
  return layer == Layers::kNone ? "none" : layers.names[static_cast<std::size_t>(layer)];
}

using Names = std::vector<std::string>;

/// Two gates that read the same x and h, and a speed of each unit, straight below `p`.
struct GatedCell {
  using State = Var;
  GatedCell(const Parameters& p, Index in, Index hidden)
      : hidden(hidden),
        z(p / "z", in, hidden),
        n(p / "n", in, hidden),
        s(p.add("s", {hidden}, zeros())) {}
  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(s) * sigmoid(z(x, h));
    return (1 - zt) * h + zt * tanh(n(x, h));
  }
  Index hidden;
  Gate z, n;
  Parameter s;
};

}  // namespace

TEST_CASE("layers: gates that read one value are a cell and the rest are branches") {
  const testing::WordModel model;
  Tape tape;
  const Var loss = model.loss(tape, testing::WordModel::ids(3, 1), testing::WordModel::ids(3, 2));
  const Layers layers = layers_of(tape);
  CHECK(layers.names == Names{"words", "lstm", "readout"});
  CHECK(layer_of(layers, loss) == "readout");
}

TEST_CASE("layers: a stack has one layer for each number") {
  const Parameters parameters;
  const Rnn below(parameters / "layers" / 0, 2, 3);
  const Rnn above(parameters / "layers" / 1, 3, 3);
  Tape tape;
  const Var x = tape.input(ramp({2, 1, 2}));
  const Var zero = zero_state(below, tape, 1);
  const Var first = unroll_over(below, x, zero).outputs;
  const Var second = unroll_over(above, first, zero_state(above, tape, 1)).outputs;
  const Layers layers = layers_of(tape);
  CHECK(layers.names == Names{"layers.0", "layers.1"});
  CHECK(layer_of(layers, x) == "none");
  CHECK(layer_of(layers, zero) == "layers.0");
  CHECK(layer_of(layers, first) == "layers.0");
  CHECK(layer_of(layers, second) == "layers.1");
}

TEST_CASE("layers: two networks that read other values stay apart") {
  const Parameters parameters;
  const Rnn encoder(parameters / "encoder", 2, 3);
  const Rnn decoder(parameters / "decoder", 2, 3);
  Tape tape;
  const Var h =
      unroll_over(encoder, tape.input(ramp({2, 1, 2})), zero_state(encoder, tape, 1)).last;
  unroll_over(decoder, tape.input(ramp({2, 1, 2})), h);
  CHECK(layers_of(tape).names == Names{"encoder", "decoder"});
}

TEST_CASE("layers: a cell at the root of the tree and its readout are two") {
  const Parameters parameters;
  const GatedCell cell(parameters, 2, 3);
  const Linear readout(parameters / "output", 3, 1);
  Tape tape;
  const Var h = unroll_over(cell, tape.input(ramp({2, 1, 2})), zero_state(cell, tape, 1)).outputs;
  const Var y = readout(h);
  const Layers layers = layers_of(tape);
  CHECK(layers.names == Names{"", "output"});
  CHECK(layer_of(layers, h).empty());
  CHECK(layer_of(layers, y) == "output");
  CHECK(layer_of(layers, tape.parameter(cell.s)).empty());
}

TEST_CASE("layers: what has a parameter of its own keeps its name") {
  const Parameters parameters;
  const GatedCell cell(parameters / "model" / "mine", 2, 3);
  const Linear readout(parameters / "model" / "output", 3, 1);
  Tape tape;
  readout(unroll_over(cell, tape.input(ramp({2, 1, 2})), zero_state(cell, tape, 1)).outputs);
  CHECK(layers_of(tape).names == Names{"model.mine", "model.output"});
}
