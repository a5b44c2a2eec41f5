#include "fuzz/structures.h"

#include <algorithm>

namespace unroll::fuzz {

std::span<const Structure> all_structures() {
  static constexpr std::array kAll{
      Structure{"skips", "layers that read several layers below them", skips},
      Structure{"delays", "states that are read several steps later", delays},
      Structure{"interleaved", "cells that step in turn and read each other", interleaved},
      Structure{"shared_layers", "one cell used at several depths", shared_layers},
      Structure{"both_directions", "layers that read in both directions", both_directions},
      Structure{"shrinking", "batches that lose rows as sequences end", shrinking},
      Structure{"masks", "a mask for every step", masks},
      Structure{"carried", "pieces of a sequence, with training steps between them", carried},
      Structure{"growing", "a tape that is asked after each step", growing},
      Structure{"truncated", "gradients that end after some steps", truncated},
      Structure{"joined_states", "states and gates that are joined and sliced", joined_states},
      Structure{"groups", "groups of a state that read each other", groups},
      Structure{"kept_views", "parts of values that an earlier plan has kept", kept_views},
      Structure{"products", "products of all sizes and ways to transpose", products},
      Structure{"tied", "an embedding that is used transposed as the output", tied},
      Structure{"matrix_states", "states that are matrices, short rows, broadcasting",
                matrix_states},
      Structure{"attention", "a decoder that attends to the states of an encoder", attention},
      Structure{"self_attention", "every step attends to all others", self_attention},
      Structure{"trees", "trees of random form, a loss at every node", trees},
      Structure{"batched_trees", "batches of trees of one form", batched_trees},
      Structure{"several_trees", "networks with a tree of parameters each", several_trees},
      Structure{"replaced", "parameters that are replaced, inputs of weights masked", replaced},
      Structure{"held_gradients", "gradients that are kept, scaled and read late", held_gradients},
      Structure{"of_parameters_only", "values of parameters only, recorded at every step",
                of_parameters_only},
      Structure{"two_tapes", "two tapes that read the same parameters", two_tapes},
      Structure{"near_misses", "programs that nearly are the one before", near_misses},
      Structure{"many_plans", "more structures than plans are kept", many_plans},
      Structure{"two_threads", "two tapes on two threads", two_threads},
      Structure{"not_finite", "NaN and infinity in inputs", not_finite},
      Structure{"bad_id", "an id that is too large, and going on afterwards", bad_id},
      Structure{"two_bad_ids", "two ids that are too large", two_bad_ids},
      Structure{"operations", "random operations on small values", operations},
  };
  return kAll;
}

const Structure& find_structure(std::string_view name) {
  const auto all = all_structures();
  const auto found = std::ranges::find(all, name, &Structure::name);
  if (found != all.end()) return *found;
  std::string names;
  for (const Structure& structure : all) names += fmt::format(" {}", structure.name);
  fail<Error>("no structure is called '{}'; there are:{}", name, names);
}

}  // namespace unroll::fuzz
