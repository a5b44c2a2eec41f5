#include "ctc/commands.h"

#include <fmt/format.h>

#include <cmath>

#include "common/chart.h"
#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "common/picture.h"
#include "ctc/builtin_signals.h"
#include "ctc/spell.h"
#include "ctc/speller_file.h"

namespace ctc {

using examples::say;
namespace {

constexpr std::int64_t kTested = 1000;  // built-in signals
constexpr std::uint64_t kTestSeed = 12345;

Signals signals_for(const Speller& speller, const std::string& data, bool labels_needed,
                    const std::string& load) {
  if (!data.empty()) {
    Signals signals = read_signals(data, speller.names, labels_needed);
    const std::int64_t expected = std::ssize(speller.normalization.mean);
    if (signals.inputs() != expected) {
      unroll::fail<unroll::IoError>("{}: {} numbers a frame; the model {} reads {}", data,
                                    signals.inputs(), load, expected);
    }
    return signals;
  }
  Signals signals = builtin_signals(kTested, kTestSeed);
  if (speller.names != signals.names) {
    unroll::fail<unroll::Error>("{}: not trained on built-in signals; --data names others", load);
  }
  return signals;
}

/// The errors of two decoders, and the loss, of one reading of signals: a network or the process.
struct Reading {
  Errors best_path;
  Errors beam_search;
  double loss = 0;  // the sum of -log p(labels)

  void add(const Rows& frames, const Rows& transitions, std::size_t beam, const Labels& labels) {
    best_path.count(labels_of(ctc::best_path(frames, transitions)), labels);
    beam_search.count(prefix_beam_search(frames, transitions, beam).labels, labels);
    loss += log_sum_of_paths(frames, transitions) - log_probability(frames, transitions, labels);
  }
};

void say_errors(const char* decoder, const Errors& errors, std::size_t signals) {
  say("{:<32} {:>6.2f} %       {:>6.2f} %\n", decoder, 100 * errors.rate(),
      100 * static_cast<double>(errors.wrong) / static_cast<double>(signals));
}

void spell_one(const Speller& speller, const Signal& signal, const Spelling& spelling) {
  const auto line = [&](const char* what, const Path& path) {
    say("  {:<12} {}  {}\n", what, path_to_text(path, speller.names),
        labels_to_text(labels_of(path), speller.names));
  };
  if (!signal.path.empty()) {
    line("true path", signal.path);
    line("Viterbi", best_path(process_likelihoods(signal), process_transitions()));
  } else if (!signal.labels.empty()) {
    say("  {:<12} {}\n", "labels", labels_to_text(signal.labels, speller.names));
  }
  line("best path", spelling.best);
  say("  {:<12} {}, probability {:.3f}\n", "beam search",
      labels_to_text(spelling.likeliest.labels, speller.names),
      std::exp(spelling.likeliest.log_probability));
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto speller = load_speller(options.load, options.data.empty());
  const Signals signals = signals_for(*speller, options.data, true, options.load);
  const std::vector<Rows> all = speller->log_probabilities(signals.signals);
  const Rows free = free_transitions(speller->names.size());
  const Rows transitions = process_transitions();
  const bool built_in = options.data.empty();
  Reading model;
  Reading process;
  for (std::size_t i = 0; i < all.size(); ++i) {
    examples::stop_if_interrupted();
    const Signal& signal = signals.signals[i];
    model.add(all[i], free, options.beam, signal.labels);
    if (!built_in) continue;
    process.add(process_likelihoods(signal), transitions, kProcessBeam, signal.labels);
  }
  const auto count = static_cast<double>(all.size());
  say("{}\n{:<32} label errors   wrong signals\n", signals.description, "");
  say_errors("best path", model.best_path, all.size());
  say_errors("prefix beam search", model.beam_search, all.size());
  if (built_in) {
    say_errors("the process's own Viterbi", process.best_path, all.size());
    say_errors("the process's likeliest labels", process.beam_search, all.size());
  }
  say("loss {:.3f} nats a signal", model.loss / count);
  say("{}\n", built_in ? fmt::format(", the process itself {:.3f}", process.loss / count) : "");
}

void run_spell(const SpellOptions& options) {
  const std::array inputs = {examples::NamedFile{"--load", options.load},
                             examples::NamedFile{"--data", options.data}};
  const examples::NamedFile output{"--plot", options.plot};
  if (!options.plot.empty()) examples::check_is_picture(options.plot);
  examples::check_outputs(std::span(&output, 1), inputs);
  const auto speller = load_speller(options.load, options.data.empty());
  const Signals signals = signals_for(*speller, options.data, false, options.load);
  if (options.first > signals.signals.size()) {
    unroll::fail<unroll::Error>("there is no signal {}; expected 1 to {}", options.first,
                                signals.signals.size());
  }
  const std::size_t begin = options.first - 1;
  const std::size_t end = std::min(begin + options.count, signals.signals.size());
  for (std::size_t i = begin; i < end; ++i) {
    const Signal& signal = signals.signals[i];
    const Spelling spelling = spell(*speller, signal, options.beam);
    say("signal {}, {}\n", i + 1, examples::count_of(std::ssize(signal.frames), "frame"));
    spell_one(*speller, signal, spelling);
    if (i > begin || options.plot.empty()) continue;
    examples::write_chart(chart_of(spelling, speller->names, fmt::format("Signal {}", i + 1)),
                          options.plot);
    say("  drawn: {}\n", options.plot);
  }
}

}  // namespace ctc
