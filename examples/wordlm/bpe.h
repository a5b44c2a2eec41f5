#pragma once
/// Byte-pair encoding: pieces of words, learned from how often they come (Gage 1994; Sennrich,
/// Haddow & Birch 2016; on bytes: Radford et al. 2019).

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wordlm/token_table.h"

namespace wordlm {

/// A token and how often a text has it.
struct CountedToken {
  std::string_view token;
  std::int64_t count = 0;
};

/// At most `count` pieces of two bytes or more, in the order in which they are learned: again and
/// again the two neighbours within a token that come most often become one piece. Of pairs that
/// come equally often the one that was known first is taken. Fewer where no pair comes twice.
[[nodiscard]] std::vector<std::string> learn_pieces(std::span<const CountedToken> tokens,
                                                    std::size_t count);

/// Cuts a token into pieces and adds their ids: from single bytes on, the two neighbours that make
/// the piece with the least id become one, until none do. `id_of` is the id of a piece, or -1.
void append_pieces(std::string_view token,
                   const std::function<std::int32_t(std::string_view)>& id_of, Ids& ids);

}  // namespace wordlm
