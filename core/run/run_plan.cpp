#include <unroll/core/run/denormals.h>
#include <unroll/core/run/fused.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/run_plan.h>
#include <unroll/core/run/threads_that_pay.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <tuple>
#include <utility>

namespace unroll {
namespace {

const std::byte* address_of(const Plan& plan, const Graph& graph,
                            std::span<const std::uint32_t> nodes, Id id) {
  const Node& node = graph.nodes[nodes[id]];
  return id < plan.request.work.size() ? node.destination : node.value;
}

/// One run: what the steps need to know.
class Run {
 public:
  Run(const Plan& plan, Graph& graph, std::span<const std::uint32_t> nodes, std::byte* memory)
      : plan_(plan), graph_(graph), nodes_(nodes) {
    bases_.push_back(memory);
    for (const Id id : plan.bases) {
      bases_.push_back(const_cast<std::byte*>(address_of(plan, graph, nodes, id)));
    }
  }

  void write_ones() const {
    std::byte* const ones = bases_[0] + plan_.ones_offset;
    if (plan_.dtype == DType::f32) {
      std::fill_n(reinterpret_cast<float*>(ones), plan_.ones, 1.0F);
    } else {
      std::fill_n(reinterpret_cast<double*>(ones), plan_.ones, 1.0);
    }
  }

  [[nodiscard]] std::byte* at(const Rect& rect) const { return bases_[rect.base] + rect.offset; }

  void give_values() {
    before_.reserve(plan_.kept.size());
    for (const Plan::Kept& kept : plan_.kept) {
      Node& node = graph_.nodes[nodes_[kept.node]];
      before_.emplace_back(node.value, node.stride);
      node.value = at(kept.rect);
      const bool gaps = kept.rect.rows > 1 && kept.rect.stride != kept.rect.columns;
      node.stride = gaps ? kept.rect.stride : 0;
    }
  }
  /// What only the run needed, and was overwritten since, is not there any more.
  void drop_values() {
    for (const Plan::Kept& kept : plan_.kept) {
      if (kept.lasts) continue;
      Node& node = graph_.nodes[nodes_[kept.node]];
      node.value = nullptr;
      node.stride = 0;
    }
  }
  void take_values_back() {
    for (std::size_t i = before_.size(); i-- > 0;) {
      Node& node = graph_.nodes[nodes_[plan_.kept[i].node]];
      std::tie(node.value, node.stride) = before_[i];
    }
  }

  void step(const Step& step, const Team& team) {
    std::visit([&](const auto& what) { run(what, team); }, step.what);
  }

 private:
  template <class T>
  Gemm<T> gemm(const ProductStep& s) const {
    return {.m = s.m,
            .n = s.n,
            .k = s.k,
            .a = reinterpret_cast<const T*>(at(s.a)),
            .lda = s.a.stride,
            .transpose_a = s.transpose_a,
            .b = reinterpret_cast<const T*>(at(s.b)),
            .ldb = s.b.stride,
            .transpose_b = s.transpose_b,
            .bias = s.has_bias ? reinterpret_cast<const T*>(at(s.bias)) : nullptr,
            .c = reinterpret_cast<T*>(at(s.c)),
            .ldc = s.c.stride};
  }

  /// The packed columns of one thread lie behind those of the threads before it.
  template <class T>
  T* packed_columns(const PackedMatrix& packed, Interval columns, int thread) const {
    return reinterpret_cast<T*>(bases_[0] + packed.offset) +
           (columns.begin + thread * PackedMatrix::kPadding) * packed.k;
  }

  template <class T>
  void run_product(const ProductStep& s, const Team& team) const {
    Gemm<T> g = gemm<T>(s);
    std::vector<T*> sums;
    for (const Rect& rect : s.sums) {
      sums.push_back(rect.columns == 0 ? nullptr : reinterpret_cast<T*>(at(rect)));
    }
    g.sums = sums;
    const Index grain = column_grain<T>();
    if (s.packed >= 0) {
      const PackedMatrix& packed = plan_.packed[static_cast<std::size_t>(s.packed)];
      const Interval columns = share_of(s.n, team.thread(), team.size(), grain);
      multiply(g, {0, s.m}, columns, packed_columns<T>(packed, columns, team.thread()));
      return;
    }
    Interval rows{0, s.m};
    Interval columns{0, s.n};
    if (s.n >= s.m) {
      columns = share_of(s.n, team.thread(), team.size(), grain);
    } else {
      rows = share_of(s.m, team.thread(), team.size());
    }
    multiply(g, rows, columns);
  }

  void run(const ProductStep& s, const Team& team) const {
    const DenormalsAreZero zero;
    if (plan_.dtype == DType::f32) {
      run_product<float>(s, team);
    } else {
      run_product<double>(s, team);
    }
  }

