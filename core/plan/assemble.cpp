#include <unroll/core/plan/access.h>
#include <unroll/core/plan/assemble.h>

#include <algorithm>

namespace unroll {
namespace {

constexpr Index kLine = 64;

Index round_up(Index bytes) { return (bytes + kLine - 1) / kLine * kLine; }

class Assembly {
 public:
  Assembly(const Draft& draft, const std::vector<Task>& tasks, int threads)
      : draft_(draft),
        tasks_(tasks),
        task_of_(draft.values.size(), kNone),
        stored_(draft.values.size(), 0),
        computed_(draft.values.size(), 0),
        last_use_(draft.values.size(), kNone),
        slot_(draft.values.size(), kNone),
        loaded_(draft.values.size(), 0),
        matrices_(draft.values.size()),
        base_of_(draft.values.size(), 0) {
    plan_.threads = threads;
    for (const Request::Work& work : draft.request.work) {
      if (is_floating(work.dtype)) plan_.dtype = work.dtype;
    }
  }

  Plan run() {
    plan_.request = draft_.request;
    plan_.assumptions = draft_.assumptions;
    find_stored();
    place_ones();
    for (const Task& task : tasks_) add(task);
    pack_repeated();
    keep_all();
    return std::move(plan_);
  }

 private:
  struct Matrix {  // that holds a group of values
    Index offset = -1;
    Index stride = 0;
    Index first_row = 0;
    Index first_column = 0;
  };

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
        for (const Id id : task.nodes) {
          for (const Id input : draft_.inputs_of(id)) use(input, t, id);
        }
      } else if (task.kind == Task::Kind::product) {
        const BlockProduct& product = draft_.products[task.id];
        for (const Id a : product.a) use(a, t, kNone);
        for (const Id b : product.b) use(b, t, kNone);
        for (const Id bias : product.bias) use(bias, t, kNone);
      } else {
        for (const Id input : draft_.inputs_of(task.id)) use(input, t, kNone);
      }
    }
    for (Id id = 0; id < draft_.request.work.size(); ++id) {
      if (value(id).target) use(id, kNone, kNone);
    }
  }

  [[nodiscard]] Id behind_views(Id id) const {
    while (value(id).role == Role::view) id = draft_.inputs_of(id)[0];
    return id;
  }

  void use(Id id, std::uint32_t task, Id reader) {
    const Id viewed = behind_views(id);
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

  Index allocate(Index bytes) {
    const Index offset = plan_.bytes;
    plan_.bytes += round_up(bytes);
    return offset;
  }

  const Matrix& matrix_of(Id root) {
    const Arrangement::Place place = draft_.arrangement.place(root);
    Matrix& matrix = matrices_[place.group];
    if (matrix.offset < 0) {
      const Arrangement::Extent extent = draft_.arrangement.extent(place.group);
      matrix = {allocate(extent.rows * extent.columns * width(root)), extent.columns,
                extent.first_row, extent.first_column};
    }
    return matrix;
  }

  Rect rect_of(Id id) {
    const Value& v = value(id);
    const Id root = v.ref.root;
    const Index w = width(id);
    const bool whole_rows = v.columns == value(root).columns;
    if (value(root).role == Role::source || value(root).placed) {
      const std::size_t count = draft_.request.work.size();
      const Index gap = root < count ? 0 : draft_.request.sources[root - count].stride;
      const Index stride = gap != 0 && whole_rows ? gap : v.columns;
      const Index elements = whole_rows && v.columns > 0
                                 ? v.ref.offset / v.columns * stride + v.ref.offset % v.columns
                                 : v.ref.offset;
      return {base_of(root), elements * w, v.rows, v.columns, stride};
    }
    const Matrix& matrix = matrix_of(root);
    const Arrangement::Place place = draft_.arrangement.place(root);
    const Index begin =
        (place.row - matrix.first_row) * matrix.stride + place.column - matrix.first_column;
    const Index elements = whole_rows && v.columns > 0
                               ? v.ref.offset / v.columns * matrix.stride + v.ref.offset % v.columns
                               : v.ref.offset;
    return {0, matrix.offset + (begin + elements) * w, v.rows, v.columns,
            whole_rows ? matrix.stride : v.columns};
  }

  /// A row of ones, as long as the longest that a product reads.
  void place_ones() {
    for (const BlockProduct& p : draft_.products) {
      if (p.ones) plan_.ones = std::max(plan_.ones, p.depth());
    }
    ones_ = allocate(plan_.ones * static_cast<Index>(size_of(plan_.dtype)));
    plan_.ones_offset = ones_;
  }

  // Steps.

  void add(const Task& task) {
    Step step;
    switch (task.kind) {
      case Task::Kind::product: {
        const BlockProduct& p = draft_.products[task.id];
        step.what = product_step(p);
        for (const Id out : p.out) computed_[out] = 1;
        step.node = last_node(p.out);
        step.covers = static_cast<std::uint32_t>(p.out.size() * p.inner());
        break;
      }
      case Task::Kind::kernel:
        step.what = KernelStep{task.id};
        computed_[task.id] = 1;
        (void)rect_of(task.id);
        step.node = task.id;
        step.covers = 1;
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
        step.node = last_node(task.nodes);
        step.covers = static_cast<std::uint32_t>(task.nodes.size());
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
    return {.transpose_a = p.transpose_a,
            .transpose_b = p.transpose_b,
            .m = p.m * static_cast<Index>(p.rows),
            .n = p.n * static_cast<Index>(p.columns),
            .k = k,
            .a = p.ones ? Rect{0, ones_, 1, k, k} : rect_of(p.a[0]),
            .b = rect_of(p.b[0]),
            .c = rect_of(p.out[0]),
            .has_bias = !p.bias.empty(),
            .bias = p.bias.empty() ? Rect{} : rect_of(p.bias[0]),
            .packed = -1};
  }

  FusedStep fused_step(const Task& task) {
    const Value& first = value(task.nodes[0]);
    FusedStep step;
    step.rows = first.rows;
    step.columns = first.columns;
    Slots slots(*this, task, step);
    for (std::size_t i = 0; i < task.nodes.size(); ++i) slots.compute(i);
    for (const Id id : task.nodes) computed_[id] = stored_[id];
    for (const Id copy : task.copies) {
      computed_[copy] = 1;
      step.results.push_back(
          {rect_of(copy), slots.slot_of(value(draft_.inputs_of(copy)[0]).ref.root)});
    }
    return step;
  }

  /// The tiles of memory that a program needs: one is free again after its last use.
  class Slots {
   public:
    Slots(Assembly& assembly, const Task& task, FusedStep& step)
        : assembly_(assembly), task_(task), step_(step) {
      const Draft& draft = assembly.draft_;
      for (std::size_t i = 0; i < task.nodes.size(); ++i) {
        for (const Id input : draft.inputs_of(task.nodes[i])) note(key(input), i);
      }
      for (const Id copy : task.copies) note(key(draft.inputs_of(copy)[0]), task.nodes.size());
    }

    ~Slots() {
      for (const Id id : touched_) {
        assembly_.last_use_[id] = kNone;
        assembly_.slot_[id] = kNone;
        assembly_.loaded_[id] = 0;
      }
    }
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    void compute(std::size_t i) {
      const Id id = task_.nodes[i];
      const Draft& draft = assembly_.draft_;
      const Value& v = draft.values[id];
      const auto inputs = draft.inputs_of(id);
      std::vector<std::uint32_t> read;
      for (const Id input : inputs) read.push_back(load(input, id));
      const Sweep sweep = v.op->sweep[static_cast<std::size_t>(v.dtype)];
      const Attributes& attributes = draft.request.work[id].attributes;
      const bool stored = assembly_.stored_[id] != 0;
      const bool adds_many = v.op->sums && inputs.size() != 2;
      // A sum so far may not lie where a term that is still to be added does.
      if (!adds_many) release_all(inputs, i);
      const std::uint32_t out = stored || free_.empty() ? step_.slots++ : take();
      if (adds_many) {
        step_.instructions.push_back({sweep, attributes, {read[0], read[1], 0}, out});
        for (std::size_t k = 2; k < read.size(); ++k) {
          step_.instructions.push_back({sweep, attributes, {out, read[k], 0}, out});
        }
        release_all(inputs, i);
      } else {
        std::array<std::uint32_t, 3> slots{};
        std::copy(read.begin(), read.end(), slots.begin());
        step_.instructions.push_back({sweep, attributes, slots, out});
      }
      touched_.push_back(id);
      assembly_.slot_[id] = out;
      if (stored) {
        step_.results.push_back({assembly_.rect_of(id), out});
      } else if (assembly_.last_use_[id] == kNone) {
        free_.push_back(out);
      }
    }

    [[nodiscard]] std::uint32_t slot_of(Id root) const { return assembly_.slot_[root]; }

   private:
    /// What stands for an input: the value of this program it is, or itself.
    [[nodiscard]] Id key(Id input) const {
      const Draft& draft = assembly_.draft_;
      const Id root = assembly_.value(input).ref.root;
      const bool inside = assembly_.task_of_[root] != kNone &&
                          &assembly_.tasks_[assembly_.task_of_[root]] == &task_ &&
                          draft.is_whole(input);
      return inside ? root : input;
    }
    void note(Id id, std::size_t i) {
      touched_.push_back(id);
      assembly_.last_use_[id] = static_cast<std::uint32_t>(i);
    }
    std::uint32_t load(Id input, Id reader) {
      const Id id = key(input);
      if (assembly_.slot_[id] != kNone) return assembly_.slot_[id];
      const std::uint32_t slot = step_.slots++;
      assembly_.slot_[id] = slot;
      assembly_.loaded_[id] = 1;
      step_.operands.push_back(
          {assembly_.rect_of(input), *access_of(assembly_.draft_, input, reader), slot});
      return slot;
    }
    /// A result that is read for the last time leaves its slot to the next; what was loaded and
    /// what is stored keep theirs.
    void release_all(std::span<const Id> inputs, std::size_t i) {
      for (const Id input : inputs) release(key(input), i);
    }
    void release(Id id, std::size_t i) {
      if (assembly_.last_use_[id] != i || assembly_.stored_[id] != 0 ||
          assembly_.loaded_[id] != 0) {
        return;
      }
      assembly_.last_use_[id] = kNone;  // once, where an operation reads it twice
      free_.push_back(slot_of(id));
    }
    std::uint32_t take() {
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }

    Assembly& assembly_;
    const Task& task_;
    FusedStep& step_;
    std::vector<Id> touched_;
    std::vector<std::uint32_t> free_;
  };

  /// A matrix that small products read again and again is packed once.
  void pack_repeated() {
    constexpr Index kSmall = 64;
    struct Use {
      Rect b;
      bool transpose;
      Index n;
      Index k;
      std::size_t step;
    };
    std::vector<Use> uses;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const auto* const product = std::get_if<ProductStep>(&plan_.steps[i].what);
      if (product == nullptr || product->m > kSmall || product->b.base == 0) continue;
      uses.push_back({product->b, product->transpose_b, product->n, product->k, i});
    }
    const auto key = [](const Use& use) {
      return std::tuple(use.b.base, use.b.offset, use.transpose, use.n, use.k);
    };
    std::stable_sort(uses.begin(), uses.end(),
                     [&](const Use& a, const Use& b) { return key(a) < key(b); });
    std::vector<std::pair<std::size_t, std::int32_t>> packs;  // before which step
    for (std::size_t i = 0; i < uses.size();) {
      std::size_t end = i + 1;
      while (end < uses.size() && key(uses[end]) == key(uses[i])) ++end;
      if (end - i > 2) {
        const auto packed = static_cast<std::int32_t>(plan_.packed.size());
        const Index columns = uses[i].n + plan_.threads * PackedMatrix::kPadding;
        const Index offset =
            allocate(columns * uses[i].k * static_cast<Index>(size_of(plan_.dtype)));
        plan_.packed.push_back({uses[i].b, uses[i].transpose, uses[i].n, uses[i].k, offset});
        packs.emplace_back(uses[i].step, packed);
        for (std::size_t u = i; u < end; ++u) {
          std::get<ProductStep>(plan_.steps[uses[u].step].what).packed = packed;
        }
      }
      i = end;
    }
    std::sort(packs.begin(), packs.end());
    std::vector<Step> steps;
    std::size_t next = 0;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      for (; next < packs.size() && packs[next].first == i; ++next) {
        steps.push_back({PackStep{packs[next].second}, plan_.steps[i].node, 0});
      }
      steps.push_back(std::move(plan_.steps[i]));
    }
    plan_.steps = std::move(steps);
  }

  [[nodiscard]] bool is_there(Id id) const {
    const Id viewed = behind_views(id);
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
    for (Id id = 0; id < draft_.request.work.size(); ++id) {
      if (value(id).role != Role::gone && is_there(id)) plan_.kept.push_back({id, rect_of(id)});
    }
    for (const Task& task : tasks_) {
      if (task.kind != Task::Kind::kernel) continue;
      const Request::Work& work = draft_.request.work[task.id];
      const auto inputs = draft_.inputs_of(task.id);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Id original = draft_.request.inputs[work.first_input + i];
        if (inputs[i] != original) plan_.kept.push_back({original, rect_of(inputs[i])});
      }
    }
  }

  const Draft& draft_;
  const std::vector<Task>& tasks_;
  std::vector<std::uint32_t> task_of_;  // by value: the program that computes it
  std::vector<std::uint8_t> stored_;
  std::vector<std::uint8_t> computed_;
  // Of the program that is being made, by value: where it is read for the last time, its slot, and
  // whether it comes from memory.
  std::vector<std::uint32_t> last_use_;
  std::vector<std::uint32_t> slot_;
  std::vector<std::uint8_t> loaded_;
  std::vector<Matrix> matrices_;  // by group
  std::vector<std::uint32_t> base_of_;
  Index ones_ = 0;
  Plan plan_;
};

}  // namespace

Plan assemble(const Draft& draft, const std::vector<Task>& tasks, int threads) {
  return Assembly(draft, tasks, threads).run();
}

}  // namespace unroll
