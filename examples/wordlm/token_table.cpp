#include "wordlm/token_table.h"

#include <unroll/core/error.h>

#include <limits>

namespace wordlm {

std::int32_t TokenTable::number(std::string_view token) {
  const auto found = numbers_.find(token);
  if (found != numbers_.end()) return found->second;
  if (tokens_.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    unroll::fail<unroll::Error>("a text of more than 2^31 distinct tokens");
  }
  const auto number = static_cast<std::int32_t>(tokens_.size());
  numbers_.emplace(tokens_.emplace_back(token), number);
  return number;
}

}  // namespace wordlm
