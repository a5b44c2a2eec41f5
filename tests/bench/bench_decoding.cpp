// How fast a word model is sampled and scored, beside the time of the matrix products alone.
//
//     cmake --build --preset release --target bench_decoding && build/release/tests/bench_decoding
//
// An LSTM of 256 units and 8000 words on one thread: 32 texts are drawn side by side, as `wordlm
// sample` does; sentences of 5 to 35 words are scored one after the other, as `wordlm score` does.
#include <unroll/core/run/blas.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/threads.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "wordlm/evaluation.h"
#include "wordlm/lanes.h"
#include "wordlm/sampler.h"

namespace {

using namespace unroll;  // NOLINT: a program of one page

constexpr Index kWords = 8000;
constexpr Index kHidden = 256;
constexpr Index kLanes = 32;
constexpr int kSteps = 200;
constexpr int kSentences = 300;
constexpr int kRuns = 7;

/// Seconds of f(), the median of some runs.
template <class F>
double seconds_of(F f) {
  std::vector<double> times;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    f();
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(times);
  return times[kRuns / 2];
}

/// The products of reading and predicting `rows` words: W x and the output layer of all at once,
/// U h of `at_once` rows after each other.
class Products {
 public:
  void run(Index rows, Index at_once) {
    multiply_by(rows, 4 * kHidden);
    for (Index i = 0; i < rows; i += at_once) multiply_by(at_once, 4 * kHidden);
    multiply_by(rows, kWords);
  }

 private:
  void multiply_by(Index rows, Index columns) {
    multiply({false, true, rows, columns, kHidden}, x_.values<float>().data(),
             weights_.values<float>().data(), 0.0F, y_.values<float>().data());
  }
  Tensor x_ = Tensor(DType::f32, {64, kHidden});
  Tensor weights_ = Tensor(DType::f32, {kWords, kHidden});
  Tensor y_ = Tensor(DType::f32, {64, kWords});
};

void print(const char* what, double words, double seconds, double of_products) {
  fmt::print("{:<8} {:>8.0f} words/s, its products alone {:>8.0f}: {:.2f} of that\n", what,
             words / seconds, words / of_products, of_products / seconds);
}

void sample_texts(const wordlm::Model& model) {
  wordlm::Lanes lanes(model, kLanes, std::vector<double>(kWords, 1.0), 1);
  wordlm::Ids tokens(kLanes, 1);
  Random random(1);
  const double seconds = seconds_of([&] {
    for (int step = 0; step < kSteps; ++step) {
      lanes.read(tokens);
      for (Index lane = 0; lane < kLanes; ++lane) {
        const std::vector<double> weights = lanes.probabilities(lane);
        tokens[static_cast<std::size_t>(lane)] =
            static_cast<std::int32_t>(wordlm::draw(weights, random));
      }
    }
  });
  Products products;
  const double alone = seconds_of([&] {
    for (int step = 0; step < kSteps; ++step) products.run(kLanes, kLanes);
  });
  print("sample", kSteps * kLanes, seconds, alone);
}

void score_sentences(const wordlm::Model& model) {
  Random random(2);
  std::vector<wordlm::Ids> sentences(kSentences);
  double words = 0;
  for (wordlm::Ids& sentence : sentences) {
    for (std::int64_t i = 6 + random.below(31); i > 0; --i) {
      sentence.push_back(static_cast<std::int32_t>(random.below(kWords)));
    }
    words += static_cast<double>(sentence.size()) - 1;
  }
  wordlm::Scorer scorer(model);
  const double seconds = seconds_of([&] {
    for (const wordlm::Ids& sentence : sentences) (void)scorer(sentence);
  });
  Products products;
  const double alone = seconds_of([&] {
    for (const wordlm::Ids& sentence : sentences) products.run(std::ssize(sentence) - 1, 1);
  });
  print("score", words, seconds, alone);
}

}  // namespace

int main() {
  set_threads(1);
  wordlm::Settings settings;
  settings.model.hidden = settings.model.embedding = kHidden;
  const wordlm::Model model(settings, kWords);
  sample_texts(model);
  score_sentences(model);
}
