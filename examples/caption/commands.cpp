#include "caption/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "caption/builtin_scenes.h"
#include "caption/captioner_file.h"
#include "caption/describe.h"
#include "common/interrupt.h"
#include "common/output.h"

namespace caption {

using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in scenes
constexpr std::uint64_t kTestSeed = 12345;

Examples examples_for(const Captioner& captioner, const std::string& data, bool captions_needed,
                      const std::string& load) {
  Examples all =
      data.empty() ? builtin_examples(kTested, kTestSeed) : read_examples(data, captions_needed);
  if (all.scene_size() != captioner.scene_size) {
    unroll::fail<unroll::IoError>("{}: scenes of {} numbers; the model {} reads {}",
                                  data.empty() ? "built-in scenes" : data, all.scene_size(), load,
                                  captioner.scene_size);
  }
  return all;
}

/// A caption as a line, with its probability and, of a built-in scene, that of the process.
void say_caption(const Captioner& captioner, const Written& written, const Example& example,
                 bool built_in) {
  const std::string text = to_text(captioner, written);
  std::string note;
  if (built_in) {
    const double loss = process_loss({example.scene, words_of(text)});
    note = fmt::format(", process {:8.2g}", std::exp(-loss));
  }
  say("    {:8.2g}{}  {}\n", std::exp(written.log_probability), note, text);
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto captioner = load_captioner(options.load, options.data.empty());
  const Examples all = examples_for(*captioner, options.data, true, options.load);
  say("{}\n{:.3f} nats per caption", all.description, captioner->loss(captioner->encode(all)));
  if (options.data.empty()) {
    double process = 0;
    for (const Example& example : all.examples) process += process_loss(example);
    say(", best possible {:.3f}, {:.3f} on these", best_loss(), process / kTested);
  }
  say("\n");
}

void run_describe(const DescribeOptions& options) {
  const auto captioner = load_captioner(options.load, options.data.empty());
  const bool built_in = options.data.empty();
  const Examples all = examples_for(*captioner, options.data, false, options.load);
  const auto available = all.examples.size();
  if (options.first > available) {
    unroll::fail<unroll::Error>("there is no scene {}; expected 1 to {}", options.first, available);
  }
  const std::size_t end = std::min(options.first - 1 + options.count, available);
  for (std::size_t i = options.first - 1; i < end; ++i) {
    examples::stop_if_interrupted();
    const Example& example = all.examples[i];
    say("scene {}: {}\n", i + 1,
        built_in ? name_of(scene_of(example.scene))
                 : fmt::format("[{}]", fmt::join(example.scene, ", ")));
    if (!example.caption.empty()) say("  given\n    {}\n", fmt::join(example.caption, " "));
    const Writer writer(*captioner, example.scene);
    unroll::Random random(options.seed, unroll::hash_name(fmt::format("captions of {}", i)));
    if (options.samples > 0) say("  drawn, with their probabilities\n");
    for (std::size_t n = 0; n < options.samples; ++n) {
      say_caption(*captioner, writer.draw(random), example, built_in);
    }
    if (options.best > 0) say("  likeliest\n");
    for (const Written& written : writer.likeliest(options.best, options.beam)) {
      say_caption(*captioner, written, example, built_in);
    }
    (void)examples::flush_out();
  }
}

}  // namespace caption
