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
  Ordering(const Draft& draft, bool fuse)
      : draft_(draft),
        fuse_(fuse),
        count_(draft.values.size() + draft.products.size()),
        missing_(count_, 0),
        live_(count_, 0),
        pulled_(draft.values.size(), 0),
        summed_(draft.values.size(), 0),
        begun_(draft.products.size(), 0),
        entry_(draft.values.size(), kNone) {}

  std::optional<std::vector<Task>> run() {
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
    for (Id id = 0; id < draft_.request.work.size(); ++id) {
      if (!draft_.values[id].target) continue;
      if (missing_[id] != 0) return std::nullopt;
      begin_pull();
      pull(id);
      end_pull();
    }
    return std::move(tasks_);
  }

 private:
  [[nodiscard]] bool is_product(std::uint32_t v) const { return v >= draft_.values.size(); }
  [[nodiscard]] const BlockProduct& product_of(std::uint32_t v) const {
    return draft_.products[v - draft_.values.size()];
  }
  [[nodiscard]] bool is_swept(std::uint32_t v) const {
    return is_product(v) && product_of(v).swept;
  }
  [[nodiscard]] bool has_role(std::uint32_t v, Role role) const {
    return !is_product(v) && draft_.values[v].role == role;
  }
  [[nodiscard]] bool is_sum(std::uint32_t v) const { return has_role(v, Role::sum); }
  [[nodiscard]] bool is_copy(std::uint32_t v) const { return has_role(v, Role::copy); }

  template <class F>
  void for_each_need(std::uint32_t v, F f) const {
    if (is_product(v)) {
      product_of(v).for_each_operand(f);
    } else if (draft_.values[v].product != kNone) {
      f(static_cast<std::uint32_t>(draft_.values.size() + draft_.values[v].product));
    } else {
      for (const Id input : draft_.inputs_of(v)) f(input);
    }
  }

  void mark_live() {
    std::vector<std::uint32_t> stack;
    const auto visit = [&](std::uint32_t v) {
      if (live_[v] != 0) return;
      live_[v] = 1;
      stack.push_back(v);
    };
    for (Id id = 0; id < draft_.request.work.size(); ++id) {
      if (draft_.values[id].target) visit(id);
    }
    while (!stack.empty()) {
      const std::uint32_t v = stack.back();
      stack.pop_back();
      for_each_need(v, visit);
      if (!is_product(v)) continue;
      product_of(v).for_each_result(visit);
    }
  }

  /// Writes for each vertex who needs it, one list after the other.
  void link() {
    first_.assign(count_ + 1, 0);
    for (std::uint32_t v = 0; v < count_; ++v) {
      if (live_[v] == 0) continue;
      for_each_need(v, [&](std::uint32_t need) {
        ++first_[need + 1];
        ++missing_[v];
      });
    }
    for (std::size_t v = 0; v < count_; ++v) first_[v + 1] += first_[v];
    users_.resize(first_[count_]);
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t v = 0; v < count_; ++v) {
      if (live_[v] != 0) for_each_need(v, [&](std::uint32_t need) { users_[next[need]++] = v; });
    }
  }

  /// All that `v` needs is there.
  void arrive(std::uint32_t v) {
    if (is_product(v)) {
      ready_.emplace(product_of(v).order, v);
      if (product_of(v).swept) ready_swept_.push_back(v);
    } else if (draft_.values[v].role == Role::kernel) {
      ready_.emplace(v, v);
    } else if (is_sum(v)) {
      ready_.emplace(v, v);
      ready_sums_.push_back(v);
    } else {
      settled_.push_back(v);
    }
  }
  void done(std::uint32_t v) {
    for (std::uint32_t i = first_[v]; i < first_[v + 1]; ++i) {
      if (--missing_[users_[i]] == 0) arrive(users_[i]);
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
      UNROLL_CHECK(begun_[v - draft_.values.size()] != 0);  // by the programs of what it is of
    } else if (is_product(v)) {
      tasks_.push_back({Task::Kind::product, static_cast<Id>(v - draft_.values.size())});
    } else if (is_sum(v)) {
      UNROLL_CHECK(summed_[v] != 0);  // by the program of what it is of
    } else {
      tasks_.push_back({Task::Kind::kernel, v, also_given_by(v)});
    }
  }

  [[nodiscard]] Id also_given_by(Id kernel) const {
    const auto* const begin = users_.data() + first_[kernel];
    const auto* const end = users_.data() + first_[kernel + 1];
    const auto* const user =
        std::find_if(begin, end, [&](std::uint32_t v) { return has_role(v, Role::also); });
    return user == end ? kNone : *user;
  }

  /// What other sums that are ready add up, if it is of the same shape: they may read the same.
  void pull_sums_like(Id sum) {
    const Value& value = draft_.values[draft_.inputs_of(sum)[0]];
    std::erase_if(ready_sums_, [&](Id ready) {
      const Id input = draft_.inputs_of(ready)[0];
      if (summed_[ready] == 0 && same_matrix(value, input)) pull(input);
      return summed_[ready] != 0 || same_matrix(value, input);
    });
  }

  /// What all other sums need that sweeps add up: they may read the same.
  void pull_all_swept() {
    for (const std::uint32_t sum : ready_swept_) {
      for_each_need(sum, [&](std::uint32_t need) { pull(need); });
    }
    ready_swept_.clear();
  }

  // What is computed when it is needed: collected, then grouped into programs.

  void begin_pull() {
    wanted_.clear();
    programs_.clear();
  }

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
          role == Role::sum || role == Role::also) {
        continue;
      }
      stack_.push_back({v, true});
      for (const Id input : draft_.inputs_of(v)) stack_.push_back({input, false});
    }
  }

  /// The program among those being made after which `id` is there: 0 before all of them.
  [[nodiscard]] std::uint32_t after(Id id) const {
    const Role role = draft_.values[id].role;
    if (role == Role::view) return after(draft_.inputs_of(id)[0]);
    if (role == Role::joined) {
      std::uint32_t last = 0;
      for (const Id part : draft_.inputs_of(id)) last = std::max(last, after(part));
      return last;
    }
    return entry_[id] == kNone ? 0 : entry_[id] + 1;
  }

  /// Whether `id`, which is there after program `there`, is what an instruction of it computes: a
  /// copy the program makes on the way is not.
  [[nodiscard]] bool is_result(Id id, std::uint32_t there) const {
    const Id root = draft_.values[id].ref.root;
    return there > 0 && programs_[there - 1].kind == Task::Kind::program &&
           entry_[root] == there - 1 && draft_.values[root].role == Role::elementwise &&
           draft_.is_whole(id);
  }

  void end_pull() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const Id id = wanted_[i];
      const Role role = draft_.values[id].role;
      if (role == Role::copy) add_copy(id);
      if (role != Role::elementwise) continue;
      add_elementwise(id);
      add_along(id);
    }
    for (const Id id : wanted_) entry_[id] = kNone;
    for (Task& task : programs_) {
      for (Task::Term& term : task.terms) term.first = std::exchange(begun_[term.product], 1) == 0;
      tasks_.push_back(std::move(task));
    }
  }

  /// Copies and sums of a value are made with it, whoever needs them later: it is at hand.
  void add_along(Id id) {
    for (std::uint32_t i = first_[id]; i < first_[id + 1]; ++i) {
      const std::uint32_t user = users_[i];
      if (is_swept(user)) {
        const auto product = static_cast<Id>(user - draft_.values.size());
        programs_[entry_[id]].terms.push_back({product, id, false});
      } else if (is_sum(user)) {
        programs_[entry_[id]].sums.push_back(user);
        summed_[user] = 1;
      } else if (is_copy(user) && pulled_[user] == 0) {
        pulled_[user] = 1;
        wanted_.push_back(user);
      }
    }
  }

  void add_elementwise(Id id) {
    const Value& value = draft_.values[id];
    std::uint32_t earliest = 0;
    for (const Id input : draft_.inputs_of(id)) {
      const std::uint32_t there = after(input);
      const bool in_program =
          is_result(input, there) && same_matrix(value, programs_[there - 1].nodes[0]);
      earliest = std::max(earliest, in_program ? there - 1 : there);
    }
    std::uint32_t at = earliest;
    while (at < programs_.size() && !(fuse_ && programs_[at].kind == Task::Kind::program &&
                                      same_matrix(value, programs_[at].nodes[0]))) {
      ++at;
    }
    if (at == programs_.size()) programs_.push_back({Task::Kind::program, kNone});
    programs_[at].nodes.push_back(id);
    entry_[id] = at;
  }

  void add_copy(Id id) {
    const Id input = draft_.inputs_of(id)[0];
    const std::uint32_t there = after(input);
    if (is_result(input, there)) {
      programs_[there - 1].copies.push_back(id);
      entry_[id] = there - 1;
      return;
    }
    if (there == 0) {  // made first, it parts no program
      tasks_.push_back({Task::Kind::copy, id});
      return;
    }
    entry_[id] = static_cast<std::uint32_t>(programs_.size());
    programs_.push_back({Task::Kind::copy, id});
  }

  [[nodiscard]] bool same_matrix(const Value& value, Id other) const {
    return value.rows == draft_.values[other].rows && value.columns == draft_.values[other].columns;
  }

  const Draft& draft_;
  bool fuse_;
  std::size_t count_;
  std::vector<std::uint32_t> missing_;
  std::vector<std::uint8_t> live_;
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> users_;
  std::vector<std::uint32_t> settled_;
  using Ready = std::pair<Id, std::uint32_t>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready_;
  std::vector<std::uint8_t> pulled_;
  std::vector<std::uint8_t> summed_;        // those a program has
  std::vector<Id> ready_sums_;              // and those that can be computed
  std::vector<std::uint8_t> begun_;         // swept products of which a program has a term
  std::vector<std::uint32_t> ready_swept_;  // and those whose terms can be computed
  std::vector<std::pair<Id, bool>> stack_;
  std::vector<Id> wanted_;
  std::vector<std::uint32_t> entry_;  // of the program being made that computes it
  std::vector<Task> programs_;
  std::vector<Task> tasks_;
};

}  // namespace

std::optional<std::vector<Task>> order_tasks(const Draft& draft, bool fuse) {
  return Ordering(draft, fuse).run();
}

}  // namespace unroll
