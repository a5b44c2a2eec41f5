/// Points 3, 7, 8 and 9: training steps that are timed, and some of them beside PyTorch.

#include <unroll/unroll.h>

#include <array>
#include <cstdio>

#include "bench/plan_points.h"
#include "bench/workloads.h"

namespace bench {

using namespace unroll;

namespace {

/// Trains a workload and notes the seconds a token of each step.
class Trainer {
 public:
  explicit Trainer(const std::string& name) : workload_(make_workload(name)) {
    tape_.set_passes({});
    step();
    step();
    seconds_a_token_.clear();
  }

  void step() {
    const double seconds = seconds_of([&] {
      tape_.clear();
      const Var loss = workload_.loss(tape_);
      Gradients gradients = tape_.gradients(loss, workload_.parameters);
      gradients.run();
      workload_.update(gradients);
    });
    const Index tokens = workload_.tokens_of_last ? workload_.tokens_of_last() : workload_.tokens;
    seconds_a_token_.push_back(seconds / static_cast<double>(tokens));
  }

  /// The seconds a token of the last step.
  [[nodiscard]] double last() const { return seconds_a_token_.back(); }
  /// Medians of all steps.
  [[nodiscard]] double seconds_a_token() const { return median(seconds_a_token_); }
  [[nodiscard]] double ms_a_step() const {
    return 1e3 * seconds_a_token() * static_cast<double>(workload_.tokens);
  }
  [[nodiscard]] double tokens_a_second() const { return 1 / seconds_a_token(); }

 private:
  Workload workload_;
  Tape tape_;
  std::vector<double> seconds_a_token_;
};

int timed_steps(const PointOptions& options) { return options.quick ? 3 : 5 * options.rounds; }

/// Both take turns, step by step.
void train_by_turns(Trainer& a, Trainer& b, const PointOptions& options) {
  for (int i = 0; i < timed_steps(options); ++i) {
    a.step();
    b.step();
  }
}

void train(Trainer& trainer, const PointOptions& options) {
  for (int i = 0; i < timed_steps(options); ++i) trainer.step();
}

/// Tokens a second of a workload in PyTorch, eager.
double pytorch_rate(const std::string& name, const PointOptions& options) {
  const std::string command = fmt::format(
      "'{}' '{}/tests/bench/peers/pytorch.py' '{}' --json --kinds eager --variant "
      "dense/foreach --repeats {}",
      options.python, UNROLL_SOURCE_DIR, name, options.quick ? 2 : 5);
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> part{};
  while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr) {
    text += part.data();
  }
  constexpr std::string_view kKey = "\"tokens_per_s\": ";
  const std::size_t at = text.find(kKey);
  if (pipe == nullptr || pclose(pipe) != 0 || at == text.npos) {
    fail<Error>("bench_plan: this failed: {}", command);
  }
  return std::stod(text.substr(at + kKey.size()));
}

/// How much faster a workload is than in PyTorch; both take turns.
Finding beside_pytorch(const std::string& name, Trainer& trainer, double target,
                       const PointOptions& options) {
  Finding finding{name + " / PyTorch eager", "give --python", fmt::format(">= {} x", target), {}};
  if (options.python.empty()) return finding;
  std::vector<double> ratios;
  for (int round = 0; round < options.rounds; ++round) {
    std::vector<double> seconds;
    for (int i = 0; i < (options.quick ? 2 : 5); ++i) {
      trainer.step();
      seconds.push_back(trainer.last());
    }
    ratios.push_back(1 / median(seconds) / pytorch_rate(name, options));
  }
  finding.figure = fmt::format("{:.2f} x", median(ratios));
  finding.reached = median(ratios) >= target;
  return finding;
}

Finding speed(const std::string& what, const Trainer& trainer, const char* unit, double target) {
  const double rate = trainer.tokens_a_second();
  return {what, fmt::format("{:.0f} {}/s", rate, unit), fmt::format(">= {:.0f}", target),
          rate >= target};
}

/// The seconds that `record` takes to run, its plan being known: the median of several.
template <class Record>
double known_plan_seconds(Tape& tape, int runs, Record&& record) {
  std::vector<double> seconds;
  for (int i = 0; i < runs + 1; ++i) {
    tape.clear();
    const Var y = record();
    const double one = seconds_of([&] { (void)y.value(); });
    if (i > 0) seconds.push_back(one);
  }
  return median(seconds);
}

constexpr Index kSide = 256;
constexpr Index kMatrices = 100;

/// What `make` makes of each of the matrices that stand one below another, again one below another.
template <class Make>
Var of_each(Var matrices, Make&& make) {
  std::vector<Var> made;
  for (Index i = 0; i < kMatrices; ++i) {
    made.push_back(make(rows(matrices, i * kSide, (i + 1) * kSide)));
  }
  return concat(made, 0);
}

Findings transposes(const PointOptions& options) {
  const Tensor values(DType::f32, {kMatrices * kSide, kSide});
  const Tensor narrow(DType::f32, {kSide, 32});
  Tape tape;
  tape.set_passes({});
  const int runs = timed_steps(options);
  const double alone = known_plan_seconds(
      tape, runs, [&] { return of_each(tape.input(values), [](Var x) { return transpose(x); }); });
  std::vector<double> ratios;
  for (int round = 0; round < options.rounds; ++round) {
    const double recorded = known_plan_seconds(tape, runs, [&] {
      const Var right = tape.input(narrow);
      return of_each(tape.input(values), [&](Var x) { return matmul(transpose(x), right); });
    });
    const double folded = known_plan_seconds(tape, runs, [&] {
      const Var right = tape.input(narrow);
      return of_each(tape.input(values), [&](Var x) { return matmul(x, right, {true, false}); });
    });
    ratios.push_back(recorded / folded);
  }
  const double ns = 1e9 * alone / static_cast<double>(values.size());
  const double ratio = median(ratios);
  return {{fmt::format("{} transposes of {} x {}: an element", kMatrices, kSide, kSide),
           fmt::format("{:.2f} ns", ns), "<= 0.7 ns", ns <= 0.7},
          {"a product with a transpose recorded / asked for", fmt::format("{:.2f} x", ratio),
           "<= 1.1 x", ratio <= 1.1}};
}

}  // namespace

