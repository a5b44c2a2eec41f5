/// Operations that are no products, each recorded once and run by its plan; bytes are those that
/// have to be read and written at least.

#include <functional>

#include "bench/bench_kernels.h"
#include "bench/planned_graph.h"

namespace bench {
namespace {

using namespace unroll;

constexpr Index kElements = 1'000'000;
constexpr double kFloat = sizeof(float);

Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  Tensor tensor(DType::f32, shape);
  Random random(seed);
  for (float& x : tensor.values<float>()) x = static_cast<float>(random.uniform(-2, 2));
  return tensor;
}

Tensor random_ids(const Shape& shape, Index count, std::uint64_t seed) {
  Tensor ids(DType::i32, shape);
  Random random(seed);
  for (std::int32_t& id : ids.values<std::int32_t>()) {
    id = static_cast<std::int32_t>(random.below(count));
  }
  return ids;
}

/// Records something on a tape and says which values are wanted.
using Program = std::function<std::vector<Var>(Tape&)>;

void run_program(benchmark::State& state, const Program& program, double bytes) {
  Tape tape;
  std::vector<std::uint32_t> targets;
  for (const Var& wanted : program(tape)) targets.push_back(wanted.index());
  PlannedGraph planned(tape.graph(), targets, static_cast<int>(state.range(0)));
  for (auto _ : state) planned.run();
  count_rate(state, "bytes", bytes);
}

void add(const char* name, double floats, const Program& program) {
  on_threads(benchmark::RegisterBenchmark(
      name, [=](benchmark::State& state) { run_program(state, program, floats * kFloat); }));
}

/// The arithmetic of one step of an LSTM once its products are done: from what goes into its gates
/// and c to h' and c'. With its gradient, from that of h' and c' to that of all it was made of.
std::vector<Var> lstm_step(Tape& tape, bool with_gradient) {
  const Shape shape{20, 200};
  std::vector<Var> in;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    in.push_back(tape.input(random_tensor(shape, seed)));
  }
  const Var c = sigmoid(in[1]) * in[4] + sigmoid(in[0]) * tanh(in[3]);
  const Var h = sigmoid(in[2]) * tanh(c);
  std::vector<Var> wanted = {h, c};
  if (with_gradient) {
    const Var of_h = tape.input(random_tensor(shape, 5));
    const Var of_c = tape.input(random_tensor(shape, 6));
    for (const Var& gradient : tape.gradients(h * of_h + c * of_c, in)) wanted.push_back(gradient);
  }
  return wanted;
}

std::vector<Var> softmax_with_gradient(Tape& tape, Index rows, Index classes) {
  const Var logits = tape.input(random_tensor({rows, classes}, 1));
  const Var loss = softmax_cross_entropy(logits, tape.input(random_ids({rows}, classes, 2)));
  std::vector<Var> wanted = tape.gradients(loss, std::span(&logits, 1));
  wanted.push_back(loss);
  return wanted;
}

/// Rows looked up, and their gradient added up into the block of all gradients. That is the work of
/// Gradients, so that each run records and plans as a step of training does.
void embedding_with_gradient(benchmark::State& state, Index ids, Index count, Index size) {
  const Parameters parameters(DType::f32, 1);
  const Embedding table(parameters, count, size);
  const Tensor words = random_ids({ids}, count, 1);
  const Tensor of_vectors = random_tensor({ids, size}, 2);
  set_threads(static_cast<int>(state.range(0)));
  Tape tape;
  for (auto _ : state) {
    tape.clear();
    const Var loss = sum(table(tape.input(words)) * tape.input(of_vectors));
    const Gradients gradients = tape.gradients(loss, parameters);
    (void)gradients.flat();
    (void)loss.value();
  }
  set_threads(0);
  // Read a row and its gradient, write the row, read and write its place in the block.
  count_rate(state, "bytes", kFloat * 5 * static_cast<double>(ids * size));
}

}  // namespace

void register_operations() {
  constexpr double kStep = 20 * 200;
  add("lstm/20x200/forward", 7 * kStep, [](Tape& tape) { return lstm_step(tape, false); });
  add("lstm/20x200/and_gradient", 14 * kStep, [](Tape& tape) { return lstm_step(tape, true); });
  constexpr Index kRows = 400;
  constexpr Index kClasses = 10000;
  add("softmax_cross_entropy/400x10000/and_gradient", 2.0 * kRows * kClasses,
      [](Tape& tape) { return softmax_with_gradient(tape, kRows, kClasses); });
  on_threads(benchmark::RegisterBenchmark(
      "embedding/400of10000x200/and_gradient",
      [](benchmark::State& state) { embedding_with_gradient(state, 400, 10000, 200); }));

  struct Function {
    const char* name;
    Var (*apply)(Var);
  };
  for (const Function& f :
       {Function{"dropout/1M",
                 [](Var x) {
                   return dropout(x, 0.5, RandomKey{1, 2, 3});
                 }},
        Function{"sigmoid/1M", sigmoid}, Function{"tanh/1M", tanh}, Function{"exp/1M", exp}}) {
    add(f.name, 2.0 * kElements, [apply = f.apply](Tape& tape) -> std::vector<Var> {
      return {apply(tape.input(random_tensor({kElements}, 1)))};
    });
  }
}

}  // namespace bench
