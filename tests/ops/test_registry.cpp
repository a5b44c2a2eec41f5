// Walks the registry: whatever is registered is checked here, and nothing is listed a second time.
#include "support.h"

#include <optional>
#include <set>

namespace unroll::testing {
namespace {

/// A scalar that uses `y` twice, once linearly and once not.
Var use_twice(Var y) { return weighted_sum(y, 11) + weighted_sum(y * y, 12); }

/// Calls f(op, sample, position of the sample, its tensors) for every sample of every operation.
template <class F>
void for_each_sample(F f) {
  for (const Op* op : all_ops()) {
    const std::vector<Sample> samples = op->samples();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      f(*op, samples[i], i, make_tensors(samples[i].inputs, 100 + i));
    }
  }
}

/// The nodes of `op` on a tape.
std::vector<const Node*> nodes_of(const Tape& tape, const Op& op) {
  std::vector<const Node*> nodes;
  for (const Node& node : tape.graph().nodes) {
    if (node.op == &op) nodes.push_back(&node);
  }
  return nodes;
}

/// A sample with some of its floating-point inputs to differentiate and the others constant.
struct Subset {
  const Sample& sample;
  const std::vector<Tensor>& tensors;
  unsigned mask;

  /// The tensors of the subset.
  [[nodiscard]] std::vector<Tensor> inputs() const {
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (contains(i)) result.push_back(tensors[i]);
    }
    return result;
  }
  /// The sample's call, `vars` in the places of the subset.
  [[nodiscard]] Var call(Tape& tape, std::span<const Var> vars) const {
    std::vector<Var> all;
    std::size_t next = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      all.push_back(contains(i) ? vars[next++] : tape.input(tensors[i]));
    }
    return sample.call(all);
  }

 private:
  [[nodiscard]] bool contains(std::size_t i) const { return ((mask >> i) & 1U) != 0; }
};

/// Calls f(subset) for every choice of at least one of the floating-point inputs.
template <class F>
void for_each_subset(const Op& op, const Sample& sample, const std::vector<Tensor>& tensors, F f) {
  if (op.name == "stop_gradient") return;  // its purpose is to differ from finite differences
  unsigned floating = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (is_floating(tensors[i].dtype())) floating |= 1U << i;
  }
  for (unsigned mask = 1; mask <= floating; ++mask) {
    if ((mask & ~floating) == 0) f(Subset{sample, tensors, mask});
  }
}

// A step at which rounding and truncation errors are both near 1e-10 for the samples' values.
constexpr GradientCheckOptions kTight{
    .step = 1e-5, .relative_tolerance = 1e-7, .absolute_tolerance = 1e-7};

TEST_CASE("registry: names are unique and found") {
  std::set<std::string_view> names;
  for (const Op* op : all_ops()) {
    CAPTURE(op->name);
    CHECK(names.insert(op->name).second);
    CHECK(find_op(op->name) == op);
    CHECK_FALSE(op->formula.empty());
  }
  MESSAGE(names.size(), " operations");
  CHECK(find_op("no such operation") == nullptr);
  CHECK(find_op("") == nullptr);
}

TEST_CASE("registry: the table of operations has a line for each") {
  const std::string table = op_table();
  CHECK(std::count(table.begin(), table.end(), '\n') == std::ssize(all_ops()));
  for (const Op* op : all_ops()) {
    CHECK(table.find(fmt::format("{:<24} {}\n", op->name, op->formula)) != std::string::npos);
  }
}

TEST_CASE("registry: every sample records its operation, on both kinds of tape") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    CAPTURE(op.name);
    CAPTURE(i);
    for (const DType dtype : {DType::f32, DType::f64}) {
      Tape tape(dtype);
      const Var y = sample.call(put(tape, tensors));
      CHECK_FALSE(nodes_of(tape, op).empty());
      CHECK(y.value().dtype == dtype);
    }
  });
}

TEST_CASE("registry: every operation has a sample without elements and one of a single element") {
  for (const Op* op : all_ops()) {
    CAPTURE(op->name);
    bool none = false;
    bool one = false;
    for (const Sample& sample : op->samples()) {
      Tape tape;
      (void)sample.call(put(tape, make_tensors(sample.inputs)));
      for (const Node* node : nodes_of(tape, *op)) {
        Index least = node->shape.size();  // of the elements of the result and of each input
        Index first = least;
        for (std::size_t k = node->input_count; k-- > 0;) {
          first = tape.graph().input(*node, static_cast<int>(k)).shape.size();
          least = std::min(least, first);
        }
        none = none || least == 0;
        one = one || (first == 1 && node->shape.size() == 1);
      }
    }
    CHECK(none);
    CHECK(one);
  }
}

