/// W9 by oneDNN: the layers of an LSTM by its own primitive, forward, backward and the gradients of
/// weights and input.
///
/// Weights are kept in the layout that the forward pass picks, or plain where that is one which
/// only it can read. The backward pass is given them in the layout it picks, and its gradients are
/// brought to that of the weights, where an optimizer would take them up. What has to be reordered
/// for this is part of every step, as is zeroing the gradients, since oneDNN adds to them. In the
/// end they are held against unroll's.

#include <omp.h>
#include <sys/resource.h>
#include <unroll/unroll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>

#include "bench/workloads.h"

namespace {

using namespace unroll;
using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;
using Clock = std::chrono::steady_clock;

constexpr Index kLayers = 2;
constexpr std::array<const char*, 4> kGates = {"i", "f", "g", "o"};  // in oneDNN's order

memory::desc described(const memory::dims& shape, Tag tag) {
  return {shape, memory::data_type::f32, tag};
}

/// The values of memory in a plain layout.
std::span<float> values_of(const memory& m) {
  return {static_cast<float*>(m.get_data_handle()), m.get_desc().get_size() / sizeof(float)};
}

/// Calls f(parameter, its element, the element of oneDNN's plain tensor) for all weights called
/// `what`: (out x in) in each layer and gate of `p`, (layers, in, gates, out) there. A bias is
/// (out) and (layers, gates, out).
template <class F>
void for_each_weight(const Parameters& p, const char* what, F&& f) {
  for (Index layer = 0; layer < kLayers; ++layer) {
    for (Index gate = 0; gate < 4; ++gate) {
      const Parameter parameter =
          p[fmt::format("layers.{}.{}.{}", layer, kGates[static_cast<std::size_t>(gate)], what)];
      const Index out = parameter.shape()[0];
      const Index in = parameter.shape().size() / out;
      for (Index o = 0; o < out; ++o) {
        for (Index i = 0; i < in; ++i) {
          f(parameter, static_cast<std::size_t>(o * in + i),
            static_cast<std::size_t>(((layer * in + i) * 4 + gate) * out + o));
        }
      }
    }
  }
}

/// The layers with the parameters of a W9.
class Layers {
 public:
  explicit Layers(const Parameters& parameters) : parameters_(parameters) {
    const Shape x = parameters["x"].shape();
    const memory::dim in = x[2];
    const memory::dim out = parameters["layers.0.i.U"].shape()[0];
    const memory::desc sequence = described({x[0], x[1], in}, Tag::tnc);
    const memory::desc outputs = described({x[0], x[1], out}, Tag::tnc);
    const memory::desc biases = described({kLayers, 1, 4, out}, Tag::ldgo);
    const memory::dims W{kLayers, 1, in, 4, out};
    const memory::dims U{kLayers, 1, out, 4, out};
    const memory::desc any_W = described(W, Tag::any);
    const memory::desc any_U = described(U, Tag::any);
    // The first states are given though they are zero: of none at all oneDNN 2.6 makes a wrong
    // gradient of the top layer's U. Nobody asks for the last.
    const memory::desc start = described({kLayers, 1, x[1], out}, Tag::ldnc);
    const memory::desc none;
    const auto direction = dnnl::rnn_direction::unidirectional_left2right;
    const dnnl::lstm_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, direction, sequence, start, start, any_W, any_U, biases,
         outputs, none, none},
        engine_);
    const dnnl::lstm_backward::primitive_desc backward({dnnl::prop_kind::backward,
                                                        direction,
                                                        sequence,
                                                        start,
                                                        start,
                                                        any_W,
                                                        any_U,
                                                        biases,
                                                        outputs,
                                                        none,
                                                        none,
                                                        sequence,
                                                        start,
                                                        start,
                                                        any_W,
                                                        any_U,
                                                        biases,
                                                        outputs,
                                                        none,
                                                        none},
                                                       engine_, forward);
    forward_ = dnnl::lstm_forward(forward);
    backward_ = dnnl::lstm_backward(backward);

