#pragma once
/// Texts that a command gets as arguments or reads.

#include <string>
#include <vector>

namespace wordlm {

/// `texts`, or where there are none the lines of standard input that are not blank. Bytes that are
/// no UTF-8 are replaced. unroll::Error, saying that there is no sentence to `purpose`, for none.
[[nodiscard]] std::vector<std::string> given_texts(std::vector<std::string> texts,
                                                   const char* purpose);

}  // namespace wordlm
