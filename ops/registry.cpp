#include <unroll/ops/families.h>
#include <unroll/ops/registry.h>

#include <algorithm>

namespace unroll {

const std::vector<const Op*>& all_ops() {
  static const std::vector<const Op*> ops = [] {
    std::vector<const Op*> all;
    for (const auto& family :
         {unary_ops(), activation_ops(), binary_ops(), compare_ops(), matmul_ops(),
          triangular_ops(), reduce_ops(), scan_ops(), view_ops(), shape_ops(), fill_ops(),
          index_ops(), gather_ops(), loss_ops(), random_ops()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    return all;
  }();
  return ops;
}

const Op* find_op(std::string_view name) {
  const auto& ops = all_ops();
  const auto found =
      std::find_if(ops.begin(), ops.end(), [&](const Op* op) { return op->name == name; });
  return found == ops.end() ? nullptr : *found;
}

std::string op_table() {
  std::string text;
  for (const Op* op : all_ops()) text += fmt::format("{:<24} {}\n", op->name, op->formula);
  return text;
}

}  // namespace unroll
