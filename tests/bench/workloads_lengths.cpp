/// W18 and W19: sentences of different lengths in one batch, and other ones each step.

#include <algorithm>

#include "bench/workload_parts.h"

namespace bench {

using namespace unroll;

namespace {

struct Sizes {
  Index least_steps;
  Index most_steps;
  Index batch;
  Index vocabulary;
  Index hidden;
  Index classes;   // W18: tags
  Index features;  // W19: of the vector
};

/// Words of `batch` sentences, whose number of steps is drawn, time first.
struct Sentences {
  Sentences(const Sizes& s, Random& random) {
    for (Index b = 0; b < s.batch; ++b) {
      lengths.push_back(s.least_steps + random.below(s.most_steps - s.least_steps + 1));
      tokens += lengths.back();
    }
    steps = *std::ranges::max_element(lengths);
    words = zipf_ids({steps, s.batch}, s.vocabulary, random.bits());
  }

  std::vector<Index> lengths;
  Index tokens = 0;
  Index steps = 0;  // of the longest
  Tensor words;     // i32 (steps, batch)
};

// W18

constexpr Sizes kTagger{50, 100, 16, 10000, 128, 17, 0};
constexpr Sizes kSmallTagger{2, 7, 3, 30, 12, 4, 0};

struct Tagger {
  explicit Tagger(const Sizes& s)
      : sizes(s),
        embedding(p / "embedding", s.vocabulary, s.hidden),
        lstm{{p / "forward", s.hidden, s.hidden}, {p / "backward", s.hidden, s.hidden}},
        output(p / "output", 2 * s.hidden, s.classes),
        crf(p / "crf", s.classes) {}

  Var loss(Tape& tape) {
    const Sentences sentences(sizes, random);
    tokens = sentences.tokens;
    const Var mask = length_mask(tape, sentences.lengths, sentences.steps);
    const Var x = embedding(tape.input(sentences.words));
    const Var h = lstm.run(x, lstm.zero_state(tape, sizes.batch), mask).outputs;
    const Tensor tags = uniform_ids({sentences.steps, sizes.batch}, sizes.classes, random.bits());
    return crf.loss(output(h), tags, sentences.lengths, Reduction::sum) /
           static_cast<double>(tokens);
  }

  Sizes sizes;
  Parameters p{DType::f32, 1};
  Embedding embedding;
  Bidirectional<Lstm> lstm;
  Linear output;
  Crf crf;
  Random random{1};
  Index tokens = 0;  // of the step recorded last
};

// W19

constexpr Sizes kCaption{10, 30, 32, 2000, 256, 0, 512};
constexpr Sizes kSmallCaption{2, 7, 3, 30, 12, 0, 5};

/// An LSTM that begins with a vector and says a sentence, each word read after it was said.
struct Caption {
  explicit Caption(const Sizes& s)
      : sizes(s),
        embedding(p / "embedding", s.vocabulary, s.hidden),
        start(p / "start", s.features, s.hidden),
        cell(p / "cell", s.hidden, s.hidden),
        output(p / "output", s.hidden, s.vocabulary) {}

  Var loss(Tape& tape) {
    const Sentences sentences(sizes, random);
    tokens = sentences.tokens;
    const Var v = tape.input(uniform_values({sizes.batch, sizes.features}, random.bits()));
    const Lstm::State state{tanh(start(v)), full(tape, {sizes.batch, sizes.hidden}, 0)};
    const Var x = embedding(tape.input(sentences.words));
    Tensor said = zipf_ids({sentences.steps, sizes.batch}, sizes.vocabulary, random.bits());
    const std::span<std::int32_t> targets = said.values<std::int32_t>();
    for (Index t = 0; t < sentences.steps; ++t) {
      for (Index b = 0; b < sizes.batch; ++b) {
        if (t < sentences.lengths[static_cast<std::size_t>(b)]) continue;
        targets[static_cast<std::size_t>(t * sizes.batch + b)] = kPadding;
      }
    }
    return softmax_cross_entropy(output, unroll_over(cell, x, state).outputs, tape.input(said),
                                 Reduction::mean, kPadding);
  }

  static constexpr std::int32_t kPadding = -1;
  Sizes sizes;
  Parameters p{DType::f32, 1};
  Embedding embedding;
  Linear start;
  Lstm cell;
  Linear output;
  Random random{1};
  Index tokens = 0;  // of the step recorded last
};

template <class Model>
Workload workload_of(const std::string& name, std::string description, const Sizes& s) {
  auto model = std::make_shared<Model>(s);
  const Parameters parameters = model->p;
  const Index tokens = s.batch * (s.least_steps + s.most_steps) / 2;
  return {
      .name = name,
      .description = std::move(description),
      .tokens = tokens,
      .batch = tokens,
      .loss = [m = model.get()](Tape& tape) { return m->loss(tape); },
      .update = clipped_sgd,
      .parameters = parameters,
      .model = model,
      .tokens_of_last = [m = model.get()] { return m->tokens; },
  };
}

}  // namespace

Workload make_tagger(const std::string& name, Scale scale) {
  const Sizes& s = scale == Scale::full ? kTagger : kSmallTagger;
  return workload_of<Tagger>(
      name,
      fmt::format("tagger: BiLSTM {} and CRF of {} tags, batch {}, {} to {} steps, new each step",
                  s.hidden, s.classes, s.batch, s.least_steps, s.most_steps),
      s);
}

Workload make_caption(const std::string& name, Scale scale) {
  const Sizes& s = scale == Scale::full ? kCaption : kSmallCaption;
  return workload_of<Caption>(
      name,
      fmt::format(
          "caption: LSTM {} from a vector, {} words, batch {}, {} to {} steps, new each step",
          s.hidden, s.vocabulary, s.batch, s.least_steps, s.most_steps),
      s);
}

}  // namespace bench
