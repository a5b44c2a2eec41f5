#pragma once
/// A plan in the making as text: what README.md in this folder shows.

#include <unroll/core/plan/order.h>

#include <set>
#include <string>
#include <string_view>

namespace unroll {

/// Prints a draft stage by stage.
class Trace {
 public:
  /// The values of a draft, and how each comes about, then its products: the lines that are not as
  /// they were a stage before.
  [[nodiscard]] std::string after(std::string_view stage, const Draft& draft);

 private:
  std::set<std::string> lines_;
};

/// What runs, in order.
[[nodiscard]] std::string to_string(const Draft& draft, const std::vector<Task>& tasks);

}  // namespace unroll
