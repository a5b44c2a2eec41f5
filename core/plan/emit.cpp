#include <unroll/core/plan/emit.h>
#include <unroll/core/plan/rects.h>
#include <unroll/core/plan/sweep_program.h>

#include <algorithm>

namespace unroll {
namespace {

class Emission {
 public:
  Emission(const Draft& draft, const std::vector<Task>& tasks, const Storage& storage,
           const Layout& layout)
      : draft_(draft),
        tasks_(tasks),
        storage_(storage),
        rects_(draft, storage, layout, plan_.bases),
        sweeps_(draft, storage, rects_),
        computed_(draft.values.size(), 0),
        for_kernels_(draft.request.nodes.size(), 0) {
    for (const Request::Kind& work : draft.request.kinds) {
      if (is_floating(work.dtype)) plan_.dtype = work.dtype;
    }
    plan_.bytes = layout.bytes;
    plan_.ones = storage.ones_length;
    plan_.ones_offset = layout.offsets[storage.ones];
    plan_.packed.resize(static_cast<std::size_t>(draft.packed));
    plan_.threads = draft.threads;
    plan_.assumptions = draft.assumptions;
    packed_.assign(plan_.packed.size(), 0);
    layout_ = &layout;
  }

  Plan run() {
    plan_.steps.reserve(tasks_.size() + plan_.packed.size());
    plan_.results.reserve(draft_.work());
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) add(tasks_[t], t);
    keep_all();
    return std::move(plan_);
  }

 private:
  /// Notes that `step`, the one that is added next, computes the value of `id`.
  void note_result(Step& step, Id id) {
    if (id >= draft_.work()) return;  // no node of the tape
    plan_.results.push_back(id);
    ++step.results;
  }

  [[nodiscard]] const Value& value(Id id) const { return draft_.values[id]; }

  void add(const Task& task, std::uint32_t t) {
    switch (task.kind) {
      case Task::Kind::product:
        add_product(draft_.products[task.id]);
        break;
      case Task::Kind::kernel:
        add_kernel(task);
        break;
      case Task::Kind::copy: {
        const auto width = static_cast<Index>(size_of(value(task.id).dtype));
        computed_[task.id] = 1;
        plan_.steps.push_back(
            {CopyStep{rects_.of(draft_.inputs_of(task.id)[0]), rects_.of(task.id), width},
             last_node({&task.id, 1}), 0});
        break;
      }
      case Task::Kind::sweep:
        add_sweep(task, t);
        break;
    }
  }

  void add_product(const BlockProduct& p) {
    Step step;
    step.what = product_step(p);
    step.covers = p.rows * p.columns * p.inner;
    draft_.for_each_result(p, [&](Id id) {
      computed_[id] = 1;
      step.node = std::max(step.node, last_node({&id, 1}));
      note_result(step, id);
    });
    if (p.packed >= 0 && packed_[static_cast<std::size_t>(p.packed)] == 0) {
      const auto i = static_cast<std::size_t>(p.packed);
      packed_[i] = 1;
      plan_.packed[i] = {rects_.of(draft_.ids(p.b)[0]), p.transpose_b, p.n * p.columns, p.depth,
                         layout_->offsets[storage_.packed[i]]};
      plan_.steps.push_back({PackStep{p.packed}, step.node, 0});
    }
    plan_.steps.push_back(std::move(step));
  }

  [[nodiscard]] ProductStep product_step(const BlockProduct& p) {
    const auto first = [&](List list) { return rects_.of(draft_.ids(list)[0]); };
    std::vector<Rect> sums;
    for (const Id id : draft_.ids(p.sums)) sums.push_back(id == kNone ? Rect{} : rects_.of(id));
    return {.transpose_a = p.transpose_a,
            .transpose_b = p.transpose_b,
            .m = p.m * p.rows,
            .n = p.n * p.columns,
            .k = p.depth,
            .a = p.ones ? Rect{0, plan_.ones_offset, 1, p.depth, p.depth} : first(p.a),
            .b = first(p.b),
            .c = first(p.out),
            .has_bias = !p.bias.empty(),
            .bias = p.bias.empty() ? Rect{} : first(p.bias),
            .sums = std::move(sums),
            .packed = p.packed};
  }

