#pragma once
/// Advice on how to train a better model.

#include <cstdint>
#include <span>
#include <string>

#include "wordlm/run_log.h"
#include "wordlm/settings.h"

namespace wordlm {

/// One sentence of advice at the end of a training, or an empty string. In this order:
///
/// - the loss still fell by more than 1 % in the last epoch: train longer;
/// - the held-out loss is 1 % or more above its best, that of training has fallen since: use
///   dropout, fewer units or more text;
/// - the text is the user's and has fewer than 20,000 words, or 100,000 characters: expect little.
///
/// `reports` are those of the training in their order, `words` is the size of the text it was
/// trained on, in words or characters, `command` the one that goes on with the saved model, empty
/// where none was saved.
[[nodiscard]] std::string advice(std::span<const Report> reports, const Settings& settings,
                                 std::int64_t words, const std::string& command);

}  // namespace wordlm
