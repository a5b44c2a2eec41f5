// The code of the READMEs is what is compiled here: the lines between the marks stand there word
// for word, but for their indentation.
#include "support.h"

#include <fstream>
#include <sstream>

namespace unroll::testing {
namespace {

// [cell
struct Gru {
  using State = Var;
  Index hidden;
  Gate z, r, n;  // each holds W, U and b, and is W x + U h + b

  Gru(const Parameters& p, Input in, Index hidden)
      : hidden(hidden), z(p / "z", in, hidden), r(p / "r", in, hidden), n(p / "n", in, hidden) {}

  Var step(Var x, Var h) const {
    Var zt = sigmoid(z(x, h));
    Var rt = sigmoid(r(x, h));
    Var nt = tanh(n(x, rt * h));
    return (1 - zt) * nt + zt * h;
  }
};
// cell]

std::string read(const char* path) {
  std::ifstream file(std::string(UNROLL_SOURCE_DIR "/") + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The lines between `// [name` and `// name]` of this file, without their common indentation.
std::string code(const std::string& name) {
  std::istringstream lines(read("tests/layers/test_readme.cpp"));
  std::string result;
  bool inside = false;
  std::size_t indentation = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("// " + name + "]") != std::string::npos) return result;
    if (inside) result += (line.size() > indentation ? line.substr(indentation) : "") + "\n";
    if (const std::size_t mark = line.find("// [" + name); mark != std::string::npos) {
      inside = true;
      indentation = mark;
    }
  }
  return "no code is marked " + name;
}

TEST_CASE("readme: its cell compiles, trains, and stacks") {
  CHECK(read("README.md").find("```cpp\n" + code("cell") + "```") != std::string::npos);
  const Parameters p(DType::f64, 1);
  const Stack<Gru> cell(p, 3, 4, 2);
  const auto outputs = [&](Tape& tape) {
    const Var x = tape.input(random_tensor({3, 2, 3}, 1));
    return unroll_over(cell, x, zero_state(cell, tape, 2)).outputs;
  };
  CHECK(check_gradients(outputs, p).passed);
}

TEST_CASE("readme: its training step compiles and goes down") {
  const Parameters parameters(DType::f32, 1);
  const Gru cell(parameters / "gru", 3, 8);
  const Linear readout(parameters / "readout", 8, 5);
  Adam optimizer({.learning_rate = 0.01});
  Tape tape;
  const Tensor x = random_tensor({6, 2, 3}, 1);
  const Tensor y = random_ids({6, 2}, 2, 5);
  Carried<Var> state = carry(zero_state(cell, tape, 2));
  double first = 0;
  double latest = 0;
  for (int i = 0; i < 100; ++i) {
    // [step
    tape.clear();
    auto [outputs, last] = unroll_over(cell, tape.input(x), state);  // x: (T, B, features)
    Var loss = softmax_cross_entropy(readout, outputs, tape.input(y));
    Gradients gradients = tape.gradients(loss, parameters);
    clip_by_global_norm(gradients, 5);
    optimizer.step(gradients);
    state = carry(last);  // truncated BPTT, visibly
    // step]
    latest = loss.item();
    if (i == 0) first = latest;
  }
  CHECK(latest < first / 2);
  CHECK(read("README.md").find("```cpp\n" + code("step") + "```") != std::string::npos);
}

TEST_CASE("readme: the table of operations is that of the registry") {
  CHECK(read("ops/README.md").find("```\n" + op_table() + "```") != std::string::npos);
}

}  // namespace
}  // namespace unroll::testing
