#pragma once
/// Every operation there is.

#include <unroll/core/op.h>

namespace unroll {

/// All operations, by family. Tests and the table of operations walk this list.
[[nodiscard]] const std::vector<const Op*>& all_ops();
/// The operation of that name, or null.
[[nodiscard]] const Op* find_op(std::string_view name);
/// All operations as text, one a line: name and formula.
[[nodiscard]] std::string op_table();

}  // namespace unroll
