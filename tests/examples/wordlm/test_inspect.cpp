#include "wordlm/inspect.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/html.h"
#include "run_program.h"
#include "small_models.h"
#include "wordlm/evaluation.h"
#include "wordlm/inspect_page.h"

namespace wordlm {
namespace {

constexpr const char* kText = "I'm not saying that the zebra knows it.";

Checkpoint trained(const std::string& cell, std::int64_t layers = 1) {
  Settings settings = small();
  settings.model.cell = cell;
  settings.model.layers = layers;
  settings.model.double_precision = true;
  settings.training.epochs = 1;
  Checkpoint checkpoint = begin(settings);
  train(checkpoint);
  return checkpoint;
}

std::vector<std::string> names_of(const InspectedLayer& layer) {
  std::vector<std::string> names;
  for (const Activation& activation : layer.activations) names.push_back(activation.name);
  return names;
}

TEST_CASE("inspect: the words have the probabilities that score adds up") {
  const Checkpoint checkpoint = trained("lstm");
  const InspectedText text = inspect(checkpoint, kText);
  const Ids ids = encode_text(checkpoint.settings.text, checkpoint.vocabulary, kText).ids;
  REQUIRE(text.words.size() == ids.size() - 1);
  double sum = 0;
  for (const InspectedWord& word : text.words) sum += word.log_p;
  CHECK(text.log_p == score(*checkpoint.model, ids));
  CHECK(sum == doctest::Approx(text.log_p).epsilon(1e-12));
  CHECK(text.perplexity() == doctest::Approx(std::exp(-sum / 11)));
  CHECK(text.words[0].surprise() == doctest::Approx(-text.words[0].log_p / std::log(2)));
  CHECK(text.words[0].word == "i");
  CHECK(text.words[6].word == "zebra");
  CHECK_FALSE(text.words[6].known);
  CHECK(text.words.back().word == "SENTENCE_END");
  CHECK(text.words.back().known);
  CHECK(text.unknown() == std::count(ids.begin(), ids.end(), checkpoint.vocabulary.unknown()));
  CHECK(text.read.front() == "SENTENCE_START");
  CHECK(text.read[7] == "zebra");
  CHECK(text.read.size() == text.words.size());
}

TEST_CASE("inspect: the alternatives are the likeliest words, in order") {
  const Checkpoint checkpoint = trained("gru");
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  const std::vector<std::string> words =
      encode_text(checkpoint.settings.text, checkpoint.vocabulary, kText).tokens;
  const InspectedText text = inspect(checkpoint, kText);
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    // The probability of every word of the vocabulary in this place, as differences of scores.
    Ids read = {vocabulary.sentence_start()};
    for (std::size_t j = 0; j < i; ++j) read.push_back(vocabulary.id(words[j]));
    const auto log_p = [&](const Ids& ids) { return score(*checkpoint.model, ids); };
    std::vector<std::pair<double, std::string>> all;
    for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
      Ids with = read;
      with.push_back(id);
      const double p = std::exp(log_p(with) - (read.size() > 1 ? log_p(read) : 0));
      all.emplace_back(p, vocabulary.word(id));
    }
    std::sort(all.rbegin(), all.rend());
    REQUIRE(text.words[i].likeliest.size() == 5);
    for (std::size_t rank = 0; rank < 5; ++rank) {
      CHECK(text.words[i].likeliest[rank].word == all[rank].second);
      CHECK(text.words[i].likeliest[rank].probability == doctest::Approx(all[rank].first));
    }
  }
}

/// W x + U h + b of a branch of the parameters, for a word and the h before it.
double sum_of(const Checkpoint& checkpoint, const std::string& branch, std::int32_t id,
              const std::vector<double>& h, std::size_t unit) {
  const unroll::Parameters& p = checkpoint.model->parameters();
  const auto values = [&](const std::string& name) { return p[name].value().to_doubles(); };
  const std::vector<double> E = values("embedding.W");
  const std::vector<double> W = values(branch + ".W");
  const std::vector<double> U = values(branch + ".U");
  const std::size_t in = W.size() / h.size();
  double sum = values(branch + ".b")[unit];
  for (std::size_t k = 0; k < in; ++k) {
    sum += W[unit * in + k] * E[static_cast<std::size_t>(id) * in + k];
  }
  for (std::size_t k = 0; k < h.size(); ++k) sum += U[unit * h.size() + k] * h[k];
  return sum;
}

