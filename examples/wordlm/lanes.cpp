#include "wordlm/lanes.h"

#include <algorithm>
#include <utility>

namespace wordlm {
namespace {

using unroll::Tensor;

template <class T>
void copy_row(const Tensor& from, std::int64_t from_lane, Tensor& to, std::int64_t to_lane) {
  const auto size = static_cast<std::size_t>(to.size() / to.shape()[0]);
  const auto row = from.values<T>().subspan(static_cast<std::size_t>(from_lane) * size, size);
  std::ranges::copy(row, to.values<T>().begin() + to_lane * static_cast<std::ptrdiff_t>(size));
}

/// Copies what one lane has of a state to a lane of another, both (lanes, ...).
void copy_lane(const Tensor& from, std::int64_t from_lane, Tensor& to, std::int64_t to_lane) {
  if (to.dtype() == unroll::DType::f64) {
    copy_row<double>(from, from_lane, to, to_lane);
  } else {
    copy_row<float>(from, from_lane, to, to_lane);
  }
}

}  // namespace

Lanes::Lanes(const Model& model, std::int64_t lanes)
    : model_(model), lanes_(lanes), tape_(model.parameters().dtype()) {
  start_ = unroll::carry(model.start(tape_, lanes));
  carried_ = start_;
}

void Lanes::restart(std::int64_t lane) {
  for (std::size_t i = 0; i < carried_.values.size(); ++i) {
    copy_lane(start_.values[i], lane, carried_.values[i], lane);
  }
}

void Lanes::take_over(std::span<const std::int64_t> from) {
  for (Tensor& state : carried_.values) {
    const Tensor before = state;
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      copy_lane(before, from[static_cast<std::size_t>(lane)], state, lane);
    }
  }
}

void Lanes::read(std::span<const std::int32_t> tokens, const std::vector<double>& allowed,
                 double temperature) {
  tape_.clear();  // the state is carried over: a token costs the same however many came before it
  const std::vector<std::int32_t> ids(tokens.begin(), tokens.end());
  const unroll::Var x = tape_.input(Tensor::of<std::int32_t>({1, lanes_}, ids));
  const auto [logits, last] = model_.run(x, unroll::restore(tape_, carried_));
  const auto rows = static_cast<std::int64_t>(allowed.size()) / model_.words();
  const unroll::Var mask =
      tape_.input(Tensor::of<double>({1, rows, model_.words()}, allowed).to(tape_.dtype()));
  probabilities_ = Tensor(unroll::masked_softmax(logits / temperature, mask).value());
  carried_ = unroll::carry(last);
}

std::vector<double> Lanes::probabilities(std::int64_t lane) const {
  const auto size = static_cast<std::size_t>(model_.words());
  const std::size_t begin = static_cast<std::size_t>(lane) * size;
  const auto row = [&](auto values) {
    const auto part = values.subspan(begin, size);
    return std::vector<double>(part.begin(), part.end());
  };
  return probabilities_.dtype() == unroll::DType::f64 ? row(probabilities_.values<double>())
                                                      : row(probabilities_.values<float>());
}

}  // namespace wordlm