  void add_kernel(const Task& task) {
    const bool in_place = value(task.id).op->in_place && takes_over(task.id);
    Step step{KernelStep{task.id, task.second, in_place}, task.id, 0};
    for (const Id input : draft_.request.inputs_of(task.id)) for_kernels_[input] = 1;
    for (const Id id : {task.id, task.second}) {
      if (id == kNone) continue;
      computed_[id] = 1;
      for_kernels_[id] = 1;
      ++step.covers;
      note_result(step, id);
    }
    plan_.steps.push_back(std::move(step));
  }

  /// Whether a value's buffer takes over the memory of another one.
  [[nodiscard]] bool takes_over(Id id) const {
    if (value(id).placed || value(id).role == Role::source) return false;
    const std::uint32_t buffer = storage_.buffer_of[draft_.arrangement.group(id)];
    return storage_.in_place_of[buffer] != buffer;
  }

  void add_sweep(const Task& task, std::uint32_t t) {
    Step step;
    const std::vector<Id>& nodes = task.nodes;
    const std::vector<Id>& sums = task.sums;
    step.node = std::max(last_node(nodes), last_node(sums));
    for (const Id id : nodes) {
      computed_[id] = storage_.stored[id];
      note_result(step, id);
    }
    for (const Id id : sums) note_result(step, id);
    for (const auto* const list : {&task.copies, &task.sums}) {
      for (const Id id : *list) computed_[id] = 1;
    }
    for (const SumTerm& term : task.terms) {
      const auto out = draft_.ids(draft_.products[term.product].out);
      computed_[out[0]] = 1;
      if (term.first) note_result(step, out[0]);
      step.node = std::max(step.node, last_node(out));
    }
    step.covers =
        static_cast<std::uint32_t>(task.nodes.size() + task.sums.size() + task.terms.size());
    step.what = sweeps_.make(task, t);
    plan_.steps.push_back(std::move(step));
  }

  [[nodiscard]] std::uint32_t last_node(std::span<const Id> ids) const {
    std::uint32_t last = 0;
    for (const Id id : ids) {
      if (id < draft_.work()) last = std::max(last, id);
    }
    return last;
  }

  [[nodiscard]] bool is_there(Id id) {
    const Id viewed = draft_.behind_views(id);
    const Role role = value(viewed).role;
    if (role != Role::joined) return role == Role::source || computed_[viewed] != 0;
    if (computed_[viewed] == 0) {  // found out once for all that read it
      constexpr std::uint8_t kNot = 2;
      const auto parts = draft_.inputs_of(viewed);
      const bool all = std::ranges::all_of(parts, [&](Id part) { return is_there(part); });
      computed_[viewed] = all ? std::uint8_t{1} : kNot;
    }
    return computed_[viewed] == 1;
  }

  /// Notes where the values of nodes can be found after the run, and those of kernels during it. A
  /// kernel reads inputs that have gaps from a copy.
  void keep_all() {
    plan_.kept.reserve(draft_.work());
    for (Id id = 0; id < draft_.work(); ++id) {
      if (value(id).role != Role::gone && is_there(id)) keep(id, id);
    }
    for (const Task& task : tasks_) {
      if (task.kind != Task::Kind::kernel) continue;
      const auto originals = draft_.request.inputs_of(task.id);
      const auto inputs = draft_.inputs_of(task.id);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] != originals[i]) keep(originals[i], inputs[i]);
      }
    }
  }

  /// The value of node `id` lies where that of `as` does.
  void keep(Id id, Id as) {
    const std::uint32_t buffer = rects_.buffer_of(as);
    const bool lasts = buffer == kNone || storage_.lasts(buffer);
    if (lasts || for_kernels_[id] != 0) plan_.kept.push_back({id, rects_.of(as), lasts});
  }

  const Draft& draft_;
  const std::vector<Task>& tasks_;
  const Storage& storage_;
  const Layout* layout_ = nullptr;
  Plan plan_;
  Rects rects_;
  SweepPrograms sweeps_;
  std::vector<std::uint8_t> computed_;
  std::vector<std::uint8_t> for_kernels_;  // by node: whether a kernel reads or writes its value
  std::vector<std::uint8_t> packed_;       // matrices whose step is there
};

}  // namespace

Plan emit(const Draft& draft, const std::vector<Task>& tasks, const Storage& storage,
          const Layout& layout) {
  return Emission(draft, tasks, storage, layout).run();
}

}  // namespace unroll
