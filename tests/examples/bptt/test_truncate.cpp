/// The chapter truncate: where nothing is cut the gradient is the full one, and the mean of the
/// randomised one is too.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <vector>

#include "bptt/truncate.h"
#include "support.h"

using namespace unroll;
using bptt::Echo;

TEST_CASE("truncate: likeness of gradients with a known angle") {
  const std::vector<double> full{3, 4};
  const auto same = bptt::compare(full, full);
  CHECK(same.cosine == doctest::Approx(1));
  CHECK(same.length == doctest::Approx(1));
  const auto across = bptt::compare(std::vector<double>{-8, 6}, full);
  CHECK(std::abs(across.cosine) < 1e-15);
  CHECK(across.length == doctest::Approx(2));
  CHECK(bptt::compare(std::vector<double>{1, 0}, full).cosine == doctest::Approx(0.6));
}

TEST_CASE("truncate: a cut behind the beginning cuts nothing") {
  for (const char* cell : {"rnn", "gru", "lstm"}) {
    const Echo echo(find_cell(cell), {}, 9, 3);
    const std::vector<double> full = echo.full();
    CHECK(testing::difference(echo.windowed(8), full) < 1e-14);
    CHECK(testing::difference(echo.in_pieces(9), full) < 1e-14);
    Random random(1);
    CHECK(testing::difference(echo.randomized(1, random), full) < 1e-14);
    CHECK(testing::difference(echo.windowed(7), full) > 1e-9);
    CHECK(testing::difference(echo.in_pieces(8), full) > 1e-9);
  }
}

TEST_CASE("truncate: windows and pieces of one step are the same truncation") {
  const Echo echo(find_cell("lstm"), {}, 9, 3);
  CHECK(testing::difference(echo.windowed(0), echo.in_pieces(1)) < 1e-14);
}

TEST_CASE("truncate: the mean of randomised gradients is the full gradient") {
  const Echo echo(find_cell("gru"), {}, 10, 3);
  const std::vector<double> full = echo.full();
  const bptt::Randomized drawn = bptt::draw_randomized(echo, 0.7, 2000, 5);
  REQUIRE(drawn.mean.size() == full.size());
  for (std::size_t i = 0; i < full.size(); ++i) {
    CHECK(std::abs(drawn.mean[i] - full[i]) < 5 * drawn.standard_error[i] + 1e-12);
  }
  CHECK(drawn.expected_distance > 0);
  CHECK(drawn.distance < 3 * drawn.expected_distance);
  // What is cut after a fixed number of steps is wrong on average, by more than that.
  const std::vector<double> cut = echo.windowed(2);  // the reach of 0.7 / 0.3 steps
  double distance = 0;
  double length = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    distance += std::pow(cut[i] - full[i], 2);
    length += full[i] * full[i];
  }
  CHECK(std::sqrt(distance / length) > 3 * drawn.distance);
}

TEST_CASE("truncate: a network learns to repeat a number only if the gradient reaches it") {
  const auto last = [](Index steps_back) {
    return bptt::train_echo(40, 10, steps_back, 300).back().y;
  };
  CHECK(last(40) < 0.1 * bptt::kEchoGuessing);
  CHECK(last(10) < 0.2 * bptt::kEchoGuessing);
  CHECK(last(5) > 0.4 * bptt::kEchoGuessing);
}
