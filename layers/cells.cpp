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
    entry<Clockwork>("clockwork", "Clockwork"),
    entry<RnnGatedFeedback>("rnn-gated-feedback", "RnnGatedFeedback"),
    entry<Rhn>("rhn", "Rhn"),
    entry<Lstm>("lstm", "Lstm"),
    entry<LstmPeephole>("lstm-peephole", "LstmPeephole"),
    entry<LstmCoupled>("lstm-coupled", "LstmCoupled"),
    entry<LstmLayerNorm>("lstm-layer-norm", "LstmLayerNorm"),
    entry<LstmMultiplicative>("lstm-multiplicative", "LstmMultiplicative"),
    entry<LstmDepthGated>("lstm-depth-gated", "LstmDepthGated"),
    entry<LstmGrid>("lstm-grid", "LstmGrid"),
    // The cells of the Odyssey; two of them have names of their own.
    entry<LstmPeephole>("odyssey-vanilla", "LstmPeephole"),
    entry<OdysseyNig>("odyssey-nig", "OdysseyNig"),
    entry<OdysseyNfg>("odyssey-nfg", "OdysseyNfg"),
    entry<OdysseyNog>("odyssey-nog", "OdysseyNog"),
    entry<OdysseyNiaf>("odyssey-niaf", "OdysseyNiaf"),
    entry<OdysseyNoaf>("odyssey-noaf", "OdysseyNoaf"),
    entry<Lstm>("odyssey-np", "Lstm"),
    entry<OdysseyCifg>("odyssey-cifg", "OdysseyCifg"),
    entry<OdysseyFgr>("odyssey-fgr", "OdysseyFgr"),
    entry<Gru>("gru", "Gru"),
    entry<GruResetBefore>("gru-reset-before", "GruResetBefore"),
    CellEntry{"gru-hard", "GruResetBefore", "Cho et al. 2014, as in the WildML tutorial's code",
              "z = hard_sigmoid(Wz x + Uz h + bz)\n"
              "r = hard_sigmoid(Wr x + Ur h + br)\n"
              "n = tanh(Wn x + Un (r h) + bn)\n"
              "h' = (1 - z) n + z h",
              make_gru_hard},
    entry<Mgu>("mgu", "Mgu"),
    entry<Mut1>("mut1", "Mut1"),
    entry<Mut2>("mut2", "Mut2"),
    entry<Mut3>("mut3", "Mut3"),
    entry<Sru>("sru", "Sru"),
    entry<Qrnn>("qrnn", "Qrnn"),
    entry<MinGru>("mingru", "MinGru"),
    entry<MinLstm>("minlstm", "MinLstm"),
    entry<Slstm>("slstm", "Slstm"),
    entry<Mlstm>("mlstm", "Mlstm"),
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
