// Each task: that its answers are right, and that its lines, of guessing and of the best there is,
// are where they are said to be.
#include <unroll/ops/shape.h>

#include "support.h"
#include "variants/task.h"
#include "variants/tasks/reber.h"

namespace unroll::testing {
namespace {

using variants::all_tasks;
using variants::Batch;
using variants::find_task;
using variants::kIgnored;
using variants::Task;
using variants::TaskEntry;

Batch draw(const Task& task, Index batch, std::uint64_t seed = 3) {
  Random random(seed);
  return task.draw(batch, random);
}

std::int32_t id_at(const Tensor& ids, Index t, Index b) {
  return ids.values<std::int32_t>()[static_cast<std::size_t>(t * ids.shape()[1] + b)];
}

/// The steps of one sequence, without what is ignored.
std::vector<std::int32_t> column(const Tensor& ids, Index b) {
  std::vector<std::int32_t> result;
  for (Index t = 0; t < ids.shape()[0]; ++t) {
    if (id_at(ids, t, b) != kIgnored) result.push_back(id_at(ids, t, b));
  }
  return result;
}

/// Logits that are right, or as wrong as can be, at every step.
Tensor logits_for(const Batch& batch, Index symbols, bool right) {
  Tensor logits(DType::f32, batch.y.shape().inserted(2, symbols));
  const auto y = batch.y.values<std::int32_t>();
  for (std::size_t n = 0; n < y.size(); ++n) {
    if (y[n] == kIgnored) continue;
    const auto at = n * static_cast<std::size_t>(symbols) + static_cast<std::size_t>(y[n]);
    logits.values<float>()[at] = right ? 30 : -30;
  }
  return logits;
}

double loss_of(const Task& task, const Tensor& answers, const Batch& batch) {
  Tape tape;
  return task.loss(tape.input(answers), batch).item();
}

TEST_CASE("tasks: a task is found by its name, an unknown name is refused") {
  CHECK(all_tasks().size() == 5);
  for (const TaskEntry* entry : all_tasks()) CHECK(&find_task(entry->name) == entry);
  CHECK_THROWS_WITH_AS((void)find_task("addition"),
                       "no task 'addition'; there are: adding, copy, reber, parity, anbn", Error);
}

TEST_CASE("tasks: sequences are a function of the seed") {
  for (const TaskEntry* entry : all_tasks()) {
    CAPTURE(entry->name);
    const auto task = entry->make(entry->defaults.length);
    const Batch batch = draw(*task, 8);
    CHECK(same_bits(batch.x, draw(*task, 8).x));
    CHECK(same_bits(batch.y, draw(*task, 8).y));
    CHECK_FALSE(same_bits(batch.x, draw(*task, 8, 4).x));
    CHECK(task->guessing() > task->floor());
  }
}

TEST_CASE("tasks: right answers score 1 and cost nothing, wrong ones score 0") {
  for (const char* name : {"copy", "parity", "anbn"}) {
    CAPTURE(name);
    const auto task = find_task(name).make(6);
    const Batch batch = draw(*task, 16);
    const Tensor right = logits_for(batch, task->outputs(), true);
    CHECK(task->score(right, batch) == 1);
    CHECK(loss_of(*task, right, batch) < 1e-6);
    const Tensor wrong = logits_for(batch, task->outputs(), false);
    CHECK(task->score(wrong, batch) == 0);
    CHECK(loss_of(*task, wrong, batch) > 20);
  }
}

TEST_CASE("tasks: equal logits cost what guessing costs, where symbols are equally likely") {
  for (const char* name : {"reber", "parity", "anbn"}) {
    CAPTURE(name);
    const auto task = find_task(name).make(3);
    const Batch batch = draw(*task, 4);
    const Tensor equal(DType::f32, batch.y.shape().inserted(2, task->outputs()));
    CHECK(loss_of(*task, equal, batch) == doctest::Approx(task->guessing()));
  }
}

TEST_CASE("adding: the answer is the sum of the two marked numbers, one in each half") {
  for (const Index length : {2, 5, 30}) {
    const Batch batch = draw(*find_task("adding").make(length), 50);
    CHECK(batch.x.shape() == Shape{length, 50, 2});
    for (Index b = 0; b < 50; ++b) {
      double sum = 0;
      std::vector<Index> marked;
      for (Index t = 0; t < length; ++t) {
        const double value = batch.x.at(2 * (t * 50 + b));
        const double marker = batch.x.at(2 * (t * 50 + b) + 1);
        CHECK((value >= 0 && value < 1));
        CHECK((marker == 0 || marker == 1));
        if (marker == 1) marked.push_back(t);
        sum += value * marker;
      }
      CHECK(marked.size() == 2);
      CHECK(marked.front() < length / 2);
      CHECK(marked.back() >= length / 2);
      CHECK(batch.y.at(b) == doctest::Approx(sum));
    }
  }
}

TEST_CASE("adding: always saying 1 costs 0.167, and the score counts what is near") {
  const auto task = find_task("adding").make(10);
  const Batch batch = draw(*task, 20000);
  Tensor ones(DType::f32, {20000, 1});
  for (float& value : ones.values<float>()) value = 1;
  CHECK(loss_of(*task, ones, batch) == doctest::Approx(task->guessing()).epsilon(0.03));
  CHECK(task->guessing() == doctest::Approx(1.0 / 6));

  Tensor near(batch.y);
  for (std::size_t b = 0; b < 20000; ++b) near.values<float>()[b] += b % 4 == 0 ? 0.05F : -0.03F;
  CHECK(task->score(near, batch) == 0.75);
  CHECK(task->solved({.loss = 0.009, .score = 0}));
  CHECK_FALSE(task->solved({.loss = 0.011, .score = 1}));
}

TEST_CASE("copy: ten symbols, blanks, a delimiter, and the symbols again") {
  const auto task = find_task("copy").make(7);
  const Batch batch = draw(*task, 5);
  CHECK(batch.x.shape() == Shape{27, 5});
  for (Index b = 0; b < 5; ++b) {
    for (Index t = 0; t < 27; ++t) {
      const std::int32_t x = id_at(batch.x, t, b);
      const std::int32_t y = id_at(batch.y, t, b);
      if (t < 10) CHECK((x >= 0 && x < 8));
      if (t >= 10) CHECK(x == (t == 16 ? 9 : 8));
      CHECK(y == (t < 17 ? 8 : id_at(batch.x, t - 17, b)));
    }
  }
  CHECK(task->guessing() == doctest::Approx(10 * std::log(8.0) / 27));
}

TEST_CASE("parity: each answer is whether the ones so far are odd") {
  const Batch batch = draw(*find_task("parity").make(9), 6);
  for (Index b = 0; b < 6; ++b) {
    std::int32_t ones = 0;
    for (Index t = 0; t < 9; ++t) {
      ones += id_at(batch.x, t, b);
      CHECK(id_at(batch.y, t, b) == ones % 2);
    }
  }
}

TEST_CASE("anbn: as many b's as a's, then the end, then padding") {
  const auto task = find_task("anbn").make(5);
  const Batch batch = draw(*task, 200);
  CHECK(batch.x.shape() == Shape{11, 200});
  std::vector<int> seen(6);
  for (Index b = 0; b < 200; ++b) {
    const std::vector<std::int32_t> y = column(batch.y, b);
    const auto n = static_cast<std::size_t>(std::count(y.begin(), y.end(), 1));
    std::vector<std::int32_t> expected(n, 1);
    expected.resize(2 * n, 2);
    expected.push_back(0);
    CHECK(y == expected);
    CHECK(id_at(batch.x, 0, b) == 0);
    for (Index t = 1; t < static_cast<Index>(y.size()); ++t) {
      CHECK(id_at(batch.x, t, b) == y[static_cast<std::size_t>(t - 1)]);
    }
    ++seen.at(n);
  }
  CHECK(seen[0] == 0);
  for (std::size_t n = 1; n <= 5; ++n) CHECK(seen[n] > 20);
}

TEST_CASE("anbn: only symbols after the first b are scored, and the best loss is that of n") {
  const auto task = find_task("anbn").make(4);
  const Batch batch = draw(*task, 4000);
  Tensor logits(DType::f32, batch.y.shape().inserted(2, 3));
  for (Index t = 0; t < batch.y.shape()[0]; ++t) {
    for (Index b = 0; b < 4000; ++b) {
      const std::int32_t y = id_at(batch.y, t, b);
      const auto row = static_cast<std::size_t>(3 * (t * 4000 + b));
      const auto put = [&](int symbol, double p) {
        logits.values<float>()[row + static_cast<std::size_t>(symbol)] =
            static_cast<float>(std::log(p));
      };
      for (int symbol = 0; symbol < 3; ++symbol) put(symbol, symbol == y ? 1 : 1e-12);
      if (id_at(batch.x, t, b) != 1) continue;
      // After t a's: one of the 4 - t + 1 values of n that are still possible ends here.
      const double ends = 1.0 / static_cast<double>(4 - t + 1);
      put(0, 1e-12), put(1, std::max(1 - ends, 1e-12)), put(2, ends);
    }
  }
  CHECK(task->score(logits, batch) == 1);
  CHECK(loss_of(*task, logits, batch) == doctest::Approx(task->floor()).epsilon(0.02));
}

TEST_CASE("reber: exactly the strings of the grammar are accepted") {
  const auto ids = [](std::string_view string) {
    std::vector<std::int32_t> result;
    for (const char c : string) {
      const auto* const found =
          std::find(variants::kReberSymbols.begin(), variants::kReberSymbols.end(), c);
      result.push_back(static_cast<std::int32_t>(found - variants::kReberSymbols.begin()));
    }
    return result;
  };
  const auto accepts = [&](std::string_view string, Index inner) {
    variants::ReberWalk walk(inner);
    for (const std::int32_t symbol : ids(string)) {
      if (!walk.read(symbol)) return false;
    }
    return walk.ended();
  };
  for (const char* string : {"BTBTXSETE", "BPBPVVEPE", "BTBTSSXXTVPSETE", "BPBTXXVPXVVEPE"}) {
    CAPTURE(string);
    CHECK(accepts(string, 1));
  }
  CHECK(accepts("BTBTXSEBPVVETE", 2));
  for (const char* string :
       {"BTBTXSEPE", "BTBTXSET", "BTBTXSETEE", "TTBTXSETE", "BTBTSETE", "", "BTBTXSEBPVVETE"}) {
    CAPTURE(string);
    CHECK_FALSE(accepts(string, 1));
  }
  Random random(8);
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::int32_t> string = variants::reber_string(1 + i % 3, random);
    std::string text;
    for (const std::int32_t id : string) {
      text += variants::kReberSymbols[static_cast<std::size_t>(id)];
    }
    CAPTURE(text);
    CHECK(accepts(text, 1 + i % 3));
  }
}

TEST_CASE("reber: a batch holds such strings, and each target is the next symbol") {
  const auto task = find_task("reber").make(2);
  const Batch batch = draw(*task, 100);
  bool padded = false;
  for (Index b = 0; b < 100; ++b) {
    const std::vector<std::int32_t> y = column(batch.y, b);
    variants::ReberWalk walk(2);
    CHECK(walk.read(id_at(batch.x, 0, b)));
    for (std::size_t t = 0; t < y.size(); ++t) {
      CHECK(walk.read(y[t]));
      if (t + 1 < y.size()) CHECK(id_at(batch.x, static_cast<Index>(t + 1), b) == y[t]);
    }
    CHECK(walk.ended());
    padded = padded || static_cast<Index>(y.size()) < batch.y.shape()[0];
  }
  CHECK(padded);
}

/// The logits of one who knows the grammar, and where `forgets`, not the symbol to be remembered.
Tensor reber_logits(const Batch& batch, Index inner, bool forgets) {
  Tensor logits(DType::f32, batch.y.shape().inserted(2, 7));
  const Index size = batch.x.shape()[1];
  for (Index b = 0; b < size; ++b) {
    variants::ReberWalk walk(inner);
    const auto steps = static_cast<Index>(column(batch.y, b).size());
    for (Index t = 0; t < steps; ++t) {
      walk.read(id_at(batch.x, t, b));
      std::vector<std::int32_t> expected = walk.allowed();
      if (forgets && t == steps - 2) expected = {1, 5};
      for (std::int32_t symbol = 0; symbol < 7; ++symbol) {
        const bool likely = std::find(expected.begin(), expected.end(), symbol) != expected.end();
        logits.values<float>()[static_cast<std::size_t>(7 * (t * size + b) + symbol)] =
            likely ? 0 : -30;
      }
    }
  }
  return logits;
}

TEST_CASE("reber: knowing the grammar costs its entropy, forgetting the second symbol scores 0") {
  for (const Index inner : {1, 3}) {
    const auto task = find_task("reber").make(inner);
    const Batch batch = draw(*task, 4000);
    const Tensor knows = reber_logits(batch, inner, false);
    CHECK(task->score(knows, batch) == 1);
    CHECK(loss_of(*task, knows, batch) == doctest::Approx(task->floor()).epsilon(0.02));
    const Tensor forgets = reber_logits(batch, inner, true);
    CHECK(task->score(forgets, batch) == 0);
    CHECK(loss_of(*task, forgets, batch) > task->floor());
  }
}

TEST_CASE("tasks: lengths too short for a task are refused") {
  CHECK_THROWS_WITH_AS(find_task("adding").make(1),
                       "adding: sequences of 1 steps, expected 2 or more", Error);
  CHECK_THROWS_WITH_AS(find_task("copy").make(0),
                       "copy: symbols kept for 0 steps, expected 1 or more", Error);
  CHECK_THROWS_WITH_AS(find_task("reber").make(0), "reber: 0 strings inside, expected 1 or more",
                       Error);
  CHECK_THROWS_WITH_AS(find_task("parity").make(0), "parity: strings of 0 bits, expected 1 or more",
                       Error);
  CHECK_THROWS_WITH_AS(find_task("anbn").make(0),
                       "anbn: strings of up to 0 a's, expected 1 or more", Error);
}

}  // namespace
}  // namespace unroll::testing
