/// Points 1, 2, 4 and 5: what structures cost that are large, many, or grow.

#include <unroll/unroll.h>

#include "bench/plan_points.h"
#include "bench/workloads.h"

#include <fmt/format.h>

namespace bench {

using namespace unroll;

namespace {

// Point 1

/// The steps of the plan of a cell that reads words and then pauses, which are one shared Var that
/// was recorded before the words or after them.
template <Cell C>
long steps_with_pauses(bool recorded_after, bool all_outputs) {
  constexpr Index kWords = 6;
  constexpr Index kPauses = 6;
  constexpr Index kHidden = 16;
  Parameters p;
  const Embedding embedding(p / "embedding", 50, kHidden);
  const C cell(p / "cell", kHidden, kHidden);
  Tape tape;
  tape.set_passes({});
  Var pause;
  const auto record_pause = [&] { pause = full(tape, {1, kHidden}, 0); };
  if (!recorded_after) record_pause();
  const Var words = embedding(tape.input(Tensor(DType::i32, {kWords})));
  if (recorded_after) record_pause();
  auto state = zero_state(cell, tape, 1);
  std::vector<Var> outputs;
  for (Index t = 0; t < kWords + kPauses; ++t) {
    state = cell.step(t < kWords ? rows(words, t, t + 1) : pause, state);
    outputs.push_back(output_of(state));
  }
  tape.gradients(sum(all_outputs ? concat(outputs, 0) : outputs.back()), p).run();
  return steps_of_plan(tape.plan_to_string());
}

template <Cell C>
Finding pauses_of(std::string_view cell) {
  std::vector<std::string> figures;
  bool reached = true;
  for (const bool all_outputs : {false, true}) {
    const long after = steps_with_pauses<C>(true, all_outputs);
    const long before = steps_with_pauses<C>(false, all_outputs);
    figures.push_back(fmt::format("{} / {}", after, before));
    reached = reached && after == before;
  }
  return {fmt::format("{}: steps with a shared input recorded after / before", cell),
          fmt::format("{}", fmt::join(figures, ", ")), "equal", reached};
}

// Point 2

/// What making the plan of an LSTM over so many steps takes, in seconds, and its nodes: how much
/// longer a step is the first time than the second.
struct Making {
  double seconds;
  double nodes;
};

Making make_long_plan(Index steps) {
  Parameters p(DType::f32, 1);
  const Lstm cell(p / "cell", 2, 2);
  Tape tape;
  tape.set_passes({});
  const auto step = [&] {
    tape.clear();
    const Var x = full(tape, {steps, 1, 2}, 0.1);
    const Var outputs = unroll_over(cell, x, zero_state(cell, tape, 1)).outputs;
    const Gradients gradients = tape.gradients(sum(square(outputs)), p);
    return seconds_of([&] { gradients.run(); });
  };
  const double first = step();
  std::vector<double> again;
  for (int i = 0; i < 3; ++i) again.push_back(step());
  return {first - median(again), static_cast<double>(tape.node_count())};
}

// Point 4

/// Reads sentences of any length on one tape.
class Reader {
 public:
  Reader() : cell_(p_ / "cell", kHidden, kHidden) { tape_.set_passes({}); }

  void read(Index steps) {
    tape_.clear();
    const Var x = full(tape_, {steps, kBatch, kHidden}, 0.1);
    const Var outputs = unroll_over(cell_, x, zero_state(cell_, tape_, kBatch)).outputs;
    tape_.gradients(sum(square(mean(outputs, 0))), p_).run();
  }

