/// Points 6 and 10: inference, and whether results are always the same.

#include <sys/wait.h>
#include <unistd.h>
#include <unroll/core/run/blas.h>
#include <unroll/unroll.h>

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "bench/plan_points.h"

namespace bench {

using namespace unroll;

namespace {

// Point 6

/// The memory in MB that two layers of LSTM take to read a sequence.
double mb_of_forward(Index steps) {
  constexpr Index kHidden = 128;
  constexpr Index kBatch = 32;
  Parameters p(DType::f32, 1);
  const Stack<Lstm> stack(p, kHidden, kHidden, 2);
  const double before = resident_mb();
  Tape tape;
  tape.set_passes({});
  const Tape::Inference scope(tape);
  const Var x = full(tape, {steps, kBatch, kHidden}, 0.1);
  const auto unrolled = unroll_layers(stack, x, zero_state(stack, tape, kBatch));
  (void)unrolled.last.back().h.value();
  return peak_mb() - before;
}

/// The seconds a step of decoding takes, batch 1.
double seconds_of_decoding(Stepper<Lstm>& stepper, Index size, int steps) {
  const Tensor x(DType::f32, {1, size});
  (void)stepper.step(x);  // records and plans
  const double seconds = seconds_of([&] {
    for (int i = 0; i < steps; ++i) (void)stepper.step(x);
  });
  return seconds / steps;
}

/// The seconds that the products of such a step take: W x and U h for four gates.
double seconds_of_products(Index hidden, int steps) {
  Tensor W(DType::f32, {8 * hidden, hidden});
  std::ranges::fill(W.values<float>(), 0.01F);  // else all of it may be one page of zeros
  const Tensor x(DType::f32, {1, hidden});
  Tensor y(DType::f32, {1, 8 * hidden});
  const float* const from = std::as_const(W).values<float>().data();
  const float* const by = x.values<float>().data();
  float* const to = y.values<float>().data();
  const Product product{false, true, 1, 4 * hidden, hidden};
  const double seconds = seconds_of([&] {
    for (int i = 0; i < steps; ++i) {
      multiply(product, by, from, 0.0F, to);
      multiply(product, by, from + 4 * hidden * hidden, 0.0F, to + 4 * hidden);
    }
  });
  return seconds / steps;
}

// Point 10

Tensor random_values(const Shape& shape, std::uint64_t seed) {
  Tensor values(DType::f64, shape);
  Random random(seed);
  for (double& value : values.values<double>()) value = random.uniform(-1, 1);
  return values;
}

/// The gradient of h, which is read through four matrices, asked for after they have changed: what
/// it needs of them was copied to the memory of the tape, behind `taken` numbers.
std::vector<double> gradient_after_change(Tape& tape, Index taken) {
  tape.clear();
  Parameters p(DType::f64, 1);
  std::vector<Linear> gates;
  for (Index i = 0; i < 4; ++i) gates.emplace_back(p / i, 24, 17, false);
  (void)tape.input(random_values({taken}, 1));
  const Var h = tanh(tape.input(random_values({3, 24}, 2)));
  Var read_often = h;  // the matrix of a product that comes again and again is packed for threads
  for (int i = 0; i < 4; ++i) {
    read_often = tanh(linear(gates[0](read_often), full(tape, {24, 17}, 0.1)));
  }
  (void)read_often.value();
  Var y = sigmoid(gates[0](h));
  for (std::size_t i = 1; i < gates.size(); ++i) y = y * sigmoid(gates[i](h));
  const Var dh = tape.gradients(sum(y), std::array{h})[0];
  p.change<double>()[0] += 1;
  return dh.value().to_doubles();
}

/// How many of the runs differ from the first in any bit.
Finding differing_bits(const PointOptions& options) {
  std::vector<double> first;
  int runs = 0;
  int differing = 0;
  for (Index taken = 0; taken < 8192; taken += options.quick ? 512 : 64) {
    for (const int threads : {1, 2}) {
      set_threads(threads);
      Tape tape(DType::f64);
      tape.set_passes({});
      for (int again = 0; again < 2; ++again) {
        const std::vector<double> result = gradient_after_change(tape, taken);
        if (first.empty()) first = result;
        const std::size_t bytes = first.size() * sizeof(double);
        ++runs;
        if (std::memcmp(result.data(), first.data(), bytes) != 0) ++differing;
      }
    }
  }
  set_threads(1);
  return {"runs that differ by threads, or by memory used before",
          fmt::format("{} of {}", differing, runs), "0", differing == 0};
}

/// What asking for one step gives where another, which it does not need, has a wrong id: the text
/// of the error, or the value.
std::string beside_wrong_id(const Passes& passes) {
  Tape tape(DType::f64);
  tape.set_passes(passes);
  const Var table = tape.input(random_values({5, 3}, 1));
  const Var wrong = select(embedding(table, tape.input(Tensor::of<std::int32_t>({1}, {7}))), 0);
  const Var right = tape.input(Tensor::of<double>({3}, {1, 2, 3}));
  const std::vector<Var> steps = unstack(stack(std::array{wrong, right}));
  try {
    return fmt::format("{}", fmt::join(steps[1].value().to_doubles(), " "));
  } catch (const ValueError& error) {
    return error.what();
  }
}

Finding same_errors() {
  const std::string planned = beside_wrong_id({});
  const std::string reference = beside_wrong_id(Passes::none());
  return {"a wrong id beside what is asked for, plans on / off",
          planned == reference ? "the same" : "they differ", "the same", planned == reference};
}

double step_of_two_threads(Tape& tape) {
  tape.clear();
  const Var x = full(tape, {64, 64}, 0.01);
  return sum(tanh(matmul(x, x))).item();
}

/// What becomes of a child that a process forks after it has run on two threads.
Finding forked_child() {
  set_threads(2);
  Tape tape;
  tape.set_passes({});
  const double expected = step_of_two_threads(tape);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    try {
      _exit(step_of_two_threads(tape) == expected ? 0 : 1);
    } catch (const Error&) {
      _exit(2);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  set_threads(1);
  const bool right = WIFEXITED(status) && WEXITSTATUS(status) != 1;
  const char* const what = WIFSIGNALED(status)        ? "hangs"
                           : WEXITSTATUS(status) == 0 ? "works"
                           : WEXITSTATUS(status) == 1 ? "other values"
                                                      : "says what is wrong";
  return {"a child forked after two threads ran", what, "works, or an error", right};
}

}  // namespace

Findings inference(const PointOptions& options) {
  const Index steps = options.quick ? 200 : 1000;
  const double mb = mb_of_forward(steps);
  constexpr Index kHidden = 256;
  Parameters p(DType::f32, 1);
  const Lstm cell(p, kHidden, kHidden);
  Stepper<Lstm> stepper(cell, 1);
  std::vector<double> ratios;
  for (int round = 0; round < options.rounds; ++round) {
    const int decoded = options.quick ? 50 : 500;
    ratios.push_back(seconds_of_decoding(stepper, kHidden, decoded) /
                     seconds_of_products(kHidden, decoded));
  }
  const double ratio = median(ratios);
  return {{fmt::format("forward of 2 x LSTM 128, {} steps, batch 32, Inference", steps),
           fmt::format("{:.0f} MB", mb), options.quick ? "<= 40 MB for 1000" : "<= 40 MB",
           options.quick ? std::nullopt : std::optional(mb <= 40)},
          {"a step of a Stepper / its products, batch 1, hidden 256",
           fmt::format("{:.2f} x", ratio), "<= 1.5 x", ratio <= 1.5}};
}

Findings same_results(const PointOptions& options) {
  return {differing_bits(options), same_errors(), forked_child()};
}

}  // namespace bench
