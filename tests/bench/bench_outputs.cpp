/// Times training steps of an LSTM language model with each output layer: words a second.

#include <unroll/unroll.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

#include "bench/workload_parts.h"

namespace {

using namespace unroll;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Sizes {
  Index hidden = 256;
  Index embedding = 256;
  Index steps = 20;
  Index batch = 32;
  Index sampled = 512;
};

/// The loss of an output layer: of h (T, B, hidden), targets, and the number of the step.
using Loss = std::function<Var(Var, const Tensor&, std::int64_t)>;

Loss make_output(const std::string& name, const Parameters& p, Index hidden, WordCounts counts,
                 Index sampled) {
  const auto of = [](auto layer) {
    return
        [layer](Var h, const Tensor& y, std::int64_t) { return layer.loss(h, y, Reduction::sum); };
  };
  if (name == "adaptive") return of(AdaptiveSoftmax(p, hidden, counts));
  if (name == "class") return of(ClassFactoredSoftmax(p, hidden, counts));
  if (name == "hierarchical") return of(HierarchicalSoftmax(p, hidden, counts));
  const Linear readout(p, hidden, std::ssize(counts));
  if (name == "full") {
    return [readout](Var h, const Tensor& y, std::int64_t) {
      return softmax_cross_entropy(readout, h, h.tape().input(y), Reduction::sum);
    };
  }
  const SampledSoftmax layer(readout, counts, std::min(sampled, std::ssize(counts)));
  return [layer](Var h, const Tensor& y, std::int64_t step) {
    Noise noise(1, step);
    return layer.training_loss(h, y, noise, Reduction::sum);
  };
}

struct Measured {
  double words_per_second;  // the median step
  double mean;              // of all steps but the first together, plans included
  double recording;         // seconds of a step, the median
  int plans;                // steps for which a plan was made, of all
};

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

/// Steps of SGD with clipped gradients, each with words of its own, distributed by Zipf's law.
Measured measure(const std::string& name, Index words, const Sizes& s, int count, bool print_plan) {
  const Parameters p;
  const std::vector<std::int64_t> counts = WordSampler::log_uniform(words);
  const Embedding embedding(p / "embedding", words, s.embedding);
  const Lstm cell(p / "lstm", s.embedding, s.hidden);
  const Loss output = make_output(name, p / "output", s.hidden, counts, s.sampled);
  Tape tape;
  std::vector<double> times;
  std::vector<double> recordings;
  int plans = 0;
  std::size_t bytes = 0;
  const auto step = [&](std::int64_t number) {
    const Shape shape{s.steps, s.batch};
    const auto seed = static_cast<std::uint64_t>(2 * number);
    const Tensor x = bench::zipf_ids(shape, words, seed);
    const Tensor y = bench::zipf_ids(shape, words, seed + 1);
    const auto begun = Clock::now();
    tape.clear();
    const Var h =
        unroll_over(cell, embedding(tape.input(x)), zero_state(cell, tape, s.batch)).outputs;
    const Var loss = output(h, y, number) / static_cast<double>(s.batch);
    Gradients gradients = tape.gradients(loss, p);
    recordings.push_back(seconds_since(begun));
    bench::clipped_sgd(gradients);
    times.push_back(seconds_since(begun));
    if (tape.bytes() != bytes) ++plans;
    bytes = tape.bytes();
  };
  for (int i = 0; i < count; ++i) step(i);
  // The first step takes memory for parameters' gradients from the system.
  const double all = std::accumulate(times.begin() + 1, times.end(), 0.0);
  if (print_plan) {
    tape.set_timing(true);
    step(count);
    tape.print_plan();
  }
  const auto of_step = static_cast<double>(s.steps * s.batch);
  return {of_step / median(times), of_step * (count - 1) / all, median(recordings), plans};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Words a second of a training step with each output layer, its targets by Zipf's law");
  Sizes sizes;
  std::vector<Index> vocabularies{8000, 100000};
  std::vector<std::string> outputs{"full", "adaptive", "class", "hierarchical", "sampled"};
  int steps = 40;
  bool print_plan = false;
  app.add_option("--words", vocabularies, "sizes of vocabularies")->capture_default_str();
  app.add_option("--output", outputs, "output layers")->capture_default_str();
  app.add_option("--hidden", sizes.hidden, "units of the LSTM")->capture_default_str();
  app.add_option("--embedding", sizes.embedding, "size of its word vectors")->capture_default_str();
  app.add_option("--batch", sizes.batch, "sequences")->capture_default_str();
  app.add_option("--length", sizes.steps, "steps of each")->capture_default_str();
  app.add_option("--sampled", sizes.sampled, "words a step of the sampled softmax")
      ->capture_default_str();
  app.add_option("--steps", steps, "training steps that are timed")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  app.add_flag("--print-plan", print_plan, "the plan of a step, timed");
  CLI11_PARSE(app, argc, argv);
  fmt::print("LSTM {} over word vectors of {}, {} x {} words a step, threads: {}\n", sizes.hidden,
             sizes.embedding, sizes.steps, sizes.batch, threads());
  fmt::print("{:>8} {:14} {:>10} {:>8} {:>12} {:>13} {:>6}\n", "words", "output", "words/s",
             "x full", "with plans", "recording", "plans");
  for (const Index words : vocabularies) {
    double full = 0;
    for (const std::string& output : outputs) {
      const Measured m = measure(output, words, sizes, steps, print_plan);
      if (output == "full") full = m.words_per_second;
      fmt::print("{:8} {:14} {:10.0f} {:>8} {:12.0f} {:10.2f} ms {:6}\n", words, output,
                 m.words_per_second,
                 full > 0 ? fmt::format("{:.2f}", m.words_per_second / full) : "-", m.mean,
                 1000 * m.recording, m.plans);
      std::fflush(stdout);
    }
  }
}
