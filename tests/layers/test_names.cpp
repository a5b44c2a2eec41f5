// What equations call the nodes that cells record.
#include "cells.h"
#include "examples/variants/my_cell.h"

#include <doctest/doctest.h>

#include <map>

namespace unroll::testing {
namespace {

/// How often each name is there.
std::map<std::string, int> counted(const Tape& tape) {
  std::map<std::string, int> result;
  for (const std::string& name : tape.names()) ++result[name];
  return result;
}

/// The names after `steps` steps of a cell.
template <class C>
std::map<std::string, int> names_of(const C& cell, Index steps, Tape& tape) {
  const Var x = tape.input(random_input(3, steps, 2));
  (void)unroll_over(cell, x, zero_state(cell, tape, 2));
  return counted(tape);
}
template <class C>
std::map<std::string, int> names_of(Index steps = 3) {
  const Parameters p(DType::f64, 1);
  Tape tape(DType::f64);
  return names_of(C(p / "cell", 3, 4), steps, tape);
}

/// A GRU that states no equations.
struct Unstated {
  using State = Var;
  Unstated(const Parameters& p, Input in, Index hidden)
      : hidden(hidden), z(p / "z", in, hidden), r(p / "r", in, hidden), n(p / "n", in, hidden) {}
  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x, h));
    const Var rt = sigmoid(r(x, h));
    const Var nt = tanh(n(x, rt * h));
    return (1 - zt) * nt + zt * h;
  }
  Index hidden;
  Gate z, r, n;
};

TEST_CASE("names: every value of an LSTM has its name") {
  const auto names = names_of<Lstm>();
  for (const char* name : {"i", "f", "o", "g", "c'", "h'", "tanh(c')", "f c", "i g", "Uf h",
                           "Wf x + bf", "Wf x + Uf h + bf", "x"}) {
    CAPTURE(name);
    CHECK(names.count(name) == 1);
    if (names.count(name) == 1) CHECK(names.at(name) == 3);
  }
  CHECK(names.at("h") == 1);  // the states to begin with
  CHECK(names.at("c") == 1);
  CHECK(names.at("cell.f.W") == 1);
  CHECK(names.at("") == 5);  // the input, and the outputs as one
}

TEST_CASE("names: those of a GRU and an RNN and a cell of the guide") {
  const auto gru = names_of<GruResetBefore>();
  for (const char* name : {"z", "r", "n", "h'", "1 - z", "Un (r h)", "z h"}) {
    CHECK(gru.count(name) == 1);
  }
  const auto reset_after = names_of<Gru>();
  for (const char* name : {"z", "r", "n", "h'"}) CHECK(reset_after.at(name) == 3);
  const auto rnn = names_of<Rnn>();
  CHECK(rnn.at("W x + U h + b") == 3);
  CHECK(rnn.at("h'") == 3);
  const auto mine = names_of<variants::MyCell>();
  for (const char* name : {"z", "n", "h'", "sigmoid(s)", "(1 - z) h", "z n"}) {
    CAPTURE(name);
    CHECK(mine.at(name) == 3);
  }
}

TEST_CASE("names: a cell without equations has the names of its parameters") {
  const auto names = names_of<Unstated>();
  for (const char* name : {"z", "r", "n", "h'", "Un (r h)"}) {
    CAPTURE(name);
    CHECK(names.at(name) == 3);
  }
}

TEST_CASE("names: of stacked layers each has its own x and h") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> stack(p / "layers", 3, 4, 2);
  Tape steps(DType::f64);
  const auto by_step = names_of(stack, 3, steps);
  Tape layers(DType::f64);
  const Var x = layers.input(random_input(3, 3, 2));
  (void)unroll_layers(stack, x, zero_state(stack, layers, 2));
  const auto by_layer = counted(layers);
  for (const char* name : {"i", "f", "o", "g", "c'", "h'", "Wf x + Uf h + bf", "f c"}) {
    CAPTURE(name);
    CHECK(by_step.at(name) == 6);
    CHECK(by_layer.at(name) == 6);
  }
  CHECK(by_layer.at("layers.1.f.W") == 1);
}

TEST_CASE("names: gates are what the equations say") {
  const Parameters p(DType::f64, 1);
  const Lstm cell(p / "cell", 3, 4);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 2, 1));
  (void)unroll_over(cell, x, random_state(cell, tape, 1));
  const std::vector<std::string> names = tape.names();
  std::map<std::string, std::vector<double>> last;
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (tape.graph().nodes[i].step == 1)
      last[names[i]] = Var(&tape, i, x.generation()).value().to_doubles();
    if (names[i] == "c'" && tape.graph().nodes[i].step == 0) {
      last["c"] = Var(&tape, i, x.generation()).value().to_doubles();
    }
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const double c = last["f"][k] * last["c"][k] + last["i"][k] * last["g"][k];
    CHECK(last["c'"][k] == doctest::Approx(c).epsilon(1e-12));
    CHECK(last["h'"][k] == doctest::Approx(last["o"][k] * std::tanh(c)).epsilon(1e-12));
  }
}

TEST_CASE("names: of all cells most lines of the equations are found") {
  int lines = 0;
  int found = 0;
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    const Parameters p(DType::f64, 1);
    const AnyCell cell = entry.make(p, 3, 8, {});
    Tape tape(DType::f64);
    const auto names = names_of(cell, 3, tape);
    std::string_view text = entry.equations;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      const std::size_t equals = line.find(" = ");
      if (equals == std::string::npos) continue;
      ++lines;
      found += static_cast<int>(names.count(line.substr(0, equals)));
    }
  }
  CHECK(lines == 346);
  CHECK(found >= 256);
}

TEST_CASE("names: change neither values nor plans") {
  const Parameters p(DType::f64, 1);
  const Lstm cell(p / "cell", 3, 4);
  const auto step = [&](Tape& tape, bool named) {
    tape.clear();
    const Var x = tape.input(random_input(3, 4, 2));
    const auto [outputs, last] = unroll_over(cell, x, zero_state(cell, tape, 2));
    const Var loss = sum(outputs * outputs);
    Gradients gradients = tape.gradients(loss, p);
    if (named) {
      tape.name(last.h, "the last h");
      (void)tape.names();
    }
    std::vector<double> result = gradients[cell.f.W].to_doubles();
    result.push_back(loss.item());
    if (named) CHECK(tape.name_of(last.h) == "the last h");
    return result;
  };
  Tape tape(DType::f64);
  const std::vector<double> plain = step(tape, false);
  const std::string plan = tape.plan_to_string();
  const std::size_t bytes = tape.bytes();
  CHECK(step(tape, true) == plain);
  CHECK(tape.plan_to_string() == plan);
  CHECK(tape.bytes() < bytes + 1000);  // no second plan
}

}  // namespace
}  // namespace unroll::testing
