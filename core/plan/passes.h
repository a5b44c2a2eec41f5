#pragma once
/// The passes that make large kernels of small nodes, in the order they work. Each stands in a file
/// of its own and can be switched off; with all of them off nodes run one by one.

#include <unroll/core/plan/draft.h>

#include <string>
#include <string_view>

namespace unroll {

void accumulate(Draft& draft);
void join(Draft& draft);
void batch(Draft& draft);

/// Settles where values lie, so that products find their blocks side by side.
void place(Draft& draft);

/// Which passes are on.
struct Passes {
  bool accumulate = true;
  bool join = true;
  bool batch = true;
  bool place = true;
  bool fuse = true;
  bool spread = true;
  friend bool operator==(const Passes&, const Passes&) = default;
  [[nodiscard]] bool any() const { return *this != none(); }

  static Passes none() { return {false, false, false, false, false, false}; }
  /// From text as UNROLL_PLAN holds it: "off", "on", or the names of those that are on, separated by
  /// commas. Error for an unknown name.
  static Passes parse(std::string_view text);
  /// As UNROLL_PLAN says; all where it is not set.
  static const Passes& from_environment();
  [[nodiscard]] std::string to_string() const;
};

/// Makes a plan for a request, to be run by at most `threads` threads.
Plan make_plan(const Graph& graph, const Request& request, const Passes& passes, int threads);

}  // namespace unroll
