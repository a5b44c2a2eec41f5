#include <unroll/layers/cells.h>

#include <algorithm>

namespace unroll {
namespace {

template <Cell C>
AnyCell make(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(C(p, in, hidden, options));
}

template <Cell C>
constexpr CellEntry entry(std::string_view name, std::string_view type) {
  return {name, type, C::source, C::equations, make<C>};
}

template <Var (*f)(Var)>
AnyCell make_rnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, options, f));
}

template <Var (*f)(Var)>
constexpr CellEntry rnn(std::string_view name, std::string_view equations) {
  return {name, "Rnn", Rnn::source, equations, make_rnn<f>};
}

constexpr std::array kCells = {
    rnn<tanh>("rnn", "h' = tanh(W x + U h + b)"),
    rnn<relu>("rnn-relu", "h' = relu(W x + U h + b)"),
    rnn<sigmoid>("rnn-sigmoid", "h' = sigmoid(W x + U h + b)"),
    entry<Lstm>("lstm", "Lstm"),
    entry<Gru>("gru", "Gru"),
    entry<GruResetBefore>("gru-reset-before", "GruResetBefore"),
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
