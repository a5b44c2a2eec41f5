#include "wordlm/inspect_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/html.h"
#include "common/numbers.h"

namespace wordlm {

using examples::escape_html;

namespace {

// People of any colour vision tell orange from blue, and strong from weak. Strength is opacity: it
// fits a light and a dark background.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --back: #fff; --text: #1a1c20; --quiet: #5b6068; --line: #d5d8dd;
  --card: #f5f6f8; --high: 230 126 0; --low: 0 105 190; }
@media (prefers-color-scheme: dark) { :root { --back: #15171b; --text: #f0f1f3; --quiet: #a5abb5;
  --line: #3a3f47; --card: #22252b; --high: 190 92 0; --low: 40 120 215; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p { margin: .3rem 0; }
.quiet { color: var(--quiet); font-size: .9rem; }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .6rem;
  margin: 1rem 0 0; font-size: .9rem; }
.scale { width: 9rem; height: 1rem; border: 1px solid var(--line); border-radius: .2rem;
  background: linear-gradient(to right, rgb(var(--high) / 0), rgb(var(--high) / .85)); }
.signs { background: linear-gradient(to right, rgb(var(--low)), rgb(var(--low) / 0) 50%,
  rgb(var(--high) / 0) 50%, rgb(var(--high))); }
.text { position: relative; margin: .6rem 0; padding: .6rem .8rem; border: 1px solid var(--line);
  border-radius: .4rem; line-height: 2.1; overflow-wrap: anywhere; }
.word { padding: .15em .25em; border-radius: .25em; cursor: default; white-space: pre-wrap;
  background: rgb(var(--high) / calc(.85 * var(--s))); }
.letter { padding: .15em .05em; border-radius: 0; }
.word:hover, .word:focus { outline: 2px solid var(--text); outline-offset: 1px; }
.unknown { text-decoration: underline dotted; }
.mark { font-size: .75em; }
.tip { display: none; position: absolute; left: .8rem; z-index: 2; width: 19rem;
  max-width: calc(100% - 1.6rem); margin-top: .2em; padding: .5rem .7rem; pointer-events: none;
  border: 1px solid var(--line); border-radius: .4rem; background: var(--card); color: var(--text);
  font-size: .9rem; line-height: 1.45; box-shadow: 0 3px 12px rgb(0 0 0 / .3); }
.word:hover .tip, .word:focus .tip { display: block; }
.text:hover .word:focus:not(:hover) .tip { display: none; }
.tip > span { display: flex; justify-content: space-between; gap: .8rem; }
.tip .choice { padding: 0 .3rem; border-radius: .2rem; background: linear-gradient(to right,
  rgb(var(--low) / .35) calc(100% * var(--p)), transparent calc(100% * var(--p))); }
.same { font-weight: bold; }
.grid { overflow-x: auto; margin: .4rem 0; }
table { border-collapse: separate; border-spacing: 1px; font-size: .8rem; }
thead th { vertical-align: bottom; font-weight: normal; }
thead th > span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg);
  max-height: 7.8rem; overflow: hidden; white-space: pre; line-height: 1.1; }
.letters thead th > span { writing-mode: horizontal-tb; transform: none; }
tbody th { position: sticky; left: 0; z-index: 1; padding: 0 .5rem 0 .2rem; text-align: left;
  font-weight: normal; white-space: nowrap; background: var(--back); }
tbody tr:first-child th { padding-top: .7rem; font-weight: bold; }
td { min-width: 1.35rem; height: 1.05rem; background: rgb(var(--high) / var(--v)); }
td.n { background: rgb(var(--low) / var(--v)); }
.memory { padding: .15em 0; white-space: pre-wrap; background: rgb(var(--high) / var(--v)); }
.memory.n { background: rgb(var(--low) / var(--v)); }
summary { cursor: pointer; margin-top: .6rem; }
pre { overflow-x: auto; margin: .3rem 0; color: var(--quiet); font-size: .85rem; }
)";

// Moves the details of a word below it; without the script they stand at the left edge.
constexpr std::string_view kScript = R"(
for (const word of document.querySelectorAll('.word')) {
  const place = () => {
    const tip = word.querySelector('.tip');
    const room = word.parentNode.clientWidth - tip.offsetWidth - 12;
    tip.style.left = Math.max(0, Math.min(word.offsetLeft, room)) + 'px';
  };
  word.addEventListener('mouseenter', place);
  word.addEventListener('focus', place);
}
)";

