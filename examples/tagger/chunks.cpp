#include "tagger/chunks.h"

#include <algorithm>
#include <string_view>

namespace tagger {
namespace {

char letter_of(std::string_view tag) { return tag.empty() ? 'O' : tag[0]; }

std::string_view type_of(std::string_view tag) {
  return tag.substr(std::min<std::size_t>(2, tag.size()));
}

bool is_one_of(char letter, std::string_view letters) {
  return letters.find(letter) != std::string_view::npos;
}

/// Whether a chunk begins at `tag`, which comes after `before`.
bool begins(std::string_view before, std::string_view tag) {
  if (letter_of(tag) == 'O') return false;
  return is_one_of(letter_of(tag), "BS") || is_one_of(letter_of(before), "OES") ||
         type_of(before) != type_of(tag);
}

double part(std::int64_t count, std::int64_t of) {
  return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
}

}  // namespace

bool are_chunk_tags(std::span<const std::string> tags) {
  return std::ranges::all_of(tags, [](const std::string& tag) {
    if (tag == "O") return true;
    return is_one_of(letter_of(tag), "BIES") &&
           (tag.size() == 1 || (tag.size() > 2 && tag[1] == '-'));
  });
}

std::vector<Chunk> chunks_of(std::span<const std::string> tags) {
  std::vector<Chunk> chunks;
  std::string_view before = "O";
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (begins(before, tags[i])) {
      chunks.push_back({i, i + 1, std::string(type_of(tags[i]))});
    } else if (letter_of(tags[i]) != 'O') {
      chunks.back().end = i + 1;
    }
    before = tags[i];
  }
  return chunks;
}

void ChunkScore::count(std::span<const std::string> found_tags,
                       std::span<const std::string> right_tags) {
  const std::vector<Chunk> in_found = chunks_of(found_tags);
  const std::vector<Chunk> in_right = chunks_of(right_tags);
  found += std::ssize(in_found);
  right += std::ssize(in_right);
  correct += std::ranges::count_if(
      in_found, [&](const Chunk& chunk) { return std::ranges::binary_search(in_right, chunk); });
}

double ChunkScore::precision() const { return part(correct, found); }
double ChunkScore::recall() const { return part(correct, right); }
double ChunkScore::f1() const { return part(2 * correct, found + right); }

}  // namespace tagger
