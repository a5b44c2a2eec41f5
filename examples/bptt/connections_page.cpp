/// The page of the chapter heat.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bptt/heat.h"
#include "common/html.h"

namespace bptt {

using examples::escape_html;

namespace {

constexpr std::string_view kStyle = R"(
:root { --high: 230 126 0; --edge: #8888 }
@media (prefers-color-scheme: dark) { :root { --high: 200 100 0 } }
.sentence { margin: 1em 0 .5em; line-height: 1.2; display: flex; flex-wrap: wrap; gap: .25em }
.word { display: inline-block; padding: .3em .3em .1em; border-radius: .3em;
  text-align: center; cursor: default; background: rgb(var(--high) / calc(.85 * var(--share, 0))) }
.word small { display: block; min-height: 1.2em; font-size: .7em }
.word:focus, .word.chosen { outline: 2px solid currentColor }
.says { min-height: 3em; margin: 0 0 1em }
.scale { display: inline-block; width: 9em; height: 1em; vertical-align: middle;
  border: 1px solid var(--edge); border-radius: .2em;
  background: linear-gradient(to right, rgb(var(--high) / 0), rgb(var(--high) / .85)) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { text-align: left; padding: .1em .8em .1em 0; border-bottom: 1px solid var(--edge) }
summary { cursor: pointer }
)";

// Colours the words that a chosen one was predicted from, says the same in words, and moves with
// the arrow keys.
constexpr std::string_view kScript = R"(
for (const sentence of document.querySelectorAll('.sentence')) {
  const words = [...sentence.querySelectorAll('.word')];
  const rows = JSON.parse(sentence.dataset.rows);
  const says = sentence.nextElementSibling;
  const name = word => `\u201c${word.firstChild.textContent}\u201d`;
  const choose = i => {
    const row = i === 0 ? [] : rows[i - 1].shares;
    const most = Math.max(...row, 0);
    words.forEach((word, k) => {
      const share = k < row.length ? row[k] : 0;
      word.classList.toggle('chosen', k === i);
      word.style.setProperty('--share', most > 0 ? share / most : 0);
      word.lastChild.textContent = k < row.length ? Math.round(100 * share) + ' %' : '';
    });
    if (i === 0) { says.textContent = 'Nothing stands before the first word.'; return; }
    const order = row.map((share, k) => k).sort((a, b) => row[b] - row[a]).slice(0, 3);
    says.textContent = `${name(words[i])}, probability ${(100 * rows[i - 1].p).toFixed(1)} %, ` +
      'depends most on ' + order.map(k => `${name(words[k])} (${Math.round(100 * row[k])} %)`)
      .join(', ') + '.';
  };
  words.forEach((word, i) => {
    word.addEventListener('mouseenter', () => choose(i));
    word.addEventListener('focus', () => choose(i));
    word.addEventListener('keydown', event => {
      const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: words.length - 1 }[event.key];
      if (words[to] === undefined) return;
      event.preventDefault();
      words[to].focus();
    });
  });
  choose(words.length - 3);
}
)";

/// The numbers of a sentence for the script: by step, the probability and the shares.
std::string rows_of(const Connections& c) {
  std::string json = "[";
  for (std::size_t t = 0; t < c.read.size(); ++t) {
    json += fmt::format("{}{{\"p\":{:.4f},\"shares\":[", t == 0 ? "" : ",", std::exp(c.log_p[t]));
    for (std::size_t k = 0; k <= t; ++k) {
      json += fmt::format("{}{:.4f}", k == 0 ? "" : ",", c.share(t, k));
    }
    json += "]}";
  }
  return json + "]";
}

std::string word_of(const std::string& word) {
  return fmt::format("<span class=\"word\" tabindex=\"0\">{}<small></small></span>\n",
                     escape_html(word));
}

/// The same as a table, for readers without the script.
std::string table_of(const Connections& c) {
  std::string html =
      "<details><summary>The numbers</summary>\n<table>\n<thead><tr><th>word</th><th>probability"
      "</th><th>depends on</th></tr></thead>\n<tbody>\n";
  for (std::size_t t = 0; t < c.read.size(); ++t) {
    std::string from;
    for (const std::size_t k : c.strongest(t, t + 1)) {
      from +=
          fmt::format("{}{} {:.1f} %", from.empty() ? "" : ", ", c.read[k], 100 * c.share(t, k));
    }
    html += fmt::format("<tr><td>{}</td><td>{:.1f} %</td><td>{}</td></tr>\n",
                        escape_html(c.predicted[t]), 100 * std::exp(c.log_p[t]), escape_html(from));
  }
  return html + "</tbody>\n</table>\n</details>\n";
}

}  // namespace

std::string connections_page(const std::vector<Connections>& sentences, std::string_view model) {
  std::string body = fmt::format(
      "<p>Read by {}. Point at a word, or go to it by Tab and the arrow keys: the words before it "
      "are coloured by how much its prediction depends on them.</p>\n"
      "<p>The number below a word is the length of the gradient of the chosen word&#39;s "
      "logit with respect to its vector, as a part of the sum over all words before "
      "(Madsen 2019, <cite>Visualizing memorization in RNNs</cite>). END is what stands between "
      "sentences.</p>\n"
      "<p>0 % <span class=\"scale\"></span> the most important word</p>\n",
      escape_html(model));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Connections& c = sentences[i];
    body +=
        fmt::format("<section>\n<h2>Sentence {}</h2>\n<div class=\"sentence\" data-rows=\"{}\">\n",
                    i + 1, escape_html(rows_of(c)));
    body += word_of(c.read.front());
    for (const std::string& word : c.predicted) body += word_of(word);
    body += fmt::format("</div>\n<p class=\"says\" aria-live=\"polite\"></p>\n{}</section>\n",
                        table_of(c));
  }
  body += fmt::format("<script>{}</script>\n", kScript);
  return examples::html_page("What the prediction of a word depends on", kStyle, body);
}

}  // namespace bptt
