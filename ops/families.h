#pragma once
/// The operations, family by family. The registry joins them.

#include <unroll/core/op.h>

namespace unroll {

std::vector<const Op*> unary_ops();
std::vector<const Op*> activation_ops();
std::vector<const Op*> binary_ops();
std::vector<const Op*> compare_ops();
std::vector<const Op*> matmul_ops();
std::vector<const Op*> triangular_ops();
std::vector<const Op*> reduce_ops();
std::vector<const Op*> scan_ops();
std::vector<const Op*> view_ops();
std::vector<const Op*> shape_ops();
std::vector<const Op*> fill_ops();
std::vector<const Op*> index_ops();
std::vector<const Op*> gather_ops();
std::vector<const Op*> loss_ops();
std::vector<const Op*> random_ops();

/// The gradients of y = sigmoid(x) and y = tanh(x) with respect to x: dy y (1 - y), dy (1 - y y).
Var sigmoid_gradient(Var dy, Var y);
Var tanh_gradient(Var dy, Var y);
/// x where the condition is not 0, else 0, whatever x is there; no gradient for the condition.
Var keep(Var x, Var condition);

}  // namespace unroll
