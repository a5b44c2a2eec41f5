#pragma once
/// Weights of torch.nn.RNN, LSTM and GRU in the cells that compute the same: a state_dict saved as
/// safetensors, loaded by one call.

#include <unroll/core/safetensors.h>
#include <unroll/layers/bidirectional.h>
#include <unroll/layers/cells/gru.h>
#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/cells/rnn.h>

namespace unroll {

/// Where the weights of one cell stand in a file: "PREFIXweight_ih_l2_reverse" and so on.
struct TorchWeights {
  const TensorFile& file;   // a state_dict
  std::string prefix = "";  // as "encoder.lstm."
  Index layer = 0;          // from the bottom
  bool reverse = false;     // of the backward direction
};

/// Sets the parameters of a cell, all or none. The two biases of PyTorch are added up where the
/// equations have one. IoError where a tensor is missing, has another shape or is not finite, or
/// where the file has biases and the cell has none.
void load_torch(const Rnn& cell, const TorchWeights& from);
void load_torch(const Lstm& cell, const TorchWeights& from);
void load_torch(const Gru& cell, const TorchWeights& from);

/// The same of both directions.
template <class C>
void load_torch(const Bidirectional<C>& cells, TorchWeights from) {
  from.reverse = false;
  load_torch(cells.forward, from);
  from.reverse = true;
  load_torch(cells.backward, from);
}
/// The same of every layer, from `from.layer` on.
template <class C>
void load_torch(const Stack<C>& stack, TorchWeights from) {
  for (const C& cell : stack.cells) {
    load_torch(cell, from);
    ++from.layer;
  }
}
template <class C>
void load_torch(const DeepBidirectional<C>& stack, TorchWeights from) {
  for (const Bidirectional<C>& cells : stack.layers) {
    load_torch(cells, from);
    ++from.layer;
  }
}

}  // namespace unroll