TEST_CASE("inspect: the gates of an LSTM satisfy its equations") {
  const Checkpoint checkpoint = trained("lstm");
  const InspectedText text = inspect(checkpoint, kText);
  REQUIRE(text.layers.size() == 1);
  REQUIRE(names_of(text.layers[0]) == std::vector<std::string>{"i", "f", "o", "g", "c", "h"});
  const Ids ids = encode_text(checkpoint.settings.text, checkpoint.vocabulary, kText).ids;
  const auto& values = text.layers[0].activations;
  std::vector<double> h(7);
  std::vector<double> c(7);
  for (std::size_t t = 0; t < text.read.size(); ++t) {
    for (std::size_t unit = 0; unit < 7; ++unit) {
      const auto at = [&](std::size_t k) { return values[k].steps[t][unit]; };
      const auto gate = [&](const char* name) {
        return sum_of(checkpoint, std::string("layers.0.") + name, ids[t], h, unit);
      };
      CHECK(at(0) == doctest::Approx(1 / (1 + std::exp(-gate("i")))));
      CHECK(at(1) == doctest::Approx(1 / (1 + std::exp(-gate("f")))));
      CHECK(at(2) == doctest::Approx(1 / (1 + std::exp(-gate("o")))));
      CHECK(at(3) == doctest::Approx(std::tanh(gate("g"))));
      CHECK(at(4) == doctest::Approx(at(1) * c[unit] + at(0) * at(3)));
      CHECK(at(5) == doctest::Approx(at(2) * std::tanh(at(4))));
    }
    c = values[4].steps[t];
    h = values[5].steps[t];
  }
}

TEST_CASE("inspect: the gates of each layer of a GRU satisfy h' = (1 - z) n + z h") {
  const Checkpoint checkpoint = trained("gru", 2);
  const InspectedText text = inspect(checkpoint, kText);
  REQUIRE(text.layers.size() == 2);
  for (const InspectedLayer& layer : text.layers) {
    REQUIRE(names_of(layer) == std::vector<std::string>{"z", "r", "n", "h"});
    const auto& values = layer.activations;
    for (std::size_t t = 1; t < text.read.size(); ++t) {
      for (std::size_t unit = 0; unit < 7; ++unit) {
        const auto at = [&](std::size_t k) { return values[k].steps[t][unit]; };
        CHECK(at(3) == doctest::Approx((1 - at(0)) * at(2) + at(0) * values[3].steps[t - 1][unit]));
        CHECK((at(1) > 0 && at(1) < 1));
      }
    }
  }
  CHECK(text.layers[0].activations[0].steps != text.layers[1].activations[0].steps);
}

TEST_CASE("inspect: every cell shows its output, and only values of each unit") {
  for (const unroll::CellEntry& cell : unroll::all_cells()) {
    CAPTURE(cell.name);
    Settings settings = small();
    settings.model.cell = cell.name;
    settings.model.hidden = 8;
    const Checkpoint checkpoint = begin(settings);
    const InspectedText text = inspect(checkpoint, kText);
    double sum = 0;
    for (const InspectedWord& word : text.words) sum += word.log_p;
    CHECK(sum == doctest::Approx(text.log_p).epsilon(1e-4));
    const auto& activations = text.layers.at(0).activations;
    REQUIRE_FALSE(activations.empty());
    CHECK((activations.back().name == "h" || activations.back().name == "output"));
    for (const Activation& activation : activations) {
      CAPTURE(activation.name);
      CHECK(activation.steps.size() == text.read.size());
      for (const auto& step : activation.steps) CHECK(step.size() == 8);
    }
  }
}

TEST_CASE("inspect: of other cells the gates that their equations define") {
  const auto names = [](const std::string& cell) {
    Settings settings = small();
    settings.model.cell = cell;
    return names_of(inspect(begin(settings), kText).layers.at(0));
  };
  using Names = std::vector<std::string>;
  CHECK(names("rnn") == Names{"h"});
  CHECK(names("gru-reset-before") == Names{"z", "r", "n", "h"});
  CHECK(names("gru-hard") == Names{"z", "r", "n", "h"});
  CHECK(names("lstm-peephole") == Names{"i", "f", "g", "o", "c", "h"});
  CHECK(names("lstm-coupled") == Names{"i", "o", "g", "c", "h"});
  CHECK(names("mgu") == Names{"f", "n", "h"});
  CHECK(names("ran") == Names{"i", "f", "c", "h"});  // its g has no activation
  // The four gates share their weights, so that no branch is one of them.
  CHECK(names("lstm-layer-norm") == Names{"c", "h"});
}

TEST_CASE("inspect: the gates of a layer that reads the words themselves") {
  Settings settings = small();
  settings.model.cell = "lstm";
  settings.model.embedding = 0;
  const InspectedText text = inspect(begin(settings), kText);
  CHECK(names_of(text.layers.at(0)) == std::vector<std::string>{"i", "f", "o", "g", "c", "h"});
}

