// A tape as text and as a drawing.
#include "core/word_model.h"

#include <doctest/doctest.h>

using namespace unroll;
using testing::ramp;
using testing::rising;

namespace {

/// The text as a raw string that begins on a line of its own has it.
std::string lines(const std::string& text) { return fmt::format("\n{}", text); }

/// y = tanh(x W^T) at time step 0, and the gradient of its sum.
struct Recorded {
  Parameters root{DType::f64};
  Parameter W = (root / "cell").add("W", {1, 2}, rising());
  Tape tape{DType::f64};

  Recorded() {
    const Var x = tape.input(Tensor::of<double>({1, 2}, {0.5, 0.25}));
    Var y;
    {
      const Tape::StepScope scope(tape, 0);
      y = tanh(linear(x, tape.parameter(W)));
    }
    (void)tape.gradients(sum(y), std::span(&x, 1));
  }
};

}  // namespace

TEST_CASE("print: a tape prints one node a line") {
  Recorded r;
  CHECK(lines(r.tape.to_string()) == R"text(
#0     input                        (1 x 2)                          x
#1     parameter cell.W             (1 x 2)                         t=0
#2     linear                       (1 x 1)          #0 #1          t=0  cell.W x
#3     tanh                         (1 x 1)          #2             t=0  cell
#4     reshape                      (1)              #3
#5     sum axis 0                   ()               #4              loss
#6     full 1                       ()                              gradient of #5  d loss
#7     reshape                      (1)              #6             gradient of #5
#8     reshape                      (1 x 1)          #7             gradient of #4  d cell
#9     tanh_gradient                (1 x 1)          #8 #3          t=0 gradient of #3  d (cell.W x)
#10    matmul                       (1 x 2)          #9 #1          t=0 gradient of #2  d x
)text");
  CHECK(Tape().to_string().empty());
}

TEST_CASE("print: values are computed when they are printed") {
  Recorded r;
  CHECK(lines(r.tape.to_string(true)) == R"text(
#0     input                        (1 x 2)                          x = 0.5 0.25
#1     parameter cell.W             (1 x 2)                         t=0  = 0.1 0.2
#2     linear                       (1 x 1)          #0 #1          t=0  cell.W x = 0.1
#3     tanh                         (1 x 1)          #2             t=0  cell = 0.099668
#4     reshape                      (1)              #3              = 0.099668
#5     sum axis 0                   ()               #4              loss = 0.099668
#6     full 1                       ()                              gradient of #5  d loss = 1
#7     reshape                      (1)              #6             gradient of #5  = 1
#8     reshape                      (1 x 1)          #7             gradient of #4  d cell = 1
#9     tanh_gradient                (1 x 1)          #8 #3          t=0 gradient of #3  d (cell.W x) = 0.990066
#10    matmul                       (1 x 2)          #9 #1          t=0 gradient of #2  d x = 0.0990066 0.198013
)text");
}

TEST_CASE("print: of many values the first eight are printed") {
  Tape tape(DType::f64);
  (void)tape.input(ramp({3, 3}, 1, 1));
  (void)tape.input(ramp({2, 4}, 1, 1));
  (void)tape.input(ramp({0, 4}));
  (void)tape.input(Tensor::of<std::int32_t>({2}, {-1, 2147483647}));
  CHECK(lines(tape.to_string(true)) == R"text(
#0     input                        (3 x 3)                          = 1 2 3 4 5 6 7 8 ...
#1     input                        (2 x 4)                          = 1 2 3 4 5 6 7 8
#2     input                        (0 x 4)                          =
#3     input                        (2)                              = -1 2147483647
)text");
}

TEST_CASE("print: a changed parameter's old node prints no values") {
  const Parameters root(DType::f64);
  const Parameter w = root.add("w", {2}, rising());
  Tape tape(DType::f64);
  (void)(tape.parameter(w) * 2);
  w.set(Tensor::of<double>({2}, {5, 6}));
  (void)(tape.parameter(w) * 3);
  CHECK(lines(tape.to_string(true)) == R"text(
#0     parameter w                  (2)                              = (changed since)
#1     affine 2 x + 0               (2)              #0              2 w = 0.2 0.4
#2     parameter w                  (2)                              = 5 6
#3     affine 3 x + 0               (2)              #2              3 w = 15 18
)text");
}

TEST_CASE("print: a tape is written as a Graphviz graph") {
  Recorded r;
  CHECK(lines(r.tape.to_dot()) == R"text(
digraph tape {
  rankdir=LR;
  node [shape=box, style=filled];
  n0 [label="#0 input\nx\n(1 x 2)", fillcolor=lightyellow];
  n1 [label="#1 parameter cell.W\n(1 x 2)\nt=0", fillcolor=lightyellow];
  n2 [label="#2 linear\ncell.W x\n(1 x 1)\nt=0", fillcolor=lightblue];
  n0 -> n2;
  n1 -> n2;
  n3 [label="#3 tanh\ncell\n(1 x 1)\nt=0", fillcolor=lightblue];
  n2 -> n3;
  n4 [label="#4 reshape\n(1)", fillcolor=lightblue];
  n3 -> n4;
  n5 [label="#5 sum axis 0\nloss\n()", fillcolor=lightblue];
  n4 -> n5;
  n6 [label="#6 full 1\nd loss\n()", fillcolor=mistyrose];
  n7 [label="#7 reshape\n(1)", fillcolor=mistyrose];
  n6 -> n7;
  n8 [label="#8 reshape\nd cell\n(1 x 1)", fillcolor=mistyrose];
  n7 -> n8;
  n9 [label="#9 tanh_gradient\nd (cell.W x)\n(1 x 1)\nt=0", fillcolor=mistyrose];
  n8 -> n9;
  n3 -> n9;
  n10 [label="#10 matmul\nd x\n(1 x 2)\nt=0", fillcolor=mistyrose];
  n9 -> n10;
  n1 -> n10;
}
)text");
  Tape quoted;
  (void)quoted.parameter(Parameters().add("a \"b\" \\ c", {1}, zeros()));
  CHECK(quoted.to_dot().find(R"dot(n0 [label="#0 parameter a \"b\" \\ c\n(1)")dot") !=
        std::string::npos);
  CHECK(lines(Tape().to_dot()) == R"text(
digraph tape {
  rankdir=LR;
  node [shape=box, style=filled];
}
)text");
}
