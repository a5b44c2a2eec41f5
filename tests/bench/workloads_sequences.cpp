/// W11, W13 and W16: one LSTM under something other than a language model.

#include <numeric>

#include "bench/ctc_loss.h"
#include "bench/workload_parts.h"

namespace bench {

using namespace unroll;

namespace {

// W11

struct SentimentSizes {
  Index least_steps;
  Index most_steps;
  Index fixed_steps;
  Index batch;
  Index vocabulary;
  Index hidden;
};
constexpr SentimentSizes kSentiment{50, 250, 150, 16, 10000, 128};
constexpr SentimentSizes kSmallSentiment{2, 7, 5, 3, 30, 12};

/// The mean of an LSTM's outputs over time says which of two classes a sentence is of. All
/// sentences of a minibatch have one length, no length comes again before all others have come.
struct Sentiment {
  Sentiment(const SentimentSizes& sizes, bool fixed)
      : sizes(sizes),
        embedding(p / "embedding", sizes.vocabulary, sizes.hidden),
        cell(p / "cell", sizes.hidden, sizes.hidden),
        output(p / "output", sizes.hidden, 2) {
    if (fixed) {
      lengths = {sizes.fixed_steps};
      return;
    }
    lengths.resize(static_cast<std::size_t>(sizes.most_steps - sizes.least_steps + 1));
    std::iota(lengths.begin(), lengths.end(), sizes.least_steps);
    Random random(1);
    for (std::size_t i = lengths.size(); i > 1; --i) {
      const std::int64_t other = random.below(static_cast<std::int64_t>(i));
      std::swap(lengths[i - 1], lengths[static_cast<std::size_t>(other)]);
    }
  }

  Var loss(Tape& tape) {
    steps = lengths[next++ % lengths.size()];
    const Var words = tape.input(zipf_ids({steps, sizes.batch}, sizes.vocabulary, next));
    const Var outputs =
        unroll_over(cell, embedding(words), zero_state(cell, tape, sizes.batch)).outputs;
    const Var classes = tape.input(uniform_ids({sizes.batch}, 2, next));
    return softmax_cross_entropy(output, mean(outputs, 0), classes);
  }

  SentimentSizes sizes;
  Parameters p{DType::f32, 1};
  Embedding embedding;
  Lstm cell;
  Linear output;
  std::vector<Index> lengths;  // of the minibatches, in order
  std::size_t next = 0;
  Index steps = 0;  // of the minibatch recorded last
};

// W13

struct CtcSizes {
  Index steps;
  Index batch;
  Index features;
  Index hidden;
  Index labels;   // of a sequence
  Index classes;  // with the blank, which is class 0
};
constexpr CtcSizes kCtc{200, 16, 40, 128, 20, 30};
constexpr CtcSizes kSmallCtc{7, 3, 4, 12, 3, 5};

/// An LSTM reads frames, of speech for example, and learns labels whose order is known and whose
/// steps are not.
struct Ctc {
  explicit Ctc(const CtcSizes& s)
      : batch(s.batch),
        cell(p / "cell", s.features, s.hidden),
        output(p / "output", s.hidden, s.classes),
        x(uniform_values({s.steps, s.batch, s.features}, 1)),
        label_loss(random_labels(s), s.steps, s.classes) {}

  static Tensor random_labels(const CtcSizes& s) {
    Tensor labels = uniform_ids({s.batch, s.labels}, s.classes - 1, 2);
    for (std::int32_t& label : labels.values<std::int32_t>()) ++label;  // 0 is the blank
    return labels;
  }

  Var loss(Tape& tape) const {
    const Var outputs = unroll_over(cell, tape.input(x), zero_state(cell, tape, batch)).outputs;
    return sum(label_loss(log_softmax(output(outputs)))) / static_cast<double>(batch);
  }

  Index batch;
  Parameters p{DType::f32, 1};
  Lstm cell;
  Linear output;
  Tensor x;  // (steps, batch, features)
  CtcLoss label_loss;
};

// W16

struct DecodingSizes {
  Index steps;
  Index vocabulary;
  Index hidden;
};
constexpr DecodingSizes kDecoding{1000, 100, 128};
constexpr DecodingSizes kSmallDecoding{12, 10, 12};

/// An LSTM that is asked for its output after each step, and whose tape is not cleared.
struct Decoding {
  Decoding(const DecodingSizes& sizes, bool ask_for_c)
      : ids(zipf_ids({sizes.steps}, sizes.vocabulary, 1)),
        ask_for_c(ask_for_c),
        cell(p / "cell", Input::one_hot(sizes.vocabulary), sizes.hidden) {}

  double run(Tape& tape) const {
    double total = 0;
    Lstm::State state = zero_state(cell, tape, 1);
    for (const std::int32_t id : ids.values<std::int32_t>()) {
      state = cell.step(tape.input(Tensor::of<std::int32_t>({1}, {id})), state);
      total += state.h.value().at(0);
      if (ask_for_c) total += state.c.value().at(0);
    }
    return total;
  }

  Tensor ids;
  bool ask_for_c;
  Parameters p{DType::f32, 1};
  Lstm cell;
};

}  // namespace

Workload make_sentiment(const std::string& name, Scale scale) {
  const SentimentSizes& s = scale == Scale::full ? kSentiment : kSmallSentiment;
  const bool fixed = name != "W11";
  auto model = std::make_shared<Sentiment>(s, fixed);
  const Parameters parameters = model->p;
  const std::string steps =
      fixed ? fmt::format("{} steps", s.fixed_steps)
            : fmt::format("{} to {} steps, new each step", s.least_steps, s.most_steps);
  const Index tokens = s.batch * s.fixed_steps;
  return {
      .name = name,
      .description =
          fmt::format("sentiment: LSTM {}, mean over time, batch {}, {}", s.hidden, s.batch, steps),
      .tokens = tokens,
      .batch = tokens,
      .loss = [m = model.get()](Tape& tape) { return m->loss(tape); },
      .update = clipped_sgd,
      .parameters = parameters,
      .model = model,
      .tokens_of_last = [m = model.get()] { return m->steps * m->sizes.batch; },
  };
}

Workload make_ctc(const std::string& name, Scale scale) {
  const CtcSizes& s = scale == Scale::full ? kCtc : kSmallCtc;
  auto model = std::make_shared<Ctc>(s);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("CTC: LSTM {} over {} features, {} labels, batch {}, {} steps", s.hidden,
                      s.features, s.labels, s.batch, s.steps),
          s.batch * s.steps,
          s.batch,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          clipped_sgd,
          parameters,
          std::move(model)};
}

Workload make_decoding(const std::string& name, Scale scale) {
  const DecodingSizes& s = scale == Scale::full ? kDecoding : kSmallDecoding;
  const bool ask_for_c = name != "W16";
  auto model = std::make_shared<Decoding>(s, ask_for_c);
  const Parameters parameters = model->p;
  return {
      .name = name,
      .description =
          fmt::format("decoding: LSTM {}, batch 1, {} steps on one tape, {} read at each", s.hidden,
                      s.steps, ask_for_c ? "h and c" : "h"),
      .tokens = s.steps,
      .batch = s.steps,
      .loss = {},
      .update = {},
      .parameters = parameters,
      .model = model,
      .unit = "steps",
      .decode = [m = model.get()](Tape& tape) { return m->run(tape); },
  };
}

}  // namespace bench
