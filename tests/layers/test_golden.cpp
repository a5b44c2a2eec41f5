// Cells against PyTorch: outputs, last states, losses and all gradients, in f64. The numbers come
// from golden_cells.py; read there what the names mean.
#include "golden.h"
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr double kBound = 1e-13;  // times max(1, |value|)
constexpr Index kInput = 4;
constexpr Index kHidden = 3;

/// Rows [block * kHidden, (block + 1) * kHidden) of a tensor: one gate.
Tensor block_of(const Tensor& tensor, Index block) {
  Tape tape(DType::f64);
  return Tensor(rows(tape.input(tensor), block * kHidden, (block + 1) * kHidden).value());
}

Tensor sum_of(const Tensor& a, const Tensor& b) {
  Tape tape(DType::f64);
  return Tensor((tape.input(a) + tape.input(b)).value());
}

/// Where the gates of a cell are in PyTorch's stacked weights of one layer.
struct Placed {
  const Gate* gate;
  Index block;
  const Parameter* hidden_bias = nullptr;  // a bias_hh of its own, not added to the gate's b
};

std::vector<Placed> gates_of(const Rnn& cell) { return {{&cell.gate, 0}}; }
std::vector<Placed> gates_of(const Lstm& c) { return {{&c.i, 0}, {&c.f, 1}, {&c.g, 2}, {&c.o, 3}}; }
std::vector<Placed> gates_of(const Gru& c) { return {{&c.r, 0}, {&c.z, 1}, {&c.n, 2, &c.c}}; }
std::vector<Placed> gates_of(const GruResetBefore& c) { return {{&c.r, 0}, {&c.z, 1}, {&c.n, 2}}; }

template <Cell C>
void load(const C& cell, const GoldenCase& golden, Index layer) {
  const auto name = [&](const char* what) { return fmt::format("{}_l{}", what, layer); };
  for (const auto& [gate, block, hidden_bias] : gates_of(cell)) {
    gate->W.set(block_of(golden[name("weight_ih")], block));
    gate->U.set(block_of(golden[name("weight_hh")], block));
    const Tensor b = block_of(golden[name("bias_ih")], block);
    if (!golden.tensors.contains(name("bias_hh"))) {
      gate->b.set(b);
    } else if (hidden_bias != nullptr) {
      gate->b.set(b);
      hidden_bias->set(block_of(golden[name("bias_hh")], block));
    } else {
      gate->b.set(sum_of(b, block_of(golden[name("bias_hh")], block)));
    }
  }
}

template <Cell C>
void check_gradients_of(const C& cell, const GoldenCase& golden, Index layer,
                        const Gradients& gradients) {
  const auto check = [&](const Parameter& parameter, const char* what, Index block) {
    const std::string name = fmt::format("grad.{}_l{}", what, layer);
    if (!golden.tensors.contains(name)) return;
    CAPTURE(parameter.name());
    CHECK(difference(gradients[parameter], block_of(golden[name], block)) < kBound);
  };
  for (const auto& [gate, block, hidden_bias] : gates_of(cell)) {
    check(gate->W, "weight_ih", block);
    check(gate->U, "weight_hh", block);
    check(gate->b, "bias_ih", block);
    check(hidden_bias != nullptr ? *hidden_bias : gate->b, "bias_hh", block);
  }
}

/// The layers of a cell, from the bottom.
template <Cell C>
std::span<const C> layers_of(const C& cell) {
  return {&cell, 1};
}
template <Cell C>
std::span<const C> layers_of(const Stack<C>& stack) {
  return stack.cells;
}

/// What of a case is on the tape: its x, its states h0 (and c0) by layer, its results.
template <Cell C>
struct Recorded {
  Recorded(Tape& tape, const C& cell, const GoldenCase& golden)
      : x(tape.input(golden["x"])), h0(tape.input(golden["h0"])) {
    wrt = {x, h0};
    const bool has_cell = golden.tensors.contains("c0");
    if (has_cell) wrt.push_back(tape.input(golden["c0"]));
    typename C::State state = zero_state(cell, tape, golden["x"].shape()[1]);
    // The Vars of a state, layer by layer: h and, of an LSTM, c.
    Index part = 0;
    for_each_var(state, [&](Var& var) {
      const bool is_c = has_cell && part % 2 == 1;
      var = select(is_c ? wrt[2] : h0, has_cell ? part / 2 : part);
      ++part;
    });
    const auto unrolled = unroll_over(cell, x, state);
    results["output"] = unrolled.outputs;
    std::vector<Var> h;
    std::vector<Var> c;
    for (const Var& var : vars_of(unrolled.last)) {
      (has_cell && h.size() > c.size() ? c : h).push_back(var);
    }
    results["h_n"] = stack(h);
    if (has_cell) results["c_n"] = stack(c);
  }
  Var x;
  Var h0;
  std::vector<Var> wrt;
  std::map<std::string, Var> results;
};

