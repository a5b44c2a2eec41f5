#pragma once
/// Which values lie side by side in memory.

#include <unroll/core/shape.h>

#include <span>
#include <unordered_set>
#include <vector>

namespace unroll {

using Id = std::uint32_t;
constexpr Id kNone = ~Id{0};

/// Matrices that are rectangles of larger ones. A group is a set of values whose places in one such
/// matrix relative to each other are settled; at first each value is a group of its own.
class Arrangement {
 public:
  /// A new value. One that is `fixed` stays alone; one that is `dense` has no columns beside it.
  void add(Index rows, Index columns, bool fixed);
  void make_dense(Id id, bool dense = true);
  /// Puts `b` `rows` below and `columns` right of where `a` is, or says that it cannot be. It sees
  /// whether the two overlap, or two members begin at one place; has_overlaps() sees all.
  bool relate(Id a, Id b, Index rows, Index columns);

  struct Place {
    Id group;
    Index row;
    Index column;
  };
  [[nodiscard]] Place place(Id id) const { return places_[id]; }
  /// Whether it can still be put anywhere.
  [[nodiscard]] bool is_free(Id id) const {
    return fixed_[id] == 0 && !groups_[places_[id].group].dense;
  }
  [[nodiscard]] bool is_wide(Id id) const { return groups_[places_[id].group].wide; }
  /// The matrix that holds the whole group of `id`; the place of a member can be above or left of
  /// where that of the first one is.
  struct Extent {
    Index first_row;
    Index first_column;
    Index rows;
    Index columns;
  };
  [[nodiscard]] Extent extent(Id group) const;
  template <class F>
  void for_each_member(Id group, F f) const {
    for (Id id = groups_[group].first; id != kNone; id = next_[id]) f(id);
  }
  /// Whether some members of a group overlap.
  [[nodiscard]] bool has_overlaps() const;

 private:
  struct Size {
    Index rows;
    Index columns;
  };
  struct Group {
    Id first;
    Id last;
    std::uint32_t size = 1;
    bool dense = false;  // some member is
    bool wide = false;   // it has columns side by side
  };
  static bool overlap(const Place& a, Size a_size, const Place& b, Size b_size);
  /// Where a member begins, as a number; no two may begin at one place.
  static std::uint64_t key(const Place& place);
  std::unordered_set<std::uint64_t> taken_;  // by members of groups of two or more
  std::vector<Size> sizes_;
  std::vector<Place> places_;
  std::vector<std::uint8_t> fixed_;
  std::vector<Group> groups_;  // by the value they began with
  std::vector<Id> next_;       // member of the group
};

}  // namespace unroll
