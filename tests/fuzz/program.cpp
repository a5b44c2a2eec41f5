#include "fuzz/program.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll::fuzz {
namespace {

/// Clears a tape and leaves NaN in its memory, so that reading what was never written shows.
void clear_to_nan(Tape& tape) {
  for (const Index elements : {Index{7'500}, Index{100'000}}) {
    const Tensor nan = Tensor::of<double>(
        {elements}, std::vector<double>(static_cast<std::size_t>(elements),
                                        std::numeric_limits<double>::quiet_NaN()));
    tape.clear();
    (void)tape.input(nan);
  }
  tape.clear();
}

}  // namespace

Tapes::Tapes(const Passes& passes) {
  first.set_passes(passes);
  second.set_passes(passes);
}

Program::Program(const Recipe& recipe, const Way& way, Tapes& tapes)
    : recipe_(recipe),
      way_(way),
      tapes_(tapes),
      tape_(&tapes.first),
      choices_(recipe.seed, 1),
      scale_(one_of<Index>({5, 8, 8, 40, 40, 300})),
      data_(recipe.data, 2),
      order_(way.order, 3) {
  clear_to_nan(tapes_.first);
  clear_to_nan(tapes_.second);
  next_threads();
}

Program::~Program() = default;

void Program::next_threads() {
  set_threads(way_.threads[pieces_ % way_.threads.size()]);
  ++pieces_;
}

Index Program::size() {
  static const std::vector<Index> large{31,  32,  33,  47,  63,  64,  65,  96,  97,
                                        127, 128, 129, 160, 200, 255, 256, 257, 300};
  const Index any = 1 + below(std::min<Index>(scale_, 40));
  const Index size = one_in(2) ? one_of(large) : any;
  return std::min(scale_ > 40 ? size : any, recipe_.largest);
}

Index Program::small_size() {
  return std::min(1 + below(std::min<Index>(scale_, 40)), recipe_.largest);
}

Index Program::batch(bool may_be_empty) {
  static const std::vector<Index> sizes{1, 1, 1, 2, 3, 4, 5, 8, 9, 16, 20, 33};
  const Index size = one_of(sizes);
  if (one_in(20) && may_be_empty) return 0;
  return std::min(size, recipe_.largest);
}

Index Program::steps() {
  const Index steps = one_in(4) ? 1 + below(12) : 1 + below(5);
  return std::min(scale_ > 40 ? 1 + steps / 3 : steps, recipe_.longest);
}

Tensor Program::tensor(const Shape& shape, double low, double high) {
  Tensor tensor(DType::f64, shape);
  for (double& value : tensor.values<double>()) {
    value = data_.uniform(low, high) * (1 + recipe_.nudge * data_.uniform(-1, 1));
  }
  if (spoils_ && one_in(3) && tensor.size() > 0) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static const std::vector<double> kinds{std::numeric_limits<double>::quiet_NaN(), kInfinity,
                                           -kInfinity, -0.0, 1e-310};
    tensor.values<double>()[static_cast<std::size_t>(data_.below(tensor.size()))] = one_of(kinds);
  }
  return tensor;
}

Tensor Program::id_tensor(const Shape& shape, Index bound) {
  Tensor ids(DType::i32, shape);
  for (std::int32_t& id : ids.values<std::int32_t>()) {
    id = static_cast<std::int32_t>(data_.below(bound));
  }
  const bool is_bad = std::ranges::find(bad_ids_, id_tensors_++) != bad_ids_.end();
  if (is_bad && ids.size() > 0) {
    ids.values<std::int32_t>()[static_cast<std::size_t>(data_.below(ids.size()))] =
        static_cast<std::int32_t>(bound + data_.below(3));
  }
  return ids;
}

Var Program::input(const Shape& shape, double low, double high) {
  inputs_.push_back(tape().input(tensor(shape, low, high)));
  return inputs_.back();
}

Var Program::ids(const Shape& shape, Index bound) { return tape().input(id_tensor(shape, bound)); }

Initializer Program::weights(double scale) {
  const bool spoils = spoils_ && one_in(6);
  return [=, nudge = recipe_.nudge](const Shape& shape, std::span<double> values, Random& r) {
    const Index fan_in = shape.rank() == 0 ? 1 : std::max<Index>(shape[shape.rank() - 1], 1);
    const double limit = scale / std::sqrt(static_cast<double>(fan_in));
    for (double& value : values) {
      value = r.uniform(-limit, limit) * (1 + nudge * r.uniform(-1, 1));
    }
    if (spoils && !values.empty()) values.front() = std::numeric_limits<double>::infinity();
  };
}

CellOptions Program::options() {
  CellOptions options;
  options.bias = !one_in(4);
  options.W = weights();
  options.U = weights();
  options.b = weights();
  return options;
}

Parameters Program::tree() { return Parameters(DType::f64, recipe_.data + 1000 * ++trees_); }

void Program::change(const Parameters& tree) {
  changed_ = true;
  for (const Parameter& p : tree.all()) {
    Tensor values(DType::f64, p.shape());
    Random random(recipe_.data, 50 + p.index());
    weights()(p.shape(), values.values<double>(), random);
    p.set(values);
  }
}

void Program::show(Var var) {
  const Node& node = var.tape().graph().nodes[var.index()];
  show(fmt::format("Var #{} {} {}", var.index(), node.op->name, node.shape.to_string()),
       [var] { return var.value().to_doubles(); });
}

