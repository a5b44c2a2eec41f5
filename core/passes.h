#pragma once
/// Which passes make large kernels of small nodes when a tape runs.

#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// Each can be switched off; with all of them off nodes run one by one, in the order of recording,
/// which is what the passes are tested against.
struct Passes {
  bool accumulate = true;  // sums of products, as over the steps: one product, deeper
  bool join = true;        // products with one left side, as of the gates: one product, wider
  bool batch = true;       // products with one right side, as W x_t of all steps: one, higher
  bool fuse = true;        // element-wise neighbours: one sweep, no temporaries in memory
  bool place = true;       // operands and results lie side by side; memory is used again
  bool spread = true;      // every step on all threads
  friend bool operator==(const Passes&, const Passes&) = default;
  /// Whether any is on.
  [[nodiscard]] bool any() const;

  /// All of them off.
  static Passes none();
  /// The names of all, in the order they work.
  static std::vector<std::string_view> names();
  /// The same but for one, by name. Error for an unknown name.
  [[nodiscard]] Passes without(std::string_view name) const;
  /// From text as UNROLL_PLAN holds it: "off", "on", or the names of those that are on, separated
  /// by commas. Error for an unknown name.
  static Passes parse(std::string_view text);
  /// As UNROLL_PLAN says; all where it is not set.
  static const Passes& from_environment();
  [[nodiscard]] std::string to_string() const;
};

}  // namespace unroll