    const memory x_memory = make(sequence);
    x_gradient_ = make(sequence);
    std::ranges::copy(parameters["x"].value().values<float>(), values_of(x_memory).begin());
    y_ = make(outputs);
    const memory b = make(biases);
    b_gradient_ = make(biases);
    copy_weights("b", b);
    const memory zero = make(start);
    std::ranges::fill(values_of(zero), 0.0F);
    const memory workspace = make(forward.workspace_desc());
    forward_arguments_ = {{DNNL_ARG_SRC_LAYER, x_memory}, {DNNL_ARG_SRC_ITER, zero},
                          {DNNL_ARG_SRC_ITER_C, zero},    {DNNL_ARG_BIAS, b},
                          {DNNL_ARG_DST_LAYER, y_},       {DNNL_ARG_WORKSPACE, workspace}};
    backward_arguments_ = forward_arguments_;
    backward_arguments_.insert({{DNNL_ARG_DIFF_SRC_LAYER, x_gradient_},
                                {DNNL_ARG_DIFF_SRC_ITER, make(start)},
                                {DNNL_ARG_DIFF_SRC_ITER_C, make(start)},
                                {DNNL_ARG_DIFF_BIAS, b_gradient_},
                                {DNNL_ARG_DIFF_DST_LAYER, y_}});  // of half the sum of squares
    W_gradient_ = add_weights("W", DNNL_ARG_WEIGHTS_LAYER, described(W, Tag::ldigo),
                              forward.weights_layer_desc(), backward.weights_layer_desc(),
                              backward.diff_weights_layer_desc());
    U_gradient_ = add_weights("U", DNNL_ARG_WEIGHTS_ITER, described(U, Tag::ldigo),
                              forward.weights_iter_desc(), backward.weights_iter_desc(),
                              backward.diff_weights_iter_desc());
  }

  /// Forward and backward.
  void step() {
    run(before_forward_);
    forward_.execute(stream_, forward_arguments_);
    run(before_backward_);
    for (const memory& gradient : zeroed_) {
      std::memset(gradient.get_data_handle(), 0, gradient.get_desc().get_size());
    }
    std::ranges::fill(values_of(b_gradient_), 0.0F);
    backward_.execute(stream_, backward_arguments_);
    run(after_);
    stream_.wait();
  }

  /// Half the sum of squares of the outputs.
  [[nodiscard]] double loss() const {
    double sum = 0;
    for (const float y : values_of(y_)) sum += y * y;
    return sum / 2;
  }

  /// How far the gradients of the last step are from unroll's: the largest difference, as a part of
  /// the largest element of that kind.
  [[nodiscard]] double difference(const Gradients& right) {
    double worst = 0;
    const auto compare = [&](const char* what, const memory& gradient) {
      const std::span<const float> found = values_of(gradient);
      double largest = 0;
      double difference = 0;
      for_each_weight(parameters_, what, [&](const Parameter& p, std::size_t here, auto there) {
        const double wanted = right[p].values<float>()[here];
        largest = std::max(largest, std::abs(wanted));
        difference = std::max(difference, std::abs(wanted - found[there]));
      });
      worst = std::max(worst, difference / largest);
    };
    compare("b", b_gradient_);
    compare("W", plain(W_gradient_, parameters_["layers.0.i.W"].shape()[1]));
    compare("U", plain(U_gradient_, parameters_["layers.0.i.U"].shape()[1]));
    const auto of_x = right[parameters_["x"]].values<float>();
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < of_x.size(); ++i) {
      largest = std::max<double>(largest, std::abs(of_x[i]));
      difference = std::max<double>(difference, std::abs(of_x[i] - values_of(x_gradient_)[i]));
    }
    return std::max(worst, difference / largest);
  }

  /// How many tensors are reordered in a step.
  [[nodiscard]] std::size_t reorders() const {
    return before_forward_.size() + before_backward_.size() + after_.size();
  }

 private:
  struct Reorder {
    memory from;
    memory to;
    dnnl::reorder primitive;
  };

  [[nodiscard]] memory make(const memory::desc& desc) const { return {desc, engine_}; }

  void copy_weights(const char* what, const memory& to) {
    for_each_weight(parameters_, what, [&](const Parameter& p, std::size_t here, auto there) {
      values_of(to)[there] = p.value().values<float>()[here];
    });
  }

  /// `from` in another layout, which `reorders` bring it to; itself where it has it already.
  memory in_layout(const memory& from, const memory::desc& desc,
                   std::vector<Reorder>& reorders) const {
    if (from.get_desc() == desc) return from;
    const memory to = make(desc);
    reorders.push_back({from, to, dnnl::reorder(from, to)});
    return to;
  }

  void run(std::vector<Reorder>& reorders) {
    for (Reorder& r : reorders) r.primitive.execute(stream_, r.from, r.to);
  }

  /// Gives both passes a tensor of weights; returns the place of its gradient, in its layout.
  memory add_weights(const char* what, int argument, const memory::desc& plain_desc,
                     const memory::desc& forward, const memory::desc& backward,
                     const memory::desc& gradient_desc) {
    const bool opaque = forward.data.format_kind == dnnl_format_kind_rnn_packed;
    const memory plain = make(plain_desc);
    copy_weights(what, plain);
    std::vector<Reorder> once;
    const memory kept = opaque ? plain : in_layout(plain, forward, once);
    run(once);
    stream_.wait();
    forward_arguments_.insert({argument, in_layout(kept, forward, before_forward_)});
    backward_arguments_.insert({argument, in_layout(kept, backward, before_backward_)});
    const memory gradient = make(gradient_desc);
    zeroed_.push_back(gradient);
    const int of = argument == DNNL_ARG_WEIGHTS_LAYER ? DNNL_ARG_DIFF_WEIGHTS_LAYER
                                                      : DNNL_ARG_DIFF_WEIGHTS_ITER;
    backward_arguments_.insert({of, gradient});
    return in_layout(gradient, kept.get_desc(), after_);
  }

  /// A gradient in the plain layout.
  memory plain(const memory& from, memory::dim in) {
    const memory::dim out = from.get_desc().dims()[4];
    std::vector<Reorder> reorders;
    const memory result =
        in_layout(from, described({kLayers, 1, in, 4, out}, Tag::ldigo), reorders);
    run(reorders);
    stream_.wait();
    return result;
  }

  Parameters parameters_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::lstm_forward forward_;
  dnnl::lstm_backward backward_;
  Arguments forward_arguments_;
  Arguments backward_arguments_;
  std::vector<Reorder> before_forward_;
  std::vector<Reorder> before_backward_;
  std::vector<Reorder> after_;
  std::vector<memory> zeroed_;
  memory y_;
  memory x_gradient_;
  memory b_gradient_;
  memory W_gradient_;
  memory U_gradient_;
};

