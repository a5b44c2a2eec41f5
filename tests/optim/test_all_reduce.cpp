// Several processes as one: run alone, and by ctest under mpirun with 1, 2 and 4 processes.
#include "support.h"

#include <unroll/core/run/threads.h>

#include <cstdlib>
#include <thread>

namespace unroll::testing {
namespace {

/// All tests of this program work in one group: MPI is begun and ended once.
const Processes& processes() {
  static const Processes all;
  return all;
}

/// Of this process.
double rank() { return processes().rank(); }

std::string bytes_of(const TensorView& view) {
  return {reinterpret_cast<const char*>(view.data),
          static_cast<std::size_t>(view.size()) * size_of(view.dtype)};
}

/// What several processes share among them, the rest of a batch of sentences.
struct WordModel {
  static constexpr Index kWords = 300;
  static constexpr Index kSteps = 5;

  explicit WordModel(DType dtype)
      : parameters(dtype, 1),
        words(parameters / "words", kWords, 4),
        stack(parameters / "layers", 4, 6, 2),
        readout(parameters / "readout", 6, kWords) {}

  /// The loss summed over these sequences of a batch, divided by their number in the batch.
  [[nodiscard]] Var loss(Tape& tape, Index batch, Interval part, std::int64_t step) const {
    const Tensor x = random_ids({kSteps, batch}, 17 + 2 * static_cast<std::uint64_t>(step), kWords);
    const Tensor y = random_ids({kSteps, batch}, 18 + 2 * static_cast<std::uint64_t>(step), kWords);
    const auto mine = [&](const Tensor& ids) {
      return slice(tape.input(ids), 1, part.begin, part.end);
    };
    Noise noise(3, step, {part.begin, batch});
    const Var in = dropout_over_time(words(mine(x)), 0.2, noise);
    const auto start = zero_state(stack, tape, part.size());
    drop_weights(tape, parameters / "layers" / 0, 0.1, noise);
    drop_recurrent(tape, parameters / "layers" / 1, part.size(), 0.1, noise);
    const Var out = unroll_layers(stack, in, start, Dropout{0.3, noise}).outputs;
    return softmax_cross_entropy(readout(out), mine(y), Reduction::sum) /
           static_cast<double>(batch);
  }

