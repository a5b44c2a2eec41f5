/// W12: translation with attention.

#include "bench/workload_parts.h"

namespace bench {

using namespace unroll;

namespace {

struct AttentionSizes {
  Index source_steps;
  Index target_steps;
  Index batch;
  Index vocabulary;  // of both languages
  Index hidden;      // also the size of the word vectors and of the attention
};

AttentionSizes sizes_of(const std::string& name, Scale scale) {
  if (scale == Scale::small) return {5, 4, 3, 30, 12};
  const Index steps = name == "W12" ? 50 : 25;
  return {steps, steps, 32, 2000, 256};
}

/// Additive attention (Bahdanau, Cho & Bengio 2015, appendix A.1.2): how well the state of the
/// decoder goes with each state of the encoder, and the mean of those states so weighted.
///
///   e_s = v^T tanh(K s + Q h)
///   a = softmax(e)
///   context = sum over s of a_s s
struct Attention {
  Attention(const Parameters& p, Index states, Index hidden)
      : K(p / "K", states, hidden, false),
        Q(p / "Q", hidden, hidden),
        v(p / "v", hidden, 1, false) {}

  /// states (S, B, 2 hidden), keys = K(states) (S, B, hidden), h (B, hidden): (B, 2 hidden)
  [[nodiscard]] Var operator()(Var states, Var keys, Var h) const {
    const Index steps = states.shape()[0];
    const Index batch = states.shape()[1];
    const Var e = reshape(v(tanh(keys + Q(h))), {steps, batch});
    const Var a = transpose(softmax(transpose(e)));
    return sum(reshape(a, {steps, batch, 1}) * states, 0);
  }

  Linear K, Q, v;
};

/// A bidirectional LSTM reads the source; an LSTM that reads the word before and the context
/// predicts the next word of the target.
struct Translation {
  explicit Translation(const AttentionSizes& s)
      : source(zipf_ids({s.source_steps, s.batch}, s.vocabulary, 1)),
        before(zipf_ids({s.target_steps, s.batch}, s.vocabulary, 2)),
        target(zipf_ids({s.target_steps, s.batch}, s.vocabulary, 3)),
        source_words(p / "source", s.vocabulary, s.hidden),
        target_words(p / "target", s.vocabulary, s.hidden),
        encoder{Lstm(p / "encoder" / "forward", s.hidden, s.hidden),
                Lstm(p / "encoder" / "backward", s.hidden, s.hidden)},
        attention(p / "attention", 2 * s.hidden, s.hidden),
        decoder(p / "decoder", 3 * s.hidden, s.hidden),
        output(p / "output", s.hidden, s.vocabulary) {}

  Var loss(Tape& tape) const {
    const Index batch = source.shape()[1];
    const Var states =
        encoder.run(source_words(tape.input(source)), encoder.zero_state(tape, batch)).outputs;
    const Var keys = attention.K(states);
    Lstm::State state = zero_state(decoder, tape, batch);
    std::vector<Var> outputs;
    for (const Var word : unstack(target_words(tape.input(before)))) {
      const Var context = attention(states, keys, state.h);
      state = decoder.step(concat(std::array{word, context}, 1), state);
      outputs.push_back(state.h);
    }
    const Var total =
        softmax_cross_entropy(output, stack(outputs), tape.input(target), Reduction::sum);
    return total / static_cast<double>(batch);
  }

  Parameters p{DType::f32, 1};
  Tensor source;  // (S, B)
  Tensor before;  // (T, B)
  Tensor target;  // (T, B)
  Embedding source_words;
  Embedding target_words;
  Bidirectional<Lstm> encoder;
  Attention attention;
  Lstm decoder;
  Linear output;
};

}  // namespace

Workload make_attention(const std::string& name, Scale scale) {
  const AttentionSizes s = sizes_of(name, scale);
  auto model = std::make_shared<Translation>(s);
  const Parameters parameters = model->p;
  return {name,
          fmt::format("attention: bidirectional LSTM {} over {} steps, LSTM over {}, batch {}",
                      s.hidden, s.source_steps, s.target_steps, s.batch),
          s.batch * s.target_steps,
          s.batch,
          [m = model.get()](Tape& tape) { return m->loss(tape); },
          clipped_sgd,
          parameters,
          std::move(model)};
}

}  // namespace bench