/// Error where the last step has not computed what unroll's W9 computes.
void check(const bench::Workload& workload, Layers& layers) {
  Tape tape;
  const Var loss = workload.loss(tape);
  const Gradients gradients = tape.gradients(loss, workload.parameters);
  (void)gradients.flat();
  constexpr double kAllowed = 1e-4;
  if (std::abs(layers.loss() / loss.item() - 1) > kAllowed) {
    fail<Error>("the loss is {} here, {} in unroll", layers.loss(), loss.item());
  }
  const double difference = layers.difference(gradients);
  if (difference > kAllowed) fail<Error>("gradients differ from unroll's by {:.2g}", difference);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The median time of a step, in seconds.
double measure(Layers& layers, int repeats) {
  constexpr double kSeconds = 0.3;  // at least, as in bench_training
  for (int i = 0; i < 2; ++i) layers.step();
  std::vector<double> times;
  const auto begun = Clock::now();
  while (static_cast<int>(times.size()) < repeats || seconds_since(begun) < kSeconds) {
    const auto start = Clock::now();
    layers.step();
    times.push_back(seconds_since(start));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times the LSTM layers of W9 by oneDNN and prints a line of JSON.");
  int repeats = 9;
  int threads = 1;
  app.add_option("--repeats", repeats, "steps that are timed, at least; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", threads)->check(CLI::Range(1, 256))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    omp_set_num_threads(threads);
    set_threads(threads);
    const bench::Workload workload = bench::make_workload("W9");
    Layers layers(workload.parameters);
    const double seconds = measure(layers, repeats);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    check(workload, layers);
    const auto tokens = static_cast<double>(workload.tokens);
    const dnnl_version_t& version = *dnnl_version();
    fmt::print(R"({{"name": "{}", "kind": "oneDNN {}.{}.{}", "variant": "", "ms": {:.4f}, )"
               R"("tokens_per_s": {:.1f}, "peak_mb": {}, "threads": {}, "parameters": {}, )"
               R"("loss": {:.5f}, "reorders": {}}})"
               "\n",
               workload.name, version.major, version.minor, version.patch, 1e3 * seconds,
               tokens / seconds, usage.ru_maxrss / 1024, threads, workload.parameters.size(),
               layers.loss() / tokens, layers.reorders());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "onednn_lstm: {}\n", error.what());
    return 1;
  }
}
