#include "ctc/commands.h"

#include <fmt/format.h>

#include <cmath>

#include "common/chart_file.h"
#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
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

void say_errors(const char* decoder, const Errors& errors, std::size_t signals) {
  say("{:<30} {:>6.2f} %    {:>6.2f} %\n", decoder, 100 * errors.rate(),
      100 * static_cast<double>(errors.wrong) / static_cast<double>(signals));
}

void spell_one(const Speller& speller, const Signal& signal, const Spelling& spelling) {
  const auto line = [&](const char* what, const Path& path) {
    say("  {:<12} {}  {}\n", what, to_text(path, speller.names),
        to_text(speller.names, labels_of(path)));
  };
  if (!signal.path.empty()) {
    line("true path", signal.path);
    line("Viterbi", best_path(process_likelihoods(signal), process_transitions()));
  } else if (!signal.labels.empty()) {
    say("  {:<12} {}\n", "labels", to_text(speller.names, signal.labels));
  }
  line("best path", spelling.best);
  say("  {:<12} {}, probability {:.3f}\n", "beam search",
      to_text(speller.names, spelling.likeliest.labels),
      std::exp(spelling.likeliest.log_probability));
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto speller = load_speller(options.load);
  const Signals signals = signals_for(*speller, options.data, true, options.load);
  const std::vector<Rows> all = speller->log_probabilities(signals.signals);
  const Rows free = free_transitions(speller->names.size());
  const Rows transitions = process_transitions();
  Errors best;
  Errors beam;
  Errors viterbi;
  Errors likeliest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    examples::stop_if_interrupted();
    const Signal& signal = signals.signals[i];
    best.count(labels_of(best_path(all[i], free)), signal.labels);
    beam.count(prefix_beam_search(all[i], free, options.beam).labels, signal.labels);
    if (!options.data.empty()) continue;
    const Rows frames = process_likelihoods(signal);
    viterbi.count(labels_of(best_path(frames, transitions)), signal.labels);
    likeliest.count(prefix_beam_search(frames, transitions, kProcessBeam).labels, signal.labels);
  }
  say("{}\n{:<28} label errors  wrong signals\n", signals.description, "");
  say_errors("best path", best, all.size());
  say_errors("prefix beam search", beam, all.size());
  if (!options.data.empty()) return;
  say_errors("the process's own Viterbi", viterbi, all.size());
  say_errors("the process's likeliest labels", likeliest, all.size());
  say("no decoder has fewer wrong signals, on average, than the last\n");
}

void run_spell(const SpellOptions& options) {
  const std::array inputs = {examples::NamedFile{"--load", options.load},
                             examples::NamedFile{"--data", options.data}};
  const examples::NamedFile output{"--plot", options.plot};
  examples::check_outputs(std::span(&output, 1), inputs);
  const auto speller = load_speller(options.load);
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
