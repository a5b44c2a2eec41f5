#include <fmt/format.h>

#include "common/output.h"
#include "text/characters.h"
#include "wordlm/commands.h"
#include "wordlm/report.h"

namespace wordlm {

using examples::say;
namespace {

/// The ids that samples begin with. Names the words of a prompt that the model does not know.
Ids encode_prompt(const Checkpoint& checkpoint, const std::string& prompt) {
  if (prompt.empty()) return {};
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  const auto [ids, tokens] =
      encode_text(checkpoint.settings.text, vocabulary, text::repair_utf8(prompt).text);
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (ids[i + 1] == vocabulary.unknown()) unknown.push_back(tokens[i]);
  }
  if (!unknown.empty()) {
    say("note: unknown to the model, which reads {} instead: '{}'\n", Vocabulary::kUnknown,
        fmt::join(unknown, "', '"));
  }
  return Ids(ids.begin() + 1, ids.end() - 1);
}

}  // namespace

void run_sample(const SampleOptions& options) {
  const Checkpoint checkpoint = load_best(options.load);
  const Ids prompt = encode_prompt(checkpoint, options.prompt);
  if (options.beam == 0) {
    print_samples(checkpoint, options.count, options.seed, options.sampling, prompt);
    return;
  }
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  const SamplingOptions lengths = in_tokens(options.sampling, vocabulary.units().tokens);
  say("{:>10}\n", "log p");
  for (const auto& [ids, log_probability] :
       search(*checkpoint.model, vocabulary, lengths, prompt, options.beam)) {
    say("{:10.3f}  {}\n", log_probability, written(vocabulary, ids));
  }
}

}  // namespace wordlm
