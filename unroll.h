#pragma once
/// unroll: recurrent networks as their textbook equations. The one header to include.

#include <unroll/core/files.h>
#include <unroll/core/run/blas.h>
#include <unroll/core/safetensors.h>
#include <unroll/core/tape.h>
#include <unroll/layers/bidirectional.h>
#include <unroll/layers/cells.h>
#include <unroll/layers/dropout.h>
#include <unroll/layers/initial_state.h>
#include <unroll/layers/initialize.h>
#include <unroll/layers/linear.h>
#include <unroll/layers/sequence.h>
#include <unroll/layers/stack.h>
#include <unroll/layers/truncate.h>
#include <unroll/layers/zoneout.h>
#include <unroll/ops/check_gradients.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/random.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/registry.h>
#include <unroll/ops/shape.h>
#include <unroll/optim/clip.h>
#include <unroll/optim/sgd.h>
