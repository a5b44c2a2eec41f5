#include <unroll/core/plan/arrangement.h>

#include <algorithm>
#include <utility>

namespace unroll {
namespace {

/// A group of more lanes than this would take too long to look through.
constexpr std::size_t kMostLanes = 256;

}  // namespace

void Arrangement::reserve(std::size_t values) {
  sizes_.reserve(values);
  places_.reserve(values);
  fixed_.reserve(values);
  groups_.reserve(values);
  next_.reserve(values);
}

void Arrangement::add(Index rows, Index columns, bool fixed) {
  const auto id = static_cast<Id>(sizes_.size());
  sizes_.push_back({rows, columns});
  places_.push_back({id, 0, 0});
  fixed_.push_back(fixed ? 1 : 0);
  groups_.push_back({id, id});
  next_.push_back(kNone);
}

void Arrangement::make_dense(Id id, bool dense) { groups_[places_[id].group].dense = dense; }

/// The lanes of a group, made when it is first put beside another.
std::uint32_t Arrangement::lanes_of(Id group) {
  Group& g = groups_[group];
  if (g.lanes == kNone) {
    g.lanes = static_cast<std::uint32_t>(lanes_.size());
    const Place& place = places_[g.first];
    const Size& size = sizes_[g.first];
    lanes_.push_back({{place.column, size.columns, {{place.row, place.row + size.rows}}}});
  }
  return g.lanes;
}

/// Whether no member of `from`, moved down and right, overlaps one of `into`.
bool Arrangement::fits(const std::vector<Lane>& into, const std::vector<Lane>& from, Index down,
                       Index right) const {
  if (into.size() + from.size() > kMostLanes) return false;
  for (const Lane& moved : from) {
    const Index column = moved.column + right;
    for (const Lane& lane : into) {
      if (column >= lane.column + lane.width || lane.column >= column + moved.width) continue;
      for (const Rows& rows : moved.members) {
        // The last member that begins above the end of these rows reaches down furthest.
        const auto below =
            std::ranges::lower_bound(lane.members, rows.end + down, {}, &Rows::begin);
        if (below != lane.members.begin() && std::prev(below)->end > rows.begin + down) {
          return false;
        }
      }
    }
  }
  return true;
}

void Arrangement::add_lanes(std::vector<Lane>& into, std::vector<Lane>&& from, Index down,
                            Index right) {
  for (Lane& moved : from) {
    moved.column += right;
    for (Rows& rows : moved.members) rows = {rows.begin + down, rows.end + down};
    const auto lane = std::ranges::find_if(into, [&](const Lane& other) {
      return other.column == moved.column && other.width == moved.width;
    });
    if (lane == into.end()) {
      into.push_back(std::move(moved));
      continue;
    }
    std::vector<Rows>& members = lane->members;
    const auto middle = static_cast<std::ptrdiff_t>(members.size());
    members.insert(members.end(), moved.members.begin(), moved.members.end());
    if (members[static_cast<std::size_t>(middle)].begin < members[middle - 1].begin) {
      std::ranges::inplace_merge(members, members.begin() + middle, {}, &Rows::begin);
    }
  }
  from.clear();
}

bool Arrangement::relate(Id a, Id b, Index rows, Index columns) {
  const Place at = places_[a];
  const Place other = places_[b];
  const Index row = at.row + rows;
  const Index column = at.column + columns;
  if (at.group == other.group) return other.row == row && other.column == column;
  if (is_fixed(a) || is_fixed(b)) return false;
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
  const std::uint32_t lanes = lanes_of(into);
  const std::uint32_t moved = lanes_of(from);
  if (!fits(lanes_[lanes], lanes_[moved], down, right)) return false;
  add_lanes(lanes_[lanes], std::move(lanes_[moved]), down, right);
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    places_[id] = {into, places_[id].row + down, places_[id].column + right};
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

}  // namespace unroll
