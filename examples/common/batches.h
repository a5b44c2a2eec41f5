#pragma once
/// The order of examples in an epoch.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace examples {

/// The examples of each minibatch of an epoch, by their numbers: all of them once, in a random
/// order that is a function of seed and epoch, those of a batch of like length, so that little is
/// padded.
[[nodiscard]] std::vector<std::vector<std::size_t>> shuffled_batches(
    std::span<const std::int64_t> lengths, std::int64_t batch, std::uint64_t seed,
    std::int64_t epoch);

/// The same in order, as they are.
[[nodiscard]] std::vector<std::vector<std::size_t>> batches_in_order(std::size_t examples,
                                                                     std::int64_t batch);

}  // namespace examples
