// The output layers for large vocabularies: exact distributions, losses, gradients, trees, samples.
#include "support.h"

#include <functional>
#include <numeric>
#include <set>

namespace unroll::testing {
namespace {

constexpr Index kIn = 6;

/// Counts of words as text has them, not in order, some of them equal and some 0.
std::vector<std::int64_t> counts_of(Index words) {
  std::vector<std::int64_t> counts;
  for (Index k = 0; k < words; ++k) counts.push_back(1000 / ((k * 7) % words + 1) - 20);
  for (std::int64_t& count : counts) count = std::max<std::int64_t>(count, 0);
  return counts;
}

Parameters random_parameters() { return Parameters(DType::f64, 3); }

/// Gives all parameters random values, biases too.
void randomize(const Parameters& p) {
  for (const Parameter& one : p.all()) {
    one.set(random_tensor(one.shape(), 20 + one.index(), -0.7, 0.7));
  }
}

/// One of the exact layers, of so many words.
struct Layer {
  template <class L>
  explicit Layer(L layer)
      : losses(
            [layer](Var h, const Tensor& y, Index ignore) { return layer.losses(h, y, ignore); }),
        loss([layer](Var h, const Tensor& y, Reduction reduction, Index ignore) {
          return layer.loss(h, y, reduction, ignore);
        }),
        log_probabilities([layer](Var h) { return layer.log_probabilities(h); }) {}
  std::function<Var(Var, const Tensor&, Index)> losses;
  std::function<Var(Var, const Tensor&, Reduction, Index)> loss;
  std::function<Var(Var)> log_probabilities;
};

struct Exact {
  const char* name;
  std::function<Layer(const Parameters&, Index words, bool bias)> make;
};

const std::vector<Exact>& exact_layers() {
  static const std::vector<Exact> layers{
      {"AdaptiveSoftmax",
       [](const Parameters& p, Index words, bool bias) {
         AdaptiveOptions options{.divisor = 2, .bias = bias};
         if (words > 6) options.cutoffs = {words / 4, words / 2};
         return Layer(AdaptiveSoftmax(p, kIn, counts_of(words), options));
       }},
      {"ClassFactoredSoftmax",
       [](const Parameters& p, Index words, bool bias) {
         return Layer(ClassFactoredSoftmax(p, kIn, counts_of(words), {.bias = bias}));
       }},
      {"HierarchicalSoftmax",
       [](const Parameters& p, Index words, bool bias) {
         return Layer(HierarchicalSoftmax(p, kIn, counts_of(words), {.bias = bias}));
       }},
  };
  return layers;
}

TEST_CASE("output layers: probabilities of all words sum to 1") {
  for (const Exact& exact : exact_layers()) {
    for (const Index words : {2, 3, 7, 40, 300}) {
      CAPTURE(exact.name);
      CAPTURE(words);
      const Parameters p = random_parameters();
      const Layer layer = exact.make(p, words, words != 40);
      randomize(p);
      Tape tape(DType::f64);
      const Var h = tape.input(random_tensor({2, 3, kIn}, 1));
      const Var log_p = layer.log_probabilities(h);
      CHECK(log_p.shape() == Shape{2, 3, words});
      const TensorView sums = sum(exp(log_p), -1).value();
      CHECK(difference(sums, full(tape, {2, 3}, 1).value()) < 1e-12);
    }
  }
}

TEST_CASE("output layers: the loss is what the probabilities say") {
  for (const Exact& exact : exact_layers()) {
    for (const Index words : {2, 7, 40, 300}) {
      CAPTURE(exact.name);
      CAPTURE(words);
      const Parameters p = random_parameters();
      const Layer layer = exact.make(p, words, true);
      randomize(p);
      Tape tape(DType::f64);
      const Var h = tape.input(random_tensor({25, 2, kIn}, 1));
      Tensor y = random_ids({25, 2}, 5, words);
      const Var log_p = layer.log_probabilities(h);
      const Var expected = -pick(log_p, tape.input(y));
      CHECK(difference(layer.losses(h, y, kIgnoreNone).value(), expected.value()) < 1e-12);
      CHECK(layer.loss(h, y, Reduction::sum, kIgnoreNone).item() ==
            doctest::Approx(sum(expected).item()).epsilon(1e-12));
      CHECK(layer.loss(h, y, Reduction::mean, kIgnoreNone).item() ==
            doctest::Approx(mean(expected).item()).epsilon(1e-12));
    }
  }
}

TEST_CASE("output layers: rows that are ignored count nothing") {
  for (const Exact& exact : exact_layers()) {
    CAPTURE(exact.name);
    const Parameters p = random_parameters();
    const Layer layer = exact.make(p, 40, true);
    randomize(p);
    Tape tape(DType::f64);
    const Tensor h = random_tensor({3, kIn}, 1);
    const Var all = layer.losses(tape.input(h), ids_of({3}, {4, 5, 39}), kIgnoreNone);
    const Var some = layer.losses(tape.input(h), ids_of({3}, {4, -1, 39}), -1);
    CHECK(some.value().at(0) == all.value().at(0));
    CHECK(some.value().at(1) == 0);
    CHECK(some.value().at(2) == all.value().at(2));
    CHECK(layer.loss(tape.input(h), ids_of({3}, {4, -1, 39}), Reduction::mean, -1).item() ==
          doctest::Approx((all.value().at(0) + all.value().at(2)) / 2));
    const Tensor none = ids_of({3}, {-1, -1, -1});
    CHECK(layer.loss(tape.input(h), none, Reduction::sum, -1).item() == 0);
    CHECK(std::isnan(layer.loss(tape.input(h), none, Reduction::mean, -1).item()));
    const Var empty = tape.input(random_tensor({0, kIn}, 1));
    CHECK(layer.loss(empty, ids_of({0}, {}), Reduction::sum, -1).item() == 0);
  }
}

TEST_CASE("output layers: gradients are those of finite differences") {
  for (const Exact& exact : exact_layers()) {
    for (const bool bias : {true, false}) {
      CAPTURE(exact.name);
      CAPTURE(bias);
      const Parameters p = random_parameters();
      const Layer layer = exact.make(p, 40, bias);
      randomize(p);
      const Tensor h = random_tensor({7, 2, kIn}, 1);
      const Tensor y = random_ids({7, 2}, 5, 40);
      const auto of_parameters = [&](Tape& tape) {
        return layer.losses(tape.input(h), y, kIgnoreNone);
      };
      GradientCheck check = check_gradients(of_parameters, p);
      CHECK_MESSAGE(check.passed, check.message);
      check = check_gradients(
          [&](Tape&, Vars v) { return layer.loss(v[0], y, Reduction::mean, 3); }, {h});
      CHECK_MESSAGE(check.passed, check.message);
      check = check_gradients([&](Tape&, Vars v) { return layer.log_probabilities(v[0]); },
                              {random_tensor({2, kIn}, 2)});
      CHECK_MESSAGE(check.passed, check.message);
    }
  }
}

TEST_CASE("output layers: f32 and plans give what f64 gives node by node") {
  for (const Exact& exact : exact_layers()) {
    CAPTURE(exact.name);
    const Parameters exact_p = random_parameters();
    const Layer reference = exact.make(exact_p, 300, true);
    randomize(exact_p);
    const Parameters p(DType::f32, 1);
    const Layer layer = exact.make(p, 300, true);
    p.copy_from(exact_p);
    const Tensor h = random_tensor({20, kIn}, 1);
    const Tensor y = random_ids({20}, 5, 300);
    Tape plain(DType::f64);
    plain.set_passes(Passes::none());
    const auto expected =
        plain.gradients(reference.loss(plain.input(h), y, Reduction::sum, kIgnoreNone), exact_p);
    Tape tape;
    const auto gradients =
        tape.gradients(layer.loss(tape.input(h), y, Reduction::sum, kIgnoreNone), p);
    CHECK(difference(flatten(gradients, p), flatten(expected, exact_p)) < 1e-5);
  }
}

TEST_CASE("output layers: steps with other targets find their plans again") {
  for (const Exact& exact : exact_layers()) {
    CAPTURE(exact.name);
    const Parameters p(DType::f32, 1);
    const Layer layer = exact.make(p, 300, true);
    Tape tape;
    std::size_t grown = 0;  // steps for which a plan was made
    std::size_t before = 0;
    for (std::uint64_t step = 0; step < 60; ++step) {
      tape.clear();
      const Var h = tape.input(random_tensor({200, kIn}, 1));
      const Var loss = layer.loss(h, random_ids({200}, step, 300), Reduction::sum, kIgnoreNone);
      tape.gradients(loss, p).run();
      if (tape.bytes() != before) ++grown;
      before = tape.bytes();
    }
    CHECK(grown < 12);
  }
}

TEST_CASE("output layers: what does not fit is refused") {
  const auto refused = [](const std::string& text, auto f) {
    CHECK_THROWS_WITH_AS(f(), text.c_str(), Error);
  };
  for (const Exact& exact : exact_layers()) {
    const std::string name = exact.name;
    const Parameters p = random_parameters();
    const Layer layer = exact.make(p, 40, true);
    Tape tape(DType::f64);
    const Var h = tape.input(random_tensor({2, 3, kIn}, 1));
    refused(name + ": h (2 x 3 x 6) and targets (2): one target is needed for each row of h", [&] {
      (void)layer.losses(h, ids_of({2}, {1, 2}), kIgnoreNone);
    });
    refused(name + ": h (6 x 2): its last axis has to be 6", [&] {
      (void)layer.losses(tape.input(random_tensor({6, 2}, 1)), ids_of({6}, {0, 0, 0, 0, 0, 0}), -1);
    });
    refused(name + ": h (6 x 2): its last axis has to be 6", [&] {
      (void)layer.log_probabilities(tape.input(random_tensor({6, 2}, 1)));
    });
    const Var row = tape.input(random_tensor({2, kIn}, 1));
    refused(name + ": target 40 at position 1: expected one in [0, 40)", [&] {
      (void)layer.losses(row, ids_of({2}, {0, 40}), kIgnoreNone);
    });
    refused(name + ": target -2 at position 0: expected one in [0, 40) or -1 to ignore", [&] {
      (void)layer.loss(row, ids_of({2}, {-2, 1}), Reduction::mean, -1);
    });
  }
  const Parameters p = random_parameters();
  const std::vector<std::int64_t> none;
  const std::vector<std::int64_t> one{5};
  const std::vector<std::int64_t> negative{5, -1, 2};
  const std::vector<std::int64_t> three{5, 1, 2};
  refused("AdaptiveSoftmax: counts of 0 words: expected 1 to 2147483647",
          [&] { AdaptiveSoftmax(p / "a", 2, none); });
  refused("ClassFactoredSoftmax: a count of -1 for word 1: expected 0 or more",
          [&] { ClassFactoredSoftmax(p / "b", 2, negative); });
  const std::vector<std::int64_t> large{std::int64_t{1} << 62, std::int64_t{1} << 62};
  refused("HierarchicalSoftmax: counts with a sum above 9e+18",
          [&] { HierarchicalSoftmax(p / "j", 2, large); });
  refused("HierarchicalSoftmax: a tree of 1 word: expected 2 or more",
          [&] { HierarchicalSoftmax(p / "c", 2, one); });
  refused("AdaptiveSoftmax: cutoffs 2, 3: expected ascending numbers from 1 to 2", [&] {
    AdaptiveSoftmax(p / "d", 2, three, {.cutoffs = {2, 3}});
  });
  refused("AdaptiveSoftmax: cutoffs 2, 1: expected ascending numbers from 1 to 2", [&] {
    AdaptiveSoftmax(p / "e", 2, three, {.cutoffs = {2, 1}});
  });
  refused("AdaptiveSoftmax: a divisor of 0.5: expected 1 or more",
          [&] { AdaptiveSoftmax(p / "f", 2, three, {.divisor = 0.5}); });
  refused(
      "ClassFactoredSoftmax: -1 classes: expected 1 or more, or 0 for the square root of the "
      "words",
      [&] { ClassFactoredSoftmax(p / "g", 2, three, {.classes = -1}); });
  refused("SampledSoftmax: samples of 4 words: expected 1 to 3", [&] { WordSampler(three, 4); });
  refused("SampledSoftmax: samples of 0 words: expected 1 to 3", [&] { WordSampler(three, 0); });
  refused("SampledSoftmax: counts of 3 words for an output of 4",
          [&] { SampledSoftmax(Linear(p / "h", 2, 4), three, 2); });
}

TEST_CASE("adaptive softmax: cutoffs") {
  CHECK(adaptive_cutoffs(20).empty());
  CHECK(adaptive_cutoffs(8000) == std::vector<Index>{536, 2680});
  CHECK(adaptive_cutoffs(100000) == std::vector<Index>{1897, 9485, 47425});
  const std::vector<std::int64_t> counts{1, 9, 4, 4, 30};
  const Parameters p = random_parameters();
  const AdaptiveSoftmax layer(p, 8, counts, {.cutoffs = {2, 4}});
  CHECK(layer.position == std::vector<std::int32_t>{4, 1, 2, 3, 0});
  CHECK(p["head.W"].shape() == Shape{4, 8});
  CHECK(p["tails.0.projection.W"].shape() == Shape{2, 8});
  CHECK(p["tails.0.output.W"].shape() == Shape{2, 2});
  CHECK(p["tails.1.projection.W"].shape() == Shape{1, 8});
  CHECK(p["tails.1.output.W"].shape() == Shape{1, 1});
}

TEST_CASE("class-factored softmax: classes have like sums of roots of counts") {
  // Roots 10, 4, 3, 3, 2, 2: 24 in all, 8 a class of three.
  const std::vector<std::int64_t> counts{4, 100, 9, 16, 9, 4};
  CHECK(classes_by_frequency(counts, 3) == std::vector<std::int32_t>{2, 0, 1, 1, 2, 2});
  CHECK(classes_by_frequency(counts, 1) == std::vector<std::int32_t>{0, 0, 0, 0, 0, 0});
  const std::vector<std::int64_t> unseen{0, 0, 0};
  CHECK(classes_by_frequency(unseen, 9) == std::vector<std::int32_t>{0, 1, 2});
}

TEST_CASE("hierarchical softmax: Huffman codes by hand") {
  // 1 + 2 make node 0 (3), 3 + 3 node 1 (6), 5 + 6 node 2 (11), 9 + 11 node 3 (20, the root).
  const std::vector<std::int64_t> counts{5, 2, 1, 9, 3};
  const HuffmanTree tree(counts);
  const auto code = [&](std::size_t word) {
    std::string text;
    for (const auto& [node, right] : tree.paths[word]) {
      text += fmt::format("{}{} ", node, right ? 'R' : 'L');
    }
    return text;
  };
  CHECK(code(3) == "3L ");
  CHECK(code(0) == "3R 2L ");
  CHECK(code(4) == "3R 2R 1L ");  // a word before a subtree of its count
  CHECK(code(2) == "3R 2R 1R 0L ");
  CHECK(code(1) == "3R 2R 1R 0R ");
}

TEST_CASE("hierarchical softmax: no code of a prefix tree is shorter") {
  // Powers of two have codes of exactly -log2 p bits.
  std::vector<std::int64_t> counts;
  for (int i = 0; i < 12; ++i) counts.push_back(std::int64_t{1} << i);
  counts.push_back(1);
  const HuffmanTree tree(counts);
  for (std::size_t word = 0; word < counts.size(); ++word) {
    const double bits = std::log2(4096.0 / static_cast<double>(counts[word]));
    CHECK(static_cast<double>(tree.paths[word].size()) == doctest::Approx(bits));
  }
}

TEST_CASE("hierarchical softmax: the loss is the sum along the path") {
  const std::vector<std::int64_t> counts{5, 2, 1, 9, 3};
  const Parameters p = random_parameters();
  const HierarchicalSoftmax layer(p, kIn, counts);
  randomize(p);
  Tape tape(DType::f64);
  const Tensor h = random_tensor({1, kIn}, 1);
  const auto decision = [&](Index node, double sign) {
    double x = p["nodes.b"].value().at(node);
    for (Index i = 0; i < kIn; ++i) x += p["nodes.W"].value().at(node * kIn + i) * h.at(i);
    return std::log1p(std::exp(-sign * x));
  };
  const double expected = decision(3, -1) + decision(2, -1) + decision(1, -1) + decision(0, 1);
  CHECK(layer.loss(tape.input(h), ids_of({1}, {2})).item() == doctest::Approx(expected));
}

struct SampledFixture {
  static constexpr Index kWords = 30;
  std::vector<std::int64_t> counts = counts_of(kWords);
  Parameters p = random_parameters();
  Linear output{p, kIn, kWords};
  Tensor h = random_tensor({5, kIn}, 1);
  Tensor y = random_ids({5}, 5, kWords);
  SampledFixture() { randomize(p); }
};

TEST_CASE_FIXTURE(SampledFixture, "sampled softmax: of all words it is the full softmax") {
  const SampledSoftmax layer(output, counts, kWords);
  Tape tape(DType::f64);
  Noise noise(1, 0);
  const Var x = tape.input(h);
  const Var sampled = layer.training_loss(x, y, noise);
  const Var all = softmax_cross_entropy(output(x), tape.input(y));
  CHECK(sampled.item() == doctest::Approx(all.item()).epsilon(1e-13));
  const auto expected = flatten(tape.gradients(all, p), p);
  CHECK(difference(flatten(tape.gradients(sampled, p), p), expected) < 1e-13);
  CHECK(layer.loss(x, y).item() == all.item());
  CHECK(difference(layer.log_probabilities(x).value(), log_softmax(output(x)).value()) == 0);
}

TEST_CASE_FIXTURE(SampledFixture, "sampled softmax: the loss by hand") {
  const SampledSoftmax layer(output, counts, 4);
  Tape tape(DType::f64);
  const std::vector<std::int32_t> sample{3, 17, 8, 21};
  y = ids_of({5}, {17, 2, 21, -1, 29});
  const Var x = tape.input(h);
  const TensorView logits = output(x).value();
  const TensorView losses = layer.training_losses(x, y, sample, -1).value();
  const std::vector<double>& pi = layer.sampler.inclusion();
  for (Index n = 0; n < 5; ++n) {
    const Index target = y.values<std::int32_t>()[static_cast<std::size_t>(n)];
    const auto weight = [&](Index word) {
      return std::exp(logits.at(n * kWords + word)) / pi[static_cast<std::size_t>(word)];
    };
    if (target < 0) {
      CHECK(losses.at(n) == 0);
      continue;
    }
    double total = weight(target);
    for (const std::int32_t word : sample) total += word == target ? 0 : weight(word);
    CHECK(losses.at(n) == doctest::Approx(std::log(total / weight(target))).epsilon(1e-12));
  }
}

TEST_CASE_FIXTURE(SampledFixture, "sampled softmax: gradients are those of finite differences") {
  const SampledSoftmax layer(output, counts, 7);
  const auto loss = [&](Var x) {
    Noise noise(2, 3);
    return layer.training_loss(x, y, noise, Reduction::mean, 4);
  };
  GradientCheck check = check_gradients([&](Tape& tape) { return loss(tape.input(h)); }, p);
  CHECK_MESSAGE(check.passed, check.message);
  check = check_gradients([&](Tape&, Vars v) { return loss(v[0]); }, {h});
  CHECK_MESSAGE(check.passed, check.message);
  Tape tape(DType::f64);
  const auto gradients = tape.gradients(loss(tape.input(h)), p);
  CHECK(gradients.is_row_sparse(output.W));
  CHECK(gradients.is_row_sparse(output.b));
  CHECK(gradients.touched_rows(output.W).size() <= 12);
}

TEST_CASE("sampled softmax: words are drawn as often as they are to be") {
  const std::vector<std::int64_t> counts = counts_of(50);
  const WordSampler sampler(counts, 12);
  const std::vector<double>& inclusion = sampler.inclusion();
  CHECK(std::accumulate(inclusion.begin(), inclusion.end(), 0.0) == doctest::Approx(12));
  CHECK(*std::ranges::max_element(inclusion) == 1);
  // In proportion to the counts, but for those in every sample.
  CHECK(inclusion[3] / inclusion[4] ==
        doctest::Approx(static_cast<double>(counts[3]) / static_cast<double>(counts[4])));
  constexpr int kDraws = 20000;
  std::vector<int> times(50, 0);
  for (int step = 0; step < kDraws; ++step) {
    const std::vector<std::int32_t> sample = sampler.draw({7, 0, step});
    REQUIRE(sample.size() == 12);
    for (const std::int32_t word : sample) ++times[static_cast<std::size_t>(word)];
    REQUIRE(std::set<std::int32_t>(sample.begin(), sample.end()).size() == 12);
  }
  for (std::size_t word = 0; word < 50; ++word) {
    const double pi = inclusion[word];
    const double deviation = std::sqrt(pi * (1 - pi) / kDraws);
    CAPTURE(word);
    CHECK(std::abs(times[word] / static_cast<double>(kDraws) - pi) <= 5 * deviation);
  }
  CHECK(sampler.draw({7, 0, 3}) == sampler.draw({7, 0, 3}));
  CHECK(sampler.draw({7, 0, 3}) != sampler.draw({7, 0, 4}));
  CHECK(sampler.draw({7, 0, 3}) != sampler.draw({7, 1, 3}));
}

TEST_CASE_FIXTURE(SampledFixture,
                  "sampled softmax: the corrected sum has the mean of the full one") {
  const WordSampler sampler(counts, 8);
  Tape tape(DType::f64);
  const TensorView logits = output(tape.input(h)).value();
  double full = 0;
  for (Index word = 0; word < kWords; ++word) full += std::exp(logits.at(word));
  constexpr int kDraws = 20000;
  double total = 0;
  double squares = 0;
  for (int step = 0; step < kDraws; ++step) {
    double corrected = 0;
    for (const std::int32_t word : sampler.draw({7, 0, step})) {
      corrected += std::exp(logits.at(word)) / sampler.inclusion()[static_cast<std::size_t>(word)];
    }
    total += corrected;
    squares += corrected * corrected;
  }
  const double mean = total / kDraws;
  const double deviation = std::sqrt((squares / kDraws - mean * mean) / kDraws);
  CHECK(std::abs(mean - full) <= 5 * deviation);
  CHECK(deviation < 0.02 * full);
}

TEST_CASE("sampled softmax: counts by Zipf's law") {
  const std::vector<std::int64_t> counts = WordSampler::log_uniform(3);
  CHECK(static_cast<double>(counts[0]) == doctest::Approx(1e15 * std::log(2)));
  CHECK(static_cast<double>(counts[2]) == doctest::Approx(1e15 * std::log(4.0 / 3)));
}

}  // namespace
}  // namespace unroll::testing
