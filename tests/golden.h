#pragma once
/// Golden numbers: the cases of a JSON file that a script beside it wrote.

#include <unroll/core/tensor.h>

#include <map>
#include <string>
#include <vector>

namespace unroll::testing {

struct GoldenCase {
  std::string name;
  std::map<std::string, double> settings;  // the numbers among them
  std::map<std::string, Tensor> tensors;   // all f64

  [[nodiscard]] const Tensor& operator[](const std::string& tensor) const {
    const auto found = tensors.find(tensor);
    if (found == tensors.end()) fail<Error>("case {} has no tensor '{}'", name, tensor);
    return found->second;
  }
};

/// The case `name` of a file below tests/, such as "optim/golden_optim.json".
[[nodiscard]] GoldenCase read_golden(const std::string& file, const std::string& name);

}  // namespace unroll::testing
