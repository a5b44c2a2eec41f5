#include <unroll/core/plan/order.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace unroll {
namespace {

/// Vertices are the values, then the products.
class Ordering {
 public:
  explicit Ordering(const Draft& draft)
      : draft_(draft),
        values_(static_cast<std::uint32_t>(draft.values.size())),
        count_(values_ + static_cast<std::uint32_t>(draft.products.size())),
        by_step_(draft.request.purpose == Request::Purpose::inference ||
                 draft.request.purpose == Request::Purpose::replay),
        missing_(count_, 0),
        live_(count_, 0),
        pulled_(values_, 0),
        summed_(values_, 0),
        begun_(draft.products.size(), 0),
        sweep_of_(values_, kNone) {}

  std::vector<Task> run() {
    mark_live();
    link();
    for (std::uint32_t v = 0; v < count_; ++v) {
      if (live_[v] != 0 && missing_[v] == 0) arrive(v);
    }
    settle();
    while (!ready_.empty()) {
      const std::uint32_t v = ready_.top().second;
      ready_.pop();
      if (!is_sum(v) || summed_[v] == 0) perform(v);
      done(v);
      settle();
    }
    for (Id id = 0; id < draft_.work(); ++id) {
      if (live_[id] == 0) continue;
      UNROLL_CHECK(missing_[id] == 0);  // passes make nothing wait in a circle
      if (!draft_.values[id].target) continue;
      begin_pull();
      pull(id);
      end_pull();
    }
    return std::move(tasks_);
  }

 private:
  [[nodiscard]] bool is_product(std::uint32_t v) const { return v >= values_; }
  [[nodiscard]] const BlockProduct& product_of(std::uint32_t v) const {
    return draft_.products[v - values_];
  }
  [[nodiscard]] bool is_swept(std::uint32_t v) const {
    return is_product(v) && product_of(v).swept;
  }
  [[nodiscard]] bool has_role(std::uint32_t v, Role role) const {
    return !is_product(v) && draft_.values[v].role == role;
  }
  [[nodiscard]] bool is_sum(std::uint32_t v) const { return has_role(v, Role::sum); }
  [[nodiscard]] bool is_copy(std::uint32_t v) const { return has_role(v, Role::copy); }
  [[nodiscard]] std::span<const std::uint32_t> users_of(std::uint32_t v) const {
    return std::span(users_).subspan(first_user_[v], first_user_[v + 1] - first_user_[v]);
  }

  template <class F>
  void for_each_need(std::uint32_t v, F f) const {
    if (is_product(v)) {
      draft_.for_each_operand(product_of(v), f);
    } else if (draft_.values[v].product != kNone) {
      f(values_ + draft_.values[v].product);
    } else {
      for (const Id input : draft_.inputs_of(v)) f(input);
    }
  }

  /// What has to run: targets, operations that check ids, which are to throw whether or not a
  /// target needs them, and what these need.
  void mark_live() {
    std::vector<std::uint32_t> stack;
    const auto visit = [&](std::uint32_t v) {
      if (live_[v] != 0) return;
      live_[v] = 1;
      stack.push_back(v);
    };
    for (Id id = draft_.work(); id-- > 0;) {
      const Value& value = draft_.values[id];
      if (value.target || (value.op->integer_inputs != 0 && value.role == Role::kernel)) visit(id);
      while (!stack.empty()) {
        const std::uint32_t v = stack.back();
        stack.pop_back();
        for_each_need(v, visit);
        if (is_product(v)) draft_.for_each_result(product_of(v), visit);
      }
    }
  }

  /// Writes for each vertex which ones need it, one list after the other.
  void link() {
    first_user_.assign(count_ + 1, 0);
    for (std::uint32_t v = 0; v < count_; ++v) {
      if (live_[v] == 0) continue;
      for_each_need(v, [&](std::uint32_t need) {
        ++first_user_[need + 1];
        ++missing_[v];
      });
    }
    for (std::size_t v = 0; v < count_; ++v) first_user_[v + 1] += first_user_[v];
    users_.resize(first_user_[count_]);
    std::vector<std::uint32_t> next(first_user_.begin(), first_user_.end() - 1);
    for (std::uint32_t v = 0; v < count_; ++v) {
      if (live_[v] != 0) for_each_need(v, [&](std::uint32_t need) { users_[next[need]++] = v; });
    }
  }

