#include <unroll/core/plan/assemble.h>
#include <unroll/core/plan/fuse.h>
#include <unroll/core/plan/lasting.h>
#include <unroll/core/plan/reuse.h>

#include <algorithm>
#include <numeric>

namespace unroll {
namespace {

class Assembly {
 public:
  Assembly(const Draft& draft, const std::vector<Task>& tasks)
      : draft_(draft),
        tasks_(tasks),
        task_of_(draft.values.size(), kNone),
        stored_(draft.values.size(), 0),
        computed_(draft.values.size(), 0),
        lasts_(draft.values.size(), 1),
        fusion_(draft),
        matrices_(draft.values.size()),
        base_of_(draft.values.size(), 0) {
    for (const Request::Work& work : draft.request.work) {
      if (is_floating(work.dtype)) plan_.dtype = work.dtype;
    }
  }

  Plan run(bool reuse) {
    plan_.request = draft_.request;
    plan_.assumptions = draft_.assumptions;
    find_stored();
    if (reuse) lasts_ = find_lasting(draft_, stored_);
    place_ones();
    for (const Task& task : tasks_) add(task);
    keep_all();
    write_in_place();
    settle();
    return std::move(plan_);
  }

 private:
  struct Matrix {  // that holds a group of values
    std::uint32_t buffer = kNone;
    Index stride = 0;
    Index first_row = 0;
    Index first_column = 0;
  };

  /// Until buffers have their places in the plan's memory, the base of a Rect says which it is in.
  static constexpr std::uint32_t kFirstBuffer = 1U << 31;
  static constexpr auto kForever = ~std::uint32_t{0};

  [[nodiscard]] const Value& value(Id id) const { return draft_.values[id]; }
  [[nodiscard]] Index width(Id id) const { return static_cast<Index>(size_of(value(id).dtype)); }

  // Which element-wise values leave their program.

  void find_stored() {
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
      for (const Id id : tasks_[t].nodes) task_of_[id] = t;
    }
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
      const Task& task = tasks_[t];
      if (task.kind == Task::Kind::program) {
        for (const std::vector<Id>* const ids : {&task.nodes, &task.sums}) {
          for (const Id id : *ids) {
            for (const Id input : draft_.inputs_of(id)) use(input, t, id);
          }
        }
        for (const Task::Term& term : task.terms) use(term.of, t, term.of);
      } else if (task.kind == Task::Kind::product) {
        draft_.products[task.id].for_each_operand([&](Id id) { use(id, t, kNone); });
      } else {
        for (const Id input : draft_.inputs_of(task.id)) use(input, t, kNone);
      }
    }
    for (Id id = 0; id < draft_.request.work.size(); ++id) {
      if (value(id).target) use(id, kNone, kNone);
    }
  }

  void use(Id id, std::uint32_t task, Id reader) {
    const Id viewed = draft_.behind_views(id);
    if (value(viewed).role == Role::joined) {
      for (const Id part : draft_.inputs_of(viewed)) use(part, kNone, kNone);
      return;
    }
    const Id root = value(id).ref.root;
    const bool inside =
        task != kNone && reader != kNone && task_of_[root] == task && draft_.is_whole(id);
    if (!inside) stored_[root] = 1;
  }

  // Places.

  std::uint32_t base_of(Id id) {
    if (base_of_[id] == 0) {
      plan_.bases.push_back(id);
      base_of_[id] = static_cast<std::uint32_t>(plan_.bases.size());
    }
    return base_of_[id];
  }

  const Matrix& matrix_of(Id root) {
    const Arrangement::Place place = draft_.arrangement.place(root);
    Matrix& matrix = matrices_[place.group];
    if (matrix.buffer == kNone) {
      const Arrangement::Extent extent = draft_.arrangement.extent(place.group);
      bool lasts = false;
      draft_.arrangement.for_each_member(place.group,
                                         [&](Id member) { lasts = lasts || lasts_[member] != 0; });
      matrix = {add_buffer(extent.rows * extent.columns * width(root), lasts), extent.columns,
                extent.first_row, extent.first_column};
    }
    buffers_[matrix.buffer].last = std::max(buffers_[matrix.buffer].last, now_);
    return matrix;
  }

  /// A buffer that is used from the step at hand on.
  std::uint32_t add_buffer(Index bytes, bool lasts) {
    buffers_.push_back({bytes, now_, lasts ? kForever : now_});
    return static_cast<std::uint32_t>(buffers_.size() - 1);
  }

