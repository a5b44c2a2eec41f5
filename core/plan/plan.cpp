#include <unroll/core/plan/plan.h>

namespace unroll {
namespace {

template <class T>
std::size_t memory_of(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

}  // namespace

std::size_t memory_of(const Plan& plan) {
  std::size_t bytes = sizeof(Plan) + memory_of(plan.request.kinds) + memory_of(plan.request.work) +
                      memory_of(plan.request.sources) + memory_of(plan.request.inputs) +
                      memory_of(plan.request.nodes) + memory_of(plan.assumptions) +
                      memory_of(plan.bases) + memory_of(plan.steps) + memory_of(plan.packed) +
                      memory_of(plan.notes) + memory_of(plan.kept) + memory_of(plan.results);
  for (const Step& step : plan.steps) {
    if (const auto* const product = std::get_if<ProductStep>(&step.what)) {
      bytes += memory_of(product->sums);
    } else if (const auto* const sweep = std::get_if<FusedStep>(&step.what)) {
      bytes += memory_of(sweep->operands) + memory_of(sweep->instructions) +
               memory_of(sweep->results) + memory_of(sweep->sums);
    }
  }
  return bytes;
}

}  // namespace unroll
