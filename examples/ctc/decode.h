#pragma once
/// From the probabilities of symbols at each frame to labels.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ctc {

/// The symbol between labels; labels are numbered from 1.
inline constexpr std::int32_t kBlank = 0;

/// One row for each frame or symbol.
using Rows = std::vector<std::vector<double>>;

/// A symbol for each frame.
using Path = std::vector<std::int32_t>;
/// Labels, without blanks.
using Labels = std::vector<std::int32_t>;

/// What a path stands for: repeated symbols are merged, then blanks removed (the map B of Graves et
/// al. 2006, section 3.1).
[[nodiscard]] Labels labels_of(const Path& path);

/// The transitions of the network, which has none: log 1 between all symbols.
[[nodiscard]] Rows free_transitions(std::size_t symbols);

/// The path π with the largest sum over frames t of frames[t][π_t] + transitions[π_{t-1}][π_t],
/// with a blank as π_{-1}. This is the algorithm of Viterbi (1967) for a hidden Markov model, whose
/// log-likelihoods and log transition probabilities are given, and best path decoding for a
/// network, with its log-probabilities and free_transitions(). Of equal paths the one with the
/// smaller symbols at the end.
[[nodiscard]] Path best_path(const Rows& frames, const Rows& transitions);

/// Labels, and the logarithm of the sum over their paths.
struct Labelling {
  Labels labels;
  double log_probability;
};

/// The likeliest labels: those whose paths have the largest sum, where best_path() finds the
/// largest term. Prefix beam search keeps, after each frame, the `beam` likeliest prefixes
/// (Graves et al. 2006, section 3.2; Hannun et al. 2014, algorithm 1); with a beam that holds all
/// prefixes the result is exact. Frames and transitions are as for best_path().
[[nodiscard]] Labelling prefix_beam_search(const Rows& frames, const Rows& transitions,
                                           std::size_t beam);

/// The logarithm of the sum over all paths of the labels; minus infinity where there are too few
/// frames. With the log-probabilities of a network and free_transitions() this is -ctc_loss().
[[nodiscard]] double log_probability(const Rows& frames, const Rows& transitions,
                                     const Labels& labels);
/// The logarithm of the sum over all paths: 0 for a network.
[[nodiscard]] double log_sum_of_paths(const Rows& frames, const Rows& transitions);

/// The fewest insertions, deletions and substitutions that turn one sequence into the other
/// (Levenshtein 1966).
[[nodiscard]] std::int64_t edit_distance(const Labels& a, const Labels& b);

}  // namespace ctc
