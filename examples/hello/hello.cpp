// A whole training program: an LSTM learns to add the two numbers of a sequence that are marked
// (Hochreiter & Schmidhuber 1997). It prints the loss as it falls, and that of sequences it has not
// seen; saying 1 every time costs 0.1667.
#include <unroll/unroll.h>

using namespace unroll;  // NOLINT: a program of one page

constexpr Index kSteps = 20, kBatch = 32, kHidden = 32;

struct Batch {
  Tensor x{DType::f32, {kSteps, kBatch, 2}};  // numbers from 0 to 1, and marks
  Tensor y{DType::f32, {kBatch, 1}};          // the sum of the two that are marked
};

Batch draw(Random& random) {
  Batch batch;
  for (Index b = 0; b < kBatch; ++b) {
    const Index first = random.below(kSteps / 2);
    const Index second = kSteps / 2 + random.below(kSteps / 2);
    for (Index t = 0; t < kSteps; ++t) {
      float* const x = &batch.x.values<float>()[static_cast<std::size_t>((t * kBatch + b) * 2)];
      x[0] = static_cast<float>(random.uniform());
      x[1] = t == first || t == second ? 1 : 0;
      batch.y.values<float>()[static_cast<std::size_t>(b)] += x[0] * x[1];
    }
  }
  return batch;
}

int main() {
  const Parameters parameters(DType::f32, 1);
  const Lstm lstm(parameters / "lstm", 2, kHidden);
  const Linear readout(parameters / "readout", kHidden, 1);
  Adam adam({.learning_rate = 5e-3});
  Random random(7);
  Tape tape;

  const auto loss_of = [&](const Batch& batch) {
    const auto [outputs, last] =
        unroll_over(lstm, tape.input(batch.x), zero_state(lstm, tape, kBatch));
    return mse_loss(readout(last.h), tape.input(batch.y));
  };
  for (int step = 1; step <= 1000; ++step) {
    tape.clear();
    const Var loss = loss_of(draw(random));
    Gradients gradients = tape.gradients(loss, parameters);
    clip_by_global_norm(gradients, 1);
    adam.step(gradients);
    if (step % 200 == 0) fmt::print("step {}: loss {:.4f}\n", step, loss.item());
  }
  tape.clear();
  const double held_out = loss_of(draw(random)).item();
  fmt::print("held out: loss {:.4f}, where guessing costs 0.1667\n", held_out);
  save_safetensors("adding.safetensors", {.tensors = tensors_of(parameters)});
  fmt::print("the parameters are in adding.safetensors\n");
}
