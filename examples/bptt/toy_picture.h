#pragma once
/// The unrolled network of the chapter toy as a drawing.

#include <string>
#include <vector>

#include "common/picture.h"

namespace bptt {

/// A value and the gradient of the loss with respect to it, as they are to be written.
struct DrawnNode {
  std::string name;      // "h_1"
  std::string value;     // "[6, 6]"
  std::string gradient;  // "[6, 6]"
};
/// One step of the network: from x to h to y.
struct DrawnStep {
  DrawnNode x;
  DrawnNode h;
  DrawnNode y;
};

/// The steps from left to right, x below, h above it, y on top: arrows of the forward pass, and
/// beside each the way its gradient takes back. `below`: a line of text under the drawing.
[[nodiscard]] examples::Picture picture_of(const std::vector<DrawnStep>& steps, std::string title,
                                           std::string below);

}  // namespace bptt
