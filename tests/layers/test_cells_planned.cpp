// Every cell, planned in every way, against nodes run one by one.
#include "layers/cells.h"

#include <thread>

namespace unroll::testing {
namespace {

const Input kDense(3);
const Input kIds = Input::one_hot(5);
constexpr Index kHidden = 4;
constexpr Index kHiddenClockwork = 6;

/// One training step of a cell: what is recorded, and all that comes of it.
class Model {
 public:
  Model(const CellEntry& entry, Input in, DType dtype = DType::f64)
      : entry_(entry),
        in_(in),
        parameters_(dtype, 11),
        cell_(entry.make(parameters_ / "cell", in,
                         entry.name == "clockwork" ? kHiddenClockwork : kHidden,
                         random_options())) {}

  /// The loss, the outputs and the last state, the gradients of the parameters and of dense x.
  [[nodiscard]] std::vector<std::vector<double>> step(Tape& tape, Index steps, Index batch,
                                                      std::uint64_t seed = 5) const {
    tape.clear();
    const Var x = tape.input(random_input(in_, steps, batch, seed));
    const Var all = all_of(unroll_over(cell_, x, start_state(entry_, cell_, tape, in_, batch)));
    const Var loss = weighted_sum(all * all + all, 3);
    const Gradients gradients = tape.gradients(loss, parameters_);
    std::vector<std::vector<double>> results{{loss.item()}};
    results.push_back(gradients.flat().to_doubles());
    results.push_back(all.value().to_doubles());
    if (!in_.ids) {
      results.push_back(tape.gradients(loss, std::span(&x, 1))[0].value().to_doubles());
    }
    return results;
  }

 private:
  const CellEntry& entry_;
  Input in_;
  Parameters parameters_;
  AnyCell cell_;
};

/// The largest difference, relative to the largest element of each result or 1.
double error_of(const std::vector<std::vector<double>>& a,
                const std::vector<std::vector<double>>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].size() == b[i].size());
    double scale = 1;
    for (const double value : b[i]) scale = std::max(scale, std::abs(value));
    for (std::size_t j = 0; j < a[i].size(); ++j) {
      const double error = std::abs(a[i][j] - b[i][j]) / scale;
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  }
  return worst;
}

/// All on, each of them off alone, each of them on alone.
std::vector<Passes> ways() {
  std::vector<Passes> ways{Passes{}};
  for (bool Passes::*pass : {&Passes::accumulate, &Passes::join, &Passes::batch, &Passes::place,
                             &Passes::fuse, &Passes::spread}) {
    Passes off;
    off.*pass = false;
    ways.push_back(off);
    Passes on = Passes::none();
    on.*pass = true;
    ways.push_back(on);
  }
  return ways;
}

constexpr double kClose = 1e-12;

template <class F>
void for_each_cell(F f) {
  for (const CellEntry& entry : all_cells()) {
    for (const Input& in : {kDense, kIds}) {
      INFO(fmt::format("{}, {}", entry.name, in.ids ? "ids" : "dense"));
      f(entry, in);
    }
  }
}

TEST_CASE("planned cells: losses, outputs and gradients are those of nodes run one by one") {
  for_each_cell([](const CellEntry& entry, Input in) {
    const Model model(entry, in);
    Tape plain(DType::f64);
    plain.set_passes(Passes::none());
    for (Index steps = 1; steps <= 6; ++steps) {
      for (const Index batch : {1, 5}) {
        const auto expected = model.step(plain, steps, batch);
        for (const Passes& passes : ways()) {
          Tape tape(DType::f64);
          tape.set_passes(passes);
          const double error = error_of(model.step(tape, steps, batch), expected);
          INFO(fmt::format("T = {}, batch {}, {}: {}", steps, batch, passes.to_string(), error));
          CHECK(error < kClose);
        }
      }
    }
  });
}

TEST_CASE("planned cells: results stay the same when sequences of other lengths run in between") {
  for_each_cell([](const CellEntry& entry, Input in) {
    const Model model(entry, in);
    Tape tape(DType::f64);
    tape.set_passes({});
    const auto first = model.step(tape, 4, 3, 1);
    const auto other = model.step(tape, 4, 3, 2);
    CHECK(first != other);
    CHECK(model.step(tape, 4, 3, 1) == first);  // by the same plan
    for (const Index steps : {2, 6, 1}) (void)model.step(tape, steps, 3);
    (void)model.step(tape, 4, 2);
    CHECK(model.step(tape, 4, 3, 2) == other);
    CHECK(model.step(tape, 4, 3, 1) == first);
    const std::size_t bytes = tape.bytes();
    for (int times = 0; times < 3; ++times) CHECK(model.step(tape, 4, 3, 1) == first);
    CHECK(tape.bytes() == bytes);
  });
}

TEST_CASE("planned cells: one and two threads give the same bits") {
  for_each_cell([](const CellEntry& entry, Input in) {
    const Model model(entry, in);
    std::vector<std::vector<std::vector<double>>> results;
    for (const int count : {1, 2}) {
      const WithThreads scope(count);
      Tape tape(DType::f64);
      tape.set_passes({});
      results.push_back(model.step(tape, 3, 5));
    }
    CHECK(results[0] == results[1]);
  });
}

TEST_CASE("planned cells: two tapes at once, each on a thread of its own") {
  for (const std::string_view name : {"lstm", "gru", "sru"}) {
    const CellEntry& entry = find_cell(name);
    // A tree of parameters each: a tape that reads one is told of its changes.
    const Model a(entry, kDense);
    const Model b(entry, kIds);
    std::vector<std::vector<std::vector<double>>> expected;
    for (const Model* model : {&a, &b}) {
      Tape tape(DType::f64);
      tape.set_passes({});
      expected.push_back(model->step(tape, 5, 3));
    }
    std::array<int, 2> wrong{0, 0};
    const auto work = [&](const Model& model, std::size_t which) {
      Tape tape(DType::f64);
      tape.set_passes({});
      for (int times = 0; times < 20; ++times) {
        if (model.step(tape, 5, 3) != expected[which]) ++wrong[which];
      }
    };
    std::thread other([&] { work(b, 1); });
    work(a, 0);
    other.join();
    CHECK(wrong[0] == 0);
    CHECK(wrong[1] == 0);
  }
}

}  // namespace
}  // namespace unroll::testing
