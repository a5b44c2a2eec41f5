#pragma once
/// A random program is run in many ways, which must agree.

#include "fuzz/structures.h"

#include <optional>

namespace unroll::fuzz {

/// In how many ways a program is run.
enum class Effort : std::uint8_t { few, many };

struct Failure {
  std::string_view structure;
  Recipe recipe;
  Way way;
  std::string what;
};

/// Runs the program of a recipe node by node, then with all passes, without each of them and with
/// random subsets of them, on 1 and 2 threads and sometimes 3. Values have to be near those of
/// the run node by node; runs that differ in the number of threads only, and a run that is
/// repeated, have to give the same bits; errors have to be the same text. Nothing where all of
/// that holds.
[[nodiscard]] std::optional<Failure> check(const Structure& structure, const Recipe& recipe,
                                           Effort effort);

/// The same for one way.
[[nodiscard]] std::optional<Failure> check(const Structure& structure, const Recipe& recipe,
                                           const Way& way);

/// The same program with smaller sizes, shorter sequences and fewer passes, as far as it fails.
[[nodiscard]] Failure shrink(const Structure& structure, Failure failure);

/// What is wrong, with all that is needed to repeat it, as text.
[[nodiscard]] std::string to_string(const Failure& failure);

/// Runs a program once on fresh tapes, or on those given.
[[nodiscard]] Outcome run(const Structure& structure, const Recipe& recipe, const Way& way);
[[nodiscard]] Outcome run(const Structure& structure, const Recipe& recipe, const Way& way,
                          Tapes& tapes);

}  // namespace unroll::fuzz
