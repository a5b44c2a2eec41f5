#include <unroll/layers/torch_weights.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>

namespace unroll {
namespace {

using Gates = std::span<const Gate* const>;

/// The tensors of one cell, whose gates stand one below the other.
class Source {
 public:
  Source(const TorchWeights& from, Index gates) : from_(from), gates_(gates) {}

  [[nodiscard]] bool has(const char* kind) const { return from_.file.tensors.contains(name(kind)); }

  /// The rows of one gate: (rows x columns), or (rows) where `columns` is 0.
  [[nodiscard]] std::vector<double> part(const char* kind, Index gate, Index rows,
                                         Index columns) const {
    const auto found = from_.file.tensors.find(name(kind));
    if (found == from_.file.tensors.end()) fail<IoError>("there is no tensor '{}'", name(kind));
    const Tensor& tensor = found->second;
    const Shape expected = columns == 0 ? Shape{gates_ * rows} : Shape{gates_ * rows, columns};
    if (tensor.shape() != expected || !is_floating(tensor.dtype())) {
      fail<IoError>("tensor '{}' is {} {} where numbers {} were expected", name(kind),
                    name_of(tensor.dtype()), tensor.shape().to_string(), expected.to_string());
    }
    const Index size = rows * std::max<Index>(columns, 1);
    std::vector<double> values;
    for (Index i = 0; i < size; ++i) values.push_back(tensor.at(gate * size + i));
    if (!std::ranges::all_of(values, [](double x) { return std::isfinite(x); })) {
      fail<IoError>("tensor '{}' holds values that are not finite", name(kind));
    }
    return values;
  }

 private:
  [[nodiscard]] std::string name(const char* kind) const {
    return fmt::format("{}{}_l{}{}", from_.prefix, kind, from_.layer,
                       from_.reverse ? "_reverse" : "");
  }

  const TorchWeights& from_;
  Index gates_;
};

/// Values that a parameter will get, once all are known.
struct Change {
  Parameter parameter;
  Tensor values;
};

void add(std::vector<Change>& changes, const Parameter& parameter,
         const std::vector<double>& values) {
  changes.push_back({parameter, Tensor::of<double>(parameter.shape(), values)});
}

std::vector<double> transposed(const std::vector<double>& values, Index rows, Index columns) {
  std::vector<double> result;
  for (Index j = 0; j < columns; ++j) {
    for (Index i = 0; i < rows; ++i) {
      result.push_back(values[static_cast<std::size_t>(i * columns + j)]);
    }
  }
  return result;
}

/// W and U of every gate, in PyTorch's order.
void add_matrices(std::vector<Change>& changes, const Source& source, Gates gates) {
  for (std::size_t k = 0; k < gates.size(); ++k) {
    const Gate& gate = *gates[k];
    const auto number = static_cast<Index>(k);
    const Index hidden = gate.U.shape()[0];
    const Index in = gate.takes_ids() ? gate.W.shape()[0] : gate.W.shape()[1];
    const std::vector<double> W = source.part("weight_ih", number, hidden, in);
    add(changes, gate.W, gate.takes_ids() ? transposed(W, hidden, in) : W);
    add(changes, gate.U, source.part("weight_hh", number, hidden, hidden));
  }
}

/// The b of a gate: the sum of both biases, or only that of the input.
void add_bias(std::vector<Change>& changes, const Source& source, const Gate& gate, Index number,
              bool both) {
  if (!gate.b) {
    if (source.has("bias_ih")) fail<IoError>("the file has biases, and the cell has none");
    return;
  }
  const Index hidden = gate.b.shape()[0];
  std::vector<double> b = source.part("bias_ih", number, hidden, 0);
  if (both) {
    const std::vector<double> more = source.part("bias_hh", number, hidden, 0);
    std::ranges::transform(b, more, b.begin(), std::plus<>());
  }
  add(changes, gate.b, b);
}

void apply(const std::vector<Change>& changes) {
  for (const Change& change : changes) change.parameter.set(change.values);
}

/// A cell whose gates all have one bias.
void load(const TorchWeights& from, Gates gates) {
  const Source source(from, static_cast<Index>(gates.size()));
  std::vector<Change> changes;
  add_matrices(changes, source, gates);
  for (std::size_t k = 0; k < gates.size(); ++k) {
    add_bias(changes, source, *gates[k], static_cast<Index>(k), true);
  }
  apply(changes);
}

}  // namespace

void load_torch(const Rnn& cell, const TorchWeights& from) { load(from, std::array{&cell.gate}); }

void load_torch(const Lstm& cell, const TorchWeights& from) {
  load(from, std::array{&cell.i, &cell.f, &cell.g, &cell.o});
}

void load_torch(const Gru& cell, const TorchWeights& from) {
  const std::array gates{&cell.r, &cell.z, &cell.n};
  const Source source(from, 3);
  std::vector<Change> changes;
  add_matrices(changes, source, gates);
  add_bias(changes, source, cell.r, 0, true);
  add_bias(changes, source, cell.z, 1, true);
  add_bias(changes, source, cell.n, 2, false);  // its other bias stands within the reset
  add(changes, cell.c,
      cell.n.b ? source.part("bias_hh", 2, cell.hidden, 0)
               : std::vector<double>(static_cast<std::size_t>(cell.hidden)));
  apply(changes);
}

}  // namespace unroll
