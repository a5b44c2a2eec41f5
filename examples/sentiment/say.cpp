#include "sentiment/say.h"

#include <algorithm>
#include <cmath>

#include "common/html.h"

namespace sentiment {
namespace {

using unroll::Var;

/// The label's logit less the mean of the others, which is what the judge decides by: summed over
/// the texts of a batch.
Var margin(Var logits, std::size_t label) {
  const unroll::Index labels = logits.shape()[1];
  std::vector<double> signs(static_cast<std::size_t>(labels),
                            -1.0 / static_cast<double>(labels - 1));
  signs[label] = 1;
  const auto weights = unroll::Tensor::of<double>({1, labels}, signs).to(logits.tape().dtype());
  return unroll::sum(logits * logits.tape().input(weights));
}

/// How much each word takes part in the decision: its vector x times the mean of the gradients by
/// αx over α from 0 to 1, summed (Sundararajan et al. 2017). The gradient at x alone says little
/// where the model is sure: it is flat there.
std::vector<double> integrated_gradients(const Judge& judge, const std::vector<std::int32_t>& ids,
                                         std::size_t label) {
  constexpr std::int64_t kPoints = 50;
  constexpr std::int64_t kWords = 20000;  // of a pass: a long text takes several
  const std::int64_t most = std::clamp<std::int64_t>(kWords / std::ssize(ids), 1, kPoints);
  std::vector<double> weights(ids.size());
  unroll::Tape tape(judge.parameters.dtype());
  for (std::int64_t begin = 0; begin < kPoints; begin += most) {
    const std::int64_t points = std::min(most, kPoints - begin);
    std::vector<double> alphas;
    for (std::int64_t k = begin; k < begin + points; ++k) {
      alphas.push_back((static_cast<double>(k) + 0.5) / kPoints);  // the middles of equal parts
    }
    tape.clear();
    const std::vector<std::vector<std::int32_t>> copies(alphas.size(), ids);
    const unroll::Padded padded = unroll::pad_sequence(copies);
    const Var alpha =
        tape.input(unroll::Tensor::of<double>({1, points, 1}, alphas).to(judge.parameters.dtype()));
    const Var x = judge.model.E(tape.input(padded.ids));
    const Var scaled = alpha * x;
    const Var decision = margin(judge.model.logits(scaled, padded.mask(tape)), label);
    const Var gradient = tape.gradients(decision, std::span(&scaled, 1))[0];
    const Var parts = unroll::sum(unroll::sum(gradient * x, 2), 1);  // (T, points), then (T)
    const std::vector<double> of_words = parts.value().to_doubles();
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] += of_words[i] / kPoints;
  }
  return weights;
}

}  // namespace

std::size_t Verdict::label() const {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

Verdict say(const Judge& judge, const std::string& text) {
  Verdict verdict;
  verdict.words = words_of(text);
  if (verdict.words.empty()) unroll::fail<unroll::Error>("'{}' holds no word to judge", text);
  const std::vector<std::int32_t> ids = judge.words.ids(verdict.words);
  verdict.probabilities = judge.probabilities(ids);

  verdict.weights = integrated_gradients(judge, ids, verdict.label());
  double total = 0;
  for (const double weight : verdict.weights) total += std::abs(weight);
  for (double& weight : verdict.weights) weight /= total > 0 ? total : 1;
  return verdict;
}

std::string to_text(const Judge& judge, const Verdict& verdict, bool colours) {
  std::string text;
  for (std::size_t i = 0; i < judge.labels.size(); ++i) {
    text += fmt::format("{}{} {:.1f} %", i > 0 ? ", " : "", judge.labels[i],
                        100 * verdict.probabilities[i]);
  }
  text += "\n  ";
  const double most = std::abs(*std::ranges::max_element(
      verdict.weights, {}, [](double weight) { return std::abs(weight); }));
  for (std::size_t i = 0; i < verdict.words.size(); ++i) {
    const double share = most > 0 ? verdict.weights[i] / most : 0;
    constexpr double kNoticeable = 0.2;
    if (colours && std::abs(share) > kNoticeable) {
      // For the label blue, against it orange, which anyone can tell apart; bold where it is
      // strong.
      text += fmt::format("\033[{}{}m{}\033[0m ", std::abs(share) > 0.6 ? "1;" : "",
                          share > 0 ? 34 : 33, verdict.words[i]);
    } else {
      text += verdict.words[i] + " ";
    }
  }
  text.back() = '\n';
  return text;
}

std::string to_html(const Judge& judge, const std::vector<Verdict>& verdicts) {
  std::string body = fmt::format(
      "<p>Blue words speak for the label that is likeliest, orange ones against it, by the "
      "integrated gradients of the decision.</p>\n");
  for (const Verdict& verdict : verdicts) {
    body += "<p class=\"text\">";
    for (std::size_t i = 0; i < verdict.words.size(); ++i) {
      const double weight = verdict.weights[i];
      body += fmt::format("<span style=\"--w:{:.0f}%\" class=\"{}\" title=\"{:+.3f}\">{}</span> ",
                          std::min(100.0, 200 * std::abs(weight)), weight > 0 ? "for" : "against",
                          weight, examples::escape_html(verdict.words[i]));
    }
    body += "</p>\n<p>";
    for (std::size_t i = 0; i < judge.labels.size(); ++i) {
      body += fmt::format("{}{} {:.1f} %", i > 0 ? ", " : "",
                          examples::escape_html(judge.labels[i]), 100 * verdict.probabilities[i]);
    }
    body += "</p>\n";
  }
  constexpr const char* kStyle =
      ".text { font-size: 1.2em; line-height: 1.9 }\n"
      ".text span { padding: 0.1em 0.2em; border-radius: 0.2em }\n"
      ".for { background: color-mix(in srgb, #4a90d9 var(--w), transparent) }\n"
      ".against { background: color-mix(in srgb, #e69f00 var(--w), transparent);\n"
      "  text-decoration: underline dotted }\n";
  return examples::html_page("What made the judge say so", kStyle, body);
}

}  // namespace sentiment
