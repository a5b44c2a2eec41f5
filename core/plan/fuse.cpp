/// Sees element-wise values that are computed together (order.cpp collects them, where they are
/// first needed), and their sums over rows, over columns, or over all steps. Makes one sweep over
/// tiles that stay in the first-level cache: what nobody else reads never reaches memory, and its
/// tile is free again after its last use.

#include <unroll/core/plan/access.h>
#include <unroll/core/plan/fuse.h>

#include <algorithm>

namespace unroll {

Fusion::Fusion(const Draft& draft)
    : draft_(draft),
      inside_(draft.values.size(), 0),
      loaded_(draft.values.size(), 0),
      last_use_(draft.values.size(), kNone),
      slot_(draft.values.size(), kNone) {}

FusedStep Fusion::fuse(const Task& program, const std::vector<std::uint8_t>& stored,
                       const std::function<Rect(Id)>& rect_of) {
  stored_ = &stored;
  rect_of_ = &rect_of;
  begin(program);
  auto sum = program.sums.begin();
  auto term = program.terms.begin();
  for (std::uint32_t i = 0; i < program.nodes.size(); ++i) {
    const Id id = program.nodes[i];
    compute(id, i);
    for (; sum != program.sums.end() && draft_.inputs_of(*sum)[0] == id; ++sum) {
      add_up(*sum, reading_of_sum(draft_, *sum), id, false);
    }
    for (; term != program.terms.end() && term->of == id; ++term) {
      const FusedStep::Reading all{FusedStep::Access::row, step_.rows};
      add_up(draft_.products[term->product].out[0], all, id, !term->first);
    }
    // Nothing reads it but its sums.
    if (last_use_[id] == kNone && stored[id] == 0) free_.push_back(slot_[id]);
  }
  for (const Id copy : program.copies) {
    step_.results.push_back({rect_of(copy), slot_[key(draft_.inputs_of(copy)[0])]});
  }
  const auto is_of_a_row = [](const FusedStep::Sum& one) {
    return one.reading.access == FusedStep::Access::column;
  };
  step_.by_columns = !program.terms.empty() && std::ranges::none_of(step_.sums, is_of_a_row);
  end();
  return std::move(step_);
}

void Fusion::begin(const Task& program) {
  const Value& first = draft_.values[program.nodes[0]];
  step_ = {};
  step_.rows = first.rows;
  step_.columns = first.columns;
  free_.clear();
  free_operands_.clear();
  for (const Id id : program.nodes) inside_[id] = 1;
  touched_.assign(program.nodes.begin(), program.nodes.end());
  std::uint32_t i = 0;
  for (const Id id : program.nodes) {
    for (const Id input : draft_.inputs_of(id)) note(key(input), i);
    ++i;
  }
  for (const Id copy : program.copies) note(key(draft_.inputs_of(copy)[0]), i);
}

void Fusion::end() {
  for (const Id id : touched_) {
    inside_[id] = 0;
    loaded_[id] = 0;
    last_use_[id] = kNone;
    slot_[id] = kNone;
  }
}

void Fusion::compute(Id id, std::uint32_t i) {
  const Value& value = draft_.values[id];
  const auto inputs = draft_.inputs_of(id);
  std::vector<std::uint32_t> read;
  for (const Id input : inputs) read.push_back(load(input, id));
  const Sweep sweep = value.op->sweep[static_cast<std::size_t>(value.dtype)];
  const Attributes& attributes = draft_.request.work[id].attributes;
  const bool stored = (*stored_)[id] != 0;
  if (value.op->adds_up && inputs.size() != 2) {
    // The sum so far may not lie where a term that is still to be added does.
    const std::uint32_t total = take(stored, free_);
    step_.instructions.push_back({sweep, attributes, {read[0], read[1], read[0]}, total});
    for (std::size_t k = 2; k < read.size(); ++k) {
      step_.instructions.push_back({sweep, attributes, {total, read[k], total}, total});
    }
    release(inputs, i);
    slot_[id] = total;
  } else {
    release(inputs, i);
    std::array<std::uint32_t, 3> slots{};
    slots.fill(read[0]);
    std::copy(read.begin(), read.end(), slots.begin());
    slot_[id] = take(stored, free_);
    step_.instructions.push_back({sweep, attributes, slots, slot_[id]});
  }
  if (stored) step_.results.push_back({(*rect_of_)(id), slot_[id]});
}

void Fusion::add_up(Id sum, FusedStep::Reading reading, Id of, bool adds) {
  const auto instruction = static_cast<std::uint32_t>(step_.instructions.size() - 1);
  step_.sums.push_back({(*rect_of_)(sum), reading, slot_[of], instruction, adds});
}

/// What stands for an input: the value of this program that it is, or itself.
Id Fusion::key(Id input) const {
  const Id root = draft_.values[input].ref.root;
  return inside_[root] != 0 && draft_.is_whole(input) ? root : input;
}

void Fusion::note(Id id, std::uint32_t i) {
  touched_.push_back(id);
  last_use_[id] = i;
}

std::uint32_t Fusion::load(Id input, Id reader) {
  const Id id = key(input);
  if (slot_[id] != kNone) return slot_[id];
  slot_[id] = take(false, free_operands_);
  loaded_[id] = 1;
  step_.operands.push_back({(*rect_of_)(input), *reading_of(draft_, input, reader), slot_[id],
                            static_cast<std::uint32_t>(step_.instructions.size())});
  return slot_[id];
}

/// What is read for the last time leaves its slot to the next of its kind, loaded or computed; what
/// is stored keeps its slot.
void Fusion::release(std::span<const Id> inputs, std::uint32_t i) {
  for (const Id input : inputs) {
    const Id id = key(input);
    const bool loaded = loaded_[id] != 0;
    if (last_use_[id] != i || (!loaded && (*stored_)[id] != 0)) continue;
    last_use_[id] = kNone;  // once, where an operation reads it twice
    (loaded ? free_operands_ : free_).push_back(slot_[id]);
  }
}

/// A slot; a fresh one is nobody else's, before or after.
std::uint32_t Fusion::take(bool fresh, std::vector<std::uint32_t>& free) {
  if (fresh || free.empty()) return step_.slots++;
  const std::uint32_t slot = free.back();
  free.pop_back();
  return slot;
}

}  // namespace unroll
