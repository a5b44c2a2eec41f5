#pragma once
/// The abbreviations that `meaning_of_period` knows.

#include <cstdint>
#include <string_view>

namespace text {

/// Kinds of abbreviations, a bit each, since "sec" is both a section and a second. The rules for
/// them are those of `meaning_of_period`.
enum Kind : std::uint16_t {
  kTitle = 1,         ///< Mr.
  kClippedTitle = 2,  ///< gov., a word of its own too
  kPointsOn = 4,      ///< e.g.
  kStreet = 8,        ///< St.
  kMonth = 16,
  kDay = 32,               ///< of the week
  kNumbered = 64,          ///< No. 5
  kRoman = 128,            ///< vol. II
  kUnit = 256,             ///< oz.
  kCommonUnit = 512,       ///< in., a common word without a number
  kMayEnd = 1024,          ///< etc.
  kName = 2048,            ///< Inc., part of a name
  kAfterEt = 4096,         ///< et al.
  kCapitals = 8192,        ///< an abbreviation in capitals, too: MR.
  kPointsOnFirst = 16384,  ///< PS., at the start of a sentence alone
};

/// The kinds of `word`, written without its last period, as a set of `Kind`; 0: it is no
/// abbreviation of the table. Upper and lower case are the same.
[[nodiscard]] unsigned kinds_of(std::string_view word);

}  // namespace text
