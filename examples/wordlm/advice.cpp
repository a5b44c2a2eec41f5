#include "wordlm/advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/numbers.h"

namespace wordlm {
namespace {

constexpr double kNoticeable = 0.01;  // of a loss
constexpr std::int64_t kFewWords = 20'000;
constexpr std::int64_t kFewCharacters = 100'000;

std::string train_longer(std::span<const Report> reports, const std::string& command) {
  const Report& last = reports.back();
  const auto is_before = [&](const Report& report) { return report.epoch < last.epoch; };
  const auto before = std::find_if(reports.rbegin(), reports.rend(), is_before);
  if (before == reports.rend()) return "";
  const double fall = 1 - last.loss / before->loss;
  if (!(fall > kNoticeable)) return "";
  return fmt::format("the {} loss still fell by {:.1f} % in the last epoch; {}{}--epochs {} {}",
                     last.held_out ? "held-out" : "training", 100 * fall, command,
                     command.empty() ? "" : " ", 2 * last.epoch,
                     command.empty() ? "trains longer" : "goes on");
}

std::string generalise(std::span<const Report> reports, const TrainingSettings& settings) {
  const Report& last = reports.back();
  const auto& best = *std::ranges::min_element(reports, {}, &Report::loss);
  const double rise = last.loss / best.loss - 1;
  const bool learns = best.training_loss > 0 && last.training_loss < best.training_loss;
  if (!last.held_out || !learns || rise < kNoticeable) return "";
  return fmt::format(
      "the held-out loss has risen by {:.1f} % since epoch {} while that of training fell: the "
      "model learns its text by heart; {}, a smaller --hidden or more text helps",
      100 * rise, best.epoch, settings.dropout > 0 ? "more --dropout" : "--dropout 0.5");
}

std::string more_text(const TextSettings& text, std::int64_t words) {
  const bool characters = text.tokens != Tokens::word;
  const std::int64_t few = characters ? kFewCharacters : kFewWords;
  if (text.data.empty() || words >= few) return "";
  const char* const unit = unit_of(text.tokens);
  return fmt::format(
      "a text of {} {}s is small: from fewer than {} {}s a model learns {}, but few sentences that "
      "make sense",
      examples::grouped(words), unit, examples::grouped(few), unit,
      characters ? "to spell common words" : "frequent words and short phrases");
}

}  // namespace

std::string advice(std::span<const Report> reports, const Settings& settings, std::int64_t words,
                   const std::string& command) {
  if (reports.empty()) return "";
  std::string sentence = train_longer(reports, command);
  if (sentence.empty()) sentence = generalise(reports, settings.training);
  if (sentence.empty()) sentence = more_text(settings.text, words);
  return sentence;
}

}  // namespace wordlm
