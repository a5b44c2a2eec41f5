#include "text/abbreviation_table.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "text/characters.h"

namespace text {
namespace {

struct Entry {
  std::string_view word;  // without its last period, in lower case
  unsigned kinds;
};

// In the order of their bytes, for a binary search.
constexpr Entry kAbbreviations[] = {
    {"a.k.a", kPointsOn | kCapitals},
    {"a.m", kMayEnd | kCapitals},
    {"adm", kClippedTitle},
    {"al", kMayEnd | kAfterEt},
    {"approx", kPointsOn},
    {"apr", kMonth},
    {"aug", kMonth},
    {"ave", kMayEnd},
    {"blvd", kMayEnd},
    {"bros", kName},
    {"bspw", kPointsOn},
    {"bzw", kPointsOn},
    {"c", kNumbered},
    {"ca", kNumbered},
    {"capt", kTitle | kCapitals},
    {"cf", kPointsOn},
    {"ch", kNumbered | kRoman},
    {"cmdr", kTitle},
    {"co", kName},
    {"col", kClippedTitle},
    {"corp", kName},
    {"cpl", kTitle},
    {"cpt", kTitle},
    {"d.h", kPointsOn},
    {"dec", kMonth},
    {"dept", kMayEnd},
    {"dr", kTitle | kCapitals},
    {"dra", kTitle},
    {"drs", kTitle},
    {"e.g", kPointsOn | kCapitals},
    {"eg", kPointsOn},
    {"est", kMayEnd},
    {"etc", kMayEnd | kCapitals},
    {"evtl", kPointsOn},
    {"ext", kNumbered},
    {"feat", kClippedTitle},
    {"feb", kMonth},
    {"fig", kNumbered | kRoman},
    {"figs", kNumbered},
    {"fri", kDay},
    {"ft", kCommonUnit | kClippedTitle},
    {"gal", kCommonUnit},
    {"gen", kClippedTitle},
    {"ggf", kPointsOn},
    {"gov", kClippedTitle},
    {"govt", kMayEnd},
    {"hon", kClippedTitle},
    {"hr", kUnit},
    {"hrs", kUnit},
    {"i.e", kPointsOn | kCapitals},
    {"ie", kPointsOn},
    {"in", kCommonUnit},
    {"inc", kName},
    {"incl", kPointsOn},
    {"jan", kMonth},
    {"jr", kName | kCapitals},
    {"jul", kMonth},
    {"jun", kMonth},
    {"lb", kUnit},
    {"lbs", kUnit},
    {"lt", kTitle | kCapitals},
    {"ltd", kName},
    {"maj", kClippedTitle},
    {"mar", kMonth},
    {"messrs", kTitle},
    {"mi", kCommonUnit},
    {"min", kCommonUnit},
    {"mins", kCommonUnit},
    {"mon", kDay},
    {"mr", kTitle | kCapitals},
    {"mrs", kTitle | kCapitals},
    {"ms", kTitle},
    {"mt", kTitle},
    {"no", kNumbered},
    {"nos", kNumbered},
    {"nov", kMonth},
    {"nr", kNumbered},
    {"oct", kMonth},
    {"op", kNumbered},
    {"oz", kUnit},
    {"p", kNumbered},
    {"p.m", kMayEnd | kCapitals},
    {"p.s", kPointsOn | kCapitals},
    {"ph.d", kMayEnd | kCapitals},
    {"pp", kNumbered},
    {"pres", kClippedTitle},
    {"prof", kTitle | kCapitals},
    {"ps", kPointsOnFirst | kCapitals},
    {"pt", kNumbered | kRoman | kCommonUnit},
    {"pts", kUnit},
    {"qt", kCommonUnit},
    {"rd", kStreet},
    {"rep", kClippedTitle},
    {"rev", kClippedTitle},
    {"sec", kNumbered | kCommonUnit},
    {"secs", kCommonUnit},
    {"sen", kClippedTitle},
    {"sep", kMonth},
    {"sept", kMonth},
    {"sgt", kTitle | kCapitals},
    {"sr", kName | kCapitals},
    {"sra", kTitle},
    {"srta", kTitle},
    {"st", kTitle | kStreet | kCapitals},
    {"thu", kDay},
    {"thur", kDay},
    {"thurs", kDay},
    {"tue", kDay},
    {"tues", kDay},
    {"u.a", kMayEnd},
    {"usw", kMayEnd},
    {"viz", kPointsOn},
    {"vol", kNumbered | kRoman},
    {"vols", kNumbered | kRoman},
    {"vs", kPointsOn | kCapitals},
    {"w.r.t", kPointsOn},
    {"wed", kDay},
    {"yd", kCommonUnit},
    {"yds", kUnit},
    {"yr", kUnit},
    {"yrs", kUnit},
    {"z.b", kPointsOn},
};
static_assert(std::ranges::is_sorted(kAbbreviations, {}, &Entry::word));
constexpr std::size_t kLongestAbbreviation = 6;

}  // namespace

unsigned kinds_of(std::string_view word) {
  if (word.size() > kLongestAbbreviation) return 0;
  const std::string lower = ascii_lower_case(word);
  const auto* found = std::ranges::lower_bound(kAbbreviations, lower, {}, &Entry::word);
  return found != std::end(kAbbreviations) && found->word == lower ? found->kinds : 0;
}

}  // namespace text
