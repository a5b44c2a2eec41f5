// What a tape asks of the heap, the stack and the clock.
#include "core/word_model.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> allocated = 0;  // bytes

void* counted_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  ++allocations;
  allocated += bytes;
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}

void* counted(std::size_t bytes, std::size_t alignment) {
  void* const memory = counted_or_null(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// The program's own operator new, to count.
void* operator new(std::size_t bytes) { return counted(bytes, 16); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes, 16);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

using namespace unroll;
using testing::has_computed;
using testing::WordModel;

namespace {

/// Heap allocations while the recorded loss and the gradients of one step run.
struct RunCost {
  std::size_t allocations = 0;
  std::size_t nodes = 0;
};
RunCost run_cost(const WordModel& model, Tape& tape, Index steps) {
  RunCost cost;
  for (int repeat = 0; repeat < 3; ++repeat) {
    tape.clear();
    const Var loss = model.loss(tape, steps);
    const Var w = tape.parameter(model.lstm.i.W);
    const std::vector<Var> gradient = tape.gradients(loss, std::span(&w, 1));
    const std::size_t before = allocations;
    (void)loss.value();
    (void)gradient[0].value();
    cost = {allocations - before, 0};
  }
  for (const Node& node : tape.graph().nodes) cost.nodes += has_computed(node) ? 1U : 0U;
  return cost;
}

}  // namespace

TEST_CASE("memory: a training loop stops growing after its first steps") {
  WordModel model;
  Tape tape;
  std::vector<std::size_t> bytes;
  for (std::uint64_t step = 0; step < 8; ++step) {
    tape.clear();
    const Var loss = model.loss(tape, 20, step);
    const Gradients gradients = tape.gradients(loss, model.parameters);
    Sgd{0.1}.step(gradients);
    CHECK(loss.item() > 0);
    bytes.push_back(tape.bytes());
  }
  CHECK(bytes[0] > 0);
  for (std::size_t step = 2; step < bytes.size(); ++step) CHECK(bytes[step] == bytes[1]);
  tape.clear();
  CHECK(tape.bytes() == bytes[1]);
}

TEST_CASE("memory: an optimizer without slots makes no block of the parameters' size") {
  const Parameters parameters;
  const Parameter W = parameters.add("W", {500, 400}, uniform(0.1));
  Tape tape;
  const Var loss = sum(linear(full(tape, {2, 400}, 1), tape.parameter(W)));
  CHECK(loss.item() != 0);  // nothing is left that reads W: the tape need not keep it
  const Gradients gradients = tape.gradients(loss, parameters);
  CHECK(gradients.flat().size() == 500 * 400);
  const std::size_t before = allocated;
  Sgd{0.1}.step(gradients);
  CHECK(allocated - before < 500 * 400);
}

TEST_CASE("memory: running a node takes nothing from the heap after the first step") {
  WordModel model;
  Tape tape;
  const RunCost large = run_cost(model, tape, 100);  // first, so that all memory is there
  const RunCost small = run_cost(model, tape, 10);
  CHECK(large.nodes > 8 * small.nodes);
  CAPTURE(small.allocations);
  CAPTURE(large.allocations);
  CHECK(large.allocations <= small.allocations + 4);
  CHECK(large.allocations < small.nodes / 4);
}

TEST_CASE("memory: a graph of 200,000 nodes is recorded, differentiated and run") {
  constexpr int kDepth = 100'000;
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({}, {0.5}));
  Var y = x;
  for (int i = 0; i < kDepth; ++i) y = y * 0.99999 + x * 0;  // three nodes
  const std::vector<Var> gradient = tape.gradients(y, std::span(&x, 1));
  CHECK(tape.node_count() > 200'000);
  CHECK(gradient[0].item() == doctest::Approx(std::pow(0.99999, kDepth)));
  CHECK(y.item() == doctest::Approx(0.5 * std::pow(0.99999, kDepth)));
  tape.clear();
  CHECK(tape.node_count() == 0);
}

TEST_CASE("memory: asking for each value as it is recorded costs each node once") {
  Tape tape(DType::f64);
  Var y = tape.input(Tensor::of<double>({}, {0.0}));
  for (int i = 1; i <= 200'000; ++i) {
    y = y + 1.0;
    if (y.item() != i) FAIL("wrong value");
  }
}

TEST_CASE("memory: values stay where they are while the tape grows") {
  Tape tape(DType::f64);
  const Var first = tape.input(testing::ramp({3}));
  const TensorView view = (first * 2).value();
  const std::vector<double> before = view.to_doubles();
  for (int i = 0; i < 1000; ++i) (void)full(tape, {1000}, i).value();
  CHECK(view.to_doubles() == before);
}