/// How a word is shown: blanks and ends of lines would not be seen.
std::string shown(const std::string& word) {
  if (word == "\n") return "\u21b5";
  if (word == " ") return "\u2423";
  return escape_html(word);
}

/// A probability in per cent, a small one with two digits that count.
std::string percent(double p) {
  return p >= 0.01 ? fmt::format("{:.1f} %", 100 * p) : fmt::format("{:.2g} %", 100 * p);
}

/// A number from 0 to 1 for a style.
std::string share(double x) { return fmt::format("{:.3f}", std::clamp(x, 0.0, 1.0)); }

std::string tip_of(const InspectedWord& word) {
  std::string html = fmt::format("<span><b>{}</b><b>{}</b></span>", shown(word.word),
                                 percent(std::exp(word.log_p)));
  html += fmt::format("<span class=\"quiet\"><span>surprise</span><span>{:.2f} bits</span></span>",
                      word.surprise());
  if (!word.known) {
    html += fmt::format("<span class=\"quiet\"><span>unknown to the model: {}</span></span>",
                        Vocabulary::kUnknown);
  }
  html += "<span class=\"quiet\"><span>likeliest here</span></span>";
  for (const Alternative& choice : word.likeliest) {
    html += fmt::format(
        "<span class=\"choice{}\" style=\"--p:{}\"><span>{}</span><span>{}</span></span>",
        choice.word == word.word ? " same" : "", share(choice.probability), shown(choice.word),
        percent(choice.probability));
  }
  return html;
}

/// The words of a text, coloured by surprise; `most` is the surprise of the full colour, in bits.
std::string words_of_page(const InspectedText& text, bool is_characters, double most) {
  std::string html = "<div class=\"text\">";
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    const InspectedWord& word = text.words[i];
    const bool is_mark = !is_characters && i + 1 == text.words.size();
    html += fmt::format(
        "<span class=\"word{}{}{}\" tabindex=\"0\" style=\"--s:{}\">{}<span class=\"tip\">{}</span>"
        "</span>",
        is_characters ? " letter" : "", word.known ? "" : " unknown", is_mark ? " mark" : "",
        share(word.surprise() / most), shown(word.word), tip_of(word));
    html += !is_characters ? "\n" : word.word == "\n" && i + 1 < text.words.size() ? "<br>\n" : "";
  }
  return html + "</div>\n";
}

/// The greatest absolute value of all units shown, but at least 1: the full colour.
double scale_of(const Activation& activation, const std::vector<std::int64_t>& units) {
  double most = 1;
  for (const std::vector<double>& step : activation.steps) {
    for (const std::int64_t unit : units) {
      most = std::max(most, std::abs(step[static_cast<std::size_t>(unit)]));
    }
  }
  return most;
}

/// The rows of the units of a layer, one column for each word that is read.
std::string table_of(const InspectedText& text, const InspectedLayer& layer,
                     const std::vector<std::int64_t>& units) {
  std::string html = "<div class=\"grid\"><table>\n<thead><tr><th></th>";
  for (const std::string& word : text.read) {
    html += fmt::format("<th scope=\"col\"><span>{}</span></th>", shown(word));
  }
  html += "</tr></thead>\n";
  std::vector<double> scales;
  for (const Activation& activation : layer.activations) {
    scales.push_back(scale_of(activation, units));
  }
  for (const std::int64_t unit : units) {
    html += fmt::format("<tbody><tr><th>unit {}</th></tr>\n", unit);
    for (std::size_t i = 0; i < layer.activations.size(); ++i) {
      const Activation& activation = layer.activations[i];
      html += fmt::format("<tr><th scope=\"row\">{}</th>", escape_html(activation.name));
      for (const std::vector<double>& step : activation.steps) {
        const double value = step[static_cast<std::size_t>(unit)];
        html +=
            fmt::format("<td{} style=\"--v:{}\" title=\"{:.3g}\"></td>",
                        value < 0 ? " class=\"n\"" : "", share(std::abs(value) / scales[i]), value);
      }
      html += "</tr>\n";
    }
    html += "</tbody>\n";
  }
  return html + "</table></div>\n";
}

/// What is coloured of a unit: "c", "tanh c".
std::string looked_at(const InspectedText& text, const Tracking& unit) {
  return (unit.squashed ? "tanh " : "") + memory_of(text.layers[unit.layer]).name;
}

