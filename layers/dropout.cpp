#include <unroll/layers/dropout.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

namespace unroll {
namespace {

/// The recurrent weights below a branch: every parameter whose own name is U.
std::vector<Parameter> recurrent_weights(const Parameters& cells) {
  std::vector<Parameter> result;
  for (const Parameter& p : cells.all()) {
    if (p.name() == "U" || p.name().ends_with(".U")) result.push_back(p);
  }
  return result;
}

}  // namespace

Var Dropout::operator()(Var x) const {
  return rate == 0 ? x : dropout(x, rate, noise.key(x.shape().rank() - 2));
}

Var dropout_over_time(Var x, double rate, Noise& noise) {
  const Var ones = full(x.tape(), x.shape().without(0), 1);
  return x * dropout(ones, rate, noise.key(0));
}

void drop_recurrent(Tape& tape, const Parameters& cells, Index batch, double rate, Noise& noise) {
  for (const Parameter& U : recurrent_weights(cells)) {
    const Var ones = full(tape, {batch, U.shape()[1]}, 1);
    tape.mask_input(U, dropout(ones, rate, noise.key(0)));
  }
}

void drop_weights(Tape& tape, const Parameters& cells, double rate, Noise& noise) {
  for (const Parameter& U : recurrent_weights(cells)) {
    tape.replace(U, dropout(tape.parameter(U), rate, noise.key()));
  }
}

}  // namespace unroll
