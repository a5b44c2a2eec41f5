#include <unroll/ops/axis.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/index.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>
#include <unroll/ops/softmax_row.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

/// -log of the softmax of x, which is one of the row that is normalised.
template <class T>
T loss_of(T x, const Normaliser<T>& row) {
  return -((x - row.top) - std::log(row.sum));
}

/// Calls f(row, x) for every row along the last axis of input `i` that falls to this call.
template <class T, class F>
void for_each_row(const KernelCall& k, int i, F f) {
  const Shape& shape = k.shape(i);
  const Index width = shape[shape.rank() - 1];
  const auto [begin, end] = k.share(shape.size(0, shape.rank() - 1));
  for (Index row = begin; row < end; ++row) f(row, k.in<T>(i) + row * width);
}

std::size_t width_of(const Shape& shape) {
  return static_cast<std::size_t>(shape[shape.rank() - 1]);
}

/// What operations on rows share.
struct OnRows {
  static Shape shape(const Signature& s) {
    const Shape& x = s.shape(0);
    if (x.rank() == 0 || x[x.rank() - 1] == 0) {
      s.reject("{}: a last axis with at least one element is needed", x.to_string());
    }
    return x;
  }
  static std::vector<Sample> row_samples(Var (*f)(Var, Index)) {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{0, 4}, Shape{19}, Shape{2, 2, 3}}) {
      samples.push_back({{{shape}}, [f](Vars v) { return f(v[0], -1); }});
    }
    samples.push_back({{{{2, 3, 4}}}, [f](Vars v) { return f(v[0], 1); }});
    return samples;
  }
  static std::vector<BadInput> row_bad_inputs(std::string_view name, Var (*f)(Var, Index)) {
    return {{{{{3, 0}}},
             [f](Vars v) { return f(v[0], -1); },
             fmt::format("{}: (3 x 0): a last axis with at least one element is needed", name)},
            {{{{2, 3}}},
             [f](Vars v) { return f(v[0], 2); },
             fmt::format("{}: axis 2 of (2 x 3), which has 2 dimensions", name)}};
  }
};

struct Softmax : OnRows {
  static constexpr OpInfo info{
      .name = "softmax", .formula = "y = exp(x) / sum(exp(x)) by row", .parallel = true};
  template <class T>
  static void forward(const KernelCall& k) {
    const std::size_t n = width_of(k.shape());
    for_each_row<T>(k, 0, [&](Index row, const T* x) {
      (void)softmax_of(x, k.out<T>() + row * static_cast<Index>(n), n, T{1});
    });
  }
  static void gradient(Backward& b) {
    const Var ydy = b.y() * b.dy();
    b.add(0, ydy - b.y() * sum(ydy, -1, true));
  }
  static std::vector<Sample> samples() { return row_samples(softmax); }
  static std::vector<BadInput> bad_inputs() { return row_bad_inputs("softmax", softmax); }
};

struct LogSoftmax : OnRows {
  static constexpr OpInfo info{
      .name = "log_softmax", .formula = "y = x - log(sum(exp(x))) by row", .parallel = true};
  template <class T>
  static void forward(const KernelCall& k) {
    const std::size_t n = width_of(k.shape());
    for_each_row<T>(k, 0, [&](Index row, const T* x) {
      const auto [top, total] = normaliser_of(x, n);
      T* const y = k.out<T>() + row * static_cast<Index>(n);
      std::transform(x, x + n, y,
                     [top = top, log_sum = std::log(total)](T v) { return (v - top) - log_sum; });
    });
  }
  static void gradient(Backward& b) { b.add(0, b.dy() - exp(b.y()) * sum(b.dy(), -1, true)); }
  static std::vector<Sample> samples() { return row_samples(log_softmax); }
  static std::vector<BadInput> bad_inputs() { return row_bad_inputs("log_softmax", log_softmax); }
};

struct Ignore {
  Index index;
};
Var counted(Var targets, Ignore ignore);