Findings new_structures(const PointOptions& options) {
  Findings findings;
  for (const std::string form : {"W10", "W10 words"}) {
    Trainer fresh(form);
    Trainer known(form + " same");
    train_by_turns(fresh, known, options);
    findings.push_back(speed(form + ": new trees at every step", fresh, "trees", 1000));
    findings.push_back({form + ": the same trees at every step",
                        fmt::format("{:.0f} trees/s", known.tokens_a_second()),
                        "",
                        {}});
  }
  Trainer mixed("W11");
  Trainer fixed("W11 fixed");
  train_by_turns(mixed, fixed, options);
  const double ratio = mixed.seconds_a_token() / fixed.seconds_a_token();
  findings.push_back({"a token of random lengths (W11) / of one length",
                      fmt::format("{:.2f} x", ratio), "<= 1.15 x", ratio <= 1.15});
  return findings;
}

Findings attention(const PointOptions& options) {
  Trainer trainer("W12");
  const double mb = peak_mb();
  train(trainer, options);
  return {
      {"attention, 50 steps (W12): memory", fmt::format("{:.0f} MB", mb), "<= 500 MB", mb <= 500},
      {"attention, 50 steps (W12)",
       fmt::format("{:.0f} tokens/s", trainer.tokens_a_second()),
       "",
       {}},
      beside_pytorch("W12", trainer, 1.8, options)};
}

Findings parameters_only(const PointOptions& options) {
  Trainer plain("W17");
  Trainer once("W17 once");
  train_by_turns(plain, once, options);
  const double ratio = plain.ms_a_step() / once.ms_a_step();
  return {{"U - U^T at every step / once (W17)",
           fmt::format("{:.1f} / {:.1f} ms", plain.ms_a_step(), once.ms_a_step()), "<= 1.1 x",
           ratio <= 1.1}};
}

Findings other_shapes(const PointOptions& options) {
  Findings findings = transposes(options);
  Trainer ssm("W14");
  train(ssm, options);
  findings.push_back(speed("selective SSM (W14)", ssm, "tokens", 68000));
  findings.push_back(beside_pytorch("W14", ssm, 2, options));
  Trainer delta_net("W15");
  train(delta_net, options);
  findings.push_back({"DeltaNet of 4 heads (W15)",
                      fmt::format("{:.0f} tokens/s", delta_net.tokens_a_second()),
                      "",
                      {}});
  findings.push_back(beside_pytorch("W15", delta_net, 2.5, options));
  return findings;
}

}  // namespace bench
