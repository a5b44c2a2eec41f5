#pragma once
/// How the learning rate changes while a model is trained, by name.

#include <array>

#include "wordlm/checkpoint.h"

namespace wordlm {

/// The names `--schedule` takes, each a schedule of optim/schedule.h that counts epochs:
///
///   constant   as it is
///   halve      times --factor whenever the loss has risen (the WildML tutorial: half)
///   decay      after --hold epochs times --factor each epoch (Zaremba et al. 2014)
///   step       every --hold epochs times --factor
///   cosine     down to 0 with the last epoch, along a cosine (Loshchilov & Hutter 2017)
inline constexpr std::array kSchedules = {"constant", "halve", "decay", "step", "cosine"};

/// The learning rate of the next epoch. unroll::Error for a schedule that is none.
[[nodiscard]] double learning_rate(const TrainingSettings& settings, const Progress& progress);

/// Takes note of the loss after an epoch. Whether it made the learning rate another.
bool record_loss(const TrainingSettings& settings, Progress& progress, double loss);

}  // namespace wordlm