  /// Of what is ready, the smallest turn comes first: as it was recorded or, where only what is
  /// asked for is kept, by the time step, so that what one step leaves to another is soon used.
  [[nodiscard]] std::uint64_t turn_of(Id node) const {
    if (!by_step_) return node;
    const Node& recorded = draft_.graph.nodes[draft_.request.nodes[node]];
    return (static_cast<std::uint64_t>(recorded.step + 1) << 32) | node;
  }

  /// All that `v` needs is there.
  void arrive(std::uint32_t v) {
    if (is_product(v)) {
      ready_.emplace(turn_of(product_of(v).order), v);
      if (product_of(v).swept) ready_swept_.push_back(v);
    } else if (draft_.values[v].role == Role::kernel) {
      ready_.emplace(turn_of(v), v);
    } else if (is_sum(v)) {
      ready_.emplace(turn_of(v), v);
      ready_sums_.push_back(v);
    } else {
      settled_.push_back(v);
    }
  }
  void done(std::uint32_t v) {
    for (const std::uint32_t user : users_of(v)) {
      if (--missing_[user] == 0) arrive(user);
    }
  }
  void settle() {
    while (!settled_.empty()) {
      const std::uint32_t v = settled_.back();
      settled_.pop_back();
      done(v);
    }
  }

  void perform(std::uint32_t v) {
    begin_pull();
    for_each_need(v, [&](std::uint32_t need) { pull(need); });
    if (is_sum(v)) pull_sums_like(v);
    if (is_swept(v)) pull_all_swept();
    end_pull();
    if (is_swept(v)) {
      UNROLL_CHECK(begun_[v - values_] != 0);  // by the sweeps of what it adds up
    } else if (is_product(v)) {
      tasks_.push_back({Task::Kind::product, static_cast<Id>(v - values_)});
    } else if (is_sum(v)) {
      UNROLL_CHECK(summed_[v] != 0);  // by the sweep of its input
    } else {
      tasks_.push_back({Task::Kind::kernel, v, second_of(v)});
    }
  }

  [[nodiscard]] Id second_of(Id kernel) const {
    if (draft_.values[kernel].op->second == nullptr) return kNone;
    const auto users = users_of(kernel);
    const auto user =
        std::ranges::find_if(users, [&](std::uint32_t v) { return has_role(v, Role::second); });
    return user == users.end() ? kNone : *user;
  }

  /// The inputs of other sums that are ready, where they are of the same shape: they may read the
  /// same.
  void pull_sums_like(Id sum) {
    const Value& value = draft_.values[draft_.inputs_of(sum)[0]];
    std::erase_if(ready_sums_, [&](Id ready) {
      const Id input = draft_.inputs_of(ready)[0];
      if (summed_[ready] == 0 && same_matrix(value, input)) pull(input);
      return summed_[ready] != 0 || same_matrix(value, input);
    });
  }

  /// What all other sums over several values need that are ready: they may read the same.
  void pull_all_swept() {
    for (const std::uint32_t sum : ready_swept_) {
      for_each_need(sum, [&](std::uint32_t need) { pull(need); });
    }
    ready_swept_.clear();
  }

  // What is computed when it is needed: collected, then grouped into sweeps and copies.

  void begin_pull() { wanted_.clear(); }

  void pull(Id id) {
    stack_.push_back({id, false});
    while (!stack_.empty()) {
      const auto [v, expanded] = stack_.back();
      stack_.pop_back();
      if (expanded) {
        wanted_.push_back(v);
        continue;
      }
      if (pulled_[v] != 0) continue;
      pulled_[v] = 1;
      const Role role = draft_.values[v].role;
      if (role == Role::source || role == Role::product || role == Role::kernel ||
          role == Role::sum || role == Role::second) {
        continue;
      }
      stack_.push_back({v, true});
      for (const Id input : draft_.inputs_of(v)) {
        if (pulled_[input] == 0) stack_.push_back({input, false});
      }
    }
  }

  /// The task among those being made after which `id` is there, counted from 1; 0: before all.
  [[nodiscard]] std::uint32_t after(Id id) const {
    // Views and what is joined are in wanted_ behind their inputs: they were given theirs.
    return sweep_of_[id] == kNone ? 0 : sweep_of_[id] + 1;
  }
  void pass_on(Id id) {
    std::uint32_t last = 0;
    for (const Id input : draft_.inputs_of(id)) last = std::max(last, after(input));
    if (last > 0) sweep_of_[id] = last - 1;
  }

