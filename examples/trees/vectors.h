#pragma once
/// Word vectors that others have trained.

#include <string>
#include <unordered_map>
#include <vector>

#include "common/word_ids.h"

namespace trees {

/// Vectors of words by their number, as of GloVe: a line each, a word and its numbers between
/// blanks; a first line of two numbers, as word2vec writes, is left out. A word may hold blanks
/// itself, as ". . ." does: the numbers stand last.
struct Vectors {
  std::int64_t size = 0;  // of each
  std::unordered_map<std::int32_t, std::vector<float>> of;
};

/// Reads the vectors of `words`. A word whose spelling is not in the file takes the vector of its
/// spelling in lower case. The file may be packed by gzip. unroll::IoError, naming file and line,
/// where a line has fewer numbers than those before, or holds a text in place of a
/// number.
[[nodiscard]] Vectors read_vectors(const std::string& path, const examples::WordIds& words);

}  // namespace trees
