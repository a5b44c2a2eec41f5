#include <unroll/core/plan/reading.h>
#include <unroll/core/plan/sweep_program.h>

#include <algorithm>

namespace unroll {

SweepPrograms::SweepPrograms(const Draft& draft, const Storage& storage, Rects& rects)
    : draft_(draft), storage_(storage), rects_(rects), states_(draft.values.size()) {}

FusedStep SweepPrograms::make(const Task& task, std::uint32_t t) {
  task_ = t;
  begin(task);
  const std::vector<Id>& nodes = task.nodes;
  const std::vector<Id>& sums = task.sums;
  const std::vector<SumTerm>& terms = task.terms;
  auto sum = sums.begin();
  auto term = terms.begin();
  std::size_t first_key = 0;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const Id id = nodes[i];
    const std::size_t inputs = draft_.values[id].input_count;
    compute(id, i, std::span(keys_).subspan(first_key, inputs));
    first_key += inputs;
    for (; sum != sums.end() && draft_.inputs_of(*sum)[0] == id; ++sum) {
      add_up(*sum, reading_of_sum(draft_, *sum), id, false);
    }
    for (; term != terms.end() && term->of == id; ++term) {
      const FusedStep::Reading all{FusedStep::Access::row, step_.rows};
      add_up(draft_.ids(draft_.products[term->product].out)[0], all, id, !term->first);
    }
    // Nothing reads it but its sums.
    if (states_[id].last_use == kNone && storage_.stored[id] == 0)
      free_.push_back(states_[id].slot);
  }
  for (const Id copy : task.copies) {
    step_.results.push_back({rects_.of(copy), states_[key(draft_.inputs_of(copy)[0])].slot});
  }
  const auto is_of_a_row = [](const FusedStep::Sum& one) {
    return one.reading.access == FusedStep::Access::column;
  };
  const auto is_of_all_rows = [](const FusedStep::Sum& one) { return one.reading.period > 0; };
  step_.by_columns = (!terms.empty() || std::ranges::any_of(step_.sums, is_of_all_rows)) &&
                     std::ranges::none_of(step_.sums, is_of_a_row);
  end();
  return std::move(step_);
}

void SweepPrograms::begin(const Task& task) {
  const std::vector<Id>& nodes = task.nodes;
  const Value& first = draft_.values[nodes[0]];
  step_ = {};
  step_.rows = first.rows;
  step_.columns = first.columns;
  step_.instructions.reserve(nodes.size());
  step_.operands.reserve(nodes.size());
  step_.results.reserve(nodes.size() / 2 + task.copies.size());
  free_.clear();
  free_operands_.clear();
  keys_.clear();
  touched_.assign(nodes.begin(), nodes.end());
  std::uint32_t i = 0;
  for (const Id id : nodes) {
    for (const Id input : draft_.inputs_of(id)) {
      keys_.push_back(key(input));
      note(keys_.back(), i);
    }
    ++i;
  }
  for (const Id copy : task.copies) note(key(draft_.inputs_of(copy)[0]), i);
}

void SweepPrograms::end() {
  for (const Id id : touched_) states_[id] = {};
}

void SweepPrograms::compute(Id id, std::uint32_t i, std::span<const Id> keys) {
  const Value& value = draft_.values[id];
  const auto inputs = draft_.inputs_of(id);
  read_.clear();
  for (std::size_t k = 0; k < keys.size(); ++k) read_.push_back(load(keys[k], inputs[k], id));
  const Sweep sweep = value.op->sweep[static_cast<std::size_t>(value.dtype)];
  const Attributes* const attributes = &draft_.request.kind_of(id).attributes;
  const bool stored = storage_.stored[id] != 0;
  if (value.op->adds_up && inputs.size() != 2) {
    // The sum so far may not lie where a term that is still to be added does.
    const std::uint32_t total = take(stored, free_);
    step_.instructions.push_back({sweep, attributes, {read_[0], read_[1], read_[0]}, total});
    for (std::size_t k = 2; k < read_.size(); ++k) {
      step_.instructions.push_back({sweep, attributes, {total, read_[k], total}, total});
    }
    release(keys, i);
    states_[id].slot = total;
  } else {
    release(keys, i);
    std::array<std::uint32_t, 3> slots{};
    slots.fill(read_[0]);
    std::copy(read_.begin(), read_.end(), slots.begin());
    states_[id].slot = take(stored, free_);
    step_.instructions.push_back({sweep, attributes, slots, states_[id].slot});
  }
  if (stored) step_.results.push_back({rects_.of(id), states_[id].slot});
}

void SweepPrograms::add_up(Id sum, FusedStep::Reading reading, Id of, bool adds) {
  const auto instruction = static_cast<std::uint32_t>(step_.instructions.size() - 1);
  step_.sums.push_back({rects_.of(sum), reading, states_[of].slot, instruction, adds});
}

/// What stands for an input: the value of this sweep that it is, or itself.
Id SweepPrograms::key(Id input) const {
  return storage_.is_inside(draft_, input, task_) ? draft_.values[input].place.owner : input;
}

void SweepPrograms::note(Id id, std::uint32_t i) {
  touched_.push_back(id);
  states_[id].last_use = i;
}

std::uint32_t SweepPrograms::load(Id key, Id input, Id reader) {
  State& state = states_[key];
  if (state.slot != kNone) return state.slot;
  state.slot = take(false, free_operands_);
  state.loaded = true;
  step_.operands.push_back({rects_.of(input), *reading_of(draft_, input, reader), state.slot,
                            static_cast<std::uint32_t>(step_.instructions.size())});
  return state.slot;
}

/// A slot that is read for the last time goes to the next of its kind, loaded or computed; a stored
/// value keeps its slot.
void SweepPrograms::release(std::span<const Id> keys, std::uint32_t i) {
  for (const Id id : keys) {
    State& state = states_[id];
    if (state.last_use != i || (!state.loaded && storage_.stored[id] != 0)) continue;
    state.last_use = kNone;  // once, where an operation reads it twice
    (state.loaded ? free_operands_ : free_).push_back(state.slot);
  }
}

/// A slot; a fresh one belongs to no other value, before or after.
std::uint32_t SweepPrograms::take(bool fresh, std::vector<std::uint32_t>& free) {
  if (fresh || free.empty()) return step_.slots++;
  const std::uint32_t slot = free.back();
  free.pop_back();
  return slot;
}

}  // namespace unroll
