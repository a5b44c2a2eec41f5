#pragma once
/// The state of a cell: a Var, a struct of Vars, or a vector of states.

#include <unroll/core/tape.h>

#include <array>
#include <bit>
#include <concepts>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace unroll {

/// Becomes a Var and nothing else: what a struct of Vars can be made of.
struct OnlyVar {
  template <std::same_as<Var> T>
  operator T() const;  // NOLINT: never called
};

/// Whether S can be made of as many Vars as there are I.
template <class S, std::size_t... I>
constexpr bool made_of_vars(std::index_sequence<I...> /*fields*/) {
  return requires { S{(static_cast<void>(I), OnlyVar{})...}; };
}

/// A Var, or a struct of Vars and nothing else: it is read as an array of Vars.
template <class S>
concept PlainState = std::same_as<S, Var> ||
    (std::is_trivially_copyable_v<S> && sizeof(S) % sizeof(Var) == 0 &&
     made_of_vars<S>(std::make_index_sequence<sizeof(S) / sizeof(Var)>{}));

/// Calls f(var) for each Var of a state, in order; what f does to it stays.
template <PlainState S, class F>
void for_each_var(S& state, F&& f) {
  auto vars = std::bit_cast<std::array<Var, sizeof(S) / sizeof(Var)>>(state);
  for (Var& var : vars) f(var);
  state = std::bit_cast<S>(vars);
}
template <class S, class F>
void for_each_var(std::vector<S>& states, F&& f) {
  for (S& state : states) for_each_var(state, f);
}

/// Says that a part of a state, counted from 1, was never set.
[[noreturn]] inline void fail_for_part(int part) {
  fail<HandleError>("step() returned a state whose part {} is a Var that was never recorded", part);
}

/// A state whose output is not the output of the state inside.
template <class S>
struct WithOutput {
  Var output;  // in place of that of the state inside
  S inner;     // the state inside
};
template <class S, class F>
void for_each_var(WithOutput<S>& state, F&& f) {
  f(state.output);
  for_each_var(state.inner, f);
}
template <class S>
Var output_of(const WithOutput<S>& state) {
  return state.output;
}

/// A state as the step of a cell returned it; HandleError where a part of it was never set.
template <class S>
S require_set(S state) {
  int part = 0;
  for_each_var(state, [&](const Var& var) {
    ++part;
    if (!var.was_recorded()) fail_for_part(part);
  });
  return state;
}

/// The Vars of a state, in order.
template <class S>
std::vector<Var> vars_of(S state) {
  std::vector<Var> vars;
  for_each_var(state, [&](Var var) { vars.push_back(var); });
  return vars;
}

/// A state whose structure its number of Vars tells: a plain one, or a vector of plain ones, as
/// cells have that are deep by themselves.
template <class S>
struct is_flat_state : std::bool_constant<PlainState<S>> {};
template <PlainState S>
struct is_flat_state<std::vector<S>> : std::true_type {};
template <class S>
concept FlatState = is_flat_state<S>::value;

/// The state made of these Vars: the inverse of vars_of.
template <FlatState S>
S state_of(std::span<const Var> vars) {
  S state;
  if constexpr (PlainState<S>) {
    std::size_t i = 0;
    for_each_var(state, [&](Var& var) { var = vars[i++]; });
  } else {
    constexpr std::size_t kSize = sizeof(typename S::value_type) / sizeof(Var);
    for (; !vars.empty(); vars = vars.subspan(kSize)) {
      state.push_back(state_of<typename S::value_type>(vars.first(kSize)));
    }
  }
  return state;
}

/// The output of a state, its first Var.
template <PlainState S>
Var output_of(const S& state) {
  return std::bit_cast<std::array<Var, sizeof(S) / sizeof(Var)>>(state)[0];
}
template <class S>
Var output_of(const std::vector<S>& states) {
  return output_of(states.back());  // of a stack, the top
}

/// The values of a state, off the tape: what one piece of a sequence hands to the next in truncated
/// backpropagation through time. No gradient flows through.
template <class S>
struct Carried {
  Carried() = default;               // of nothing yet
  explicit Carried(const S& state);  // no braces make one: {h, c} is a state

  S structure;                 // the state that was carried; its Vars are stale
  std::vector<Tensor> values;  // of its Vars, in order
};

/// Takes the values of a state off its tape, which may then be cleared.
template <class S>
Carried<S> carry(const S& state) {
  return Carried<S>(state);
}
template <class S>
Carried<S>::Carried(const S& state) : structure(state) {
  for (const Var& var : vars_of(state)) values.emplace_back(var.value());
}

/// Puts carried values on a tape, as constants.
template <class S>
S restore(Tape& tape, const Carried<S>& carried) {
  S state = carried.structure;
  std::size_t i = 0;
  for_each_var(state, [&](Var& var) {
    if (i == carried.values.size()) fail<Error>("restore: the state has more parts than carried");
    var = tape.input(carried.values[i++]);
  });
  return state;
}

}  // namespace unroll
