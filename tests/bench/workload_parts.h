#pragma once
/// What the files of workloads share.

#include "bench/workloads.h"

namespace bench {

/// Ids below `count` that are distributed as words are: the n-th with a probability near 1/n.
[[nodiscard]] unroll::Tensor zipf_ids(const unroll::Shape& shape, Index count, std::uint64_t seed);
/// Ids below `count`, all equally likely.
[[nodiscard]] unroll::Tensor uniform_ids(const unroll::Shape& shape, Index count,
                                         std::uint64_t seed);
/// Numbers in [-1, 1).
[[nodiscard]] unroll::Tensor uniform_values(const unroll::Shape& shape, std::uint64_t seed);

/// SGD with learning rate 0.1, and the same after clipping all gradients to a norm of 5.
void sgd(unroll::Gradients& gradients);
void clipped_sgd(unroll::Gradients& gradients);

/// W10, "W10 same", "W10 levels": Tree-LSTMs over random trees.
[[nodiscard]] Workload make_trees(const std::string& name, Scale scale);
/// W11, "W11 fixed": the sentiment of sentences.
[[nodiscard]] Workload make_sentiment(const std::string& name, Scale scale);
/// W12, "W12 25": an encoder and a decoder with attention.
[[nodiscard]] Workload make_attention(const std::string& name, Scale scale);
/// W13: connectionist temporal classification.
[[nodiscard]] Workload make_ctc(const std::string& name, Scale scale);
/// W16, "W16 c": decoding on a tape that grows.
[[nodiscard]] Workload make_decoding(const std::string& name, Scale scale);

/// W18: a BiLSTM-CRF.
[[nodiscard]] Workload make_tagger(const std::string& name, Scale scale);
/// W19: sentences from a vector.
[[nodiscard]] Workload make_caption(const std::string& name, Scale scale);

}  // namespace bench
