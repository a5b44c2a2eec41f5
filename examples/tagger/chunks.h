#pragma once
/// Names and phrases that tags of words say: B-PER I-PER O. Found and counted as by conlleval, the
/// program of the CoNLL tasks (Tjong Kim Sang & Buchholz 2000).

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tagger {

/// Words [begin, end) of a sentence.
struct Chunk {
  std::size_t begin;
  std::size_t end;
  std::string type;  // "PER" of "B-PER"
  friend auto operator<=>(const Chunk&, const Chunk&) = default;
};

/// Whether tags say chunks: each is O, or one of B, I, E, S alone or before a hyphen and a type.
[[nodiscard]] bool are_chunk_tags(std::span<const std::string> tags);

/// The chunks of a sentence, in any of the schemes IOB1, BIO and BIOES: one begins at B and S,
/// after O, E and S, and where the type changes; it ends before such a beginning and before O.
[[nodiscard]] std::vector<Chunk> chunks_of(std::span<const std::string> tags);

/// How well chunks were found.
struct ChunkScore {
  std::int64_t found = 0;
  std::int64_t right = 0;    // that are in the sentences
  std::int64_t correct = 0;  // found with the right words and the right type

  void count(std::span<const std::string> found_tags, std::span<const std::string> right_tags);
  [[nodiscard]] double precision() const;  // 0 where none was found
  [[nodiscard]] double recall() const;     // 0 where there is none
  [[nodiscard]] double f1() const;
};

}  // namespace tagger
