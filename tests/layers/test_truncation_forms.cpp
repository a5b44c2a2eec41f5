// The three forms of truncated backpropagation through time against loops written by hand. The
// numbers come from golden_truncation.py; read there what the names mean.
#include "golden.h"
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr double kBound = 1e-13;

/// The network of a case, and one sequence for it.
struct Net {
  explicit Net(const std::string& name)
      : golden(read_golden("layers/golden_truncation.json", name)),
        steps(golden["x"].shape()[0]),
        cell(p, golden["x"].shape()[1], golden["h0"].shape()[0]) {
    cell.gate.W.set(golden["W"]);
    cell.gate.U.set(golden["U"]);
    cell.gate.b.set(golden["b"]);
  }
  /// Steps [begin, end) of a tensor (T, size), as a batch of one.
  Var steps_of(Tape& tape, const char* name, Index begin, Index end) const {
    const Tensor& all = golden[name];
    return rows(reshape(tape.input(all), {steps, 1, all.shape()[1]}), begin, end);
  }
  Var start(Tape& tape) const { return reshape(tape.input(golden["h0"]), {1, cell.hidden}); }

  /// Adds the gradients of sum(w outputs) up.
  void add(Tape& tape, Var outputs, Var w) {
    const Gradients gradients = tape.gradients(sum(outputs * w), p);
    for (const Parameter& parameter : p.all()) {
      std::vector<double>& total = totals[parameter.name()];
      const std::vector<double> values = gradients[parameter].to_doubles();
      total.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) total[i] += values[i];
    }
  }
  void check() {
    CHECK(difference(totals["h.W"], golden["dW"].view().to_doubles()) < kBound);
    CHECK(difference(totals["h.U"], golden["dU"].view().to_doubles()) < kBound);
    CHECK(difference(totals["h.b"], golden["db"].view().to_doubles()) < kBound);
  }
  [[nodiscard]] double number(const char* name) const { return golden[name].at(0); }

  GoldenCase golden;
  Index steps;
  Parameters p{DType::f64};
  Rnn cell;
  std::map<std::string, std::vector<double>> totals;
};

TEST_CASE("truncation: without truncation gradients are those of the whole sequence") {
  Net net("whole");
  Tape tape(DType::f64);
  const Var x = net.steps_of(tape, "x", 0, net.steps);
  net.add(tape, unroll_over(net.cell, x, net.start(tape)).outputs,
          net.steps_of(tape, "w", 0, net.steps));
  net.check();
}

TEST_CASE("truncation: chunks carry the state and stop the gradient") {
  Net net("chunks");
  Tape tape(DType::f64);
  auto state = carry(net.start(tape));
  const auto size = static_cast<Index>(net.number("size"));
  for (Index begin = 0; begin < net.steps; begin += size) {
    const Index end = std::min(begin + size, net.steps);
    tape.clear();
    const auto [outputs, last] = unroll_over(net.cell, net.steps_of(tape, "x", begin, end), state);
    net.add(tape, outputs, net.steps_of(tape, "w", begin, end));
    state = carry(last);
  }
  net.check();
}

TEST_CASE("truncation: every output reaches a fixed number of steps back") {
  Net net("from_every_output");
  Tape tape(DType::f64);
  const Var x = net.steps_of(tape, "x", 0, net.steps);
  const auto steps_back = static_cast<Index>(net.number("steps_back"));
  net.add(tape, unroll_truncated(net.cell, x, net.start(tape), steps_back).outputs,
          net.steps_of(tape, "w", 0, net.steps));
  net.check();
}

TEST_CASE("truncation: randomised truncation draws the golden case's lengths") {
  Net net("randomized");
  const double keep = net.number("keep");
  const std::vector<double> wanted = net.golden["goes_on"].view().to_doubles();
  std::uint64_t seed = 0;  // the first one that draws what was drawn there
  const auto draws = [&] {
    Random random(seed);
    return std::ranges::all_of(
        wanted, [&](double goes_on) { return (random.uniform() < keep) == (goes_on != 0); });
  };
  while (!draws()) REQUIRE(++seed < 100'000);

  Tape tape(DType::f64);
  Random random(seed);
  const Var x = net.steps_of(tape, "x", 0, net.steps);
  const Var outputs = unroll_randomized(net.cell, x, net.start(tape), keep, random).outputs;
  net.add(tape, outputs, net.steps_of(tape, "w", 0, net.steps));
  net.check();
  CHECK(same_bits(outputs.value(), unroll_over(net.cell, x, net.start(tape)).outputs.value()));
}

TEST_CASE("truncation: the mean of randomised truncation is the whole gradient") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> stack(p, 2, 2, 2, random_options());
  const Tensor input = random_input(2, 4, 1);
  const auto gradient = [&](const auto& unroll) {
    Tape tape(DType::f64);
    const Var outputs = unroll(tape.input(input), zero_state(stack, tape, 1)).outputs;
    return flatten(tape.gradients(weighted_sum(outputs, 1), p), p);
  };
  const std::vector<double> whole =
      gradient([&](Var x, const auto& state) { return unroll_over(stack, x, state); });
  Random random(5);
  constexpr int kDraws = 4000;
  std::vector<double> mean(whole.size());
  std::vector<double> square(whole.size());
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::vector<double> one = gradient(
        [&](Var x, const auto& state) { return unroll_randomized(stack, x, state, 0.7, random); });
    for (std::size_t i = 0; i < one.size(); ++i) {
      mean[i] += one[i] / kDraws;
      square[i] += one[i] * one[i] / kDraws;
    }
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const double deviation = std::sqrt(std::max(0.0, square[i] - mean[i] * mean[i]) / kDraws);
    CHECK(std::abs(mean[i] - whole[i]) < 5 * deviation + 1e-12);
  }
  CHECK_THROWS_WITH_AS((void)gradient([&](Var x, const auto& state) {
                         return unroll_randomized(stack, x, state, 0, random);
                       }),
                       "unroll_randomized: keep 0, expected 0 < keep <= 1", Error);
}

}  // namespace
}  // namespace unroll::testing
