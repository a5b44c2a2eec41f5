// Axes end on round numbers, and charts are files that other programs can read.
#include "common/chart.h"
#include "common/chart_axis.h"
#include "support.h"

#include <fmt/format.h>

namespace unroll::testing {
namespace {

using examples::Axis;
using examples::Chart;
using examples::round_axis;
using examples::round_ticks;

std::string labels(const Axis& axis) {
  std::vector<std::string> all;
  for (const examples::Tick& tick : round_ticks(axis)) all.push_back(tick.label);
  return fmt::format("{}", fmt::join(all, " "));
}

TEST_CASE("chart: the marks of an axis are round numbers") {
  CHECK(labels(round_axis(0, 3000, false)) == "0 500 1,000 1,500 2,000 2,500 3,000");
  CHECK(labels(round_axis(0, 0.34, false)) == "0 0.1 0.2 0.3 0.4");
  CHECK(labels(round_axis(-0.3, 0.3, false)) == "-0.3 -0.2 -0.1 0 0.1 0.2 0.3");
  CHECK(labels(round_axis(0, 1234567, false)) == "0 500000 1e+06 1.5e+06");
  CHECK(labels(round_axis(5, 5, false)) == "5 6 7 8 9 10");
  CHECK(labels(round_axis(0.0013, 0.33, true)) == "0.001 0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5");
  CHECK(labels(round_axis(1e-7, 0.9, true)) == "1e-07 1e-06 1e-05 0.0001 0.001 0.01 0.1 1");
  CHECK(labels(round_axis(0.001, 0.1, true)) == "0.001 0.002 0.005 0.01 0.02 0.05 0.1");
  CHECK(labels(round_axis(0.4878, 1.97, true)) == "0.4 0.5 0.6 0.8 1 2");
  CHECK(labels(Axis{0, 5500, false}) == "0 1,000 2,000 3,000 4,000 5,000");
}

TEST_CASE("chart: values are placed in proportion along an axis") {
  CHECK(Axis{2, 4, false}.place(2.5) == 0.25);
  CHECK(Axis{0.01, 100, true}.place(1) == doctest::Approx(0.5));
  CHECK(Axis{2, 4, false}.place(5) == 1.5);
}

Chart a_chart(std::size_t curves) {
  Chart chart;
  chart.title = "Ten <b> & \"more\"";
  chart.subtitle = "aⁿbⁿ";
  chart.x_label = "steps";
  chart.y_label = "loss";
  chart.levels = {{"guessing", 0.5}};
  for (std::size_t i = 0; i < curves; ++i) {
    const auto k = static_cast<double>(i + 1);
    chart.curves.push_back({"curve", "note", {{0, 1}, {10, 1 / k}, {20, NAN}, {30, 0}}});
  }
  return chart;
}

TEST_CASE("chart: a curve of one point is drawn as a dot") {
  Chart chart;
  chart.curves = {{"one point", "", {}}};
  chart.curves[0].points = {{1, 0.5}};
  const std::string dot = examples::to_svg(picture_of(chart));
  chart.curves[0].points = {{1, 0.5}, {1, 0.5}};
  const std::string line = examples::to_svg(picture_of(chart));
  const auto curves_of = [](const std::string& svg) {  // parts of paths that are bent
    std::size_t count = 0;
    const std::size_t end = svg.rfind("</svg>");
    for (std::size_t at = svg.rfind("</defs>"); (at = svg.find(" C ", at)) < end; ++at) ++count;
    return count;
  };
  CHECK(curves_of(dot) > curves_of(line));  // the arcs of a circle
}

TEST_CASE("a picture that is too large for a PNG is refused in a sentence") {
  const examples::Picture wide{40000, 10, [](cairo_t*) {}};
  CHECK_THROWS_WITH((void)examples::to_png(wide),
                    "a picture of 40000 x 10 pixels is larger than a PNG can be here, 32767 x "
                    "32767; an .svg can");
  CHECK(examples::to_svg(wide).find("40000") != std::string::npos);
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

/// Whether tags are closed in the order they were opened, and all in one.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  int roots = 0;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with('?') || tag.ends_with('/')) continue;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
      continue;
    }
    if (open.empty()) ++roots;
    open.push_back(tag.substr(0, tag.find_first_of(" \n")));
  }
  return open.empty() && roots == 1;
}

TEST_CASE("chart: a PNG of 1200 by 800, the same each time") {
  const std::string png = to_png(a_chart(3));
  CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
  CHECK(big_endian(png, 16) == 1200);
  CHECK(big_endian(png, 20) == 800);
  CHECK(png.substr(png.size() - 8, 4) == "IEND");
  CHECK(png == to_png(a_chart(3)));
  CHECK(png != to_png(a_chart(4)));
}

TEST_CASE("chart: an SVG of the same size, well-formed, one line a curve") {
  const std::string svg = to_svg(a_chart(3));
  CHECK(svg.starts_with("<?xml"));
  CHECK(svg.find("viewBox=\"0 0 1200 800\"") != std::string::npos);
  CHECK(is_well_formed(svg));
  const auto strokes = [](const std::string& text) {
    Index count = 0;
    for (std::size_t at = text.find("stroke-width:1.9"); at != std::string::npos;
         at = text.find("stroke-width:1.9", at + 1)) {
      ++count;
    }
    return count;
  };
  // One for the curve and one for its line in the legend; the first curve is drawn thicker.
  CHECK(strokes(to_svg(a_chart(8))) - strokes(to_svg(a_chart(3))) == 10);
}

TEST_CASE("chart: no curve, forty curves and zeros on a logarithmic axis are drawn") {
  for (Chart chart : {Chart(), a_chart(0), a_chart(40)}) {
    for (const bool logarithmic : {false, true}) {
      chart.logarithmic = logarithmic;
      CHECK(is_well_formed(to_svg(chart)));
      CHECK(to_png(chart).size() > 1000);
      chart.y_max = 0.4;
      CHECK(is_well_formed(to_svg(chart)));
    }
  }
  Chart point;
  point.curves = {{"one", "", {{3, 0.2}}}};
  CHECK(is_well_formed(to_svg(point)));
}

}  // namespace
}  // namespace unroll::testing
