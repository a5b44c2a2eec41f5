#include "wordlm/token_table.h"

#include <unroll/core/error.h>

#include <functional>
#include <limits>

namespace wordlm {

std::int32_t TokenTable::number(std::string_view token) {
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(token));
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].number >= 0; at = (at + 1) & mask) {
    if (slots_[at].hash == hash && this->token(slots_[at].number) == token) {
      return slots_[at].number;
    }
  }
  if (size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    unroll::fail<unroll::Error>("a text of more than 2^31 distinct tokens");
  }
  const auto number = static_cast<std::int32_t>(size());
  bytes_.append(token);
  ends_.push_back(bytes_.size());
  slots_[at] = {number, hash};
  if (2 * size() > slots_.size()) grow();
  return number;
}

void TokenTable::grow() {
  std::vector<Slot> larger(2 * slots_.size());
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.number < 0) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].number >= 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace wordlm
