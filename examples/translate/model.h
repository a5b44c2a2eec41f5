#pragma once
/// The encoder and decoder of Stanford's CS224d (lecture notes 4, "RNN translation model"), with
/// the extensions of these notes and with attention, as its equations:
///
///   h_j = f(E x_j, h_{j-1})                  the encoder reads the source words
///   s_0 = h_S                                its last state is the decoder's first
///   s_i = f(0, s_{i-1})                      the decoder of the basic model, of the same weights
///   s_i = g([E' y_{i-1}; c], s_{i-1})        with the context c = h_S and the last word
///   s_i = g([E' y_{i-1}; c_i], s_{i-1})      with attention (Bahdanau et al. 2015):
///         c_i = Σ_j a_ij h_j, a_i = softmax_j score(s_{i-1}, h_j)
///   P(y_i) = softmax(W s_i + b)              with attention: of tanh(V [s_i; c_i]) in place of s_i
///
/// f and g are an RNN, a GRU or an LSTM, deep on request. An encoder of both directions has half of
/// the units in each: its states are as large as the decoder's.

#include <unroll/unroll.h>

#include <optional>
#include <string>
#include <vector>

namespace translate {

struct ModelSettings {
  std::string cell = "gru";  // "rnn", "gru" or "lstm"
  std::int64_t embedding = 64;
  std::int64_t hidden = 64;
  std::int64_t layers = 1;
  bool separate = false;               // weights of the decoder's own
  bool feed_context = false;           // the decoder reads h_S and the last word
  bool both_ways = false;              // the encoder reads in both directions
  bool reverse = false;                // it reads the source words from the last to the first
  std::string attention = "additive";  // or "dot", "general", "none"
  double dropout = 0;                  // of what layers read and of what words are predicted from

  [[nodiscard]] bool attends() const { return attention != "none"; }
  /// Whether the decoder reads words.
  [[nodiscard]] bool feeds() const { return feed_context || attends(); }
  /// Whether the decoder has weights of its own: it must where it reads other sizes.
  [[nodiscard]] bool separates() const { return separate || both_ways || feeds(); }
};

class Model {
 public:
  using Decoder = unroll::Stack<unroll::AnyCell>;
  using State = Decoder::State;

  /// Of so many ids of source words and of target words, the end of the sentence among those.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t source,
        std::int64_t target)
      : settings(s), E(p / "source", source, s.embedding), out(p / "out", s.hidden, target) {
    if (s.both_ways) {
      both.emplace(p / "encoder", s.embedding, s.hidden / 2, s.layers,
                   [&](const unroll::Parameters& here, unroll::Input in) {
                     return cell(here, in, s.hidden / 2);
                   });
    } else {
      encoder = stack(p / "encoder", s.embedding);
    }
    if (s.feeds()) E_target.emplace(p / "target", target, s.embedding);
    decoder =
        !s.separates() ? encoder : stack(p / "decoder", s.embedding + (s.feeds() ? s.hidden : 0));
    if (!s.attends()) return;
    const auto score = s.attention == "additive" ? unroll::Score::additive
                       : s.attention == "dot"    ? unroll::Score::dot
                                                 : unroll::Score::general;
    attention.emplace(p / "attention", s.hidden, s.hidden, s.hidden, score);
    V.emplace(p / "combine", 2 * s.hidden, s.hidden);
  }

  /// What the decoder knows of the source.
  struct Memory {
    State first;                                      // s_0
    unroll::Var context;                              // h_S: (B, hidden)
    std::optional<unroll::Attention::Memory> states;  // h_1 ... h_S, with attention
  };
  /// Reads source words (S, B), those that the mask (S, B) leaves.
  [[nodiscard]] Memory encode(unroll::Var words, unroll::Var mask,
                              unroll::Noise* noise = nullptr) const {
    const auto drop = [&](unroll::Var x) { return dropped(x, noise); };
    unroll::Tape& tape = words.tape();
    const unroll::Index batch = words.shape()[1];
    Memory memory;
    unroll::Var h;
    if (both) {
      const auto read = both->run(E(words), both->zero_state(tape, batch), mask, drop);
      h = read.outputs;
      for (const auto& layer : read.last) memory.first.push_back(joined(layer));
    } else {
      const auto start = encoder.zero_state(tape, batch);
      const auto read = unroll::unroll_layers(encoder, E(words), start, drop, mask);
      h = read.outputs;
      memory.first = read.last;
    }
    memory.context = unroll::output_of(memory.first);
    if (attention) memory.states = attention->over(h, mask);
    return memory;
  }

  /// Target words (..., B) as the decoder reads them: (..., B, embedding); zeros in the basic
  /// model.
  [[nodiscard]] unroll::Var read(unroll::Var words, unroll::Noise* noise = nullptr) const {
    if (E_target) return dropped((*E_target)(words), noise);
    const unroll::Shape shape = words.shape();
    return unroll::full(words.tape(), shape.inserted(shape.rank(), settings.embedding), 0);
  }

  struct Step {
    State state;                         // s_i
    unroll::Var features;                // (B, hidden), from which `out` predicts the word
    std::optional<unroll::Var> weights;  // a_i: (S, B)
  };
  /// The step after the word y (B, embedding).
  [[nodiscard]] Step step(unroll::Var y, const State& before, const Memory& memory) const {
    Step next;
    unroll::Var context = memory.context;
    if (attention) {
      const auto attended = (*attention)(unroll::output_of(before), *memory.states);
      context = attended.context;
      next.weights = attended.weights;
    }
    next.state = decoder.step(E_target ? unroll::concat(std::array{y, context}, 1) : y, before);
    next.features = unroll::output_of(next.state);
    if (V) next.features = tanh((*V)(unroll::concat(std::array{next.features, context}, 1)));
    return next;
  }

  /// x with a part of it forgotten, while training.
  [[nodiscard]] unroll::Var dropped(unroll::Var x, unroll::Noise* noise) const {
    return noise == nullptr ? x : unroll::Dropout{settings.dropout, *noise}(x);
  }

  ModelSettings settings;
  unroll::Embedding E;
  std::optional<unroll::Embedding> E_target;
  Decoder encoder;
  std::optional<unroll::DeepBidirectional<unroll::AnyCell>> both;  // in place of `encoder`
  Decoder decoder;
  std::optional<unroll::Attention> attention;
  std::optional<unroll::Linear> V;
  unroll::Linear out;

 private:
  [[nodiscard]] unroll::AnyCell cell(const unroll::Parameters& p, unroll::Input in,
                                     unroll::Index hidden) const {
    return unroll::find_cell(settings.cell).make(p, in, hidden, {});
  }
  [[nodiscard]] Decoder stack(const unroll::Parameters& p, unroll::Index in) const {
    Decoder layers;
    for (unroll::Index i = 0; i < settings.layers; ++i) {
      layers.cells.push_back(cell(p / i, i == 0 ? in : settings.hidden, settings.hidden));
    }
    return layers;
  }
  /// The states of both directions as one: each of its Vars has the forward units first.
  [[nodiscard]] static unroll::AnyState joined(const unroll::BothWays<unroll::AnyState>& both) {
    unroll::AnyState state = both.forward;
    for (std::size_t i = 0; i < state.vars.size(); ++i) {
      state.vars[i] = unroll::concat(std::array{state.vars[i], both.backward.vars[i]}, 1);
    }
    return state;
  }
};

}  // namespace translate
