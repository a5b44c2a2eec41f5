/// Times the gradients of the cells with matrix states, step by step and by chunks, beside those of
/// an LSTM of the same size: tokens a second, forward and backward.

#include <unroll/unroll.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <functional>

#include "bench/bound.h"
#include "bench/workload_parts.h"

namespace {

using namespace unroll;
using Clock = std::chrono::steady_clock;

struct Sizes {
  Index hidden;
  Index steps;
  Index batch;
};

/// The outputs (T, B, hidden) of a cell over x, `chunk` steps at a time; 0: step by step.
using Unroll = std::function<Var(Var x, Index chunk)>;

struct Kind {
  std::string_view name;
  bool has_matrix;  // whether its state is (B, hidden, hidden), and it has a form by chunks
  Unroll (*make)(const Parameters&, Index hidden);
};

template <class C>
constexpr Kind kind_of(std::string_view name) {
  constexpr bool kHasMatrix = requires(const C& cell, Var x) {
    unroll_chunkwise(cell, x, typename C::State{}, 1);
  };
  return {name, kHasMatrix, [](const Parameters& p, Index hidden) -> Unroll {
            return [cell = C(p, hidden, hidden)](Var x, Index chunk) {
              const auto start = zero_state(cell, x.tape(), x.shape()[1]);
              if constexpr (kHasMatrix) {
                if (chunk > 0) return unroll_chunkwise(cell, x, start, chunk).outputs;
              }
              return unroll_over(cell, x, start).outputs;
            };
          }};
}

constexpr std::array kKinds{kind_of<Lstm>("lstm"),
                            kind_of<RetNet>("retnet"),
                            kind_of<Gla>("gla"),
                            kind_of<Rwkv6>("rwkv6"),
                            kind_of<DeltaNet>("delta-net"),
                            kind_of<GatedDeltaNet>("gated-delta-net"),
                            kind_of<Mlstm>("mlstm")};

/// One form of a cell, with a tape of its own, so that forms may take turns.
class Form {
 public:
  Form(const Kind& kind, Index chunk, const Sizes& sizes)
      : name(kind.name),
        chunk(chunk),
        unroll_(kind.make(p_, sizes.hidden)),
        x_(bench::uniform_values({sizes.steps, sizes.batch, sizes.hidden}, 1)) {
    step();
    flops = bench::flops_of_products(tape_.graph());
    if (kind.has_matrix && chunk == 0) {
      state_bytes = sizeof(float) *
                    static_cast<double>(sizes.steps * sizes.batch * sizes.hidden * sizes.hidden);
    }
    step();
  }

  /// Forward and backward.
  void step() {
    tape_.clear();
    const Var y = unroll_(tape_.input(x_), chunk);
    Gradients gradients = tape_.gradients(0.5 * mean(square(y)), p_);
    gradients.run();
  }
  void note_step() {
    const auto begun = Clock::now();
    step();
    times_.push_back(std::chrono::duration<double>(Clock::now() - begun).count());
  }
  [[nodiscard]] double seconds() const {
    std::vector<double> sorted = times_;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }
  [[nodiscard]] std::size_t bytes() const { return tape_.bytes(); }
  void print_plan() {
    tape_.set_timing(true);
    step();
    tape_.print_plan();
  }

  std::string_view name;
  Index chunk;
  double flops = 0;        // of its products
  double state_bytes = 0;  // of the states of all steps, where each is written

 private:
  Parameters p_{DType::f32, 1};
  Unroll unroll_;
  Tensor x_;
  Tape tape_;
  std::vector<double> times_;
};

/// What the bounds are taken from.
struct Rates {
  double product;  // operations a second
  double memory;   // bytes a second
};

/// The states of all steps are written forward and read backward; all else may stay in caches.
constexpr double kPasses = 2;

void print_form(const Form& form, const Sizes& sizes, const Rates& rates, double lstm) {
  const double tokens = static_cast<double>(sizes.steps * sizes.batch) / form.seconds();
  const double bound = form.flops / rates.product + kPasses * form.state_bytes / rates.memory;
  fmt::print("{:16} {:>6} {:>6} {:>9} {:>11.2f} {:>10.0f} {:>8.2f} {:>10.2f} {:>11.2f} {:>8}\n",
             form.name, sizes.hidden, sizes.steps,
             form.chunk == 0 ? "steps" : fmt::format("chunk {}", form.chunk), 1e3 * form.seconds(),
             tokens, lstm > 0 ? form.seconds() / lstm : 1, 1e3 * bound, form.seconds() / bound,
             form.bytes() >> 20);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Times forward and backward of cells with matrix states, step by step and by chunks, beside "
      "an LSTM");
  std::vector<std::string> cells;
  std::vector<Index> hiddens{64, 256};
  std::vector<Index> lengths{64, 128, 256};
  std::vector<Index> chunks{0, 16, 32, 64};
  Index batch = 20;
  int threads = 1;
  int rounds = 7;
  bool print_plan = false;
  for (const Kind& kind : kKinds) cells.emplace_back(kind.name);
  app.add_option("cells", cells, "which")->check(CLI::IsMember(cells));
  app.add_option("--hidden", hiddens, "units, and features of x")->capture_default_str();
  app.add_option("--steps", lengths, "steps of a sequence")->capture_default_str();
  app.add_option("--chunks", chunks, "lengths of chunks; 0: step by step")->capture_default_str();
  app.add_option("--batch", batch, "sequences")->capture_default_str();
  app.add_option("--threads", threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--rounds", rounds, "in which all forms of a cell take turns; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--plan", print_plan, "print the plan of one more step of each form, timed");
  CLI11_PARSE(app, argc, argv);
  set_threads(threads);
  const Rates rates{bench::product_rate(), bench::memory_rate()};
  fmt::print("{} threads, batch {}, large products at {:.1f} GFLOP/s, copying at {:.1f} GB/s\n",
             threads, batch, rates.product / 1e9, rates.memory / 1e9);
  fmt::print("{:16} {:>6} {:>6} {:>9} {:>11} {:>10} {:>8} {:>10} {:>11} {:>8}\n", "cell", "hidden",
             "steps", "form", "ms", "tokens/s", "x lstm", "bound ms", "time/bound", "MB");
  for (const Index hidden : hiddens) {
    for (const Index steps : lengths) {
      const Sizes sizes{hidden, steps, batch};
      double lstm = 0;
      for (const Kind& kind : kKinds) {
        if (std::ranges::find(cells, kind.name) == cells.end()) continue;
        std::vector<std::unique_ptr<Form>> forms;
        for (const Index chunk : chunks) {
          if (chunk > 0 && (!kind.has_matrix || chunk > steps)) continue;
          forms.push_back(std::make_unique<Form>(kind, chunk, sizes));
        }
        for (int round = 0; round < rounds; ++round) {
          for (const auto& form : forms) form->note_step();
        }
        for (const auto& form : forms) {
          if (kind.name == "lstm") lstm = form->seconds();
          print_form(*form, sizes, rates, lstm);
          if (print_plan) form->print_plan();
        }
      }
    }
  }
}