/// The shape rule of operations on logits (S..., V) and targets (S...).
void require_targets(const Signature& s) {
  const Shape logits = OnRows::shape(s);
  if (logits.without(logits.rank() - 1) != s.shape(1)) {
    s.reject("logits {} and targets {}: one target is needed for each row of logits",
             logits.to_string(), s.shape(1).to_string());
  }
}

constexpr std::string_view kCrossEntropy = "cross_entropy";

/// The target of a row, checked; -1 where the row is ignored. What is wrong with it is wrong with
/// the loss, whichever kernel sees it first.
std::int32_t target_of(const KernelCall& k, Index row, Index classes) {
  const std::int32_t target = k.in<std::int32_t>(1)[row];
  const Index ignored = k.attributes<Ignore>().index;
  if (target == ignored) return -1;
  if (target < 0 || target >= classes) {
    fail<ValueError>("{}: target {} at position {}: expected one in [0, {}){}", kCrossEntropy,
                     target, row, classes,
                     ignored == kIgnoreNone ? "" : fmt::format(" or {} to ignore", ignored));
  }
  return target;
}

/// A sample with an ignored target among the others.
Var ignoring(Vars v) { return cross_entropy(v[0], v[1], 2); }

struct CrossEntropy {
  static constexpr OpInfo info{.name = kCrossEntropy,
                               .formula = "y[n] = -log softmax(logits)[n, targets[n]]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10,
                               .parallel = true};
  static Shape shape(const Signature& s) {
    require_targets(s);
    return s.shape(1);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const std::size_t n = width_of(k.shape(0));
    for_each_row<T>(k, 0, [&](Index row, const T* x) {
      const std::int32_t target = target_of(k, row, static_cast<Index>(n));
      k.out<T>()[row] = target < 0 ? T{0} : loss_of(x[target], normaliser_of(x, n));
    });
  }
  static void gradient(Backward& b);
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return cross_entropy(v[0], v[1]); };
    return {{{{{4, 5}}, ids({4}, 5)}, call},
            {{{{2, 3, 5}}, ids({2, 3}, 5)}, call},
            {{{{1, 1}}, ids({1}, 1)}, call},
            {{{{0, 5}}, ids({0}, 5)}, call},
            {{{{20}}, ids({}, 20)}, call},
            {{{{9, 4}}, ids({9}, 4)}, ignoring},
            {{{{6, 4}}, ids({6}, 4)},
             [](Vars v) { return softmax_cross_entropy(v[0], v[1], Reduction::mean, 1); }}};
  }
  static std::vector<BadInput> bad_inputs() {
    const auto with_target = [](std::int32_t target, Index ignore) {
      return [=](Vars v) {
        const Tensor targets = Tensor::of<std::int32_t>({2}, {0, target});
        return cross_entropy(v[0], v[0].tape().input(targets), ignore);
      };
    };
    return {{{{{4, 5}}, ids({3}, 5)},
             [](Vars v) { return cross_entropy(v[0], v[1]); },
             "cross_entropy: logits (4 x 5) and targets (3): one target is needed for each row of "
             "logits"},
            {{{{2, 5}}},
             with_target(5, kIgnoreNone),
             "cross_entropy: target 5 at position 1: expected one in [0, 5)"},
            {{{{2, 5}}},
             with_target(-7, -100),
             "cross_entropy: target -7 at position 1: expected one in [0, 5) or -100 to ignore"},
            {{{{2, 0}}, ids({2}, 1)},
             [](Vars v) { return cross_entropy(v[0], v[1]); },
             "cross_entropy: (2 x 0): a last axis with at least one element is needed"}};
  }
};

