#pragma once
/// A cell whose type is known at run time only.

#include <unroll/layers/sequence.h>

#include <memory>

namespace unroll {

/// The state of a cell whose type is not known: its Vars, the output first.
struct AnyState {
  std::vector<Var> vars;
};

template <class F>
void for_each_var(AnyState& state, F&& f) {
  for (Var& var : state.vars) f(var);
}
inline Var output_of(const AnyState& state) { return state.vars.front(); }

/// Any cell whose state is a struct of Vars, behind one type; a cell itself.
class AnyCell {
 public:
  using State = AnyState;

  template <Cell C>
  requires PlainState<typename C::State>
  explicit AnyCell(C cell) : model_(std::make_shared<Model<C>>(std::move(cell))) {}

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
    explicit Model(C c) : cell(std::move(c)) {}
    [[nodiscard]] State step(Var x, const State& state) const override {
      typename C::State typed;
      std::size_t i = 0;
      for_each_var(typed, [&](Var& var) { var = state.vars[i++]; });
      return {vars_of(cell.step(x, typed))};
    }
    [[nodiscard]] State zero_state(Tape& tape, Index batch) const override {
      return {vars_of(unroll::zero_state(cell, tape, batch))};
    }
    C cell;
  };

  std::shared_ptr<const Concept> model_;
};

}  // namespace unroll