/// Loads a case into the cell, runs it, compares everything.
template <Cell C>
void check_case(const std::string& name, const Parameters& p, const C& cell) {
  const GoldenCase golden = read_golden("layers/golden_cells.json", name);
  const auto layers = layers_of(cell);
  for (std::size_t i = 0; i < layers.size(); ++i) load(layers[i], golden, static_cast<Index>(i));

  Tape tape(DType::f64);
  const Recorded recorded(tape, cell, golden);
  Var loss = full(tape, {}, 0);
  for (const auto& [result, var] : recorded.results) {
    const std::string& named = result;
    CAPTURE(named);
    CHECK(difference(var.value(), golden[result]) < kBound);
    loss = loss + sum(var * tape.input(golden[result + "_weights"]));
  }
  CHECK(difference(loss.value(), golden["loss"]) < kBound);

  const char* const names[] = {"grad.x", "grad.h0", "grad.c0"};
  const std::vector<Var> dx = tape.gradients(loss, recorded.wrt);
  for (std::size_t i = 0; i < dx.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(difference(dx[i].value(), golden[names[i]]) < kBound);
  }
  const Gradients gradients = tape.gradients(loss, p);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    check_gradients_of(layers[i], golden, static_cast<Index>(i), gradients);
  }
}

TEST_CASE("golden: the simple recurrent network with three activations is PyTorch's") {
  const auto check = [](const char* name, Var (*f)(Var)) {
    const Parameters p(DType::f64);
    check_case(name, p, Rnn(p, kInput, kHidden, {}, f));
  };
  check("rnn_tanh", tanh);
  check("rnn_relu", relu);
  check("rnn_sigmoid", sigmoid);
}

TEST_CASE("golden: outputs, states and gradients of the LSTM are PyTorch's") {
  const Parameters p(DType::f64);
  check_case("lstm", p, Lstm(p, kInput, kHidden));
}

TEST_CASE("golden: two layers of LSTM are PyTorch's") {
  const Parameters p(DType::f64);
  check_case("lstm_2_layers", p, Stack<Lstm>(p, kInput, kHidden, 2));
}

TEST_CASE("golden: the GRU that resets after the product is PyTorch's") {
  const Parameters p(DType::f64);
  check_case("gru", p, Gru(p, kInput, kHidden));
}

TEST_CASE("golden: the GRU that resets before the product is that of its equations") {
  const Parameters p(DType::f64);
  check_case("gru_reset_before", p, GruResetBefore(p, kInput, kHidden));
}

TEST_CASE("golden: the two forms of the GRU differ, weights being equal") {
  const GoldenCase golden = read_golden("layers/golden_cells.json", "gru_reset_before");
  const Parameters p(DType::f64);
  const Gru cell(p, kInput, kHidden);
  load(cell, golden, 0);
  Tape tape(DType::f64);
  const Recorded recorded(tape, cell, golden);
  CHECK(difference(recorded.results.at("output").value(), golden["output"]) > 1e-3);
}

TEST_CASE("golden: an LSTM with head, cross entropy and ignored targets is PyTorch's") {
  const GoldenCase golden = read_golden("layers/golden_cells.json", "lstm_cross_entropy");
  const Parameters p(DType::f64);
  const Lstm cell(p / "lstm", kInput, kHidden);
  const Linear head(p / "head", kHidden, golden["head.bias"].size());
  load(cell, golden, 0);
  head.W.set(golden["head.weight"]);
  head.b.set(golden["head.bias"]);

  Tape tape(DType::f64);
  const Recorded recorded(tape, cell, golden);
  const Var logits = head(recorded.results.at("output"));
  const Var loss =
      softmax_cross_entropy(logits, tape.input(golden["targets"].to(DType::i32)), Reduction::mean,
                            static_cast<std::int32_t>(golden["ignore_index"].at(0)));
  CHECK(difference(logits.value(), golden["logits"]) < kBound);
  CHECK(difference(loss.value(), golden["loss"]) < kBound);

  std::vector<Var> wrt = recorded.wrt;
  wrt.push_back(logits);
  const char* const names[] = {"grad.x", "grad.h0", "grad.c0", "grad.logits"};
  const std::vector<Var> dx = tape.gradients(loss, wrt);
  for (std::size_t i = 0; i < dx.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(difference(dx[i].value(), golden[names[i]]) < kBound);
  }
  const Gradients gradients = tape.gradients(loss, p);
  check_gradients_of(cell, golden, 0, gradients);
  CHECK(difference(gradients[head.W], golden["grad.head.weight"]) < kBound);
  CHECK(difference(gradients[head.b], golden["grad.head.bias"]) < kBound);
}

}  // namespace
}  // namespace unroll::testing
