/// Writes pages of small and large tapes into a folder, and beside each what a browser has to find
/// there: the tape's numbers, read by Var::value() and by Gradients.
///   view_pages FOLDER

#include <examples/variants/my_cell.h>
#include <unroll/core/view/view.h>
#include <unroll/unroll.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

using namespace unroll;
using Json = nlohmann::ordered_json;

namespace {

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (double& value : values) value = random.uniform(-1, 1);
  return Tensor::of(shape, values);
}

Json numbers(const TensorView& view) {
  Json result = Json::array();
  for (Index i = 0; i < std::min<Index>(view.size(), 64); ++i) result.push_back(view.at(i));
  return result;
}

/// The page of a loss, and the numbers of all its nodes and gradients.
void write(const std::string& folder, const std::string& name, Tape& tape, Var loss,
           const Parameters& parameters, const std::string& title) {
  tape.set_timing(true);
  const Gradients gradients = tape.gradients(loss, parameters);
  gradients.run();
  write_view(tape, loss, folder + "/" + name + ".html", {.title = title});
  Json expected;
  expected["loss"] = loss.index();
  expected["values"] = Json::object();
  const auto last = static_cast<std::uint32_t>(tape.node_count());
  const std::uint32_t stride = std::max<std::uint32_t>(1, last / 400);
  for (std::uint32_t i = 0; i < last; i += stride) {
    expected["values"][std::to_string(i)] = numbers(Var(&tape, i, loss.generation()).value());
  }
  expected["gradients"] = Json::object();
  for (const Parameter& parameter : parameters.all()) {
    expected["gradients"][parameter.name()] = numbers(gradients[parameter]);
  }
  write_file(folder + "/" + name + ".json",
             expected.dump(1, ' ', false, Json::error_handler_t::replace));
}

/// The linear network of the tutorials: outputs [4,4], [12,12], [32,32].
void write_toy(const std::string& folder) {
  Parameters parameters(DType::f64);
  const Rnn cell(parameters / "rnn", 2, 2, {.bias = false, .W = constant(1), .U = constant(1)},
                 [](Var h) { return h; });
  const Linear readout(parameters / "output", 2, 2, false, constant(1));
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({3, 1, 2}, {1, 1, 1, 1, 2, 2}));
  const Var y = readout(unroll_over(cell, x, zero_state(cell, tape, 1)).outputs);
  write(folder, "toy", tape, sum(y), parameters, "The linear network of the tutorials");
}

/// A cell over T steps, and the mean square of what a readout makes of it.
template <class C>
void write_cell(const std::string& folder, const std::string& name, const std::string& branch,
                Index steps, const std::string& title) {
  const Parameters parameters;
  const C cell(parameters / branch, 3, 4);
  const Linear readout(parameters / "output", 4, 1);
  Tape tape;
  const Var x = tape.input(drawn({steps, 1, 3}, 1));
  const auto unrolled = unroll_over(cell, x, zero_state(cell, tape, 1));
  write(folder, name, tape, mean(square(readout(unrolled.outputs))), parameters, title);
}

/// Two layers of LSTM over 50 steps under a word model.
void write_stack(const std::string& folder) {
  const Parameters parameters;
  const Embedding words(parameters / "words", 100, 32);
  const Lstm below(parameters / "layers" / 0, 32, 32);
  const Lstm above(parameters / "layers" / 1, 32, 32);
  const Linear readout(parameters / "output", 32, 100);
  Tape tape;
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 50 * 8; ++i) ids.push_back(i * 37 % 100);
  const Var x = words(tape.input(Tensor::of<std::int32_t>({50, 8}, ids)));
  const Var h = unroll_over(below, x, zero_state(below, tape, 8)).outputs;
  const Var top = unroll_over(above, h, zero_state(above, tape, 8)).outputs;
  const Var y = tape.input(Tensor::of<std::int32_t>({50, 8}, ids));
  write(folder, "stack", tape, softmax_cross_entropy(readout(top), y), parameters,
        "Two layers of LSTM over 50 steps");
}

/// Names that would break a page that took them for markup.
void write_names(const std::string& folder) {
  const Parameters parameters;
  const Parameter W = (parameters / "</script><b>").add("<!--\"'&\xff", {2, 3}, constant(0.5));
  Tape tape;
  const Var x = tape.input(drawn({1, 3}, 5));
  write(folder, "names", tape, sum(tanh(linear(x, tape.parameter(W)))), parameters,
        "</title><script>alert(1)</script>");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: view_pages FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  std::filesystem::create_directories(folder);
  write_toy(folder);
  write_cell<Lstm>(folder, "lstm", "lstm", 5, "An LSTM over five steps");
  write_cell<variants::MyCell>(folder, "my_cell", "cell", 5, "The guide's cell over five steps");
  write_stack(folder);
  write_names(folder);
}
