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
  group_of_.reserve(values);
  positions_.reserve(values);
  fixed_.reserve(values);
  groups_.reserve(values);
  next_.reserve(values);
}

void Arrangement::add(Index rows, Index columns, bool fixed) {
  const auto id = static_cast<Id>(sizes_.size());
  sizes_.push_back({rows, columns});
  group_of_.push_back(id);
  positions_.push_back({});
  fixed_.push_back(fixed ? 1 : 0);
  groups_.push_back({id, id});
  next_.push_back(kNone);
}

void Arrangement::make_dense(Id id, bool dense) { groups_[group_of_[id]].dense = dense; }

/// Whether a matrix overlaps none of a group.
bool Arrangement::fits(const Lanes& lanes, Position at, Size size) {
  return std::ranges::all_of(lanes, [&](const Lane& lane) {
    if (at.column >= lane.column + lane.width || lane.column >= at.column + size.columns) {
      return true;
    }
    // The last member that begins above its lower end reaches down furthest.
    const auto below = std::ranges::lower_bound(lane.members, at.row + size.rows, {}, &Rows::begin);
    return below == lane.members.begin() || std::prev(below)->end <= at.row;
  });
}

void Arrangement::insert(Lanes& lanes, Position at, Size size) {
  auto lane = std::ranges::find_if(lanes, [&](const Lane& other) {
    return other.column == at.column && other.width == size.columns;
  });
  if (lane == lanes.end()) {
    lane = lanes.insert(lane, {at.column, size.columns, {}});
  }
  std::vector<Rows>& members = lane->members;
  const Rows rows{at.row, at.row + size.rows};
  if (members.empty() || members.back().begin < rows.begin) {
    members.push_back(rows);
  } else {
    members.insert(std::ranges::lower_bound(members, rows.begin, {}, &Rows::begin), rows);
  }
}

bool Arrangement::relate(Id a, Id b, Position offset) {
  const Position wanted{positions_[a].row + offset.row, positions_[a].column + offset.column};
  if (group_of_[a] == group_of_[b]) return positions_[b] == wanted;
  if (is_fixed(a) || is_fixed(b)) return false;
  const Group& group_a = groups_[group_of_[a]];
  const Group& group_b = groups_[group_of_[b]];
  const bool wide =
      offset.column != 0 || sizes_[a].columns != sizes_[b].columns || group_a.wide || group_b.wide;
  const bool dense = group_a.dense || group_b.dense;
  if (wide && dense) return false;

  // The smaller group moves into the larger one.
  Id into = group_of_[a];
  Id from = group_of_[b];
  Index down = wanted.row - positions_[b].row;
  Index right = wanted.column - positions_[b].column;
  if (group_a.size < group_b.size) {
    std::swap(into, from);
    down = -down;
    right = -right;
  }
  if (groups_[into].lanes == kNone) {
    groups_[into].lanes = static_cast<std::uint32_t>(lanes_.size());
    lanes_.emplace_back();
    insert(lanes_.back(), positions_[groups_[into].first], sizes_[groups_[into].first]);
  }
  Lanes& lanes = lanes_[groups_[into].lanes];
  const auto moved = [&](Id id) {
    return Position{positions_[id].row + down, positions_[id].column + right};
  };
  if (lanes.size() >= kMostLanes) return false;
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    if (!fits(lanes, moved(id), sizes_[id])) return false;
  }
  for (Id id = groups_[from].first; id != kNone; id = next_[id]) {
    group_of_[id] = into;
    positions_[id] = moved(id);
    insert(lanes, positions_[id], sizes_[id]);
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
    top = std::min(top, positions_[id].row);
    left = std::min(left, positions_[id].column);
    bottom = std::max(bottom, positions_[id].row + sizes_[id].rows);
    right = std::max(right, positions_[id].column + sizes_[id].columns);
  });
  return {{top, left}, bottom - top, right - left};
}

}  // namespace unroll