/// softmax minus one-hot, each row scaled by its weight: the gradient of cross_entropy in one pass,
/// which computes cross_entropy too where it is asked for.
struct CrossEntropyGradient {
  static constexpr OpInfo info{.name = "cross_entropy_gradient",
                               .formula = "y[n] = w[n] (softmax(logits)[n] - onehot(targets[n]))",
                               .min_inputs = 3,
                               .max_inputs = 3,
                               .integer_inputs = 0b010,
                               .parallel = true,
                               .in_place = true};
  static Shape shape(const Signature& s) {
    require_targets(s);
    if (s.shape(2) != s.shape(1)) {
      s.reject("targets {} and weights {} have to be of one shape", s.shape(1).to_string(),
               s.shape(2).to_string());
    }
    return s.shape(0);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const std::size_t n = width_of(k.shape(0));
    for_each_row<T>(k, 0, [&](Index row, const T* x) {
      T* const y = k.out<T>() + row * static_cast<Index>(n);
      const std::int32_t target = target_of(k, row, static_cast<Index>(n));
      const T weight = k.in<T>(2)[row];
      T loss = 0;
      if (target < 0) {
        std::fill_n(y, n, T{0});
      } else {
        const T logit = x[target];  // y may lie where x does
        loss = loss_of(logit, softmax_of(x, y, n, weight));
        y[target] -= weight;
      }
      if (T* const losses = k.second<T>()) losses[row] = loss;
    });
  }
  static const Op& second();
  static Var call(Var logits, Var targets, Var weights, Ignore ignore);
  static void gradient(Backward& b) {
    const auto ignore = b.attributes<Ignore>();
    const Var logits = b.in(0);
    const Var targets = b.in(1);
    const Var dy = b.dy();
    if (b.wants(0)) {
      const Shape rows = targets.shape();
      const Var weight = b.in(2) * counted(targets, ignore);
      const Var p = softmax(logits);
      b.add(0, reshape(weight, rows.inserted(rows.rank(), 1)) * p * (dy - sum(p * dy, -1, true)));
    }
    if (b.wants(2)) {
      const Var unweighted = call(logits, targets, full(b.tape(), targets.shape(), 1), ignore);
      b.add(2, sum(dy * unweighted, -1));
    }
  }
  static std::vector<Sample> samples() {
    const auto with = [](Index ignore) {
      return [ignore](Vars v) { return call(v[0], v[1], v[2], Ignore{ignore}); };
    };
    return {{{{{4, 5}}, ids({4}, 5), {{4}}}, with(kIgnoreNone)},
            {{{{1, 1}}, ids({1}, 1), {{1}}}, with(kIgnoreNone)},
            {{{{0, 5}}, ids({0}, 5), {{0}}}, with(kIgnoreNone)},
            {{{{9, 4}}, ids({9}, 4), {{9}}}, with(2)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{4, 5}}, ids({4}, 5), {{3}}},
             [](Vars v) { return call(v[0], v[1], v[2], Ignore{kIgnoreNone}); },
             "cross_entropy_gradient: targets (4) and weights (3) have to be of one shape"}};
  }
};

struct Counted {
  static constexpr OpInfo info{.name = "counted",
                               .formula = "y[n] = 1 where targets[n] is not ignored, else 0",
                               .integer_inputs = 0b1};
  static Shape shape(const Signature& s) { return s.shape(0); }
  template <class T>
  static void forward(const KernelCall& k) {
    const Index ignored = k.attributes<Ignore>().index;
    const auto* targets = k.in<std::int32_t>(0);
    std::transform(targets, targets + k.shape().size(), k.out<T>(),
                   [=](std::int32_t target) { return target == ignored ? T{0} : T{1}; });
  }
  static constexpr NoGradient gradient{"a function of integers"};
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return counted(v[0], {2}); };
    return {{{ids({9}, 4)}, call}, {{ids({1, 1}, 3)}, call}, {{ids({0}, 4)}, call}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3}}},
             [](Vars v) { return counted(v[0], {2}); },
             "counted: input 0 is f64, expected i32"}};
  }
};