TEST_CASE("inspect: the units that vary most") {
  InspectedText text;
  text.layers.resize(1);
  text.layers[0].activations.push_back({"z", {{9, 0, 0, 0}, {0, 0, 0, 0}}});
  text.layers[0].activations.push_back({"h", {{5, 0, 1, -2}, {5, 1, 4, 2}}});
  CHECK(varied_units(std::span(&text, 1), 0, 2) == std::vector<std::int64_t>{2, 3});
  CHECK(varied_units(std::span(&text, 1), 0, 9) == std::vector<std::int64_t>{0, 1, 2, 3});
}

TEST_CASE("inspect: text is escaped") {
  CHECK(examples::escape_html("<a href=\"x\">'&'</a>") ==
        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

/// Checks that the tags of a page are closed in order. Style and script are skipped.
void check_balanced(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos;) {
    const std::size_t end = page.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find(' '));
    at = end;
    if (name.starts_with('!') || name == "meta" || name == "br") continue;
    if (name.starts_with('/')) {
      REQUIRE_FALSE(open.empty());
      REQUIRE("/" + open.back() == name);
      open.pop_back();
      continue;
    }
    CHECK(std::count(tag.begin(), tag.end(), '"') % 2 == 0);
    open.push_back(name);
    if (name == "style" || name == "script") at = page.find("</" + name, at);
  }
  CHECK(open.empty());
}

