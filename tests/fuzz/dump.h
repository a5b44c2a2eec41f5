#pragma once
/// Random programs as data, for another framework to compute again.

#include "fuzz/structures.h"

#include <iosfwd>

namespace unroll::fuzz {

/// Runs the program of a recipe by plans and writes a line of JSON for each of its losses: the
/// nodes that the loss is computed from, the values of leaves, and what unroll computed: the loss,
/// and its gradients with respect to all leaves. judge.py reads it. What can no longer be asked
/// for, because a parameter has changed, is left out.
void dump(const Structure& structure, const Recipe& recipe, std::ostream& to);

}  // namespace unroll::fuzz
