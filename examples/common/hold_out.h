#pragma once
/// Examples that are held out, to test with.

#include <unroll/core/error.h>

#include <string>
#include <utility>
#include <vector>

namespace examples {

/// Examples to train on and to test with.
template <class T>
struct HeldOut {
  std::vector<T> train;
  std::vector<T> test;
};

/// Holds every tenth example out, from the number `first` on. unroll::Error, which calls the
/// examples of `file` `things`, where this leaves none to train on or none to test with.
template <class T>
[[nodiscard]] HeldOut<T> hold_out_tenth(std::vector<T> all, const std::string& file,
                                        const char* things, std::size_t first = 0) {
  HeldOut<T> split;
  for (std::size_t i = 0; i < all.size(); ++i) {
    (i % 10 == first ? split.test : split.train).push_back(std::move(all[i]));
  }
  if (split.train.empty() || split.test.empty()) {
    unroll::fail<unroll::Error>("{}: too few {} to hold a tenth of them out", file, things);
  }
  return split;
}

}  // namespace examples
