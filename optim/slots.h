#pragma once
/// The memory of optimizers: blocks laid out like the parameters, and which part of them a step
/// visits.

#include <unroll/optim/optimizer.h>
#include <unroll/optim/segments.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace unroll {

/// The part of the flat blocks that is updated at once: one element of parameters, of gradients
/// and of each slot belong together.
template <class T>
struct Block {
  /// The most slots that a formula may have.
  static constexpr std::size_t kMaxSlots = 3;
  T* p;                             // parameters
  const T* g;                       // gradients
  std::array<T*, kMaxSlots> slots;  // in the order of their names
  T factor;                         // that g is still to be multiplied by
  Index size;                       // elements of each
  Index idle;  // steps since the slots were last brought up to date in which g was zero

  /// Calls f(p, g, slot...) for each element, with the first `count` slots: one loop, which the
  /// compiler turns into vector instructions.
  template <std::size_t count, class F>
  void each(F f) const {
    if (factor == 1) {
      each(f, std::make_index_sequence<count>());
    } else {
      const auto scaled = [f, by = factor](T& p, T g, auto&... slot) { f(p, g * by, slot...); };
      each(scaled, std::make_index_sequence<count>());
    }
  }

 private:
  template <class F, std::size_t... i>
  void each(F f, std::index_sequence<i...>) const {
    loop(f, size, p, g, slots[i]...);
  }
  // None of the blocks overlap, and only a parameter can say so.
  template <class F, class... Slot>
  static void loop(F f, Index size, T* __restrict p, const T* __restrict g,
                   Slot* __restrict... slot) {
    for (Index i = 0; i < size; ++i) {
      f(p[i], g[i], slot[i]...);
      ((slot[i] = normal_or_zero(slot[i])), ...);
    }
  }
  /// Numbers below the smallest normal one, which slots fall to where gradients stay zero, are
  /// several times slower to compute with and no different from 0 to any formula.
  static T normal_or_zero(T x) { return std::abs(x) < std::numeric_limits<T>::min() ? T{0} : x; }
};

/// A number for every element of the parameters, or several, each a named block; zero at first.
///
/// Rows that the gradient does not touch cost nothing where the formula allows it. Under
/// `Untouched::fade` each row has a count of the step that visited it last, so that a formula in
/// which a slot shrinks by rho a step can make up for k steps at once: rho^k. Counts are kept row
/// by row only for parameters whose gradients were ever row-sparse; others have one count.
class Slots {
 public:
  /// What a block is.
  struct Slot {
    std::string name;      // in the optimizer's state
    bool squares = false;  // sums or means of squares, none of which is below zero
  };

  /// Blocks of those names; no memory is taken before the first step.
  Slots(Untouched untouched, std::vector<Slot> slots)
      : untouched_(untouched), slots_(std::move(slots)) {}

  /// Elements [begin, end) of the blocks, and the steps in which they were not visited.
  struct Range {
    Index begin;  // first element
    Index end;    // one past the last
    Index idle;   // steps
  };

  /// Counts a step and calls f(Block<T>) for every range that it visits, on several threads where
  /// there is much; T is the parameters' type. Everything that can fail fails before anything is
  /// changed.
  template <class F>
  void step(const Gradients& gradients, F f) {
    if (gradients.parameters().dtype() == DType::f32) {
      step_as<float>(gradients, f);
    } else {
      step_as<double>(gradients, f);
    }
  }

  /// The same without the values: counts a step and gives the ranges that it visits.
  std::span<const Range> advance(const Gradients& gradients);
  /// All ranges, with how many steps ago each was visited last.
  [[nodiscard]] std::vector<Range> ages() const;

  /// The parameters of the first step, or of restore().
  [[nodiscard]] const std::optional<Parameters>& parameters() const { return parameters_; }
  template <class T>
  [[nodiscard]] std::span<T> values(std::size_t slot) {
    return blocks_[slot].values<T>();
  }
  template <class T>
  [[nodiscard]] std::span<const T> values(std::size_t slot) const {
    return blocks_[slot].values<T>();
  }

  /// What becomes of rows without a gradient.
  [[nodiscard]] Untouched untouched() const { return untouched_; }
  /// The steps taken.
  [[nodiscard]] Index steps() const { return steps_; }
  /// The elements that the last step visited.
  [[nodiscard]] Index visited() const { return visited_; }

  /// As Optimizer's. "step" is the number of steps, "v.encoder.W" the part of slot v that belongs
  /// to encoder.W, "last.encoder.W" the step that visited each of its rows last, where that was not
  /// this step.
  [[nodiscard]] std::map<std::string, Tensor> state() const;
  void restore(const Parameters& parameters, const std::map<std::string, Tensor>& state);

 private:
  /// Where a parameter lies, and the step that visited it last: one count, or one a row.
  struct Place {
    Parameter parameter;
    Index begin;
    Index end;
    Index width;  // elements in a row
    std::vector<Index> last;
  };

  void attach(const Parameters& parameters);
  void require_same(const Parameters& parameters) const;
  void visit(Place& place, Index begin, Index end);
  void append(Index begin, Index end, Index idle);
  void cut_ranges();
  [[nodiscard]] Tensor part(const Tensor& block, const Place& place) const;

  template <class T, class F>
  void step_as(const Gradients& gradients, F& f) {
    const Gradients::Unscaled unscaled = gradients.unscaled();  // computed before anything changes
    const T* const g = unscaled.flat.values<T>().data();
    const T factor = static_cast<T>(unscaled.factor);
    const std::span<T> p = gradients.parameters().change<T>();
    (void)advance(gradients);
    std::vector<T*> slots;
    for (Tensor& block : blocks_) slots.push_back(block.template values<T>().data());
    cut_ranges();
    for_each_on_threads(ranges_.size(), [&](std::size_t r) {
      const auto& [begin, end, idle] = ranges_[r];
      Block<T> block{p.data() + begin, g + begin, {}, factor, end - begin, idle};
      for (std::size_t i = 0; i < slots.size(); ++i) block.slots[i] = slots[i] + begin;
      f(block);
    });
  }

  Untouched untouched_;
  std::vector<Slot> slots_;
  std::optional<Parameters> parameters_;
  std::vector<Parameter> all_;
  std::uint64_t layout_ = 0;
  std::vector<Place> places_;   // in the order of the block
  std::vector<Tensor> blocks_;  // one a name
  std::vector<Range> ranges_;   // of the last step
  Index steps_ = 0;
  Index visited_ = 0;
};

/// An optimizer whose memory is a few slots; what is left to write is its formula.
class SlotOptimizer : public Optimizer {
 public:
  [[nodiscard]] std::map<std::string, Tensor> state() const override { return slots_.state(); }
  void restore(const Parameters& parameters, const std::map<std::string, Tensor>& state) override {
    slots_.restore(parameters, state);
  }
  [[nodiscard]] Untouched untouched() const override { return slots_.untouched(); }
  /// The memory of the formula, one block a name.
  [[nodiscard]] const Slots& slots() const { return slots_; }

 protected:
  /// Of a formula that needs those slots.
  SlotOptimizer(double rate, Untouched untouched, std::vector<Slots::Slot> slots)
      : Optimizer(rate), slots_(untouched, std::move(slots)) {}

  /// For step() to change.
  Slots slots_;
};

}  // namespace unroll
