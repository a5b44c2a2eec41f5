#include <unroll/core/plan/lasting.h>
#include <unroll/core/plan/storage.h>

#include <algorithm>
#include <numeric>

namespace unroll {
namespace {

class Finding {
 public:
  Finding(const Draft& draft, const std::vector<Task>& tasks) : draft_(draft), tasks_(tasks) {
    storage_.stored.assign(draft.values.size(), 0);
    storage_.sweep_of.assign(draft.values.size(), kNone);
    storage_.buffer_of.assign(draft.values.size(), kNone);
    storage_.packed.assign(static_cast<std::size_t>(draft.packed), kNone);
  }

  Storage run() {
    find_stored();
    lasts_ = draft_.reuses_memory ? find_lasting(draft_, storage_.stored)
                                  : std::vector<std::uint8_t>(draft_.values.size(), 1);
    add_ones();
    for (now_ = 0; now_ < tasks_.size(); ++now_) touch(tasks_[now_]);
    write_in_place();
    return std::move(storage_);
  }

 private:
  [[nodiscard]] const Value& value(Id id) const { return draft_.values[id]; }
  [[nodiscard]] Index width(Id id) const { return static_cast<Index>(size_of(value(id).dtype)); }

  // Which element-wise values leave their sweep.

  void find_stored() {
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
      for (const Id id : tasks_[t].nodes) storage_.sweep_of[id] = t;
    }
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
      const Task& task = tasks_[t];
      const auto store = [&](Id id) { store_unless_in(id, kNone); };
      switch (task.kind) {
        case Task::Kind::sweep:
          for (const auto* const list : {&task.nodes, &task.sums}) {
            for (const Id id : *list) {
              for (const Id input : draft_.inputs_of(id)) store_unless_in(input, t);
            }
          }
          break;
        case Task::Kind::product:
          draft_.for_each_operand(draft_.products[task.id], store);
          break;
        case Task::Kind::kernel:
        case Task::Kind::copy:
          for (const Id input : draft_.inputs_of(task.id)) store(input);
          break;
      }
    }
    for (Id id = 0; id < draft_.work(); ++id) {
      if (value(id).target) store_unless_in(id, kNone);
    }
  }

  /// A value that something reads is stored, unless what reads it is in the sweep that computes it.
  void store_unless_in(Id id, std::uint32_t task) {
    const Id viewed = draft_.behind_views(id);
    if (value(viewed).role == Role::joined) {
      if (!joined_.empty() && joined_[viewed] != 0) return;
      joined_.resize(draft_.values.size(), 0);
      joined_[viewed] = 1;
      for (const Id part : draft_.inputs_of(viewed)) store_unless_in(part, kNone);
      return;
    }
    const Id owner = value(id).place.owner;
    if (task == kNone || !storage_.is_inside(draft_, id, task)) storage_.stored[owner] = 1;
  }

  // Buffers, and when they are used.

  std::uint32_t add_buffer(const Lifetime& lifetime, const Arrangement::Extent& extent = {}) {
    storage_.buffers.push_back(lifetime);
    storage_.extents.push_back(extent);
    return static_cast<std::uint32_t>(storage_.buffers.size() - 1);
  }

  /// A row of ones, as long as the longest that a product reads.
  void add_ones() {
    DType dtype = DType::f32;
    for (const BlockProduct& p : draft_.products) {
      if (p.is_gone() || !p.ones || p.swept) continue;
      storage_.ones_length = std::max(storage_.ones_length, p.depth);
      dtype = value(draft_.ids(p.out)[0]).dtype;
    }
    const Index bytes = storage_.ones_length * static_cast<Index>(size_of(dtype));
    storage_.ones = add_buffer({bytes, 0, Storage::kForever});
  }

  void touch(const Task& task) {
    switch (task.kind) {
      case Task::Kind::product: {
        const BlockProduct& p = draft_.products[task.id];
        draft_.for_each_operand(p, [&](Id id) { use(id); });
        draft_.for_each_result(p, [&](Id id) { use(id); });
        if (p.packed >= 0) use_packed(p);
        break;
      }
      case Task::Kind::kernel:
        use(task.id);
        if (task.second != kNone) use(task.second);
        for (const Id input : draft_.inputs_of(task.id)) use(input);
        break;
      case Task::Kind::copy:
        use(task.id);
        use(draft_.inputs_of(task.id)[0]);
        break;
      case Task::Kind::sweep:
        for (const Id id : task.nodes) {
          if (storage_.stored[id] != 0) use(id);
          for (const Id input : draft_.inputs_of(id)) {
            if (!storage_.is_inside(draft_, input, now_)) use(input);
          }
        }
        for (const auto* const list : {&task.copies, &task.sums}) {
          for (const Id id : *list) use(id);
        }
        for (const SumTerm& term : task.terms) {
          use(draft_.ids(draft_.products[term.product].out)[0]);
        }
        break;
    }
  }

