#include <unroll/layers/any_cell.h>
#include <unroll/layers/gru.h>
#include <unroll/layers/lstm.h>
#include <unroll/layers/rnn.h>

#include <algorithm>

namespace unroll {
namespace {

template <Cell C>
AnyCell make(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(C(p, in, hidden, options));
}

template <Var (*f)(Var)>
AnyCell make_rnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, options, f));
}

constexpr std::array kCells = {
    CellEntry{"rnn", "h' = tanh(W x + U h + b)", make_rnn<tanh>},
    CellEntry{"rnn-relu", "h' = relu(W x + U h + b)", make_rnn<relu>},
    CellEntry{"rnn-sigmoid", "h' = sigmoid(W x + U h + b)", make_rnn<sigmoid>},
    CellEntry{"lstm", Lstm::equations, make<Lstm>},
    CellEntry{"gru", Gru::equations, make<Gru>},
    CellEntry{"gru-reset-before", GruResetBefore::equations, make<GruResetBefore>},
};

}  // namespace

std::span<const CellEntry> all_cells() { return kCells; }

const CellEntry& find_cell(std::string_view name) {
  const auto* const found = std::find_if(kCells.begin(), kCells.end(),
                                         [&](const CellEntry& cell) { return cell.name == name; });
  if (found != kCells.end()) return *found;
  std::vector<std::string_view> names;
  for (const CellEntry& cell : kCells) names.push_back(cell.name);
  fail<Error>("no cell '{}'; there are: {}", name, fmt::join(names, ", "));
}

}  // namespace unroll