struct KnownTargets {
  static constexpr OpInfo info{.name = "known_targets",
                               .formula = "y[n] = targets[n], 0 where it is ignored",
                               .integer_inputs = 0b1,
                               .integer_result = true};
  static Shape shape(const Signature& s) { return s.shape(0); }
  template <class T>
  static void forward(const KernelCall& k) {
    const Index ignored = k.attributes<Ignore>().index;
    const auto* targets = k.in<std::int32_t>(0);
    std::transform(targets, targets + k.shape().size(), k.out<std::int32_t>(),
                   [=](std::int32_t target) { return target == ignored ? 0 : target; });
  }
  static constexpr NoGradient gradient{"a function of integers"};
  static Var call(Var targets, Ignore ignore);
  static std::vector<Sample> samples() {
    const Call sample = [](Vars v) { return counted(call(v[0], {2}), {0}); };
    return {{{ids({9}, 4)}, sample}, {{ids({1, 1}, 1)}, sample}, {{ids({0}, 4)}, sample}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3}}},
             [](Vars v) { return call(v[0], {2}); },
             "known_targets: input 0 is f64, expected i32"}};
  }
};

using Family =
    OpFamily<Softmax, LogSoftmax, CrossEntropy, CrossEntropyGradient, Counted, KnownTargets>;

template <class D>
Var record(std::initializer_list<Var> inputs, const Attributes& attributes = {}) {
  return inputs.begin()->tape().record(Family::op<D>(), inputs, attributes);
}

void CrossEntropy::gradient(Backward& b) {
  b.add(0, CrossEntropyGradient::call(b.in(0), b.in(1), b.dy(), b.attributes<Ignore>()));
}

const Op& CrossEntropyGradient::second() { return Family::op<CrossEntropy>(); }

Var CrossEntropyGradient::call(Var logits, Var targets, Var weights, Ignore ignore) {
  return record<CrossEntropyGradient>({logits, targets, weights}, Attributes(ignore));
}

Var counted(Var targets, Ignore ignore) { return record<Counted>({targets}, Attributes(ignore)); }

Var KnownTargets::call(Var targets, Ignore ignore) {
  return record<KnownTargets>({targets}, Attributes(ignore));
}

}  // namespace

std::vector<const Op*> loss_ops() { return Family::all(); }

/// An operation on rows, along any axis.
template <class D>
Var record_along(Var x, Index axis) {
  (void)size_along(D::info.name, x, axis);
  const Index last = x.shape().rank() - 1;
  if (from_front(x, axis) == last) return record<D>({x});
  return transpose(record<D>({transpose(x, axis, last)}), axis, last);
}

Var softmax(Var x, Index axis) { return record_along<Softmax>(x, axis); }
Var log_softmax(Var x, Index axis) { return record_along<LogSoftmax>(x, axis); }

Var cross_entropy(Var logits, Var targets, Index ignore_index) {
  return record<CrossEntropy>({logits, targets}, Attributes(Ignore{ignore_index}));
}

Var softmax_cross_entropy(Var logits, Var targets, Reduction reduction, Index ignore_index) {
  const Var total = sum(cross_entropy(logits, targets, ignore_index));
  if (reduction == Reduction::sum) return total;
  return total / sum(counted(targets, {ignore_index}));
}

Var softmax_cross_entropy(Var logits, Var targets, const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  if (!(smoothing >= 0 && smoothing <= 1)) {
    fail<ValueError>("softmax_cross_entropy: a label smoothing of {}: from 0 to 1", smoothing);
  }
  const Ignore ignore{options.ignore_index};
  const std::optional<Var>& weights = options.class_weights;
  Var weight = counted(targets, ignore);
  if (weights) weight *= embedding(*weights, KnownTargets::call(targets, ignore));
  Var loss = (1 - smoothing) * weight * cross_entropy(logits, targets, ignore.index);
  if (smoothing > 0) {
    const Var log_p = log_softmax(logits);
    const Var all = mean(weights ? log_p * *weights : log_p, -1);
    loss -= smoothing * counted(targets, ignore) * all;
  }
  return options.reduction == Reduction::sum ? sum(loss) : sum(loss) / sum(weight);
}

}  // namespace unroll
