#include <unroll/optim/averaged.h>

#include <algorithm>
#include <cstring>

namespace unroll {
namespace {

constexpr std::string_view kPrefix = "optimizer.";

std::unique_ptr<Optimizer> required(std::unique_ptr<Optimizer> optimizer) {
  if (!optimizer) fail<Error>("Averaged: there is no optimizer to average the steps of");
  return optimizer;
}

void copy(const Tensor& from, const Parameters& to) {
  const auto copy_as = [&]<class T>(std::span<T> values) {
    std::copy(from.values<T>().begin(), from.values<T>().end(), values.begin());
  };
  if (to.dtype() == DType::f32) {
    copy_as(to.change<float>());
  } else {
    copy_as(to.change<double>());
  }
}

}  // namespace

Averaged::Averaged(std::unique_ptr<Optimizer> optimizer, const Options& options)
    : Optimizer(0),
      optimizer_(required(std::move(optimizer))),
      options_(options),
      slots_(optimizer_->untouched() == Untouched::move ? Untouched::move : Untouched::fade,
             {{"mean"}}) {
  learning_rate = optimizer_->learning_rate;
  if (options.start < 0) {
    fail<Error>("Averaged: a start of {}, expected one of 0 or above", options.start);
  }
}

void Averaged::require_own_parameters(const char* what) const {
  if (own_) fail<Error>("Averaged: no {} while the parameters hold their mean", what);
}

/// The weight, in the mean after step `now`, of a value that stands since step `last`: the mean of
/// a row that was visited then covers the steps before.
double Averaged::weight(Index now, Index last) const {
  if (now <= options_.start) return 0;
  const Index covered = std::max(options_.start, last - 1);
  return static_cast<double>(now - covered) / static_cast<double>(now - options_.start);
}

template <class T>
void Averaged::settle(const Gradients& gradients) {
  const std::span<const T> p = gradients.parameters().change<T>();  // fails here, if it has to
  const auto ranges = slots_.advance(gradients);
  const std::span<T> mean = slots_.values<T>(0);
  const Index before = slots_.steps() - 1;
  for (const auto& [begin, end, idle] : ranges) {
    const T share = static_cast<T>(weight(before, before - idle));
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      mean[i] += share * (p[i] - mean[i]);
    }
  }
}

void Averaged::step(const Gradients& gradients) {
  require_own_parameters("step");
  (void)gradients.segments();  // computed now, so that what can fail fails before the mean changes
  // Rows that are about to change give the value they had until now to the mean.
  if (gradients.parameters().dtype() == DType::f32) {
    settle<float>(gradients);
  } else {
    settle<double>(gradients);
  }
  optimizer_->learning_rate = learning_rate;
  optimizer_->step(gradients);
}

Tensor Averaged::mean() const {
  const auto& parameters = slots_.parameters();
  if (!parameters) fail<Error>("Averaged: there is no mean before the first step");
  Tensor result(own_ ? own_->view() : parameters->flat());
  const Index now = slots_.steps();
  const auto settle_into = [&]<class T>(std::span<T> p) {
    const std::span<const T> mean = slots_.values<T>(0);
    for (const auto& [begin, end, age] : slots_.ages()) {
      if (now <= options_.start) break;  // nothing counts yet
      const T share = static_cast<T>(weight(now, now - age));
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        p[i] = mean[i] + share * (p[i] - mean[i]);
      }
    }
  };
  if (result.dtype() == DType::f32) {
    settle_into(result.values<float>());
  } else {
    settle_into(result.values<double>());
  }
  return result;
}

void Averaged::put_mean() {
  require_own_parameters("second with_mean()");
  if (!slots_.parameters()) return;
  const Tensor average = mean();
  Tensor own(slots_.parameters()->flat());
  copy(average, *slots_.parameters());
  own_ = std::move(own);
}

void Averaged::put_back() {
  if (!own_) return;
  copy(*own_, *slots_.parameters());
  own_.reset();
}

std::map<std::string, Tensor> Averaged::state() const {
  std::map<std::string, Tensor> state = slots_.state();
  for (auto& [name, tensor] : optimizer_->state()) {
    state.emplace(fmt::format("{}{}", kPrefix, name), tensor);
  }
  return state;
}

void Averaged::restore(const Parameters& parameters, const std::map<std::string, Tensor>& state) {
  require_own_parameters("restore()");
  std::map<std::string, Tensor> own;
  std::map<std::string, Tensor> optimizers;
  for (const auto& [name, tensor] : state) {
    if (name.starts_with(kPrefix)) {
      optimizers.emplace(name.substr(kPrefix.size()), tensor);
    } else {
      own.emplace(name, tensor);
    }
  }
  Slots slots = slots_;
  slots.restore(parameters, own);
  optimizer_->restore(parameters, optimizers);
  slots_ = std::move(slots);
}

}  // namespace unroll
