#pragma once
/// Every cell, and the list of them.

#include <unroll/layers/any_cell.h>
#include <unroll/layers/cells/antisymmetric.h>
#include <unroll/layers/cells/atr.h>
#include <unroll/layers/cells/brc.h>
#include <unroll/layers/cells/cfn.h>
#include <unroll/layers/cells/clockwork.h>
#include <unroll/layers/cells/fast_rnn.h>
#include <unroll/layers/cells/fast_slow.h>
#include <unroll/layers/cells/gru.h>
#include <unroll/layers/cells/ind_rnn.h>
#include <unroll/layers/cells/janet.h>
#include <unroll/layers/cells/lem.h>
#include <unroll/layers/cells/light_ru.h>
#include <unroll/layers/cells/ligru.h>
#include <unroll/layers/cells/linear_attention.h>
#include <unroll/layers/cells/lru.h>
#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/cells/lstm_1997.h>
#include <unroll/layers/cells/lstm_coupled.h>
#include <unroll/layers/cells/lstm_depth_gated.h>
#include <unroll/layers/cells/lstm_grid.h>
#include <unroll/layers/cells/lstm_layer_norm.h>
#include <unroll/layers/cells/lstm_multiplicative.h>
#include <unroll/layers/cells/lstm_peephole.h>
#include <unroll/layers/cells/mc_lstm.h>
#include <unroll/layers/cells/memories.h>
#include <unroll/layers/cells/mgu.h>
#include <unroll/layers/cells/min_rnn.h>
#include <unroll/layers/cells/minimal_rnn.h>
#include <unroll/layers/cells/miru.h>
#include <unroll/layers/cells/multiplicative.h>
#include <unroll/layers/cells/mut.h>
#include <unroll/layers/cells/nas.h>
#include <unroll/layers/cells/odyssey.h>
#include <unroll/layers/cells/odyssey_fgr.h>
#include <unroll/layers/cells/oscillators.h>
#include <unroll/layers/cells/qrnn.h>
#include <unroll/layers/cells/ran.h>
#include <unroll/layers/cells/rg_lru.h>
#include <unroll/layers/cells/rhn.h>
#include <unroll/layers/cells/rnn.h>
#include <unroll/layers/cells/rnn_gated_feedback.h>
#include <unroll/layers/cells/rwkv.h>
#include <unroll/layers/cells/s4d.h>
#include <unroll/layers/cells/s6.h>
#include <unroll/layers/cells/scrn.h>
#include <unroll/layers/cells/sgrn.h>
#include <unroll/layers/cells/sru.h>
#include <unroll/layers/cells/star.h>
#include <unroll/layers/cells/strongly_typed.h>
#include <unroll/layers/cells/tree_lstm.h>
#include <unroll/layers/cells/ugrnn.h>
#include <unroll/layers/cells/xlstm.h>
#include <unroll/layers/gate.h>

namespace unroll {

/// One entry of the list of cells.
struct CellEntry {
  std::string_view name;       // on command lines
  std::string_view type;       // the struct that it is
  std::string_view source;     // the paper it comes from
  std::string_view equations;  // one a line
  /// A cell of that type, its parameters added to those.
  AnyCell (*make)(const Parameters&, Input, Index hidden, const CellOptions&);
};

/// The entry of a cell of that type, whose struct is called `type`.
template <Cell C>
constexpr CellEntry cell_entry(std::string_view name, std::string_view type) {
  return {name, type, C::source, C::equations,
          [](const Parameters& p, Input in, Index hidden, const CellOptions& options) {
            return AnyCell(C(p, in, hidden, options));
          }};
}

/// Every cell of sequences there is; tests and programs walk this list.
[[nodiscard]] std::span<const CellEntry> all_cells();
/// What to say where none of these cells has the name: "no cell 'lstn'; is lstm meant? there are:
/// rnn, ...".
[[nodiscard]] std::string no_such_cell(std::string_view name, std::span<const CellEntry> cells);
/// The cell of that name; Error naming those there are.
[[nodiscard]] const CellEntry& find_cell(std::string_view name);

}  // namespace unroll
