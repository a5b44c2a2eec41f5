// Heat maps: the scale of their colours, their contours, and files that other programs can read.
#include "common/heat_map.h"
#include "support.h"

#include <cmath>

namespace unroll::testing {
namespace {

using examples::Axis;
using examples::HeatMap;
using examples::HeatPanel;

/// x + 10 y over 0..4 and 0..3, each value that of the middle of its cell.
HeatMap a_plane() {
  HeatMap map;
  map.title = "A <plane>";
  map.x = {0, 4};
  map.y = {0, 3};
  HeatPanel panel{.name = "x + 10 y", .columns = 4, .rows = 3, .values = {}, .paths = {}};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      panel.values.push_back(column + 0.5 + 10 * (row + 0.5));
    }
  }
  panel.paths = {{"path", {{0.5, 0.5}, {9, 9}}}};
  map.panels = {panel};
  return map;
}

TEST_CASE("heat map: colours reach over all values or from low to high") {
  HeatMap map = a_plane();
  CHECK(scale_of(map).low == 5);
  CHECK(scale_of(map).high == 30);
  map.panels[0].values[0] = NAN;
  map.panels[0].values[1] = 0;
  map.logarithmic = true;
  CHECK(scale_of(map).low == 6);  // 7.5 is the least: zero has no logarithm
  map.low = 0.001;
  map.high = 7;
  CHECK(scale_of(map).low == 0.001);
  CHECK(scale_of(map).high == 7);
  map.panels[0].values.assign(12, NAN);
  map.low.reset();
  map.high.reset();
  CHECK(scale_of(map).high == 1);
}

TEST_CASE("heat map: contours of a plane lie where it has that value") {
  const HeatMap map = a_plane();
  const auto pieces = contour_of(map, map.panels[0], 16);
  CHECK(pieces.size() >= 3);
  for (const auto& [from, to] : pieces) {
    CHECK(from.x + 10 * from.y == doctest::Approx(16));
    CHECK(to.x + 10 * to.y == doctest::Approx(16));
  }
  CHECK(contour_of(map, map.panels[0], 100).empty());
}

TEST_CASE("heat map: up to six panels are drawn the same each time") {
  HeatMap map = a_plane();
  map.contours = {16};
  for (int count = 1; count <= 6; ++count) {
    CHECK(to_svg(picture_of(map)).starts_with("<?xml"));
    CHECK(to_png(picture_of(map)).starts_with("\x89PNG\r\n\x1a\n"));
    CHECK(to_png(picture_of(map)) == to_png(picture_of(map)));
    map.panels.push_back(map.panels[0]);
  }
}

TEST_CASE("heat map: a panel without all of its values is refused") {
  HeatMap map = a_plane();
  map.panels[0].values.pop_back();
  CHECK_THROWS_WITH_AS((void)picture_of(map),
                       "heat map: the panel 'x + 10 y' has 11 values for 3 rows x 4 columns",
                       unroll::Error);
}

}  // namespace
}  // namespace unroll::testing
