#pragma once
/// The kinds of structure that random programs have. To add one, write a function and give it a
/// line in the table of structures.cpp.

#include "fuzz/program.h"

#include <span>
#include <string_view>

namespace unroll::fuzz {

struct Structure {
  std::string_view name;
  std::string_view description;
  void (*run)(Program&);
};

[[nodiscard]] std::span<const Structure> all_structures();
/// The structure of that name; Error naming those there are.
[[nodiscard]] const Structure& find_structure(std::string_view name);

// layers.cpp: cells above, beside and after each other
void skips(Program& p);
void delays(Program& p);
void interleaved(Program& p);
void shared_layers(Program& p);
void both_directions(Program& p);

// sequences.cpp: sequences of several lengths
void shrinking(Program& p);
void masks(Program& p);
void carried(Program& p);
void growing(Program& p);
void truncated(Program& p);

// parts.cpp: values taken apart and joined, and products of all sizes
void joined_states(Program& p);
void groups(Program& p);
void kept_views(Program& p);
void products(Program& p);
void tied(Program& p);
void matrix_states(Program& p);

// attention.cpp
void attention(Program& p);
void self_attention(Program& p);

// trees.cpp
void trees(Program& p);
void batched_trees(Program& p);

// parameters.cpp: what becomes of parameters
void several_trees(Program& p);
void replaced(Program& p);
void held_gradients(Program& p);
void of_parameters_only(Program& p);

// runs.cpp: several runs, tapes and threads
void two_tapes(Program& p);
void near_misses(Program& p);
void many_plans(Program& p);
void two_threads(Program& p);

// faults.cpp: values that are no numbers, and errors
void not_finite(Program& p);
void bad_id(Program& p);
void two_bad_ids(Program& p);

// operations.cpp: the random operations of tests/core
void operations(Program& p);

}  // namespace unroll::fuzz
