#include "fuzz/compare.h"

#include <cmath>
#include <cstring>

namespace unroll::fuzz {
namespace {

/// The number of threads is as before at the end.
struct KeepThreads {
  KeepThreads() = default;
  ~KeepThreads() { set_threads(before); }
  KeepThreads(const KeepThreads&) = delete;
  KeepThreads& operator=(const KeepThreads&) = delete;
  int before = threads();
};

// Relative to the largest element of each value, or 1: values are of the order of 1, and what
// products add up is rounded in another order.
constexpr double kClose = 1e-11;

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// The largest |a - b|, relative to the largest |b| or 1; infinity where only one of two elements
/// is a number, or where they are different infinities.
double error_of(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double scale = 1;
  double worst = 0;
  for (const double value : b) {
    if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(a[i]) && std::isfinite(b[i])) {
      worst = std::max(worst, std::abs(a[i] - b[i]));
    } else if (std::isnan(a[i]) != std::isnan(b[i]) || (!std::isnan(a[i]) && a[i] != b[i])) {
      return INFINITY;
    }
  }
  return worst / scale;
}

/// One thing seen in two runs.
struct Pair {
  const Seen& got;
  const Seen& wanted;
};

std::string complaint(const Pair& pair, bool bits, double bound) {
  const auto& [got, wanted] = pair;
  if (got.label != wanted.label) {
    return fmt::format("{} where {} was expected", got.label, wanted.label);
  }
  if (got.error != wanted.error) {
    if (!bits && got.may_be_lost) return "";
    const auto text = [](const std::string& error) { return error.empty() ? "no error" : error; };
    return fmt::format("{}: {}; expected: {}", got.label, text(got.error), text(wanted.error));
  }
  if (bits) return same_bits(got.values, wanted.values) ? "" : got.label + ": other bits";
  const double error = error_of(got.values, wanted.values);
  return error <= bound ? "" : fmt::format("{}: off by {}", got.label, error);
}

constexpr const char* kStopped = "the program stopped";

/// What is wrong with an outcome, or nothing. What is not certain is near where the values of two
/// runs node by node, of which one has inputs that are changed a little, differ as much.
class Judge {
 public:
  Judge(const Structure& structure, const Recipe& recipe, const Outcome& wanted)
      : structure_(structure), recipe_(recipe), wanted_(wanted) {}

  std::string near(const Outcome& got) {
    if (!got.empty() && got.back().label == kStopped) return got.back().error;
    if (got.size() != wanted_.size()) return "another number of values";
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (complaint({got[i], wanted_[i]}, false, kClose).empty()) continue;
      const std::string wrong = complaint({got[i], wanted_[i]}, false, kClose + uncertainty(i));
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

 private:
  double uncertainty(std::size_t i) {
    constexpr double kNudge = 1e-14;
    constexpr double kTimes = 10;
    if (nudged_.empty()) {
      Recipe recipe = recipe_;
      recipe.nudge = kNudge;
      nudged_ = run(structure_, recipe, {});
    }
    if (i >= nudged_.size()) return 0;
    const double error = error_of(nudged_[i].values, wanted_[i].values);
    return std::isfinite(error) ? kTimes * error : 0;
  }

  const Structure& structure_;
  const Recipe& recipe_;
  const Outcome& wanted_;
  Outcome nudged_;
};

std::string other_bits(const Recipe& recipe, const Outcome& got, const Outcome& wanted,
                       std::string_view which) {
  if (got.size() != wanted.size()) return fmt::format("{}: another number of values", which);
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i].any_bits && !recipe.all_bits) continue;
    const std::string wrong = complaint({got[i], wanted[i]}, true, 0);
    if (!wrong.empty()) return fmt::format("{}: {}", which, wrong);
  }
  return "";
}

/// The program of a recipe, run node by node with two sets of values.
class Reference {
 public:
  Reference(const Structure& structure, const Recipe& recipe) : structure_(structure) {
    recipes_.fill(recipe);
    recipes_[1].data += 1;
    Tapes tapes(Passes::none());
    for (std::size_t i = 0; i < 2; ++i) wanted_[i] = run(structure, recipes_[i], {}, tapes);
  }

  /// What is wrong with a way of running it, or nothing.
  std::string check(const Way& way) {
    // On the same tapes: with other values by plans that are known, and once more.
    Tapes tapes(way.passes);
    std::array<Outcome, 3> got;
    for (std::size_t i = 0; i < 3; ++i) {
      got[i] = run(structure_, recipes_[i % 2], way, tapes);
      Judge judge(structure_, recipes_[i % 2], wanted_[i % 2]);
      const std::string wrong = judge.near(got[i]);
      if (!wrong.empty()) return fmt::format("run {}: {}", i, wrong);
    }
    const std::string wrong = other_bits(recipes_[0], got[2], got[0], "repeated on the same tape");
    if (!wrong.empty() || way.threads == std::vector{1}) return wrong;
    Way one = way;
    one.threads = {1};
    Tapes fresh(way.passes);
    return other_bits(recipes_[0], got[0], run(structure_, recipes_[0], one, fresh),
                      "on one thread");
  }

  /// Whether the program itself is wrong: it must not throw.
  std::string check_itself() {
    for (const Outcome& wanted : wanted_) {
      if (!wanted.empty() && wanted.back().label == kStopped) return wanted.back().error;
    }
    return "";
  }