  Parameters parameters;
  Embedding words;
  Stack<Lstm> stack;
  Linear readout;
};

/// Trains for some steps by clipped Adam; the last batches have fewer sequences than processes.
Tensor trained(DType dtype, const Processes& among, std::vector<double>& losses) {
  const WordModel model(dtype);
  const auto optimizer = find_optimizer("adam").make(0.01, 0);
  Tape tape(dtype);
  std::int64_t step = 0;
  for (const Index batch : {8, 8, 7, 5, 1, 3}) {
    tape.clear();
    const Var loss = model.loss(tape, batch, among.share(batch), step++);
    Gradients gradients = tape.gradients(loss, model.parameters);
    all_reduce(among, gradients, Exchange::during_the_run);
    (void)clip_by_global_norm(gradients, 0.5);
    optimizer->step(gradients);
    const double mine = loss.item();
    losses.push_back(among.sum(std::span(&mine, 1))[0]);
  }
  return Tensor(model.parameters.flat());
}

TEST_CASE("processes: shares follow each other and are all") {
  const Processes& all = processes();
  for (const Index whole : {0, 1, 3, 64, 1001}) {
    const Interval mine = all.share(whole);
    const std::vector<double> sizes{static_cast<double>(mine.size())};
    CHECK(all.sum(sizes)[0] == static_cast<double>(whole));
    CHECK((all.rank() > 0 || mine.begin == 0));
    CHECK((all.rank() + 1 < all.count() || mine.end == whole));
  }
  CHECK(Processes::alone().count() == 1);
  CHECK(Processes::alone().rank() == 0);
}

TEST_CASE("processes: sums, and what holds in any") {
  const Processes& all = processes();
  const double count = all.count();
  const std::vector<double> mine{rank(), 1, 0.1};
  const std::vector<double> sums = all.sum(mine);
  CHECK(sums[0] == count * (count - 1) / 2);
  CHECK(sums[1] == count);
  double tenths = 0;
  for (int i = 0; i < all.count(); ++i) tenths += 0.1;
  CHECK(sums[2] == tenths);  // in the order of ranks
  CHECK(all.any(all.rank() + 1 == all.count()));
  CHECK_FALSE(all.any(false));
}

TEST_CASE("processes: rows of all behind each other, some with none") {
  const Processes& all = processes();
  for (const Index rows : {7, 2, 0}) {
    const Tensor whole = random_tensor({rows, 3, 2}, 5);
    const Interval share = all.share(rows);
    const auto values = whole.values<double>().subspan(static_cast<std::size_t>(6 * share.begin),
                                                       static_cast<std::size_t>(6 * share.size()));
    const Tensor mine =
        Tensor::of<double>({share.size(), 3, 2}, std::vector<double>(values.begin(), values.end()));
    CHECK(same_bits(all.concatenate(mine).view(), whole.view()));
  }
}

TEST_CASE("processes: what fails in one fails in all, the first of them says why") {
  const Processes& all = processes();
  all.together([] {});
  const int last = all.count() - 1;
  const auto work = [&] {
    if (all.rank() == last) fail<Error>("no file");
  };
  if (all.rank() == last) {
    CHECK_THROWS_WITH_AS(all.together(work), "no file", Error);
  } else {
    CHECK_THROWS_WITH_AS(all.together(work),
                         fmt::format("process {} of {} has failed", last, all.count()).c_str(),
                         FailedElsewhere);
  }
  all.require_same("text", "text");
  if (all.count() == 1) return;
  CHECK_THROWS_WITH_AS(all.require_same(std::to_string(all.rank()), "text"),
                       "process 1 has other text than process 0", Error);
}

TEST_CASE("processes: each has a share of the cores") {
  if (std::getenv("UNROLL_THREADS") != nullptr || processes().count() == 1) return;
  CHECK(threads() >= 1);
  CHECK(threads() * processes().count() <=
        std::max(processes().count(), static_cast<int>(std::thread::hardware_concurrency())));
}

TEST_CASE("all_reduce: dense, row-sparse and missing gradients are added up") {
  const Processes& all = processes();
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype, 1);
    const Parameter table = p.add("table", {50, 3}, constant(1));
    const Parameter mixed = p.add("mixed", {40, 2}, constant(1));
    const Parameter large = p.add("large", {300, 200}, constant(1));
    const Parameter last = p.add("last", {7}, constant(1));
    Tape tape(dtype);
    // Each process its own row and one that all share; dense in one process, rows in the others;
    // and a parameter that only one process reaches.
    const auto row = static_cast<std::int32_t>(all.rank());
    Var loss = sum(embedding(tape.parameter(table), tape.input(ids_of({3}, {row, 20, 20}))));
    if (all.rank() == 0) {
      loss = loss + sum(tape.parameter(mixed)) + 5 * sum(tape.parameter(last));
    } else {
      loss = loss + sum(embedding(tape.parameter(mixed), tape.input(ids_of({1}, {row}))));
    }
    loss = loss + (rank() + 1) * sum(tape.parameter(large));
    Gradients gradients = tape.gradients(loss, p);
    gradients.scale(0.5);
    const std::int64_t sent = all_reduce(all, gradients, Exchange::during_the_run);

    const double count = all.count();
    const auto g = [&](const Parameter& parameter) { return gradients[parameter].to_doubles(); };
    for (Index r = 0; r < 50; ++r) {
      const double wanted = r < all.count() ? 0.5 : r == 20 ? count : 0;
      CHECK(g(table)[static_cast<std::size_t>(3 * r)] == wanted);
    }
    CHECK(gradients.is_row_sparse(table));
    CHECK(std::ssize(gradients.touched_rows(table)) == all.count() + 1);
    CHECK_FALSE(gradients.is_row_sparse(mixed));
    for (Index r = 0; r < 40; ++r) {
      const double wanted = r > 0 && r < all.count() ? 1 : 0.5;
      CHECK(g(mixed)[static_cast<std::size_t>(2 * r)] == wanted);
    }
    for (const double x : g(large)) REQUIRE(x == 0.5 * count * (count + 1) / 2);
    for (const double x : g(last)) CHECK(x == 2.5);
    all.require_same(bytes_of(gradients.flat()), "sums");
    // Little more than every element once to another process, and once from one, for its share.
    const double elements = 3 * (count + 1) + 80 + 60000 + 7;
    const double expected =
        2 * (count - 1) / count * elements * static_cast<double>(size_of(dtype));
    CHECK(static_cast<double>(sent) >= 0.99 * expected);
    CHECK(static_cast<double>(sent) <= 1.01 * expected);
  }
}

