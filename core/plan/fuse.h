#pragma once
/// Element-wise values as one sweep.

#include <unroll/core/plan/order.h>

#include <functional>
#include <vector>

namespace unroll {

/// Makes sweeps of programs, one after another.
class Fusion {
 public:
  explicit Fusion(const Draft& draft);

  /// One sweep of all nodes of a program. Those with `stored` leave it, at rect_of(id), and so do
  /// its copies; the others never reach memory.
  FusedStep fuse(const Task& program, const std::vector<std::uint8_t>& stored,
                 const std::function<Rect(Id)>& rect_of);

 private:
  void begin(const Task& program);
  void compute(Id id, std::uint32_t i);
  void add_up(Id sum, FusedStep::Reading reading, Id of, bool adds);
  void end();
  [[nodiscard]] Id key(Id input) const;
  void note(Id id, std::uint32_t i);
  std::uint32_t load(Id input, Id reader);
  void release(std::span<const Id> inputs, std::uint32_t i);
  std::uint32_t take(bool fresh, std::vector<std::uint32_t>& free);

  const Draft& draft_;
  const std::vector<std::uint8_t>* stored_ = nullptr;
  const std::function<Rect(Id)>* rect_of_ = nullptr;
  FusedStep step_;
  std::vector<std::uint32_t> free_;           // slots of what is computed
  std::vector<std::uint32_t> free_operands_;  // and of what is loaded

  // Of the program at hand, by value.
  std::vector<std::uint8_t> inside_;
  std::vector<std::uint8_t> loaded_;     // comes from memory
  std::vector<std::uint32_t> last_use_;  // the position of the node that reads it last
  std::vector<std::uint32_t> slot_;
  std::vector<Id> touched_;
};

}  // namespace unroll
