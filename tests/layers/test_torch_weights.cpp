// Weights of PyTorch's layers give PyTorch's outputs.
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kInput = 3;
constexpr Index kHidden = 2;

const TensorFile& golden() {
  static const TensorFile file =
      load_safetensors(UNROLL_SOURCE_DIR "/tests/layers/golden_torch_weights.safetensors");
  return file;
}

/// How far what `run` makes of a layer's x is from its y.
template <class Run>
Comparison<double> difference_from_golden(const std::string& name, Run run) {
  Tape tape;
  const Var y = run(tape, tape.input(golden().tensors.at(name + ".x")));
  return difference(y.value(), golden().tensors.at(name + ".y"));
}

TEST_CASE("torch weights: nn.RNN with relu") {
  const Parameters p;
  const Rnn cell(p, kInput, kHidden, {}, relu);
  load_torch(cell, {golden(), "rnn."});
  CHECK(difference_from_golden("rnn", [&](Tape& tape, Var x) {
          return unroll_over(cell, x, zero_state(cell, tape, 2)).outputs;
        }) < 1e-6);
}

TEST_CASE("torch weights: two layers of nn.LSTM") {
  const Parameters p;
  const Stack<Lstm> stack(p, kInput, kHidden, 2, CellOptions{});
  load_torch(stack, {golden(), "lstm."});
  CHECK(difference_from_golden("lstm", [&](Tape& tape, Var x) {
          return unroll_over(stack, x, stack.zero_state(tape, 2)).outputs;
        }) < 1e-6);
}

TEST_CASE("torch weights: two layers of nn.GRU in both directions") {
  const Parameters p;
  const DeepBidirectional<Gru> layers(
      p, kInput, kHidden, 2,
      [](const Parameters& branch, Input in) { return Gru(branch, in, kHidden); });
  load_torch(layers, {golden(), "gru."});
  CHECK(difference_from_golden("gru", [&](Tape& tape, Var x) {
          return layers.run(x, layers.zero_state(tape, 2)).outputs;
        }) < 1e-6);
}

TEST_CASE("torch weights: nn.GRU without biases, and f64") {
  const Parameters p(DType::f64);
  const Gru cell(p, kInput, kHidden, {.bias = false});
  load_torch(cell, {golden(), "plain."});
  Tape tape(DType::f64);
  const Var x = tape.input(golden().tensors.at("plain.x"));
  CHECK(difference(unroll_over(cell, x, zero_state(cell, tape, 2)).outputs.value(),
                   golden().tensors.at("plain.y")) < 1e-6);
}

TEST_CASE("torch weights: a cell that reads ids has W transposed") {
  const Parameters p;
  const Lstm dense(p / "dense", kInput, kHidden);
  const Lstm ids(p / "ids", Input::one_hot(kInput), kHidden);
  load_torch(dense, {golden(), "lstm."});
  load_torch(ids, {golden(), "lstm."});
  Tape tape;
  const Tensor one_hot = Tensor::of<float>({2, 3}, {0, 0, 1, 1, 0, 0});
  CHECK(difference(ids.step(tape.input(ids_of({2}, {2, 0})), zero_state(ids, tape, 2)).h.value(),
                   dense.step(tape.input(one_hot), zero_state(dense, tape, 2)).h.value()) < 1e-6);
}

TEST_CASE("torch weights: what does not fit is refused, and nothing is changed") {
  const Parameters p;
  const Lstm cell(p, kInput, kHidden);
  const Tensor before(p.flat());
  const auto refusal = [&](const TorchWeights& from) -> std::string {
    try {
      load_torch(cell, from);
    } catch (const IoError& error) {
      CHECK(same_bits(p.flat(), before));
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal({golden(), "lstn."}) == "there is no tensor 'lstn.weight_ih_l0'");
  CHECK(refusal({golden(), "lstm.", 2}) == "there is no tensor 'lstm.weight_ih_l2'");
  CHECK(refusal({golden(), "lstm.", 0, true}) == "there is no tensor 'lstm.weight_ih_l0_reverse'");
  CHECK(refusal({golden(), "gru."}) ==
        "tensor 'gru.weight_ih_l0' is f32 (6 x 3) where numbers (8 x 3) were expected");
  TensorFile broken = golden();
  broken.tensors.at("lstm.bias_hh_l0").values<float>()[3] = INFINITY;
  CHECK(refusal({broken, "lstm."}) == "tensor 'lstm.bias_hh_l0' holds values that are not finite");

  const Parameters without;
  const Lstm plain(without, kInput, kHidden, {.bias = false});
  CHECK_THROWS_WITH_AS(load_torch(plain, {golden(), "lstm."}),
                       "the file has biases, and the cell has none", IoError);
}

}  // namespace
}  // namespace unroll::testing