TEST_CASE("inspect: the page is well formed, escaped, and needs no network") {
  const Checkpoint checkpoint = trained("lstm", 2);
  std::vector<InspectedText> texts = {inspect(checkpoint, kText), inspect(checkpoint, "Yes & no.")};
  texts[0].words[0].word = "</span><script>alert('&\")</script>";
  texts[0].words[0].likeliest[0].word = "<b>";
  texts[0].read[1] = "<i>";
  const InspectedModel model{"<m>", "a & b", "h' < 1", 100, false};
  const std::string page = inspection_page(model, texts, {{0, 3}, {6}});
  check_balanced(page);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("//") == std::string::npos);
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("&lt;/span&gt;&lt;script&gt;alert(&#39;&amp;&quot;)") != std::string::npos);
  CHECK(page.find("<b>") == page.find("<b>&lt;/span&gt;"));
  CHECK(page.find("<i>") == std::string::npos);
  CHECK(page.find("<m>") == std::string::npos);
  // Each of two texts has six rows for two units of one layer and one of the other.
  const auto count = [&](const std::string& part) {
    std::int64_t found = 0;
    for (std::size_t at = 0; (at = page.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  CHECK(count("<th scope=\"row\">") == 2 * 6 * 3);
  CHECK(count("<td") ==
        static_cast<std::int64_t>(6 * 3 * (texts[0].read.size() + texts[1].read.size())));
  CHECK(count("class=\"word") ==
        static_cast<std::int64_t>(texts[0].words.size() + texts[1].words.size()));
  CHECK(count(">unit 6</th>") == 2);
}

/// The columns of the line of a table after its header.
std::vector<std::string> first_row(const std::string& table) {
  const std::size_t begin = table.find('\n') + 1;
  std::vector<std::string> columns;
  std::istringstream line(table.substr(begin, table.find('\n', begin) - begin));
  for (std::string column; line >> column;) columns.push_back(column);
  return columns;
}

TEST_CASE("inspect: the command prints the numbers of score and writes the page") {
  const Folder folder;
  const std::string model = folder.file("m");
  REQUIRE(run({"train", "--comments", "60", "--hidden", "9", "--epochs", "1", "--samples", "0",
               "--save", model})
              .status == 0);
  const std::string text = "The cat <img> & our rabbit are cold.";
  const std::string page = folder.file("page.html");
  const Run inspected = run({"inspect", "--load", model, "--text", text, "-o", page});
  CHECK(inspected.err == "");
  REQUIRE(inspected.status == 0);
  CHECK(inspected.out.ends_with("page: " + page + "\n"));
  const Run scored = run({"score", "--load", model, text});
  const auto columns = first_row(inspected.out);
  const auto expected = first_row(scored.out);
  REQUIRE(columns.size() == 4);
  CHECK(columns[0] == expected[0]);
  CHECK(columns[1] == expected[1]);
  CHECK(columns[3] == expected[2]);
  CHECK(std::stod(columns[2]) == doctest::Approx(std::exp(-std::stod(columns[1]))).epsilon(0.001));
  const std::string html = content_of(page);
  check_balanced(html);
  CHECK(html.find(fmt::format("log p {}, {} per word; perplexity {}", columns[0], columns[1],
                              columns[2])) != std::string::npos);
  // The lines of standard input are the same texts; the page has the chosen units.
  const Run lines = run({"inspect", "--load", model, "--units", "8,2", "-o", page}, text + "\n\n");
  CHECK(first_row(lines.out) == columns);
  CHECK(content_of(page).find(">unit 8</th>") < content_of(page).find(">unit 2</th>"));
  CHECK(content_of(page).find(">unit 0</th>") == std::string::npos);
}

TEST_CASE("inspect: of a long text the command says which units follow something best") {
  const Folder folder;
  const std::string model = folder.file("m");
  REQUIRE(run({"train", "--comments", "60", "--hidden", "9", "--epochs", "1", "--samples", "0",
               "--save", model})
              .status == 0);
  std::string text;
  for (int i = 0; i < 20; ++i) text += "the cat ( a cat ) sat here , ";
  const std::string page = folder.file("page.html");
  const Run inspected = run({"inspect", "--load", model, "--text", text, "-o", page});
  REQUIRE(inspected.status == 0);
  CHECK(inspected.out.find("\n                   layer   unit  correlation\n") !=
        std::string::npos);
  CHECK(inspected.out.find("\n    open brackets      0  ") != std::string::npos);
  CHECK(inspected.out.find("\nplace in the line      0  ") != std::string::npos);
  CHECK(inspected.out.find("open quote") == std::string::npos);  // there is none
  check_balanced(content_of(page));
}

TEST_CASE("inspect: the tape of the first text has its log p as a loss") {
  const Folder folder;
  const std::string model = folder.file("m");
  REQUIRE(run({"train", "--comments", "20", "--hidden", "4", "--epochs", "0", "--samples", "0",
               "--save", model})
              .status == 0);
  const std::string page = folder.file("page.html");
  const std::string tape = folder.file("tape.html");
  const Run result = run({"inspect", "--load", model, "--text", "The cat is cold.", "--text",
                          "Another.", "-o", page, "--view", tape});
  CHECK(result.err == "");
  REQUIRE(result.status == 0);
  CHECK(result.out.ends_with("page: " + page + "\ntape: " + tape + "\n"));
  const std::string html = content_of(tape);
  CHECK(html.find("<title>-log p of: The cat is cold.</title>") != std::string::npos);
  const std::size_t begin = html.find("id=\"data\">") + 10;
  const auto data =
      nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
  for (const auto& node : data["nodes"]) {
    if (node["i"] != data["loss"]) continue;
    const double loss = node["value"]["x"][0];
    CHECK(-loss == doctest::Approx(std::stod(first_row(result.out)[0])).epsilon(0.001));
  }
  CHECK(run({"inspect", "--load", model, "--text", "x", "-o", page, "--view", page}).err ==
        "wordlm: " + page + ": --view would overwrite that of --output\n");
}

TEST_CASE("inspect: what cannot be done is said") {
  const Folder folder;
  const std::string model = folder.file("m");
  REQUIRE(run({"train", "--comments", "20", "--hidden", "4", "--epochs", "0", "--samples", "0",
               "--save", model})
              .status == 0);
  const std::string page = folder.file("page.html");
  const auto error = [&](std::vector<std::string> more, const std::string& input = "") {
    more.insert(more.begin(), {"inspect", "--load", model});
    const Run result = run(more, input);
    CHECK(result.status == 1);
    return result.err;
  };
  CHECK(error({"--text", "x", "--units", "4", "-o", page}) ==
        "wordlm: --units: no unit 4; the layers of " + model + " have units 0 to 3\n");
  CHECK(error({"-o", page}) == "wordlm: no sentence to inspect\n");
  CHECK(error({"--text", "x", "-o", model}) ==
        "wordlm: " + model + ": --output would overwrite the file of --load\n");
  CHECK_FALSE(std::filesystem::exists(page));
}

TEST_CASE("inspect: a model of characters") {
  const Folder folder;
  const TemporaryFile data(".txt", "the cat sat on the mat\nthe dog ran\nthe cat ran\n");
  const std::string model = folder.file("m");
  REQUIRE(
      run({"train", "--data", data.path(), "--chars", "--hidden", "4", "--embedding", "4",
           "--batch", "2", "--held-out", "0", "--epochs", "1", "--samples", "0", "--save", model})
          .status == 0);
  const std::string page = folder.file("page.html");
  const Run inspected = run({"inspect", "--load", model, "--text", "the mat", "-o", page});
  REQUIRE(inspected.status == 0);
  CHECK(first_row(inspected.out)[0] ==
        first_row(run({"score", "--load", model, "the mat"}).out)[0]);
  const std::string html = content_of(page);
  check_balanced(html);
  CHECK(html.find(">\u2423<span class=\"tip\">") != std::string::npos);  // the blank
  CHECK(html.find(">\u21b5<span class=\"tip\">") != std::string::npos);  // the end of the line
  const Run unknown = run({"inspect", "--load", model, "--text", "Q", "-o", page});
  CHECK(unknown.status == 1);
}

}  // namespace
}  // namespace wordlm
