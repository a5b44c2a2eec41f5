// The page that opens a tape: what it says is what the tape has.
#include "core/word_model.h"
#include "files.h"
#include "support.h"

#include <unroll/core/view/view.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

using namespace unroll;
using Json = nlohmann::json;
using testing::ramp;
using testing::rising;

namespace {

/// An LSTM over a few steps in f64, and the mean square of a readout of its outputs.
struct Network {
  static constexpr Index kSteps = 4;
  explicit Network(DType dtype = DType::f64)
      : parameters(dtype, 3),
        lstm(parameters / "lstm", 2, 3),
        readout(parameters / "output", 3, 1),
        tape(dtype),
        loss(mean(square(readout(unroll_over(lstm, tape.input(ramp({kSteps, 2, 2}, -0.7, 0.1)),
                                             zero_state(lstm, tape, 2))
                                     .outputs)))) {}

  Parameters parameters;
  Lstm lstm;
  Linear readout;
  Tape tape;
  Var loss;
};

Json read(Tape& tape, Var loss, const ViewOptions& options = {}) {
  return Json::parse(view_data(tape, loss, options));
}

std::map<std::uint32_t, Json> nodes_of(const Json& page) {
  std::map<std::uint32_t, Json> nodes;
  for (const Json& node : page["nodes"]) nodes[node["i"]] = node;
  return nodes;
}

Var at(Var of, std::uint32_t index) { return {&of.tape(), index, of.generation()}; }

/// The terms of the gradient of a node, and the gradient.
struct Sum {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> terms;  // the node that passed it, its value
  std::uint32_t total = 0;
};

std::map<std::uint32_t, Sum> sums_of(const Json& page) {
  std::map<std::uint32_t, Sum> sums;
  for (const Json& passed : page["passed"]) {
    const std::uint32_t node = passed[0];
    const std::uint32_t input = passed[1];
    if (node == input) {
      sums[input].total = passed[2];
    } else {
      sums[input].terms.emplace_back(node, passed[2]);
    }
  }
  return sums;
}

std::vector<double> added_up(Var loss, const Sum& sum) {
  std::vector<double> result(at(loss, sum.total).value().to_doubles().size(), 0.0);
  for (const auto& [node, term] : sum.terms) {
    const std::vector<double> values = at(loss, term).value().to_doubles();
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += values[i];
  }
  return result;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t i = text.find(part); i != std::string_view::npos; i = text.find(part, i + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("view: every number of a page is the tape's") {
  Network n;
  const Json page = read(n.tape, n.loss);
  CHECK(page["loss"] == n.loss.index());
  CHECK(page["dtype"] == "f64");
  std::size_t compared = 0;
  for (const auto& [i, node] : nodes_of(page)) {
    const Var var = at(n.loss, i);
    const std::vector<double> values = var.value().to_doubles();
    const Json& shown = node["value"];
    REQUIRE(shown["x"].size() == values.size());  // all of them are small
    double squares = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      CHECK(shown["x"][k].get<double>() == doctest::Approx(values[k]).epsilon(1e-6));
      squares += values[k] * values[k];
      ++compared;
    }
    CHECK(shown["norm"].get<double>() == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
    CHECK(shown["max"].get<double>() == doctest::Approx(std::ranges::max(values)).epsilon(1e-6));
    CHECK(shown["min"].get<double>() == doctest::Approx(std::ranges::min(values)).epsilon(1e-6));
    std::vector<Index> shape;
    for (int axis = 0; axis < var.shape().rank(); ++axis) shape.push_back(var.shape()[axis]);
    CHECK(node["shape"].get<std::vector<Index>>() == shape);
  }
  CHECK(compared > 1000);
}

TEST_CASE("view: the terms of every gradient add up to it") {
  Network n;
  const Gradients gradients = n.tape.gradients(n.loss, n.parameters);
  const Json page = read(n.tape, n.loss);
  const auto nodes = nodes_of(page);
  const auto sums = sums_of(page);
  std::size_t several = 0;
  for (const auto& [i, sum] : sums) {
    if (i == n.loss.index()) continue;
    const std::vector<double> total = at(n.loss, sum.total).value().to_doubles();
    const std::vector<double> added = added_up(n.loss, sum);
    for (std::size_t k = 0; k < total.size(); ++k)
      CHECK(added[k] == doctest::Approx(total[k]).epsilon(1e-12));
    several += sum.terms.size() > 1 ? 1 : 0;
  }
  CHECK(several > 12);
  for (const Parameter& parameter : n.parameters.all()) {
    const std::uint32_t i = n.tape.parameter(parameter).index();
    CHECK(nodes.at(i)["parameter"] == parameter.name());
    const Sum& sum = sums.at(i);
    const std::vector<double> gradient = gradients[parameter].to_doubles();
    const std::vector<double> added = added_up(n.loss, sum);
    for (std::size_t k = 0; k < added.size(); ++k)
      CHECK(added[k] == doctest::Approx(gradient[k]).epsilon(1e-12));
    if (!parameter.name().starts_with("lstm")) continue;
    std::vector<int> steps;  // the textbook's sum: one term a time step
    for (const auto& [from, term] : sum.terms) steps.push_back(nodes.at(from)["t"]);
    std::ranges::sort(steps);
    CHECK(steps == std::vector<int>{0, 1, 2, 3});
  }
}

TEST_CASE("view: gradients are recorded where the tape has none of this loss") {
  Network n;
  const Index before = n.tape.node_count();
  const Json page = read(n.tape, n.loss);
  CHECK(n.tape.node_count() > before);
  const auto sums = sums_of(page);
  for (const Parameter& parameter : n.parameters.all()) {
    CHECK(sums.contains(n.tape.parameter(parameter).index()));
  }
  CHECK(page["plan"]["steps"][0].contains("ms"));  // its own run is timed
  const Index after = n.tape.node_count();
  CHECK(read(n.tape, n.loss)["passed"] == page["passed"]);  // and used the second time
  CHECK(n.tape.node_count() == after);
}

TEST_CASE("view: without parameters the gradients are those of the inputs") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({3}));
  const auto sums = sums_of(read(tape, sum(square(x))));
  CHECK(at(x, sums.at(x.index()).total).value().to_doubles() ==
        std::vector<double>{0.2, 0.4, 2 * (0.1 + 2 * 0.1)});
}

TEST_CASE("view: an inference shows the values alone") {
  Network n;
  const Tape::Inference inference(n.tape);
  const Json page = read(n.tape, n.loss);
  CHECK(page["passed"].empty());
  CHECK(nodes_of(page).contains(n.loss.index()));
}

TEST_CASE("view: only what the loss was computed from is shown") {
  Network n;
  const Var other = square(n.tape.input(ramp({2})));
  const auto nodes = nodes_of(read(n.tape, n.loss));
  CHECK(!nodes.contains(other.index()));
}

TEST_CASE("view: names that look like markup stay names") {
  const std::string evil = "</script><script>alert(1)</script><!--\"'&";
  const auto page_of = [](const std::string& name, const std::string& title) {
    const Parameters parameters;
    const Parameter W = (parameters / name).add("W", {1, 2}, rising());
    Tape tape;
    const Var loss = sum(linear(tape.input(ramp({1, 2})), tape.parameter(W)));
    return view_page(tape, loss, {.title = title});
  };
  const std::string plain = page_of("plain", "plain");
  const std::string page = page_of(evil, evil);
  for (const char* const part : {"<script", "</script", "<!--"})
    CHECK(count(page, part) == count(plain, part));
  const std::size_t begin = page.find("id=\"data\">") + 10;
  const Json data = Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  bool found = false;
  for (const Json& node : data["nodes"])
    found = found || node.value("parameter", "") == evil + ".W";
  CHECK(found);
  CHECK(data["layers"] == Json{evil});
}

TEST_CASE("view: a name that is no UTF-8 and a number that is none are written as texts") {
  const Parameters parameters;
  const Parameter W = parameters.add("W\xff", {2}, constant(-1));
  Tape tape;
  const Var w = tape.parameter(W);
  const Var y = log(w * tape.input(ramp({2}, 1, -1)));
  const auto nodes = nodes_of(read(tape, sum(y)));
  CHECK(nodes.at(w.index())["parameter"] == "W\xef\xbf\xbd");
  CHECK(nodes.at(y.index())["value"]["x"][0].is_string());
  CHECK(nodes.at(y.index())["value"]["x"][1] == "-inf");
}

TEST_CASE("view: of a large value the first numbers are shown") {
  Tape tape;
  const Var x = tape.input(ramp({30, 50}, 0, 1));
  const Var loss = sum(x);
  const Json value = nodes_of(read(tape, loss)).at(x.index())["value"];
  CHECK(value["columns"] == 8);
  CHECK(value["x"].size() == 64);
  CHECK(value["x"][7] == 7);
  CHECK(value["x"][8] == 50);  // the second row
  CHECK(value["max"] == 1499);
  const Json few = nodes_of(read(tape, loss, {.numbers = 40})).at(x.index())["value"];
  CHECK(few["x"] == Json{0, 1, 50, 51});
}

TEST_CASE("view: the plan names every node that it computes") {
  Network n;
  n.tape.set_timing(true);
  const Gradients gradients = n.tape.gradients(n.loss, n.parameters);
  gradients.run();
  const std::string text = n.tape.plan_to_string();
  const Json page = read(n.tape, n.loss);
  const Json& steps = page["plan"]["steps"];
  CHECK(text.find(fmt::format("in {} steps", steps.size())) != std::string::npos);
  std::map<std::uint32_t, int> times;
  for (const Json& step : steps) {
    CHECK(step["ms"].get<double>() >= 0);
    for (const Json& node : step["nodes"]) ++times[node.get<std::uint32_t>()];
  }
  for (const auto& entry : nodes_of(page)) {
    const std::uint32_t i = entry.first;
    const Json& node = entry.second;
    const OpKind kind = n.tape.graph().nodes[i].op->kind;
    const bool computes =
        kind == OpKind::elementwise || kind == OpKind::product || kind == OpKind::other;
    CAPTURE(i);
    CAPTURE(page["ops"][node["op"].get<std::size_t>()]["name"]);
    CHECK(times[i] <= 1);
    if (computes) CHECK(times[i] == 1);
  }
  // W x of all gates and steps is one product.
  std::set<std::size_t> products;
  for (const Parameter& parameter : n.parameters.all()) {
    if (!parameter.name().starts_with("lstm") || !parameter.name().ends_with("W")) continue;
    const std::uint32_t W = n.tape.parameter(parameter).index();
    for (std::size_t s = 0; s < steps.size(); ++s) {
      for (const Json& node : steps[s]["nodes"]) {
        const auto i = node.get<std::uint32_t>();
        const auto inputs = n.tape.graph().inputs_of(n.tape.graph().nodes[i]);
        if (i < n.loss.index() && std::ranges::find(inputs, W) != inputs.end()) products.insert(s);
      }
    }
  }
  CHECK(products.size() == 1);
}

TEST_CASE("view: a plan of an earlier tape is not shown") {
  const Parameters parameters;
  const Parameter W = parameters.add("W", {2}, rising());
  Tape tape;
  const auto loss = [&] { return sum(square(tape.parameter(W) * 2)); };
  tape.set_timing(true);
  tape.gradients(loss(), parameters).run();
  tape.clear();
  tape.set_anomaly_mode(true);  // which runs node by node
  const Var again = loss();
  tape.gradients(again, parameters).run();
  CHECK(read(tape, again)["plan"].is_null());
}

TEST_CASE("view: a value that is gone is said to be") {
  const Parameters parameters;
  const Parameter W = parameters.add("W", {2}, rising());
  Tape tape;
  const Var y = tape.parameter(W);
  const Var loss = sum(square(y));
  tape.gradients(loss, parameters).run();
  parameters.change<float>()[0] = 3;
  CHECK(nodes_of(read(tape, loss)).at(y.index())["value"].is_null());
}

TEST_CASE("view: mistakes are named") {
  Tape tape;
  Tape other;
  const Var loss = sum(tape.input(ramp({2})));
  CHECK_THROWS_WITH_AS(write_view(other, loss, "page.html"), "Var #1 belongs to another tape",
                       HandleError);
  const std::string path = "/nowhere/page.html";
  CHECK_THROWS_AS(write_view(tape, loss, path), IoError);
}

TEST_CASE("view: a page stands alone") {
  Network n;
  const testing::TemporaryFile file(".html", "");
  write_view(n.tape, n.loss, file.path(), {.title = "a < b & c"});
  const std::string page = read_file(file.path());
  CHECK(page.find("<title>a &lt; b &amp; c</title>") != std::string::npos);
  for (const char* const part : {"src=", "<link", "@import", "url(http", "fetch("}) {
    CAPTURE(part);
    CHECK(count(page, part) == 0);
  }
  CHECK(page.find("/* data */") == std::string::npos);
  CHECK(page.size() < 300'000);
}