  /// Where a value that owns its memory lies.
  Rect rect_of_root(Id root) {
    const Value& v = value(root);
    if (v.role == Role::source || v.placed) {
      const std::size_t count = draft_.request.work.size();
      const Index gap = root < count ? 0 : draft_.request.sources[root - count].stride;
      return {base_of(root), 0, v.rows, v.columns, gap != 0 ? gap : v.columns};
    }
    const Matrix& matrix = matrix_of(root);
    const Arrangement::Place place = draft_.arrangement.place(root);
    const Index begin =
        (place.row - matrix.first_row) * matrix.stride + place.column - matrix.first_column;
    return {kFirstBuffer + matrix.buffer, begin * width(root), v.rows, v.columns, matrix.stride};
  }

  Rect rect_of(Id id) {
    const Value& v = value(id);
    Rect rect = rect_of_root(v.ref.root);
    Index elements = v.ref.offset;
    if (const auto at = draft_.position(id)) {
      elements = at->row * rect.stride + at->column;
    } else {
      rect.stride = v.columns;
    }
    rect.offset += elements * width(id);
    rect.rows = v.rows;
    rect.columns = v.columns;
    return rect;
  }

  /// A row of ones, as long as the longest that a product reads.
  void place_ones() {
    for (const BlockProduct& p : draft_.products) {
      if (p.ones && !p.swept) plan_.ones = std::max(plan_.ones, p.depth());
    }
    ones_ = add_buffer(plan_.ones * static_cast<Index>(size_of(plan_.dtype)), true);
  }

  // Steps.

  void add(const Task& task) {
    now_ = static_cast<std::uint32_t>(plan_.steps.size());
    Step step;
    switch (task.kind) {
      case Task::Kind::product: {
        const BlockProduct& p = draft_.products[task.id];
        step.what = product_step(p);
        step.covers = static_cast<std::uint32_t>(p.out.size() * p.inner());
        p.for_each_result([&](Id id) {
          computed_[id] = 1;
          step.node = std::max(step.node, last_node({&id, 1}));
        });
        break;
      }
      case Task::Kind::kernel:
        step.what = KernelStep{task.id, task.also};
        step.node = task.id;
        for (const Id id : {task.id, task.also}) {
          if (id == kNone) continue;
          computed_[id] = 1;
          (void)rect_of(id);
          ++step.covers;
        }
        for (const Id input : draft_.inputs_of(task.id)) (void)rect_of(input);
        break;
      case Task::Kind::copy:
        step.what =
            CopyStep{rect_of(draft_.inputs_of(task.id)[0]), rect_of(task.id), width(task.id)};
        step.node = last_node({&task.id, 1});
        computed_[task.id] = 1;
        break;
      case Task::Kind::program:
        step.what = fused_step(task);
        step.node = std::max(last_node(task.nodes), last_node(task.sums));
        for (const Task::Term& term : task.terms) {
          step.node = std::max(step.node, last_node(draft_.products[term.product].out));
        }
        step.covers =
            static_cast<std::uint32_t>(task.nodes.size() + task.sums.size() + task.terms.size());
        break;
    }
    plan_.steps.push_back(std::move(step));
  }

  [[nodiscard]] std::uint32_t last_node(std::span<const Id> ids) const {
    std::uint32_t last = 0;
    for (const Id id : ids) {
      if (id < draft_.request.work.size()) last = std::max(last, id);
    }
    return last;
  }

  ProductStep product_step(const BlockProduct& p) {
    const Index k = p.depth();
    std::vector<Rect> sums;
    for (const Id id : p.sums) sums.push_back(id == kNone ? Rect{} : rect_of(id));
    return {.transpose_a = p.transpose_a,
            .transpose_b = p.transpose_b,
            .m = p.m * static_cast<Index>(p.rows),
            .n = p.n * static_cast<Index>(p.columns),
            .k = k,
            .a = p.ones ? Rect{kFirstBuffer + ones_, 0, 1, k, k} : rect_of(p.a[0]),
            .b = rect_of(p.b[0]),
            .c = rect_of(p.out[0]),
            .has_bias = !p.bias.empty(),
            .bias = p.bias.empty() ? Rect{} : rect_of(p.bias[0]),
            .sums = std::move(sums),
            .packed = -1};
  }

  FusedStep fused_step(const Task& task) {
    for (const Id id : task.nodes) computed_[id] = stored_[id];
    for (const std::vector<Id>* const ids : {&task.copies, &task.sums}) {
      for (const Id id : *ids) computed_[id] = 1;
    }
    for (const Task::Term& term : task.terms) computed_[draft_.products[term.product].out[0]] = 1;
    return fusion_.fuse(task, stored_, [this](Id id) { return rect_of(id); });
  }

