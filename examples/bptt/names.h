#pragma once
/// "Jane walked in. John walked in too. ... Jane said hi to ___": the example by which the CS224d
/// notes (Socher et al., lecture notes 4) explain what a vanishing gradient costs.

#include <unroll/unroll.h>

#include <string>
#include <string_view>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// The names, ids 0 to 7; the blank is one of them.
inline constexpr unroll::Index kNameCount = 8;
/// The steps at which the two names stand.
inline constexpr unroll::Index kFirstName = 0;
inline constexpr unroll::Index kSecondName = 4;

/// The accuracy of a reader of the last sentence alone: one of the names that do not say hi.
inline constexpr double kGuessed = 1.0 / (kNameCount - 1);

/// The words of the sentences in the order of their ids.
[[nodiscard]] const std::vector<std::string>& words_of_names();

/// Texts side by side, B of them with T words before the blank.
struct NameTexts {
  unroll::Tensor x;  // ids (T, B)
  unroll::Tensor y;  // the name that belongs into the blank (B)
};

/// Texts with `distance` words of small talk between the names and the last sentence: "A walked in
/// . B walked in too . ... A said hi to", or "B said hi to", each as likely; the blank is the other
/// one. unroll::Error for a distance of 1: no sentence of small talk is that short.
[[nodiscard]] NameTexts draw_names(unroll::Index distance, unroll::Index batch,
                                   unroll::Random& random);

/// A word vector, a cell, and a softmax over the names.
class NameReader {
 public:
  /// With as many hidden units as `weights` allow in all.
  NameReader(std::string_view cell, unroll::Index weights, std::uint64_t seed);

  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }

  /// What is computed of texts: word vectors (T, B, size), logits (B, names), and the mean loss.
  struct Reading {
    unroll::Var vectors;
    unroll::Var logits;
    unroll::Var loss;
  };
  [[nodiscard]] Reading read(unroll::Tape& tape, const NameTexts& texts) const;

 private:
  unroll::Parameters parameters_;
  unroll::Embedding embedding_;
  unroll::AnyCell cell_;
  unroll::Linear readout_;
};

/// The length of the gradient that arrives at the word vectors of every step, that of the last step
/// being 1.
[[nodiscard]] std::vector<double> arriving(const NameReader& reader, const NameTexts& texts);

/// How a cell did at a distance.
struct NamesResult {
  std::string cell;
  unroll::Index distance = 0;
  unroll::Index weights = 0;
  double arrives = 0;   // at the second name, before training
  double arrived = 0;   // after it
  double accuracy = 0;  // after it, of texts not trained on
};

/// Trains a reader for `steps` minibatches and measures it.
[[nodiscard]] NamesResult learn_names(std::string_view cell, unroll::Index distance,
                                      unroll::Index steps, std::uint64_t seed = 1);

/// The chapter.
void run_names(const Folder& folder);

}  // namespace bptt
