#pragma once
/// Which values lie side by side in memory.

#include <unroll/core/shape.h>

#include <vector>

namespace unroll {

using Id = std::uint32_t;
constexpr Id kNone = ~Id{0};

/// An element of a matrix, or how far one lies from another: so many rows down, so many columns to
/// the right.
struct Position {
  Index row = 0;
  Index column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// Matrices that are rectangles of larger ones. A group is a set of values whose places relative to
/// each other are settled; at first each value is a group of its own. No two members of a group
/// overlap: a relation that would make them is refused.
class Arrangement {
 public:
  void reserve(std::size_t values);
  /// A new value. A `fixed` one stays alone; a `dense` one has no columns beside it.
  void add(Index rows, Index columns, bool fixed);
  /// Closed, the values there are stay where they are; only those added later can be moved.
  void close() { closed_ = static_cast<Id>(sizes_.size()); }
  void open() { closed_ = 0; }
  [[nodiscard]] bool is_open() const { return closed_ == 0; }
  void make_dense(Id id, bool dense = true);
  /// Puts `b` where `offset` is from `a`. Returns false, and changes nothing, where that
  /// contradicts what was settled before or would make two values overlap.
  bool relate(Id a, Id b, Position offset);

  [[nodiscard]] Id group(Id id) const { return group_of_[id]; }
  /// Where a value lies relative to the first of its group.
  [[nodiscard]] Position position(Id id) const { return positions_[id]; }
  /// Whether a value is neither fixed nor beside one that is dense.
  [[nodiscard]] bool is_free(Id id) const { return !is_fixed(id) && !groups_[group_of_[id]].dense; }
  /// Whether the group of a value has columns side by side.
  [[nodiscard]] bool is_wide(Id id) const { return groups_[group_of_[id]].wide; }
  /// The matrix that holds a whole group. Members can lie above or left of the first one.
  struct Extent {
    Position first;  // its upper left corner
    Index rows = 0;
    Index columns = 0;
  };
  [[nodiscard]] Extent extent(Id group) const;
  template <class F>
  void for_each_member(Id group, F f) const {
    for (Id id = groups_[group].first; id != kNone; id = next_[id]) f(id);
  }

 private:
  struct Size {
    Index rows;
    Index columns;
  };
  struct Rows {
    Index begin;
    Index end;
  };
  /// All members of a group that have the same columns, from top to bottom.
  struct Lane {
    Index column;
    Index width;
    std::vector<Rows> members;
  };
  using Lanes = std::vector<Lane>;
  struct Group {
    Id first;
    Id last;
    std::uint32_t size = 1;
    std::uint32_t lanes = kNone;  // in lanes_; none while it has one member
    bool dense = false;           // some member is
    bool wide = false;            // it has columns side by side
  };
  [[nodiscard]] bool is_fixed(Id id) const { return id < closed_ || fixed_[id] != 0; }
  [[nodiscard]] static bool fits(const Lanes& lanes, Position at, Size size);
  static void insert(Lanes& lanes, Position at, Size size);

  Id closed_ = 0;  // values below this one are fixed
  std::vector<Size> sizes_;
  std::vector<Id> group_of_;
  std::vector<Position> positions_;
  std::vector<std::uint8_t> fixed_;
  std::vector<Group> groups_;  // by the value they began with
  std::vector<Id> next_;       // member of the group
  std::vector<Lanes> lanes_;
};

}  // namespace unroll