 private:
  static constexpr Index kHidden = 32;
  static constexpr Index kBatch = 8;
  Parameters p_{DType::f32, 1};
  Lstm cell_;
  Tape tape_;
};

/// The seconds a step of reading `lengths` in turn takes.
double seconds_a_step(Reader& reader, const std::vector<Index>& lengths) {
  const double seconds = seconds_of([&] {
    for (const Index length : lengths) reader.read(length);
  });
  return seconds / static_cast<double>(lengths.size());
}

/// `count` lengths around 100.
std::vector<Index> lengths_around_100(Index count) {
  std::vector<Index> lengths;
  for (Index i = 0; i < count; ++i) lengths.push_back(100 - count / 2 + i);
  return lengths;
}

/// By how many MB this process grows while a tape sees new trees, so many times.
double mb_of_plans(int structures) {
  const Workload workload = make_workload("W10 words");
  Tape tape;
  tape.set_passes({});
  const auto step = [&] {
    tape.clear();
    const Var loss = workload.loss(tape);
    tape.gradients(loss, workload.parameters).run();
  };
  // The first two make the memory of values nearly as large as it will be.
  step();
  step();
  const double before = resident_mb();
  for (int i = 2; i < structures; ++i) step();
  return resident_mb() - before;
}

// Point 5

/// The median of what a step takes, in ms, of the 50 steps that end at `at` of a growing tape.
std::vector<double> decode(const std::vector<Index>& at, bool ask_for_c) {
  Parameters p(DType::f32, 1);
  const Lstm cell(p / "cell", 8, 8);
  Tape tape;
  tape.set_passes({});
  const Tensor x(DType::f32, {1, 8});
  auto state = zero_state(cell, tape, 1);
  std::vector<double> result;
  std::vector<double> window;
  for (Index t = 1; result.size() < at.size(); ++t) {
    const double seconds = seconds_of([&] {
      state = cell.step(tape.input(x), state);
      (void)state.h.value();
      if (ask_for_c) (void)state.c.value();
    });
    if (t > at[result.size()] - 50) window.push_back(seconds);
    if (t == at[result.size()]) {
      result.push_back(1e3 * median(window));
      window.clear();
    }
  }
  return result;
}

Finding growth(const char* asked_for, bool ask_for_c, Index late) {
  const std::vector<double> ms = decode({250, late}, ask_for_c);
  return {fmt::format("a step at step {} / 250, asked for {}", late, asked_for),
          fmt::format("{:.4f} / {:.4f} ms", ms[1], ms[0]), "<= 1.2 x", ms[1] <= 1.2 * ms[0]};
}

}  // namespace

Findings nothing_given_up(const PointOptions& /*options*/) {
  return {pauses_of<Lstm>("LSTM"), pauses_of<Gru>("GRU"), pauses_of<Rnn>("RNN")};
}

Findings linear_planning(const PointOptions& options) {
  const Index steps = options.quick ? 500 : 2500;
  const Index more = 8 * steps;
  std::vector<double> ns_a_node;
  std::vector<double> ratios;
  for (int round = 0; round < options.rounds; ++round) {
    const Making few = make_long_plan(steps);
    const Making many = make_long_plan(more);
    ns_a_node.push_back(1e9 * many.seconds / many.nodes);
    ratios.push_back(many.seconds / few.seconds);
  }
  const double ratio = median(ratios);
  const double ns = median(ns_a_node);
  return {{fmt::format("making a plan: LSTM over {} / {} steps", more, steps),
           fmt::format("{:.1f} x", ratio), "<= 10 x", ratio <= 10},
          {fmt::format("making a plan: a node, {} steps", more), fmt::format("{:.0f} ns", ns),
           "<= 600 ns", ns <= 600}};
}

Findings memory_of_plans(const PointOptions& options) {
  constexpr double kMostMb = 256;
  const int structures = options.quick ? 24 : 64;
  const double mb = mb_of_plans(structures);
  const std::vector<Index> many = lengths_around_100(65);
  const std::vector<Index> known = lengths_around_100(5);
  Reader reader_of_many;
  Reader reader_of_known;
  std::vector<double> ratios;
  for (int round = -1; round < options.rounds; ++round) {
    const double a_step = seconds_a_step(reader_of_many, many);
    std::vector<double> of_known;
    for (int i = 0; i < 5; ++i) of_known.push_back(seconds_a_step(reader_of_known, known));
    if (round >= 0) ratios.push_back(a_step / median(of_known));  // the first has only new ones
  }
  const double ratio = median(ratios);
  return {{fmt::format("memory of {} plans of trees", structures), fmt::format("{:.0f} MB", mb),
           fmt::format("<= {:.0f} MB", kMostMb), mb <= kMostMb},
          {"a step of 65 structures in turn / of known ones", fmt::format("{:.2f} x", ratio),
           "<= 1.1 x", ratio <= 1.1}};
}

Findings growing_tape(const PointOptions& options) {
  const Index late = options.quick ? 1000 : 4000;
  return {growth("h", false, late), growth("h and c", true, late)};
}

}  // namespace bench