void Program::show(std::string label, std::function<std::vector<double>()> read, bool may_be_lost) {
  pending_.push_back({outcome_.size(), std::move(read)});
  outcome_.push_back({std::move(label), {}, {}, may_be_lost});
}

void Program::show_now(Var var) {
  show(var);
  read(pending_.back());
  pending_.pop_back();
}

void Program::glance(Var var) {
  if (way_.order != 0 && order_.below(2) == 0) return;
  try {
    (void)var.value();
  } catch (const ValueError&) {
    // It is shown where the value is.
  }
}

Gradients& Program::hold(Gradients gradients) {
  held_.push_back(std::move(gradients));
  Gradients& held = held_.back();
  show(fmt::format("gradients {} of the piece", held_.size() - 1),
       [&held] { return held.flat().to_doubles(); });
  return held;
}

Var Program::loss_of(Var result) {
  const int rank = result.shape().rank();
  const Index last = rank == 0 ? 0 : result.shape()[rank - 1];
  switch (below(5)) {
    case 0:
      return sum(square(result));
    case 1:
      return sum(tanh(result));
    case 2:
      return sum(result * input(result.shape(), 0.5, 1.5));
    case 3:
      if (rank > 0 && last > 1 && result.shape().size() > 0) {
        const Var logits = one_in(2) ? result : result * 2;
        if (logits != result && one_in(2)) tape().discard(logits);
        return softmax_cross_entropy(logits, ids(logits.shape().without(rank - 1), last));
      }
      return sum(result);
    default:
      return sum(square(result)) * 0.5 + sum(result);
  }
}

void Program::learn(const std::vector<Var>& results, const std::vector<Parameters>& trees) {
  std::vector<Var> terms;
  for (const Var& result : results) terms.push_back(loss_of(result));
  const Var loss = add_up(terms);
  std::vector<Var> inputs;
  std::ranges::copy_if(inputs_, std::back_inserter(inputs),
                       [&](const Var& var) { return &var.tape() == tape_; });
  if (on_loss) on_loss({loss, trees, inputs});
  if (one_in(2)) glance(loss);
  for (const Var& result : results) {
    if (one_in(2)) show(result);
    if (one_in(4)) glance(result);
  }
  for (const Parameters& tree : trees) {
    if (!one_in(5)) hold(tape().gradients(loss, tree, Tape::Unreached::zero));
  }
  if (one_in(2) && !inputs.empty()) {
    const std::vector<Var> gradients = tape().gradients(loss, inputs);
    for (const Var& gradient : gradients) show(gradient);
    if (one_in(4)) {
      const Var again = tape().gradients(sum(square(one_of(gradients))), inputs)[0];
      show(again);
    }
  }
  show(loss);
  switch (below(6)) {
    case 0:
      for (const Parameters& tree : trees) change(tree);
      break;
    case 1:  // one tree only, when something of the piece has been read
      glance(loss);
      if (!trees.empty()) change(one_of(trees));
      break;
    case 2:
      if (!held_.empty()) {
        changed_ = true;
        const std::size_t seen = outcome_.size();
        outcome_.push_back({"a step of Sgd"});
        try {
          Sgd{0.1}.step(held_.back());
        } catch (const Error& error) {
          outcome_[seen].error = error.what();
        }
      }
      break;
    default:
      break;
  }
  end_piece();
}

/// Shows every node of a tape, whether the program has a Var of it or not.
void Program::show_nodes(Tape& tape) {
  constexpr Index kMostElements = 300'000;
  Index elements = 0;
  for (const Node& node : tape.graph().nodes) elements += node.shape.size();
  if (elements > kMostElements || tape.node_count() == 0) return;
  const std::uint32_t generation = tape.input(Tensor(DType::f64, {})).generation();
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(tape.node_count()); ++i) {
    const Var var(&tape, i, generation);
    const Node& node = tape.graph().nodes[i];
    show(
        fmt::format("node {}, {} {}", i, node.op->name, node.shape.to_string()),
        [var] { return var.value().to_doubles(); }, changed_);
  }
}

void Program::read(Pending& pending) {
  Seen& seen = outcome_[pending.seen];
  seen.any_bits = any_bits_ || changed_ || trees_ > 1;
  try {
    seen.values = pending.read();
  } catch (const HandleError& error) {
    seen.error = error.what();
  } catch (const Error& error) {
    seen.error = error.what();
    seen.may_be_lost = false;
  }
}

void Program::end_piece() {
  if (one_in(3)) {
    show_nodes(tapes_.first);
    show_nodes(tapes_.second);
  }
  if (way_.order != 0) {
    for (std::size_t i = pending_.size(); i > 1; --i) {
      std::swap(pending_[i - 1],
                pending_[static_cast<std::size_t>(order_.below(static_cast<std::int64_t>(i)))]);
    }
  }
  std::vector<Pending> pending = std::move(pending_);
  pending_.clear();
  for (Pending& one : pending) read(one);
  held_.clear();  // what reads them was pending
  next_threads();
}

void Program::clear() {
  end_piece();
  if (way_.on_clear) way_.on_clear(tapes_);
  inputs_.clear();
  changed_ = false;
  tapes_.first.clear();
  tapes_.second.clear();
}

}  // namespace unroll::fuzz
