#pragma once
/// unroll: recurrent networks as their textbook equations. The one header to include: it
/// names what no other header brings along.

// First, so that what the compiler says of a cell that is none is short.
#include <unroll/layers/cell.h>
#include <unroll/layers/sequence.h>

#include <unroll/core/files.h>
#include <unroll/core/run/threads.h>
#include <unroll/core/safetensors.h>
#include <unroll/layers/attention.h>
#include <unroll/layers/bidirectional.h>
#include <unroll/layers/cells.h>
#include <unroll/layers/chunkwise.h>
#include <unroll/layers/crf.h>
#include <unroll/layers/dropout.h>
#include <unroll/layers/initial_state.h>
#include <unroll/layers/output_layers.h>
#include <unroll/layers/padding.h>
#include <unroll/layers/stack.h>
#include <unroll/layers/stepper.h>
#include <unroll/layers/torch_weights.h>
#include <unroll/layers/tree_levels.h>
#include <unroll/layers/truncate.h>
#include <unroll/layers/zoneout.h>
#include <unroll/ops/check_gradients.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/random.h>
#include <unroll/ops/ranking.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/registry.h>
#include <unroll/ops/scan.h>
#include <unroll/ops/triangular.h>
#include <unroll/optim/all_reduce.h>
#include <unroll/optim/clip.h>
#include <unroll/optim/optimizers.h>
#include <unroll/optim/schedule.h>
