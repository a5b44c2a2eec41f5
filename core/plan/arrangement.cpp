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

/// Whether a matrix overlaps none of a group.
bool Arrangement::fits(const Lanes& lanes, const Place& place, Size size) {
  return std::ranges::all_of(lanes, [&](const Lane& lane) {
    if (place.column >= lane.column + lane.width || lane.column >= place.column + size.columns) {
      return true;
    }
    // The last member that begins above its lower end reaches down furthest.
    const auto below =
        std::ranges::lower_bound(lane.members, place.row + size.rows, {}, &Rows::begin);
    return below == lane.members.begin() || std::prev(below)->end <= place.row;
  });
}

void Arrangement::insert(Lanes& lanes, const Place& place, Size size) {
  auto lane = std::ranges::find_if(lanes, [&](const Lane& other) {
    return other.column == place.column && other.width == size.columns;
  });
  if (lane == lanes.end()) {
    lane = lanes.insert(lane, {place.column, size.columns, {}});
  }
  std::vector<Rows>& members = lane->members;
  const Rows rows{place.row, place.row + size.rows};
  if (members.empty() || members.back().begin < rows.begin) {
    members.push_back(rows);
  } else {
    members.insert(std::ranges::lower_bound(members, rows.begin, {}, &Rows::begin), rows);
  }
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
  if (groups_[into].lanes == kNone) {
    groups_[into].lanes = static_cast<std::uint32_t>(lanes_.size());
    lanes_.emplace_back();
    insert(lanes_.back(), places_[groups_[into].first], sizes_[groups_[into].first]);
  }
  Lanes& lanes = lanes_[groups_[into].lanes];
  const auto moved = [&](Id id) {
    return Place{into, places_[id].row + down, places_[id].column + right};
  };
  if (lanes.size() >= kMostLanes) return false;
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    if (!fits(lanes, moved(id), sizes_[id])) return false;
  }
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    places_[id] = moved(id);
    insert(lanes, places_[id], sizes_[id]);
  }
  next_[groups_[into].last] = groups_[from].first;
  groups_[into].last = groups_[from].last;
  groups_[into].size += groups_[from].size;
  groups_[into].wide = wide;
  groups_[into].dense = dense;
  groups_[from].first = kNone;
  groups_[from].size = 0;
  if (groups_[from].lanes != kNone) lanes_[groups_[from].lanes].clear();
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
