// Which values lie side by side.
#include "support.h"

#include <unroll/core/plan/arrangement.h>

namespace unroll::testing {
namespace {

/// Matrices of these sizes, free to be moved.
Arrangement matrices(std::initializer_list<std::pair<Index, Index>> sizes) {
  Arrangement arrangement;
  for (const auto& [rows, columns] : sizes) arrangement.add(rows, columns, false);
  return arrangement;
}

TEST_CASE("arrangement: at first each value is alone") {
  const Arrangement a = matrices({{2, 3}, {4, 5}});
  CHECK(a.group(0) != a.group(1));
  CHECK(a.position(1).row == 0);
  CHECK(a.position(1).column == 0);
  CHECK_FALSE(a.is_wide(0));
  const Arrangement::Extent extent = a.extent(a.group(1));
  CHECK(extent.rows == 4);
  CHECK(extent.columns == 5);
}

TEST_CASE("arrangement: values are placed below one another and side by side") {
  Arrangement a = matrices({{2, 3}, {2, 3}, {2, 3}, {4, 1}});
  CHECK(a.relate(0, 1, {2, 0}));
  CHECK_FALSE(a.is_wide(0));
  CHECK(a.relate(0, 2, {-2, 0}));  // above
  CHECK(a.extent(a.group(0)).first.row == a.position(2).row);
  CHECK(a.extent(a.group(0)).rows == 6);
  CHECK(a.relate(2, 3, {0, 3}));
  CHECK(a.is_wide(1));
  CHECK(a.extent(a.group(3)).columns == 4);
  // What is settled is so for all members.
  CHECK(a.relate(2, 1, {4, 0}));
  CHECK(a.relate(1, 3, {-4, 3}));
  CHECK_FALSE(a.relate(0, 1, {0, 3}));
  CHECK_FALSE(a.relate(1, 1, {1, 0}));
}

TEST_CASE("arrangement: joining two groups keeps the places inside each") {
  Arrangement a = matrices({{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}});
  CHECK(a.relate(0, 1, {1, 0}));
  CHECK(a.relate(2, 3, {1, 0}));
  CHECK(a.relate(3, 4, {1, 0}));
  CHECK(a.relate(1, 2, {0, 2}));  // the smaller group moves
  std::vector<Id> members;
  a.for_each_member(a.group(0), [&](Id id) { members.push_back(id); });
  std::sort(members.begin(), members.end());
  CHECK(members == std::vector<Id>{0, 1, 2, 3, 4});
  CHECK(a.position(4).row - a.position(0).row == 3);
  CHECK(a.position(4).column - a.position(0).column == 2);
}

TEST_CASE("arrangement: two values at one place are refused, and nothing is changed") {
  Arrangement a = matrices({{2, 2}, {2, 2}, {2, 2}, {2, 2}});
  CHECK(a.relate(0, 1, {2, 0}));
  CHECK(a.relate(2, 3, {2, 0}));
  CHECK_FALSE(a.relate(0, 3, {0, 0}));
  CHECK(a.group(2) != a.group(0));
  CHECK(a.relate(0, 2, {4, 0}));
}

TEST_CASE("arrangement: values that would overlap are refused") {
  Arrangement two = matrices({{3, 4}, {3, 4}});
  CHECK_FALSE(two.relate(0, 1, {2, 0}));
  CHECK_FALSE(two.relate(0, 1, {0, 3}));
  CHECK_FALSE(two.relate(0, 1, {-2, -3}));
  // A row of narrow ones below a wide one, and one that reaches up beside it.
  Arrangement wide = matrices({{2, 6}, {2, 3}, {2, 3}, {4, 2}, {1, 3}});
  CHECK(wide.relate(0, 1, {2, 0}));
  CHECK(wide.relate(1, 2, {0, 3}));
  CHECK(wide.relate(2, 3, {-2, 3}));
  CHECK_FALSE(wide.relate(0, 4, {3, 2}));  // into both narrow ones
  CHECK_FALSE(wide.relate(3, 4, {3, 0}));  // into the lower end of the one beside them
  CHECK(wide.group(4) != wide.group(0));
  CHECK(wide.relate(3, 4, {4, 0}));
}

TEST_CASE("arrangement: a fixed value stays alone, and a dense one has no neighbour beside it") {
  Arrangement a = matrices({{2, 2}, {2, 2}, {2, 2}});
  a.add(2, 2, true);
  CHECK_FALSE(a.relate(0, 3, {2, 0}));
  CHECK_FALSE(a.relate(3, 0, {2, 0}));
  CHECK(a.relate(3, 3, {0, 0}));
  a.make_dense(0);
  CHECK_FALSE(a.relate(0, 1, {0, 2}));
  CHECK(a.relate(0, 1, {2, 0}));
  CHECK_FALSE(a.relate(1, 2, {0, 2}));  // of the group of a dense one
  a.make_dense(2);
  a.make_dense(2, false);
  Arrangement b = matrices({{2, 2}, {2, 2}, {2, 2}});
  CHECK(b.relate(0, 1, {0, 2}));
  b.make_dense(2);
  CHECK_FALSE(b.relate(1, 2, {2, 0}));  // the group is wide
}

TEST_CASE("arrangement: after closing, placed values do not move") {
  Arrangement a;
  a.add(2, 2, false);
  a.add(2, 2, false);
  a.close();
  a.add(2, 2, false);
  CHECK_FALSE(a.relate(0, 1, {2, 0}));
  CHECK_FALSE(a.relate(0, 2, {2, 0}));
  CHECK_FALSE(a.is_free(0));
  CHECK(a.is_free(2));
  a.open();
  CHECK(a.is_free(0));
  CHECK(a.relate(0, 1, {2, 0}));
}

TEST_CASE("arrangement: random relations never make values overlap") {
  Random random(5);
  for (int times = 0; times < 50; ++times) {
    Arrangement a;
    std::vector<std::pair<Index, Index>> sizes;
    for (Id id = 0; id < 30; ++id) {
      sizes.emplace_back(1 + random.below(3), 1 + random.below(4));
      a.add(sizes[id].first, sizes[id].second, false);
    }
    int accepted = 0;
    for (int i = 0; i < 200; ++i) {
      const auto x = static_cast<Id>(random.below(30));
      const auto y = static_cast<Id>(random.below(30));
      const Id group = a.group(y);
      const Position before = a.position(y);
      const bool same_group = a.group(x) == group;
      const Index rows = random.below(9) - 4;
      const Index columns = random.below(9) - 4;
      if (!a.relate(x, y, {rows, columns})) {
        CHECK(a.group(y) == group);
        CHECK(a.position(y) == before);
        continue;
      }
      if (!same_group) ++accepted;
      CHECK(a.position(y).row - a.position(x).row == rows);
      CHECK(a.position(y).column - a.position(x).column == columns);
    }
    CHECK(accepted > 5);
    for (Id x = 0; x < 30; ++x) {
      for (Id y = 0; y < x; ++y) {
        const Position p = a.position(x);
        const Position q = a.position(y);
        const bool apart = a.group(x) != a.group(y) || p.row >= q.row + sizes[y].first ||
                           q.row >= p.row + sizes[x].first ||
                           p.column >= q.column + sizes[y].second ||
                           q.column >= p.column + sizes[x].second;
        CHECK(apart);
      }
    }
  }
}

}  // namespace
}  // namespace unroll::testing
