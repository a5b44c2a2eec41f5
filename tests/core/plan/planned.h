#pragma once
/// What tests of plans share: a program run by a plan and run node by node.

#include "support.h"

#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/schedule.h>

#include <array>

namespace unroll::testing {

/// The same passes but for one.
inline Passes without(bool Passes::*pass) {
  Passes passes;
  passes.*pass = false;
  return passes;
}
inline Passes only(bool Passes::*pass) {
  Passes passes = Passes::none();
  passes.*pass = true;
  return passes;
}

/// Clears a tape and leaves NaN in its memory, so that what is read and never written shows.
inline void clear_to_nan(Tape& tape) {
  constexpr Index kFirstBlock = 60'000 / sizeof(double);
  Tensor nan(DType::f64, {kFirstBlock});
  std::fill_n(nan.values<double>().data(), kFirstBlock, std::numeric_limits<double>::quiet_NaN());
  tape.clear();
  (void)tape.input(nan);
  tape.clear();
}

/// Records Vars on a tape; the last one is what is asked for first.
using Program = std::function<std::vector<Var>(Tape&)>;

inline std::vector<Tensor> values_with(const Passes& passes, const Program& program) {
  Tape tape(DType::f64);
  tape.set_passes(passes);
  clear_to_nan(tape);
  const std::vector<Var> vars = program(tape);
  (void)vars.back().value();
  std::vector<Tensor> values;
  for (const Var& var : vars) values.emplace_back(var.value());
  return values;
}

/// The largest difference between a program run by a plan and run node by node.
inline Comparison<double> planned_difference(const Program& program, const Passes& passes = {}) {
  const std::vector<Tensor> planned = values_with(passes, program);
  const std::vector<Tensor> plain = values_with(Passes::none(), program);
  Comparison<double> worst{0, "all values are equal"};
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const Comparison<double> one = difference(planned[i], plain[i]);
    if (one > worst) worst = {one, fmt::format("the program's Var {}, {}", i, one.place)};
  }
  return worst;
}

/// Four matrices (out x in) and vectors (out) that are neighbours, as those of gates are.
struct Gates {
  explicit Gates(Index out = 3, Index in = 4) {
    for (const char* gate : {"i", "f", "o", "g"}) {
      W.push_back((parameters / gate).add("W", {out, in}, uniform(1)));
      b.push_back((parameters / gate).add("b", {out}, uniform(1)));
    }
  }
  /// W x + b of each.
  [[nodiscard]] std::vector<Var> of(Var x) const {
    std::vector<Var> results;
    for (std::size_t i = 0; i < W.size(); ++i) {
      results.push_back(linear(x, x.tape().parameter(W[i]), x.tape().parameter(b[i])));
    }
    return results;
  }

  Parameters parameters{DType::f64, 3};
  std::vector<Parameter> W;
  std::vector<Parameter> b;
};

/// A plan for some nodes of a tape, which are not run.
inline Plan plan_for(const Tape& tape, std::span<const Var> targets, const Passes& passes = {},
                     int threads = 1, Request::Purpose purpose = Request::Purpose::values) {
  std::vector<std::uint32_t> wanted;
  for (const Var& target : targets) wanted.push_back(target.index());
  std::vector<std::uint8_t> marks;
  std::vector<std::uint32_t> schedule;
  make_schedule(tape.graph(), wanted, marks, schedule);
  std::vector<std::uint32_t> numbers;
  Request request;
  request.describe(tape.graph(), schedule, wanted, purpose, numbers);
  return make_plan(tape.graph(), request, passes, threads);
}
inline Plan plan_for(const Tape& tape, Var target, const Passes& passes = {}, int threads = 1) {
  return plan_for(tape, std::span(&target, 1), passes, threads);
}

/// The steps of a kind in a plan.
template <class Kind>
std::vector<const Kind*> steps_of(const Plan& plan) {
  std::vector<const Kind*> steps;
  for (const Step& step : plan.steps) {
    if (const auto* const found = std::get_if<Kind>(&step.what)) steps.push_back(found);
  }
  return steps;
}

constexpr double kClose = 1e-12;  // of planned_difference()

inline Var leaf(Tape& tape, const Shape& shape, std::uint64_t seed) {
  return tape.input(random_tensor(shape, seed, -1, 1));
}

/// How many steps of each kind a plan has.
struct Counts {
  std::size_t products;
  std::size_t sweeps;
  std::size_t kernels;
  std::size_t copies;
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// The plan of a program, whose values are checked too.
inline Plan checked_plan(const Program& program, const Passes& passes = {}) {
  CHECK(planned_difference(program, passes) < kClose);
  Tape tape(DType::f64);
  return plan_for(tape, program(tape).back(), passes);
}

inline Counts counts_of(const Plan& plan) {
  return {steps_of<ProductStep>(plan).size(), steps_of<FusedStep>(plan).size(),
          steps_of<KernelStep>(plan).size(), steps_of<CopyStep>(plan).size()};
}

}  // namespace unroll::testing