/// The text that was read, each token coloured by the memory of a unit after it.
std::string memory_of_page(const InspectedText& text, const Tracking& unit, bool is_characters) {
  const Activation& memory = memory_of(text.layers[unit.layer]);
  const double most = unit.squashed ? 1 : scale_of(memory, {unit.unit});
  std::string html = fmt::format(
      "<h3>Unit {} of layer {} follows: {}</h3>\n<p class=\"quiet\">correlation of its {} with it "
      "over all texts: {:.3f}</p>\n<div class=\"text\">",
      unit.unit, unit.layer, escape_html(unit.quantity), escape_html(looked_at(text, unit)),
      unit.correlation);
  for (std::size_t i = 0; i < text.read.size(); ++i) {
    const double memory_now = memory.steps[i][static_cast<std::size_t>(unit.unit)];
    const double value = unit.squashed ? std::tanh(memory_now) : memory_now;
    const bool is_line_end = is_characters && text.read[i] == "\n";
    html += fmt::format("<span class=\"memory{}\" style=\"--v:{}\" title=\"{:.3g}\">{}</span>{}",
                        value < 0 ? " n" : "", share(std::abs(value) / most), value,
                        is_characters && text.read[i] == " " ? " " : shown(text.read[i]),
                        is_line_end      ? "<br>\n"
                        : !is_characters ? "\n"
                                         : "");
  }
  return html + "</div>\n";
}

std::string section_of(const InspectedModel& model, const InspectedText& text, std::size_t number,
                       const std::vector<std::vector<std::int64_t>>& units,
                       std::span<const Tracking> tracking, double most) {
  const char* const unit = model.is_characters ? "character" : "word";
  const auto count = static_cast<std::int64_t>(text.words.size());
  std::string html = fmt::format(
      "<section>\n<h2>Text {}</h2>\n<p>log p {:.3f}, {:.3f} per {}; perplexity {:.2f}</p>\n"
      "<p class=\"quiet\">{}, the end included; {} unknown to the model</p>\n",
      number, text.log_p, text.log_p / static_cast<double>(count), unit, text.perplexity(),
      examples::count_of(count, unit), text.unknown());
  html += words_of_page(text, model.is_characters, most);
  for (const Tracking& unit : tracking) {
    if (unit.tracks()) html += memory_of_page(text, unit, model.is_characters);
  }
  for (std::size_t layer = text.layers.size(); layer-- > 0;) {
    html += fmt::format(
        "<details{}><summary>Layer {}: inside the cells of {}</summary>\n{}</details>\n",
        number == 1 && layer + 1 == text.layers.size() ? " open" : "", layer,
        examples::count_of(static_cast<std::int64_t>(units[layer].size()), "unit"),
        table_of(text, text.layers[layer], units[layer]));
  }
  return html + "</section>\n";
}

}  // namespace

std::string inspection_page(const InspectedModel& model, std::span<const InspectedText> texts,
                            const std::vector<std::vector<std::int64_t>>& units,
                            std::span<const Tracking> tracking) {
  const char* const unit = model.is_characters ? "character" : "word";
  const double most = std::max(std::log2(static_cast<double>(model.words)), 1.0);
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}: surprise and "
      "gates</title>\n<style>{1}</style>\n</head>\n<body{3}>\n<h1>{0}</h1>\n"
      "<p class=\"quiet\">{2}</p>\n",
      escape_html(model.name), kStyle, escape_html(model.description),
      model.is_characters ? " class=\"letters\"" : "");
  html += fmt::format(
      "<div class=\"legend\"><span>surprise, -log<sub>2</sub> p of each {0}: 0 bits</span>"
      "<span class=\"scale\"></span><span>{1:.1f} bits, as by guessing among {2} "
      "{0}s</span></div>\n"
      "<p class=\"quiet\">Point at a {0}, or tap it, for its probability and the likeliest "
      "ones.</p>\n",
      unit, most, examples::grouped(model.words));
  html += fmt::format(
      "<div class=\"legend\"><span>inside the cells: -1</span><span class=\"scale signs\"></span>"
      "<span>+1, or the greatest of its kind where that is more</span></div>\n"
      "<p class=\"quiet\">A column holds the values after the {} above it was read.</p>\n",
      unit);
  html += fmt::format(
      "<details><summary>The equations of the cell</summary>\n<pre>{}</pre></details>\n",
      escape_html(model.equations));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    html += section_of(model, texts[i], i + 1, units, tracking, most);
  }
  return html + fmt::format("<script>{}</script>\n</body>\n</html>\n", kScript);
}

}  // namespace wordlm
