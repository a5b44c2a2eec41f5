#include <unroll/core/plan/arrangement.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace unroll {

void Arrangement::add(Index rows, Index columns, bool fixed) {
  const auto id = static_cast<Id>(sizes_.size());
  sizes_.push_back({rows, columns});
  places_.push_back({id, 0, 0});
  fixed_.push_back(fixed ? 1 : 0);
  groups_.push_back({id, id});
  next_.push_back(kNone);
}

void Arrangement::make_dense(Id id, bool dense) { groups_[places_[id].group].dense = dense; }

std::uint64_t Arrangement::key(const Place& place) {
  const auto row = static_cast<std::uint64_t>(place.row + (Index{1} << 40));
  const auto column = static_cast<std::uint64_t>(place.column + (Index{1} << 40));
  return (row * 0x9e3779b97f4a7c15U + column) * 0xbf58476d1ce4e5b9U + place.group;
}

bool Arrangement::overlap(const Place& a, Size a_size, const Place& b, Size b_size) {
  return a.row < b.row + b_size.rows && b.row < a.row + a_size.rows &&
         a.column < b.column + b_size.columns && b.column < a.column + a_size.columns;
}

bool Arrangement::relate(Id a, Id b, Index rows, Index columns) {
  const Place at = places_[a];
  const Place other = places_[b];
  const Index row = at.row + rows;
  const Index column = at.column + columns;
  if (at.group == other.group) return other.row == row && other.column == column;
  if (fixed_[a] != 0 || fixed_[b] != 0) return false;
  if (overlap(at, sizes_[a], {at.group, row, column}, sizes_[b])) return false;
  const Group& group_a = groups_[at.group];
  const Group& group_b = groups_[other.group];
  const bool wide =
      columns != 0 || sizes_[a].columns != sizes_[b].columns || group_a.wide || group_b.wide;
  const bool dense = group_a.dense || group_b.dense;
  if (wide && dense) return false;

  // The smaller group moves into the larger one.
  Id into = at.group;
  Id from = other.group;
  Index down = row - other.row;
  Index right = column - other.column;
  if (group_a.size < group_b.size) {
    std::swap(into, from);
    down = -down;
    right = -right;
  }
  const auto moved = [&](Id id) {
    return Place{into, places_[id].row + down, places_[id].column + right};
  };
  if (groups_[into].size == 1) taken_.insert(key(places_[groups_[into].first]));
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    if (taken_.contains(key(moved(id)))) return false;
  }
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    if (groups_[from].size > 1) taken_.erase(key(places_[id]));
    places_[id] = moved(id);
    taken_.insert(key(places_[id]));
  }
  next_[groups_[into].last] = groups_[from].first;
  groups_[into].last = groups_[from].last;
  groups_[into].size += groups_[from].size;
  groups_[into].wide = wide;
  groups_[into].dense = dense;
  groups_[from].first = kNone;
  groups_[from].size = 0;
  return true;
}

Arrangement::Extent Arrangement::extent(Id group) const {
  Index top = 0;
  Index left = 0;
  Index bottom = 0;
  Index right = 0;
  for_each_member(group, [&](Id id) {
    top = std::min(top, places_[id].row);
    left = std::min(left, places_[id].column);
    bottom = std::max(bottom, places_[id].row + sizes_[id].rows);
    right = std::max(right, places_[id].column + sizes_[id].columns);
  });
  return {top, left, bottom - top, right - left};
}

bool Arrangement::has_overlaps() const {
  std::vector<Id> sorted;
  for (Id group = 0; group < groups_.size(); ++group) {
    if (groups_[group].size < 2) continue;
    sorted.clear();
    for_each_member(group, [&](Id id) { sorted.push_back(id); });
    std::sort(sorted.begin(), sorted.end(),
              [&](Id a, Id b) { return places_[a].row < places_[b].row; });
    // What may reach down to the one at hand, by its column: no two share any.
    std::map<Index, Id> above;
    for (const Id id : sorted) {
      const Place& place = places_[id];
      auto other = above.upper_bound(place.column);
      if (other != above.begin()) --other;
      while (other != above.end() && other->first < place.column + sizes_[id].columns) {
        const Id a = other->second;
        if (overlap(places_[a], sizes_[a], place, sizes_[id])) return true;
        const bool left = other->first + sizes_[a].columns <= place.column;
        other = left ? std::next(other) : above.erase(other);
      }
      above.emplace(place.column, id);
    }
  }
  return false;
}

}  // namespace unroll
