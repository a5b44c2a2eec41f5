#include "wordlm/lanes.h"

#include <algorithm>
#include <utility>

namespace wordlm {
namespace {

using unroll::Tensor;
using unroll::Var;

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

Lanes::Lanes(const Model& model, std::int64_t lanes, const std::vector<double>& allowed,
             double temperature)
    : lanes_(lanes), words_(model.words()), tape_(model.parameters().dtype()) {
  std::vector<double> masks;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    masks.insert(masks.end(), allowed.begin(), allowed.end());
  }
  allowed_ = Tensor::of<double>({1, lanes, words_}, masks).to(tape_.dtype());
  const auto start = unroll::carry(model.start(tape_, lanes));
  start_ = start.values;
  state_ = start_;

  tape_.clear();
  const Var x = tape_.input(Tensor(unroll::DType::i32, {1, lanes}));
  const Var mask = tape_.input(allowed_);
  const Model::State from = unroll::restore(tape_, start);
  const auto [logits, last] = model.run(x, from);
  std::vector<Var> inputs{x, mask};
  std::vector<Var> outputs{unroll::masked_softmax(logits / temperature, mask)};
  for (const Var& part : unroll::vars_of(from)) inputs.push_back(part);
  for (const Var& part : unroll::vars_of(last)) outputs.push_back(part);
  step_.emplace(tape_, inputs, outputs);
}

void Lanes::restart(std::int64_t lane) {
  for (std::size_t i = 0; i < state_.size(); ++i) copy_lane(start_[i], lane, state_[i], lane);
}

void Lanes::take_over(std::span<const std::int64_t> from) {
  for (Tensor& state : state_) {
    const Tensor before = state;
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      copy_lane(before, from[static_cast<std::size_t>(lane)], state, lane);
    }
  }
}

void Lanes::allow(std::int64_t lane, std::int32_t token, bool allowed) {
  const auto at = static_cast<std::size_t>(lane * words_ + token);
  const auto set = [&](auto values) {
    const decltype(values[at] + 0) value = allowed ? 1 : 0;
    allowed_changed_ = allowed_changed_ || values[at] != value;
    values[at] = value;
  };
  if (allowed_.dtype() == unroll::DType::f64) {
    set(allowed_.values<double>());
  } else {
    set(allowed_.values<float>());
  }
}

void Lanes::read(std::span<const std::int32_t> tokens) {
  const std::vector<std::int32_t> ids(tokens.begin(), tokens.end());
  step_->set(0, Tensor::of<std::int32_t>({1, lanes_}, ids));
  if (std::exchange(allowed_changed_, false)) step_->set(1, allowed_);
  for (std::size_t i = 0; i < state_.size(); ++i) step_->set(i + 2, state_[i]);
  step_->run();
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = Tensor(step_->output(i + 1));
}

std::vector<double> Lanes::probabilities(std::int64_t lane) const {
  const auto size = static_cast<std::size_t>(words_);
  const std::size_t begin = static_cast<std::size_t>(lane) * size;
  const auto row = [&](auto values) {
    const auto part = values.subspan(begin, size);
    return std::vector<double>(part.begin(), part.end());
  };
  const unroll::TensorView all = step_->output(0);
  return all.dtype == unroll::DType::f64 ? row(all.values<double>()) : row(all.values<float>());
}

}  // namespace wordlm
