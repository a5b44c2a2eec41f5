#include "bptt/networks.h"

namespace bptt {

using namespace unroll;

Var Network::loss(Tape& tape, const variants::Task& task, const variants::Batch& batch) const {
  const Var x = tape.input(batch.x);
  const auto last = unroll_over(cell, x, cell.zero_state(tape, x.shape()[1])).last;
  return task.loss(readout(output_of(last)), batch);
}

Network make_rnn(std::string name, Var (*f)(Var), const CellOptions& options) {
  return {std::move(name), [&](const Parameters& p) {
            return AnyCell(Rnn(p, Network::kInputs, Network::kHidden, options, f));
          }};
}

Network make_irnn() { return make_rnn("rnn relu, U = I", relu, irnn_options({.W = normal(0.1)})); }

Network make_network(std::string_view cell) {
  return {std::string(cell), [&](const Parameters& p) {
            return find_cell(cell).make(p, Network::kInputs, Network::kHidden, {});
          }};
}

void train(const Network& network, const variants::Task& task, Index updates,
           const BeforeUpdate& before_update) {
  Adam adam({.learning_rate = 0.003});
  Random random(1);
  Tape tape(DType::f64);
  for (Index update = 0; update < updates; ++update) {
    tape.clear();
    const Var loss = network.loss(tape, task, task.draw(20, random));
    if (before_update) before_update(update, loss);
    Gradients gradients = tape.gradients(loss, network.parameters);
    clip_by_global_norm(gradients, 1);
    adam.step(gradients);
  }
}

double test_loss(const Network& network, const variants::Task& task) {
  Random random(2);
  Tape tape(DType::f64);
  return network.loss(tape, task, task.draw(500, random)).item();
}

}  // namespace bptt
