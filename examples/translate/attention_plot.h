#pragma once
/// What a translation looked at, as a picture.

#include <string>
#include <vector>

namespace translate {

/// A heat map as the text of an SVG file: a row for each word of `target`, a column for each of
/// `source`, and in each cell, the darker the larger, weights[row][column] from 0 to 1, which it
/// also shows as a tooltip. unroll::Error where there are not as many weights as that.
[[nodiscard]] std::string attention_svg(const std::vector<std::string>& source,
                                        const std::vector<std::string>& target,
                                        const std::vector<std::vector<double>>& weights);

}  // namespace translate