 private:
  const Structure& structure_;
  std::array<Recipe, 2> recipes_;
  std::array<Outcome, 2> wanted_;
};

Passes random_subset(Random& random) {
  std::string list;
  for (const std::string_view name : Passes::names()) {
    if (random.below(2) == 0) list += fmt::format("{}{}", list.empty() ? "" : ",", name);
  }
  return list.empty() ? Passes::none() : Passes::parse(list);
}

std::vector<Way> ways_of(const Recipe& recipe, Effort effort) {
  Random random(recipe.seed, 7);
  const auto order = [&] { return static_cast<std::uint64_t>(random.below(3)); };
  std::vector<Way> ways{{{}, {1}, 0}};
  if (effort == Effort::few) {
    ways.push_back({{}, {recipe.seed % 4 == 0 ? 2 : 1}, 1 + recipe.seed % 5});
    ways.push_back({random_subset(random), {1}, order()});
    return ways;
  }
  // Threads that wait for each other make a busy machine slow: they are in few of the ways.
  ways.push_back({{}, {2}, 1 + recipe.seed % 5});
  for (const std::string_view name : Passes::names()) {
    ways.push_back({Passes{}.without(name), {1}, order()});
  }
  for (int i = 0; i < 2; ++i) ways.push_back({random_subset(random), {1}, order()});
  ways.push_back({random_subset(random), {1, 2}, order()});
  if (recipe.seed % 4 == 0) ways.push_back({{}, {3, 1}, order()});
  if (recipe.seed % 4 == 1) ways.push_back({Passes::none(), {2}, order()});
  return ways;
}

}  // namespace

Outcome run(const Structure& structure, const Recipe& recipe, const Way& way, Tapes& tapes) {
  const KeepThreads keep;
  Program program(recipe, way, tapes);
  std::string stopped;
  try {
    structure.run(program);
    program.clear();
  } catch (const std::exception& error) {
    stopped = error.what();
  }
  Outcome outcome = program.outcome();
  if (!stopped.empty()) outcome.push_back({kStopped, {}, stopped});
  return outcome;
}

Outcome run(const Structure& structure, const Recipe& recipe, const Way& way) {
  Tapes tapes(way.passes);
  return run(structure, recipe, way, tapes);
}

namespace {

std::optional<Failure> check(const Structure& structure, const Recipe& recipe,
                             const std::vector<Way>& ways) {
  Reference reference(structure, recipe);
  std::string wrong = reference.check_itself();
  if (!wrong.empty()) return Failure{structure.name, recipe, {}, std::move(wrong)};
  for (const Way& way : ways) {
    wrong = reference.check(way);
    if (!wrong.empty()) return Failure{structure.name, recipe, way, std::move(wrong)};
  }
  return {};
}

}  // namespace

std::optional<Failure> check(const Structure& structure, const Recipe& recipe, Effort effort) {
  return check(structure, recipe, ways_of(recipe, effort));
}

std::optional<Failure> check(const Structure& structure, const Recipe& recipe, const Way& way) {
  return check(structure, recipe, std::vector{way});
}

Failure shrink(const Structure& structure, Failure failure) {
  const auto fails_with = [&](const Recipe& recipe, const Way& way) {
    Reference reference(structure, recipe);
    std::string wrong = reference.check_itself();
    if (wrong.empty()) wrong = reference.check(way);
    if (wrong.empty()) return false;
    failure = {structure.name, recipe, way, std::move(wrong)};
    return true;
  };
  for (const Index largest : {1, 2, 3, 4, 6, 8, 16, 33, 64, 128}) {
    Recipe smaller = failure.recipe;
    if (largest >= smaller.largest) break;
    smaller.largest = largest;
    if (fails_with(smaller, failure.way)) break;
  }
  for (const Index longest : {1, 2, 3, 4, 6, 8}) {
    Recipe shorter = failure.recipe;
    if (longest >= shorter.longest) break;
    shorter.longest = longest;
    if (fails_with(shorter, failure.way)) break;
  }
  Way way = failure.way;
  for (const std::string_view name : Passes::names()) {
    Way fewer = failure.way;
    fewer.passes = fewer.passes.without(name);
    if (fewer.passes != failure.way.passes) (void)fails_with(failure.recipe, fewer);
  }
  way = failure.way;
  way.order = 0;
  (void)fails_with(failure.recipe, way);
  way = failure.way;
  way.threads = {1};
  (void)fails_with(failure.recipe, way);
  return failure;
}

std::string to_string(const Failure& failure) {
  std::string threads;
  for (const int count : failure.way.threads) {
    threads += fmt::format("{}{}", threads.empty() ? "" : ",", count);
  }
  return fmt::format(
      "{}: {}\n  with passes {}, threads {}, order {}\n"
      "  fuzz_plan --shape {} --seed {} --data {} --programs 1 --largest {} --longest {} "
      "--passes {} --threads {} --order {}",
      failure.structure, failure.what, failure.way.passes.to_string(), threads, failure.way.order,
      failure.structure, failure.recipe.seed, failure.recipe.data, failure.recipe.largest,
      failure.recipe.longest, failure.way.passes.to_string(), threads, failure.way.order);
}

}  // namespace unroll::fuzz
