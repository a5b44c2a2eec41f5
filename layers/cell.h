#pragma once
/// The requirements on a cell, and the error messages for types that do not meet them.

#include <unroll/layers/state.h>

namespace unroll {

/// A state that is read Var by Var: a Var, a struct of Vars and nothing else, a vector of such, or
/// a type with a for_each_var() of its own.
template <class S>
concept StateOfVars = requires(S& state) {
  for_each_var(state, [](Var& /*var*/) {});
};

/// A cell maps an input and a state to the next state. The first Var of its state is its output.
template <class C>
concept Cell = requires(const C& cell, Var x, typename C::State state) {
  { cell.step(x, state) } -> std::same_as<typename C::State>;
}
&&StateOfVars<typename C::State>;

template <class C>
/// False, and known to be only once C is: for a static_assert in a branch of a template.
inline constexpr bool kNever = false;

/// True if C is a cell. If it is not, compilation fails with one sentence that names the missing
/// requirement.
template <class C>
constexpr bool check_cell() {
  if constexpr (!requires { typename C::State; }) {
    static_assert(kNever<C>,
                  "a cell names its state: using State = unroll::Var; or struct State { Var h; }");
  } else if constexpr (!StateOfVars<typename C::State>) {
    static_assert(
        kNever<C>,
        "the State of a cell is a Var, a struct of Vars and nothing else, or a std::vector "
        "of such; give other types a for_each_var(State&, f)");
  } else if constexpr (!requires(C & cell, Var x, typename C::State s) { cell.step(x, s); }) {
    static_assert(kNever<C>, "a cell has a step: State step(Var x, State s) const");
  } else if constexpr (!requires(const C& cell, Var x, typename C::State s) { cell.step(x, s); }) {
    static_assert(kNever<C>, "the step of a cell is const: State step(Var x, State s) const");
  } else if constexpr (!Cell<C>) {
    static_assert(kNever<C>,
                  "the step of a cell returns its State: State step(Var x, State s) const");
  }
  return Cell<C>;
}

/// Runs check_cell() inside a static_assert of a class template. It returns true for every type, so
/// that the static_assert adds no second error to the message of check_cell().
template <class C>
constexpr bool explain_cell() {
  (void)check_cell<C>();
  return true;
}

/// The State of a cell, also of one that is not right yet; of a type without a State it is Var. So
/// signatures still compile, and check_cell() gives the only error.
template <class C>
struct StateOfCell {
  using type = Var;  // its State
};
template <class C>
requires requires { typename C::State; }
struct StateOfCell<C> {
  using type = typename C::State;  // its State
};
template <class C>
/// The same, shorter.
using StateOf = typename StateOfCell<C>::type;

/// Accepts an argument of any type: the initial state of a type that has no State, so that
/// check_cell() gives the error instead of a failed conversion.
struct Anything {
  template <class T>
  /// From anything.
  Anything(const T& /*value*/) {}  // NOLINT: everything is taken
};
/// The type of the state that a cell starts from: its State, or Anything.
template <class C>
struct StartOfCell {
  using type = Anything;  // its State, or Anything
};
template <class C>
requires requires { typename C::State; }
struct StartOfCell<C> {
  using type = typename C::State;  // its State, or Anything
};
template <class C>
/// The same, shorter.
using StartOf = typename StartOfCell<C>::type;

/// The equations that a cell states, one a line; empty where it states none.
template <class C>
constexpr std::string_view equations_of() {
  if constexpr (requires { std::string_view(C::equations); }) {
    return C::equations;
  } else {
    return {};
  }
}

/// cell.step(x, state). The tape notes the equations, of which there may be none, with what the
/// step records, so that nodes have their names.
template <class C>
StateOf<C> step_of(const C& cell, Var x, const StateOf<C>& state,
                   std::string_view equations = equations_of<C>()) {
  if (equations.empty()) return cell.step(x, state);
  const Tape::EquationsScope scope(x.tape(), equations);
  return cell.step(x, state);
}

}  // namespace unroll
