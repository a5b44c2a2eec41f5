#include <unroll/layers/cells.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace unroll {
namespace {

// Of cells whose equations depend on how they are made.
constexpr std::string_view kTanhEquations = "h' = tanh(W x + U h + b)";
constexpr std::string_view kReluEquations = "h' = relu(W x + U h + b)";
constexpr std::string_view kSigmoidEquations = "h' = sigmoid(W x + U h + b)";
constexpr std::string_view kIrnnEquations = "h' = relu(W x + U h + b), U = 1 at first";
constexpr std::string_view kGruHardEquations =
    "z = hard_sigmoid(Wz x + Uz h + bz)\n"
    "r = hard_sigmoid(Wr x + Ur h + br)\n"
    "n = tanh(Wn x + Un (r h) + bn)\n"
    "h' = (1 - z) n + z h";

template <Var (*f)(Var), const std::string_view& equations>
AnyCell make_rnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, options, f), equations);
}

template <Var (*f)(Var), const std::string_view& equations>
constexpr CellEntry rnn(std::string_view name) {
  return {name, "Rnn", Rnn::source, equations, make_rnn<f, equations>};
}

AnyCell make_irnn(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(Rnn(p, in, hidden, irnn_options(options), relu), kIrnnEquations);
}

AnyCell make_gru_hard(const Parameters& p, Input in, Index hidden, const CellOptions& options) {
  return AnyCell(GruResetBefore(p, in, hidden, options, hard_sigmoid), kGruHardEquations);
}

constexpr std::array kCells = {
    rnn<tanh, kTanhEquations>("rnn"),
    rnn<relu, kReluEquations>("rnn-relu"),
    rnn<sigmoid, kSigmoidEquations>("rnn-sigmoid"),
    CellEntry{"irnn", "Rnn", "Le et al. 2015", kIrnnEquations, make_irnn},
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
              kGruHardEquations, make_gru_hard},
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
    // One gate, or a few: the relatives of GRU and LSTM.
    cell_entry<Janet>("janet", "Janet"),
    cell_entry<Ran>("ran", "Ran"),
    cell_entry<Cfn>("cfn", "Cfn"),
    cell_entry<Atr>("atr", "Atr"),
    cell_entry<LiGru>("ligru", "LiGru"),
    cell_entry<LightRu>("light-ru", "LightRu"),
    cell_entry<MinimalRnn>("minimal-rnn", "MinimalRnn"),
    cell_entry<Miru>("miru", "Miru"),
    cell_entry<MiruConstant>("miru-constant", "MiruConstant"),
    cell_entry<Ugrnn>("ugrnn", "Ugrnn"),
    cell_entry<IntersectionRnn>("intersection-rnn", "IntersectionRnn"),
    cell_entry<FastRnn>("fast-rnn", "FastRnn"),
    cell_entry<FastGrnn>("fast-grnn", "FastGrnn"),
    cell_entry<IndRnn>("ind-rnn", "IndRnn"),
    cell_entry<Scrn>("scrn", "Scrn"),
    cell_entry<Sgrn>("sgrn", "Sgrn"),
    cell_entry<Star>("star", "Star"),
    cell_entry<TRnn>("t-rnn", "TRnn"),
    cell_entry<TGru>("t-gru", "TGru"),
    cell_entry<TLstm>("t-lstm", "TLstm"),
    cell_entry<Nas>("nas", "Nas"),
    cell_entry<Brc>("brc", "Brc"),
    cell_entry<NBrc>("nbrc", "NBrc"),
    cell_entry<CoRnn>("cornn", "CoRnn"),
    cell_entry<Unicornn>("unicornn", "Unicornn"),
    cell_entry<Lem>("lem", "Lem"),
    cell_entry<AntisymmetricRnn>("antisymmetric", "AntisymmetricRnn"),
    cell_entry<AntisymmetricGated>("antisymmetric-gated", "AntisymmetricGated"),
    cell_entry<McLstm>("mc-lstm", "McLstm"),
    cell_entry<Lstm1997>("lstm-1997", "Lstm1997"),
    cell_entry<LstmBlocks>("lstm-blocks", "LstmBlocks"),
    cell_entry<Multiplicative<Gru>>("gru-multiplicative", "Multiplicative"),
    cell_entry<FastSlow<Lstm, Lstm>>("fast-slow", "FastSlow"),
    cell_entry<PastAttention>("past-attention", "PastAttention"),
    cell_entry<Ntm>("ntm", "Ntm"),
    // Recurrences that are linear in their state.
    cell_entry<Lru>("lru", "Lru"),
    cell_entry<S4d>("s4d", "S4d"),
    cell_entry<S5>("s5", "S5"),
    cell_entry<S6>("s6", "S6"),
    cell_entry<RgLru>("rg-lru", "RgLru"),
    cell_entry<Hgrn>("hgrn", "Hgrn"),
    cell_entry<Rwkv4>("rwkv4", "Rwkv4"),
    cell_entry<Rwkv6>("rwkv6", "Rwkv6"),
    cell_entry<RetNet>("retnet", "RetNet"),
    cell_entry<Gla>("gla", "Gla"),
    cell_entry<DeltaNet>("delta-net", "DeltaNet"),
    cell_entry<GatedDeltaNet>("gated-delta-net", "GatedDeltaNet"),
};

/// The least number of letters to put in, take out or exchange that makes one name the other.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // from the beginning of a to each beginning of b
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const CellEntry> all_cells() { return kCells; }

const CellEntry& find_cell(std::string_view name) {
  const auto* const found = std::find_if(kCells.begin(), kCells.end(),
                                         [&](const CellEntry& cell) { return cell.name == name; });
  if (found != kCells.end()) return *found;
  fail<Error>("{}", no_such_cell(name, kCells));
}

std::string no_such_cell(std::string_view name, std::span<const CellEntry> cells) {
  std::vector<std::string_view> names;
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const CellEntry& cell : cells) {
    names.push_back(cell.name);
    const std::size_t distance = edits(name, cell.name);
    if (distance < least) nearest = cell.name;
    least = std::min(least, distance);
  }
  return fmt::format("no cell '{}'; {}there are: {}", name,
                     nearest.empty() ? "" : fmt::format("is {} meant? ", nearest),
                     fmt::join(names, ", "));
}

}  // namespace unroll