  template <class T>
  void run_pack(const PackedMatrix& packed, const Team& team) const {
    Gemm<T> g;
    g.n = packed.n;
    g.k = packed.k;
    g.b = reinterpret_cast<const T*>(at(packed.b));
    g.ldb = packed.b.stride;
    g.transpose_b = packed.transpose;
    const Interval columns = share_of(packed.n, team.thread(), team.size(), column_grain<T>());
    pack(g, columns, packed_columns<T>(packed, columns, team.thread()));
  }

  void run(const PackStep& s, const Team& team) const {
    const PackedMatrix& packed = plan_.packed[static_cast<std::size_t>(s.packed)];
    if (plan_.dtype == DType::f32) {
      run_pack<float>(packed, team);
    } else {
      run_pack<double>(packed, team);
    }
  }

  void run(const FusedStep& s, const Team& team) const {
    run_fused(s, plan_.dtype, bases_, team.thread(), team.size());
  }

  void run(const KernelStep& s, const Team& team) const {
    const Node& node = graph_.nodes[nodes_[s.node]];
    const Kernel kernel = node.op->forward[static_cast<std::size_t>(node.dtype)];
    const Node* const second = s.second == kNone ? nullptr : &graph_.nodes[nodes_[s.second]];
    if (node.op->parallel) {
      kernel(KernelCall(graph_, node, team.thread(), team.size(), second));
    } else if (team.thread() == 0) {
      kernel(KernelCall(graph_, node, 0, 1, second));
    }
  }

  void run(const CopyStep& s, const Team& team) const {
    const auto width = static_cast<std::size_t>(s.width);
    const auto [begin, end] = share_of(s.from.rows, team.thread(), team.size());
    for (Index row = begin; row < end; ++row) {
      std::memcpy(at(s.to) + static_cast<std::size_t>(row * s.to.stride) * width,
                  at(s.from) + static_cast<std::size_t>(row * s.from.stride) * width,
                  static_cast<std::size_t>(s.from.columns) * width);
    }
  }

  const Plan& plan_;
  Graph& graph_;
  std::span<const std::uint32_t> nodes_;
  std::vector<std::byte*> bases_;
  std::vector<std::pair<std::byte*, Index>> before_;  // what was kept was, values and strides
};

}  // namespace

bool holds(const Plan& plan, const Graph& graph, std::span<const std::uint32_t> nodes) {
  return std::all_of(plan.assumptions.begin(), plan.assumptions.end(), [&](const Assumption& a) {
    return address_of(plan, graph, nodes, a.b) - address_of(plan, graph, nodes, a.a) == a.bytes;
  });
}

void run_plan(const Plan& plan, Graph& graph, std::span<const std::uint32_t> nodes, Arena& arena,
              std::vector<double>* milliseconds, const AfterStep& after_step) {
  std::byte* const memory = arena.allocate(static_cast<std::size_t>(plan.bytes));
  (void)run_plan(plan, graph, nodes, memory, 0, milliseconds, after_step);
}

int run_plan(const Plan& plan, Graph& graph, std::span<const std::uint32_t> nodes,
             std::byte* memory, int packed_by, std::vector<double>* milliseconds,
             const AfterStep& after_step) {
  using Clock = std::chrono::steady_clock;
  begin_round(plan.wanted_threads, plan.trial);
  Run run(plan, graph, nodes, memory);
  if (milliseconds != nullptr) milliseconds->assign(plan.steps.size(), 0);
  run.give_values();
  run.write_ones();
  int threads = 0;
  try {
    run_on_threads_that_pay(plan.threads, [&](Team& team) {
      if (team.thread() == 0) threads = team.size();
      const bool packed = packed_by == team.size();
      Clock::time_point before = Clock::now();
      for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        if (packed && std::holds_alternative<PackStep>(plan.steps[i].what)) continue;
        run.step(plan.steps[i], team);
        if (!team.barrier()) return;
        if (team.thread() != 0) continue;
        if (milliseconds != nullptr) {
          const std::chrono::duration<double, std::milli> time = Clock::now() - before;
          (*milliseconds)[i] = time.count();
        }
        if (after_step) after_step(i);
        if (milliseconds != nullptr) before = Clock::now();
      }
      // Where the last call of after_step throws, the other threads learn of it here.
      if (after_step) (void)team.barrier();
    });
  } catch (...) {
    run.take_values_back();
    throw;
  }
  run.drop_values();
  for (std::size_t i = 0; i < plan.request.work.size(); ++i) graph.nodes[nodes[i]].has_run = true;
  return threads;
}

}  // namespace unroll