  [[nodiscard]] bool is_there(Id id) const {
    const Id viewed = draft_.behind_views(id);
    const Role role = value(viewed).role;
    if (role == Role::joined) {
      const auto parts = draft_.inputs_of(viewed);
      return std::all_of(parts.begin(), parts.end(), [&](Id part) { return is_there(part); });
    }
    return role == Role::source || computed_[viewed] != 0;
  }

  /// Notes where the values of nodes can be found. A kernel reads its inputs there, those that have
  /// gaps from a copy.
  void keep_all() {
    now_ = 0;  // that lengthens no lifetime
    const auto count = static_cast<Id>(draft_.request.work.size());
    for (Id id = 0; id < count; ++id) {
      if (value(id).role != Role::gone && is_there(id)) keep(id, id);
    }
    for (const Task& task : tasks_) {
      if (task.kind != Task::Kind::kernel) continue;
      const auto originals = draft_.request.inputs_of(draft_.request.work[task.id]);
      const auto inputs = draft_.inputs_of(task.id);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] != originals[i]) keep(originals[i], inputs[i]);
      }
    }
  }

  /// The value of node `id` lies where `place` does.
  void keep(Id id, Id place) {
    const Rect rect = rect_of(place);
    const bool lasts =
        rect.base < kFirstBuffer || buffers_[rect.base - kFirstBuffer].last == kForever;
    plan_.kept.push_back({id, rect, lasts});
  }

  /// A kernel that can, writes its result over an input that nothing reads after it.
  void write_in_place() {
    in_place_of_.resize(buffers_.size());
    std::iota(in_place_of_.begin(), in_place_of_.end(), 0U);
    for (std::uint32_t now = 0; now < plan_.steps.size(); ++now) {
      auto* const kernel = std::get_if<KernelStep>(&plan_.steps[now].what);
      if (kernel == nullptr || !value(kernel->node).op->in_place) continue;
      const auto inputs = draft_.inputs_of(kernel->node);
      const std::uint32_t to = whole_buffer(kernel->node);
      const std::uint32_t from = whole_buffer(inputs[0]);
      if (to == kNone || from == kNone || buffers_[to].first != now) continue;
      const bool read_again = std::any_of(inputs.begin() + 1, inputs.end(), [&](Id input) {
        return rect_of(input).base == kFirstBuffer + from;
      });
      if (buffers_[from].last != now || buffers_[from].bytes != buffers_[to].bytes || read_again) {
        continue;
      }
      kernel->in_place = true;
      in_place_of_[to] = from;
      buffers_[from].last = buffers_[to].last;
      buffers_[to].bytes = 0;
    }
  }

  /// The buffer that holds a value and nothing else; kNone where there is no such buffer.
  std::uint32_t whole_buffer(Id id) {
    const Rect rect = rect_of(id);
    if (rect.base < kFirstBuffer) return kNone;
    const std::uint32_t buffer = rect.base - kFirstBuffer;
    return rect.rows * rect.columns * width(id) == buffers_[buffer].bytes ? buffer : kNone;
  }

  /// Gives buffers their places, and every matrix the place of its buffer.
  void settle() {
    const Layout layout = lay_out(buffers_);
    plan_.bytes = layout.bytes;
    plan_.ones_offset = layout.offsets[ones_];
    const auto settle_rect = [&](Rect& rect) {
      if (rect.base < kFirstBuffer) return;
      rect.offset += layout.offsets[in_place_of_[rect.base - kFirstBuffer]];
      rect.base = 0;
    };
    for (Step& step : plan_.steps) for_each_rect(step, settle_rect);
    for (Plan::Kept& kept : plan_.kept) settle_rect(kept.rect);
  }

  const Draft& draft_;
  const std::vector<Task>& tasks_;
  std::vector<std::uint32_t> task_of_;  // by value: the program that computes it
  std::vector<std::uint8_t> stored_;
  std::vector<std::uint8_t> computed_;
  std::vector<std::uint8_t> lasts_;
  Fusion fusion_;
  std::vector<Matrix> matrices_;  // by group
  std::vector<std::uint32_t> base_of_;
  std::vector<Lifetime> buffers_;
  std::vector<std::uint32_t> in_place_of_;  // by buffer: the one whose memory it takes over, itself
  std::uint32_t now_ = 0;                   // the step being made
  std::uint32_t ones_ = 0;
  Plan plan_;
};

}  // namespace

Plan assemble(const Draft& draft, const std::vector<Task>& tasks, bool reuse) {
  return Assembly(draft, tasks).run(reuse);
}

}  // namespace unroll