TEST_CASE("registry: gradients of every sample, for every subset of the inputs") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    for_each_subset(op, sample, tensors, [&](const Subset& subset) {
      const GradientCheck check = check_gradients(
          [&](Tape& tape, std::span<const Var> vars) { return use_twice(subset.call(tape, vars)); },
          subset.inputs(), kTight);
      INFO(op.name, ", sample ", i, ", inputs ", subset.mask, ": ", check.message);
      CHECK(check.passed);
    });
  });
}

TEST_CASE("registry: gradients of gradients, for every subset of the inputs") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    for_each_subset(op, sample, tensors, [&](const Subset& subset) {
      const auto gradient = [&](Tape& tape, std::span<const Var> vars) {
        const std::vector<Var> first = tape.gradients(use_twice(subset.call(tape, vars)), vars);
        std::vector<Var> terms;
        for (std::size_t j = 0; j < vars.size(); ++j) {
          REQUIRE(first[j].shape() == vars[j].shape());
          terms.push_back(weighted_sum(first[j], 20 + j));
        }
        return add_up(terms);
      };
      const GradientCheck check = check_gradients(gradient, subset.inputs(), kTight);
      INFO(op.name, ", sample ", i, ", inputs ", subset.mask, ": ", check.message);
      CHECK(check.passed);
    });
  });
}

TEST_CASE("registry: an operation without a gradient says why and contributes nothing") {
  for (const Op* op : all_ops()) {
    CAPTURE(op->name);
    CHECK((op->gradient == nullptr) != op->no_gradient.empty());
    if (op->gradient != nullptr) continue;
    for (const Sample& sample : op->samples()) {
      Tape tape(DType::f64);
      const std::vector<Var> vars = put(tape, make_tensors(sample.inputs));
      for (const Var& gradient : tape.gradients(use_twice(sample.call(vars)), vars)) {
        for (const double value : gradient.value().to_doubles()) CHECK(value == 0);
      }
    }
  }
}

/// The value of a sample and the gradients of its floating-point inputs.
std::vector<Tensor> run(Tape& tape, const Sample& sample, const std::vector<Tensor>& tensors) {
  const std::vector<Var> vars = put(tape, tensors);
  std::vector<Var> wrt;
  for (const Var& var : vars) {
    if (is_floating(var.dtype())) wrt.push_back(var);
  }
  const Var y = sample.call(vars);
  std::vector<Tensor> results{Tensor(y.value())};
  for (const Var& dx : tape.gradients(use_twice(y), wrt)) results.emplace_back(dx.value());
  return results;
}

// How far values and gradients in f32 may be from those in f64, times max(1, |value|).
constexpr double kSinglePrecision = 1e-5;

TEST_CASE("registry: f32 is close to f64, values and gradients") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    Tape narrow(DType::f32);
    Tape wide(DType::f64);
    // Both begin with values that f32 holds exactly.
    std::vector<Tensor> rounded;
    for (const Tensor& t : tensors) {
      rounded.push_back(is_floating(t.dtype()) ? t.to(DType::f32) : t);
    }
    const std::vector<Tensor> a = run(narrow, sample, rounded);
    const std::vector<Tensor> b = run(wide, sample, rounded);
    for (std::size_t j = 0; j < a.size(); ++j) {
      INFO(op.name, ", sample ", i, ", result ", j);
      CHECK(difference(a[j], b[j]) < kSinglePrecision);
    }
  });
}

TEST_CASE("registry: running again gives the same bits") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape(dtype);
    for_each_sample([&](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
      tape.clear();
      const std::vector<Tensor> first = run(tape, sample, tensors);
      tape.clear();
      (void)tape.input(Tensor(DType::f64, {5}));  // other addresses
      const std::vector<Tensor> second = run(tape, sample, tensors);
      for (std::size_t j = 0; j < first.size(); ++j) {
        INFO(op.name, ", sample ", i, ", result ", j);
        CHECK(same_bits(first[j], second[j]));
      }
    });
  }
}

/// Calls f(graph, node) for every node of `op` that a sample records, with the values of all nodes.
template <class F>
void for_each_run(const Op& op, const Sample& sample, const std::vector<Tensor>& tensors, F f) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape(dtype);
    tape.set_passes(Passes::none());
    (void)sample.call(put(tape, tensors)).value();
    for (const Node* node : nodes_of(tape, op)) f(tape.graph(), *node);
  }
}

/// What the kernel of a node writes to `place`; or one of several parts of it.
void run_kernel(const Graph& graph, Node node, Tensor& place, const Node* second = nullptr,
                int part = 0, int parts = 1) {
  node.value = place.data();
  const Kernel kernel = node.op->forward[static_cast<std::size_t>(node.dtype)];
  kernel(KernelCall(graph, node, part, parts, second));
}