  /// The memory of `id` is used now.
  void use(Id id) {
    const Id owner = value(id).place.owner;
    if (value(owner).role == Role::source || value(owner).placed) return;
    const Id group = draft_.arrangement.group(owner);
    std::uint32_t& buffer = storage_.buffer_of[group];
    if (buffer == kNone) {
      const Arrangement::Extent extent = draft_.arrangement.extent(group);
      bool lasts = false;
      draft_.arrangement.for_each_member(group,
                                         [&](Id member) { lasts = lasts || lasts_[member] != 0; });
      buffer = add_buffer(
          {extent.rows * extent.columns * width(owner), now_, lasts ? Storage::kForever : now_},
          extent);
    }
    Lifetime& lifetime = storage_.buffers[buffer];
    lifetime.last = std::max(lifetime.last, now_);
  }

  void use_packed(const BlockProduct& p) {
    // A replay packs in its first run: in those after it no earlier step may write there.
    const bool keeps = draft_.request.purpose == Request::Purpose::replay;
    std::uint32_t& buffer = storage_.packed[static_cast<std::size_t>(p.packed)];
    if (buffer == kNone) {
      const Index columns = p.n * p.columns + draft_.threads * PackedMatrix::kPadding;
      const Index bytes = columns * p.depth * width(draft_.ids(p.b)[0]);
      buffer = add_buffer({bytes, keeps ? 0 : now_, now_});
    }
    storage_.buffers[buffer].last = keeps ? Storage::kForever : now_;
  }

  /// A kernel that can, writes its result over an input that nothing reads after it.
  void write_in_place() {
    storage_.in_place_of.resize(storage_.buffers.size());
    std::iota(storage_.in_place_of.begin(), storage_.in_place_of.end(), 0U);
    for (std::uint32_t now = 0; now < tasks_.size(); ++now) {
      const Task& task = tasks_[now];
      if (task.kind != Task::Kind::kernel || !value(task.id).op->in_place) continue;
      const auto inputs = draft_.inputs_of(task.id);
      const std::uint32_t to = whole_buffer(task.id);
      const std::uint32_t from = whole_buffer(inputs[0]);
      if (to == kNone || from == kNone || storage_.buffers[to].first != now) continue;
      const bool read_again = std::any_of(inputs.begin() + 1, inputs.end(),
                                          [&](Id input) { return buffer_of(input) == from; });
      Lifetime& input = storage_.buffers[from];
      if (input.last != now || input.bytes != storage_.buffers[to].bytes || read_again) continue;
      storage_.in_place_of[to] = from;
      input.last = storage_.buffers[to].last;
      storage_.buffers[to].bytes = 0;
    }
  }

  [[nodiscard]] std::uint32_t buffer_of(Id id) const {
    const Id owner = value(id).place.owner;
    if (value(owner).role == Role::source || value(owner).placed) return kNone;
    return storage_.buffer_of[draft_.arrangement.group(owner)];
  }

  /// The buffer that holds a value and nothing else; kNone where there is no such buffer.
  [[nodiscard]] std::uint32_t whole_buffer(Id id) const {
    const std::uint32_t buffer = buffer_of(id);
    if (buffer == kNone) return kNone;
    const Index bytes = value(id).rows * value(id).columns * width(id);
    return bytes == storage_.buffers[buffer].bytes ? buffer : kNone;
  }

  const Draft& draft_;
  const std::vector<Task>& tasks_;
  Storage storage_;
  std::vector<std::uint8_t> lasts_;
  std::vector<std::uint8_t> joined_;  // those whose parts are known to be stored
  std::uint32_t now_ = 0;
};

}  // namespace

Storage find_storage(const Draft& draft, const std::vector<Task>& tasks) {
  return Finding(draft, tasks).run();
}

}  // namespace unroll
