#pragma once
/// A picture of what a translation looks at.

#include <string>
#include <vector>

#include "common/picture.h"

namespace translate {

/// A table of cells, a row for each target word and a column for each source word, the darker the
/// larger the weight of that row and column, which stands in it in hundredths where it is one or
/// more. unroll::Error unless there is a row of weights for each target word, with one for each
/// source word.
[[nodiscard]] examples::Picture attention_picture(const std::vector<std::string>& source,
                                                  const std::vector<std::string>& target,
                                                  const std::vector<std::vector<double>>& weights);

}  // namespace translate
