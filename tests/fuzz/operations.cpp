// The random operations of tests/core as one more structure.
#include "core/plan/random_program.h"
#include "fuzz/structures.h"

namespace unroll::fuzz {

void operations(Program& p) {
  const int size = static_cast<int>(p.between(5, 45));
  testing::RandomProgram program(p.tape(), {p.seed(), p.data_seed(), size, DType::f64});
  for (const Var& loss : program.losses) {
    if (p.one_in(2)) p.glance(loss);
    p.show(loss);
  }
  for (Gradients& gradients : program.gradients) p.hold(std::move(gradients));
  if (p.one_in(3)) p.change(program.parameters);
  p.end_piece();
}

}  // namespace unroll::fuzz
