#pragma once
/// What the commands tell people.

#include "wordlm/checkpoint.h"
#include "wordlm/corpus.h"
#include "wordlm/evaluation.h"
#include "wordlm/sampler.h"

namespace wordlm {

/// `ids`: those of the model, which may be more than there are words.
void print_vocabulary(const Vocabulary& vocabulary, std::int64_t ids, const TextSettings& text);
void print_model(const Checkpoint& checkpoint);
/// The loss no model can beat, where it is known.
void print_floor(const Corpus& corpus);
/// "loss: ... nats per word", "perplexity: ...".
void print_evaluation(const Evaluation& evaluation, Tokens tokens);
/// Ids as people write them.
[[nodiscard]] std::string written(const Vocabulary& vocabulary, const Ids& ids);
/// Sentences the model writes, one a line, or texts of many lines, with a line between them.
void print_samples(const Checkpoint& checkpoint, int count, std::uint64_t seed,
                   const SamplingOptions& options, const Ids& prompt = {});

}  // namespace wordlm
