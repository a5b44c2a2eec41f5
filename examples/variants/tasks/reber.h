#pragma once
/// The Reber grammar (Reber 1967), as the automaton that makes its strings.

#include <unroll/core/random.h>

#include <array>
#include <cstdint>
#include <vector>

namespace variants {

/// The symbols of the grammar, by id.
inline constexpr std::array<char, 7> kReberSymbols = {'B', 'T', 'S', 'X', 'V', 'P', 'E'};

/// Walks through the strings of the embedded grammar: B, T or P, `inner` strings of the plain
/// grammar, the same T or P again, E.
class ReberWalk {
 public:
  explicit ReberWalk(std::int64_t inner) : inner_(inner) {}

  /// The symbols that may come next: one, or two that are equally likely; none after the end.
  [[nodiscard]] std::vector<std::int32_t> allowed() const;
  /// Reads a symbol; whether it was allowed. The walk stays where it is otherwise.
  bool read(std::int32_t symbol);
  [[nodiscard]] bool ended() const { return place_ == Place::ended; }

 private:
  enum class Place : std::uint8_t { begin, choice, inside, again, end, ended };
  std::int64_t inner_;  // strings of the plain grammar still to come
  Place place_ = Place::begin;
  std::size_t state_ = 0;    // of the plain grammar
  std::int32_t chosen_ = 0;  // T or P
};

/// A string of the embedded grammar; both symbols of a choice are equally likely.
[[nodiscard]] std::vector<std::int32_t> reber_string(std::int64_t inner, unroll::Random& random);

}  // namespace variants
