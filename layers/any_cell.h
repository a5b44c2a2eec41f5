#pragma once
/// A cell whose type is known at run time only.

#include <unroll/layers/sequence.h>

#include <memory>

namespace unroll {

/// The state of a cell whose type is not known: its Vars, in order, and which of them is the
/// output.
struct AnyState {
  std::vector<Var> vars;   // all of them
  std::size_t output = 0;  // the position of the output
};

/// What the state of every cell has: a walk over its Vars, and its output.
template <class F>
void for_each_var(AnyState& state, F&& f) {
  for (Var& var : state.vars) f(var);
}
inline Var output_of(const AnyState& state) { return state.vars[state.output]; }

/// Any cell whose state is a struct of Vars, or a vector of such, behind one type; a cell itself.
class AnyCell {
 public:
  using State = AnyState;

  /// Any cell, which is moved into it, and its equations where they are not those of its type.
  template <Cell C>
  requires FlatState<typename C::State>
  explicit AnyCell(C cell, std::string_view equations = equations_of<C>())
      : model_(std::make_shared<Model<C>>(std::move(cell), equations)) {}

  [[nodiscard]] State step(Var x, const State& state) const { return model_->step(x, state); }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return model_->zero_state(tape, batch);
  }

 private:
  struct Concept {
    Concept() = default;
    Concept(const Concept&) = delete;
    Concept& operator=(const Concept&) = delete;
    virtual ~Concept() = default;
    [[nodiscard]] virtual State step(Var x, const State& state) const = 0;
    [[nodiscard]] virtual State zero_state(Tape& tape, Index batch) const = 0;
  };

  template <Cell C>
  struct Model final : Concept {
    Model(C c, std::string_view equations) : cell(std::move(c)), equations(equations) {}
    [[nodiscard]] State step(Var x, const State& state) const override {
      return any(step_of(cell, x, state_of<typename C::State>(state.vars), equations));
    }
    [[nodiscard]] State zero_state(Tape& tape, Index batch) const override {
      return any(unroll::zero_state(cell, tape, batch));
    }
    [[nodiscard]] static State any(const typename C::State& state) {
      State result{vars_of(state)};
      // The first of a plain state's; of a deep cell's, the first of its top layer.
      if constexpr (!PlainState<typename C::State>) {
        result.output = result.vars.size() - result.vars.size() / state.size();
      }
      return result;
    }
    C cell;
    std::string_view equations;
  };

  std::shared_ptr<const Concept> model_;
};

}  // namespace unroll
