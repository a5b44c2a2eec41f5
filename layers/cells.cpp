#include <unroll/layers/cells.h>

#include <algorithm>

namespace unroll {
namespace {

template <Var (*f)(Var)>
AnyCell make_rnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, options, f));
}

template <Var (*f)(Var)>
constexpr CellEntry rnn(std::string_view name, std::string_view equations) {
  return {name, "Rnn", Rnn::source, equations, make_rnn<f>};
}

AnyCell make_irnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, irnn_options(options), relu));
}

AnyCell make_gru_hard(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(GruResetBefore(p, in, hidden, options, hard_sigmoid));
}

constexpr std::array kCells = {
    rnn<tanh>("rnn", "h' = tanh(W x + U h + b)"),
    rnn<relu>("rnn-relu", "h' = relu(W x + U h + b)"),
    rnn<sigmoid>("rnn-sigmoid", "h' = sigmoid(W x + U h + b)"),
    CellEntry{"irnn", "Rnn", "Le et al. 2015", "h' = relu(W x + U h + b), U = 1 at first",
              make_irnn},
    cell_entry<Clockwork>("clockwork", "Clockwork"),
    cell_entry<RnnGatedFeedback>("rnn-gated-feedback", "RnnGatedFeedback"),
    cell_entry<Rhn>("rhn", "Rhn"),
    cell_entry<Lstm>("lstm", "Lstm"),
    cell_entry<LstmPeephole>("lstm-peephole", "LstmPeephole"),
    cell_entry<LstmCoupled>("lstm-coupled", "LstmCoupled"),
    cell_entry<LstmLayerNorm>("lstm-layer-norm", "LstmLayerNorm"),
    cell_entry<LstmMultiplicative>("lstm-multiplicative", "LstmMultiplicative"),
    cell_entry<LstmDepthGated>("lstm-depth-gated", "LstmDepthGated"),
    cell_entry<LstmGrid>("lstm-grid", "LstmGrid"),
    // The cells of the Odyssey; two of them have names of their own.
    cell_entry<LstmPeephole>("odyssey-vanilla", "LstmPeephole"),
    cell_entry<OdysseyNig>("odyssey-nig", "OdysseyNig"),
    cell_entry<OdysseyNfg>("odyssey-nfg", "OdysseyNfg"),
    cell_entry<OdysseyNog>("odyssey-nog", "OdysseyNog"),
    cell_entry<OdysseyNiaf>("odyssey-niaf", "OdysseyNiaf"),
    cell_entry<OdysseyNoaf>("odyssey-noaf", "OdysseyNoaf"),
    cell_entry<Lstm>("odyssey-np", "Lstm"),
    cell_entry<OdysseyCifg>("odyssey-cifg", "OdysseyCifg"),
    cell_entry<OdysseyFgr>("odyssey-fgr", "OdysseyFgr"),
    cell_entry<Gru>("gru", "Gru"),
    cell_entry<GruResetBefore>("gru-reset-before", "GruResetBefore"),
    CellEntry{"gru-hard", "GruResetBefore", "Cho et al. 2014, as in the WildML tutorial's code",
              "z = hard_sigmoid(Wz x + Uz h + bz)\n"
              "r = hard_sigmoid(Wr x + Ur h + br)\n"
              "n = tanh(Wn x + Un (r h) + bn)\n"
              "h' = (1 - z) n + z h",
              make_gru_hard},
    cell_entry<Mgu>("mgu", "Mgu"),
    cell_entry<Mut1>("mut1", "Mut1"),
    cell_entry<Mut2>("mut2", "Mut2"),
    cell_entry<Mut3>("mut3", "Mut3"),
    cell_entry<Sru>("sru", "Sru"),
    cell_entry<Qrnn>("qrnn", "Qrnn"),
    cell_entry<MinGru>("mingru", "MinGru"),
    cell_entry<MinLstm>("minlstm", "MinLstm"),
    cell_entry<Slstm>("slstm", "Slstm"),
    cell_entry<Mlstm>("mlstm", "Mlstm"),
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