TensorView value_of(const Node& node) { return {node.dtype, node.shape, node.value}; }

TEST_CASE("registry: of a kernel that threads share each computes its part, and no other") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    if (!op.parallel) return;
    for_each_run(op, sample, tensors, [&](const Graph& graph, const Node& node) {
      const std::size_t width = size_of(node.dtype);
      const std::size_t bytes = static_cast<std::size_t>(node.shape.size()) * width;
      const std::vector<std::byte> untouched(width, std::byte{0x7f});  // no kernel computes that
      for (const int parts : {2, 3, 7}) {
        Tensor whole(node.dtype, node.shape);
        std::size_t written = 0;
        for (int part = 0; part < parts; ++part) {
          Tensor own(node.dtype, node.shape);
          std::fill_n(own.data(), bytes, untouched[0]);
          run_kernel(graph, node, own, nullptr, part, parts);
          for (std::size_t at = 0; at < bytes; at += width) {
            if (std::memcmp(own.data() + at, untouched.data(), width) == 0) continue;
            std::memcpy(whole.data() + at, own.data() + at, width);
            written += width;
          }
        }
        INFO(op.name, ", sample ", i, ", ", parts, " parts");
        CHECK(written == bytes);
        CHECK(same_bits(whole, value_of(node)));
      }
    });
  });
}

TEST_CASE("registry: a kernel that may write over its first input gives what it gives elsewhere") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    if (!op.in_place) return;
    for_each_run(op, sample, tensors, [&](Graph graph, const Node& node) {
      Node& input = graph.nodes[graph.inputs_of(node)[0]];
      Tensor place(value_of(input));
      input.value = place.data();
      run_kernel(graph, node, place);
      INFO(op.name, ", sample ", i);
      CHECK(same_bits(place, value_of(node)));
    });
  });
}

TEST_CASE("registry: what a kernel gives beside its value is what the other operation gives") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    if (op.second == nullptr) return;
    for_each_run(op, sample, tensors, [&](const Graph& graph, const Node& node) {
      Node other = node;
      other.op = &op.second();
      other.input_count = static_cast<std::uint32_t>(other.op->min_inputs);
      other.shape = other.op->shape({*other.op, graph, graph.inputs_of(other), other.attributes});
      Tensor alone(node.dtype, other.shape);
      run_kernel(graph, other, alone);
      Tensor beside(node.dtype, other.shape);
      other.value = beside.data();
      Tensor own(node.dtype, node.shape);
      run_kernel(graph, node, own, &other);
      INFO(op.name, ", sample ", i);
      CHECK(same_bits(own, value_of(node)));
      CHECK(same_bits(beside, alone));
    });
  });
}

TEST_CASE("registry: operations for any type give the same for integers") {
  for_each_sample([](const Op& op, const Sample& sample, std::size_t i, const auto& tensors) {
    if (!op.any_dtype) return;
    std::vector<Tensor> whole;
    std::vector<Tensor> integers;
    for (const Tensor& t : tensors) {
      Tensor rounded = t;
      for (double& value : rounded.template values<double>()) value = std::round(100 * value);
      integers.push_back(rounded.to(DType::i32));
      whole.push_back(std::move(rounded));
    }
    Tape tape(DType::f64);
    const TensorView y = sample.call(put(tape, integers)).value();
    INFO(op.name, ", sample ", i);
    CHECK(y.dtype == DType::i32);
    CHECK(difference(y, sample.call(put(tape, whole)).value()) == 0);
  });
}

TEST_CASE("registry: every bad input is refused with its exact text") {
  const std::set<std::string_view> takes_everything = {"stop_gradient"};
  for (const Op* op : all_ops()) {
    CAPTURE(op->name);
    const std::vector<BadInput> bad_inputs = op->bad_inputs();
    CHECK(bad_inputs.empty() == takes_everything.contains(op->name));
    for (const BadInput& bad : bad_inputs) {
      Tape tape(DType::f64);
      const std::vector<Var> vars = put(tape, make_tensors(bad.inputs));
      std::optional<Var> y;
      try {
        y = bad.call(vars);
      } catch (const Error& error) {
        CHECK(error.what() == bad.message);
        CHECK(dynamic_cast<const ValueError*>(&error) == nullptr);
      }
      // A mistake in values is refused when the value is asked for, however often.
      for (int times = 0; y && times < 2; ++times) {
        CHECK_THROWS_WITH_AS(tape.value(*y), bad.message.c_str(), ValueError);
      }
      CHECK(sum(full(tape, {3}, 2)).item() == 6);  // the tape can be used further
    }
  }
}

}  // namespace
}  // namespace unroll::testing