  /// Whether `id`, which is there after task `there`, is computed by an instruction of it: a copy
  /// that the sweep makes on the way is not.
  [[nodiscard]] bool is_result(Id id, std::uint32_t there) const {
    const Id owner = draft_.values[id].place.owner;
    return there > 0 && made_[there - 1].kind == Task::Kind::sweep &&
           sweep_of_[owner] == there - 1 && draft_.values[owner].role == Role::elementwise &&
           draft_.is_whole(id);
  }

  void end_pull() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const Id id = wanted_[i];
      switch (draft_.values[id].role) {
        case Role::copy:
          add_copy(id);
          break;
        case Role::elementwise:
          add_elementwise(id);
          add_along(id);
          break;
        default:
          pass_on(id);
      }
    }
    for (const Id id : wanted_) sweep_of_[id] = kNone;
    for (Task& task : made_) {
      for (SumTerm& term : task.terms) term.first = std::exchange(begun_[term.product], 1) == 0;
      tasks_.push_back(std::move(task));
    }
    made_.clear();
  }

  /// Copies and sums of a value are made with it, whatever needs them later: it is at hand.
  void add_along(Id id) {
    for (const std::uint32_t user : users_of(id)) {
      if (is_swept(user)) {
        made_[sweep_of_[id]].terms.push_back({user - values_, id, false});
      } else if (is_sum(user)) {
        made_[sweep_of_[id]].sums.push_back(user);
        summed_[user] = 1;
      } else if (is_copy(user) && pulled_[user] == 0) {
        pulled_[user] = 1;
        wanted_.push_back(user);
      }
    }
  }

  void add_elementwise(Id id) {
    const Value& value = draft_.values[id];
    std::uint32_t at = 0;
    for (const Id input : draft_.inputs_of(id)) {
      const std::uint32_t there = after(input);
      const bool in_sweep =
          is_result(input, there) && same_matrix(value, made_[there - 1].nodes[0]);
      at = std::max(at, in_sweep ? there - 1 : there);
    }
    const auto takes = [&](const Task& task) {
      return draft_.shares_sweeps && task.kind == Task::Kind::sweep &&
             same_matrix(value, task.nodes[0]);
    };
    while (at < made_.size() && !takes(made_[at])) ++at;
    if (at == made_.size()) made_.push_back({Task::Kind::sweep});
    made_[at].nodes.push_back(id);
    sweep_of_[id] = at;
  }

  void add_copy(Id id) {
    const Id input = draft_.inputs_of(id)[0];
    const std::uint32_t there = after(input);
    if (is_result(input, there)) {
      made_[there - 1].copies.push_back(id);
      sweep_of_[id] = there - 1;
    } else if (there == 0) {  // made first, it parts no sweep
      tasks_.push_back({Task::Kind::copy, id});
    } else {
      sweep_of_[id] = static_cast<std::uint32_t>(made_.size());
      made_.push_back({Task::Kind::copy, id});
    }
  }

  [[nodiscard]] bool same_matrix(const Value& value, Id other) const {
    return value.rows == draft_.values[other].rows && value.columns == draft_.values[other].columns;
  }

  const Draft& draft_;
  std::uint32_t values_;
  std::uint32_t count_;
  bool by_step_;
  std::vector<std::uint32_t> missing_;
  std::vector<std::uint8_t> live_;
  std::vector<std::uint32_t> first_user_;
  std::vector<std::uint32_t> users_;
  std::vector<std::uint32_t> settled_;
  using Ready = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready_;
  std::vector<std::uint8_t> pulled_;
  std::vector<std::uint8_t> summed_;        // those that a sweep adds up
  std::vector<Id> ready_sums_;              // and those that can be computed
  std::vector<std::uint8_t> begun_;         // swept products of which a sweep has a term
  std::vector<std::uint32_t> ready_swept_;  // and those whose terms can be computed
  std::vector<std::pair<Id, bool>> stack_;
  std::vector<Id> wanted_;
  std::vector<std::uint32_t> sweep_of_;  // by value: which of `made_` computes it
  std::vector<Task> made_;               // those that compute wanted_, before they go to tasks_
  std::vector<Task> tasks_;
};

}  // namespace

std::vector<Task> order_tasks(const Draft& draft) { return Ordering(draft).run(); }

}  // namespace unroll
