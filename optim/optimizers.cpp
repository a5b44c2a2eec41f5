#include <unroll/optim/optimizers.h>

#include <fmt/format.h>

#include <algorithm>

namespace unroll {
namespace {

template <class O>
std::unique_ptr<Optimizer> made(typename O::Options options, double learning_rate,
                                double weight_decay) {
  options.learning_rate = learning_rate;
  options.weight_decay = weight_decay;
  return std::make_unique<O>(options);
}

/// An optimizer as its default options make it.
template <class O>
constexpr OptimizerEntry entry(std::string_view name) {
  constexpr typename O::Options defaults;
  return {name,
          O::source,
          O::equations,
          defaults.learning_rate,
          defaults.weight_decay,
          [](double rate, double decay) { return made<O>({}, rate, decay); }};
}

constexpr std::array kOptimizers = {
    entry<Sgd>("sgd"),
    OptimizerEntry{
        "momentum", Sgd::momentum_source, Sgd::momentum_equations, 0.1, 0,
        [](double rate, double decay) { return made<Sgd>({.momentum = 0.9}, rate, decay); }},
    OptimizerEntry{"nesterov", Sgd::nesterov_source, Sgd::nesterov_equations, 0.1, 0,
                   [](double rate, double decay) {
                     return made<Sgd>({.momentum = 0.9, .nesterov = true}, rate, decay);
                   }},
    entry<RmsProp>("rmsprop"),
    OptimizerEntry{
        "rmsprop-inside", RmsProp::inside_source, RmsProp::inside_equations, 1e-3, 0,
        [](double rate, double decay) { return made<RmsProp>(RmsProp::wildml(), rate, decay); }},
    OptimizerEntry{
        "rmsprop-graves", RmsProp::graves_source, RmsProp::graves_equations, 1e-4, 0,
        [](double rate, double decay) { return made<RmsProp>(RmsProp::graves(), rate, decay); }},
    entry<AdaDelta>("adadelta"),
    entry<Adam>("adam"),
    entry<AdamW>("adamw"),
    entry<Adagrad>("adagrad"),
};

}  // namespace

std::span<const OptimizerEntry> all_optimizers() { return kOptimizers; }

const OptimizerEntry& find_optimizer(std::string_view name) {
  const auto* const found =
      std::find_if(kOptimizers.begin(), kOptimizers.end(),
                   [&](const OptimizerEntry& optimizer) { return optimizer.name == name; });
  if (found != kOptimizers.end()) return *found;
  std::vector<std::string_view> names;
  for (const OptimizerEntry& optimizer : kOptimizers) names.push_back(optimizer.name);
  fail<Error>("no optimizer '{}'; there are: {}", name, fmt::join(names, ", "));
}

}  // namespace unroll
