#pragma once
/// A tape as a page to look at: one HTML file that needs no network and nothing else.

#include <unroll/core/tape.h>

#include <string>

namespace unroll {

/// What a page shows.
struct ViewOptions {
  std::string title = "A tape, opened";  // of the page
  /// At most so many numbers are written into the page, those of all nodes together: of a large
  /// tape a page shows the first few of each node, and of every node the least, the greatest and
  /// the norm of all.
  Index numbers = 60000;
};

/// Writes a page that shows how `loss` was computed and differentiated: the nodes by layer and time
/// step, their values, the gradients as they were passed back, the gradient of each parameter as
/// the sum of the terms from its uses, and the plan that ran last. Every number is the tape's.
///
/// Values that were not kept are computed again. Where no gradient of `loss` was recorded, it is
/// recorded for all parameters that `loss` was computed from, or for the inputs where there are
/// none, and run by a plan that is timed; within an Inference scope the page shows the values
/// alone. IoError where the file cannot be written, HandleError for a Var of another tape.
void write_view(Tape& tape, Var loss, const std::string& path, const ViewOptions& options = {});

/// The text of that page.
[[nodiscard]] std::string view_page(Tape& tape, Var loss, const ViewOptions& options = {});

/// What the page is drawn from, as JSON: {"loss", "dtype", "ops", "layers", "nodes", "passed",
/// "plan"}. core/view/README.md says what stands where.
[[nodiscard]] std::string view_data(Tape& tape, Var loss, const ViewOptions& options = {});

}  // namespace unroll