TEST_CASE("all_reduce: sums are formed in the order of ranks, whatever the blocks") {
  const Processes& all = processes();
  // Many blocks, and a part of one.
  constexpr Index kSize = 9'000'001;
  const Parameters p(DType::f32, 1);
  const Parameter w = p.add("w", {kSize}, constant(0));
  const auto element = [](int process, Index i) {
    return std::ldexp(static_cast<float>((i * 7919 + process * 104729) % 10007) / 3.0F,
                      static_cast<int>((i + process) % 20));
  };
  Tensor mine(DType::f32, {kSize});
  const auto values = mine.values<float>();
  for (Index i = 0; i < kSize; ++i) values[static_cast<std::size_t>(i)] = element(all.rank(), i);
  Tape tape(DType::f32);
  Gradients gradients = tape.gradients(sum(tape.parameter(w) * tape.input(mine)), p);
  all_reduce(all, gradients);
  Index wrong = 0;
  const auto sums = gradients[w].values<float>();
  for (Index i = 0; i < kSize; ++i) {
    float wanted = element(0, i);
    for (int process = 1; process < all.count(); ++process) wanted += element(process, i);
    if (sums[static_cast<std::size_t>(i)] != wanted) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("all_reduce: an exchange during the run gives the bits of one after it") {
  const Processes& all = processes();
  const Parameters p(DType::f32, 1);
  const Parameter table = p.add("table", {20'000, 2}, constant(0.1));
  const Linear first(p / "first", 200, 200);
  const Linear second(p / "second", 200, 300);
  Tape tape;
  // Process 0 may have a dense gradient of the table, where the others touch a row.
  const auto sums = [&](bool overlaps, bool dense) {
    tape.clear();
    const Var x = tape.input(random_tensor({8, 200}, 5 + static_cast<std::uint64_t>(all.rank())));
    Var loss = sum(square(second(tanh(first(x)))));
    if (dense && all.rank() == 0) {
      loss = loss +
             sum(square(matmul(tape.input(random_tensor({3, 20'000}, 4)), tape.parameter(table))));
    } else {
      const Var ids = tape.input(ids_of({2}, {7, all.rank()}));
      loss = loss + sum(embedding(tape.parameter(table), ids));
    }
    Gradients gradients = tape.gradients(loss, p);
    CHECK(gradients.early().size() >= 2);
    if (!overlaps) gradients.run();
    all_reduce(all, gradients, Exchange::during_the_run);
    CHECK(gradients.is_row_sparse(table) != dense);
    all.require_same(bytes_of(gradients.flat()), "sums");
    return Tensor(gradients.flat());
  };
  for (const bool dense : {false, true}) {
    CHECK(same_bits(sums(true, dense).view(), sums(false, dense).view()));
  }
}

TEST_CASE("all_reduce: processes with parts of batches train as one with whole batches") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    std::vector<double> one_losses;
    std::vector<double> losses;
    std::vector<double> again_losses;
    const Tensor one = trained(dtype, Processes::alone(), one_losses);
    const Tensor parts = trained(dtype, processes(), losses);
    const Tensor again = trained(dtype, processes(), again_losses);
    const double tolerance = dtype == DType::f32 ? 2e-5 : 1e-13;
    CHECK(difference(parts.view(), one.view()) < tolerance);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      CHECK(std::abs(losses[i] - one_losses[i]) < tolerance * one_losses[i]);
    }
    CHECK(same_bits(parts.view(), again.view()));
    CHECK(losses == again_losses);
    processes().require_same(bytes_of(parts), "weights");
  }
}

TEST_CASE("all_reduce: gradients of other parameters are an error") {
  const Processes& all = processes();
  if (all.count() == 1) return;
  const Parameters p(DType::f32, 1);
  const Parameter w = p.add("w", {3 + (all.rank() == 1 ? 2 : 0)}, constant(1));
  Tape tape(DType::f32);
  Gradients gradients = tape.gradients(sum(tape.parameter(w)), p);
  CHECK_THROWS_WITH_AS(all_reduce(all, gradients),
                       "all_reduce: process 1 has other parameters than process 0", Error);
}

}  // namespace
}  // namespace unroll::testing
