#include <unroll/core/parameter_store.h>
#include <unroll/core/parameters.h>

#include <fmt/format.h>

#include <algorithm>

namespace unroll {
namespace {

void require_shape(const Parameter& parameter, const Shape& shape) {
  if (shape != parameter.shape()) {
    fail<ShapeError>("parameter '{}' is {}: it cannot take values of shape {}", parameter.name(),
                     parameter.shape().to_string(), shape.to_string());
  }
}

}  // namespace

ParameterStore& Parameter::tree() const {
  if (store_ == nullptr) fail<HandleError>("a Parameter that was never created");
  return *store_;
}

const std::string& Parameter::name() const { return tree().entries()[index_].name; }
const Shape& Parameter::shape() const { return tree().entries()[index_].shape; }
TensorView Parameter::value() const { return tree().value(index_); }
Index Parameter::offset() const { return tree().offset(index_); }

void Parameter::set(const TensorView& values) const {
  require_shape(*this, values.shape);
  const std::size_t begin = static_cast<std::size_t>(offset()) * size_of(store_->dtype());
  convert(values, store_->dtype(), store_->begin_change() + begin);
}

Parameters::Parameters(DType dtype, std::uint64_t seed)
    : store_(std::make_shared<ParameterStore>(dtype, seed)) {
  if (!is_floating(dtype)) fail<TypeError>("parameters are f32 or f64, not {}", name_of(dtype));
}

Parameters::Parameters(std::shared_ptr<ParameterStore> store, std::string prefix)
    : store_(std::move(store)), prefix_(std::move(prefix)) {}

Parameters Parameters::operator/(std::string_view branch) const {
  return {store_, fmt::format("{}{}.", prefix_, branch)};
}

Parameters Parameters::operator/(Index branch) const {
  return {store_, fmt::format("{}{}.", prefix_, branch)};
}

Parameter Parameters::add(std::string_view name, const Shape& shape, Initializer initialize) const {
  return {store_.get(),
          store_->add(fmt::format("{}{}", prefix_, name), shape, std::move(initialize))};
}

std::vector<Parameter> Parameters::all() const {
  std::vector<Parameter> result;
  for (std::size_t i = 0; i < store_->entries().size(); ++i) {
    if (store_->entries()[i].name.starts_with(prefix_)) result.emplace_back(store_.get(), i);
  }
  return result;
}

Parameter Parameters::operator[](std::string_view name) const {
  const std::vector<Parameter> branch = all();
  const auto found = std::find_if(branch.begin(), branch.end(), [&](const Parameter& p) {
    return std::string_view(p.name()).substr(prefix_.size()) == name;
  });
  if (found != branch.end()) return *found;
  std::vector<std::string_view> names;
  for (const Parameter& p : branch) names.push_back(p.name());
  fail<Error>("no parameter '{}{}'; there are: {}", prefix_, name, fmt::join(names, ", "));
}

DType Parameters::dtype() const { return store_->dtype(); }

Index Parameters::size() const {
  Index total = 0;
  for (const Parameter& p : all()) total += p.shape().size();
  return total;
}

TensorView Parameters::flat() const { return store_->flat(); }

TensorView Parameters::begin_change() const {
  store_->begin_change();
  return flat();
}

void Parameters::copy_from(const Parameters& other) const {
  const std::vector<Parameter> targets = all();
  std::vector<Parameter> sources;
  for (const Parameter& p : targets) {
    sources.push_back(other[std::string_view(p.name()).substr(prefix_.size())]);
    require_shape(p, sources.back().shape());
  }
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].set(sources[i].value());
}

}  // namespace unroll
