#pragma once
/// A tree with what a judge says of its nodes, as a picture.

#include <string>

#include "common/picture.h"
#include "trees/task.h"

namespace trees {

/// The tree with words below and the root above, at every node the likeliest label, its probability
/// and a colour: orange for negative, blue for positive. `probabilities`: of each label, a list a
/// node.
[[nodiscard]] examples::Picture picture_of(const Tree& tree,
                                           const std::vector<std::vector<double>>& probabilities);

/// The short name of a label, "--" to "++", or "-" and "+" where there are two.
[[nodiscard]] std::string short_name(std::size_t label, std::size_t labels);

}  // namespace trees
