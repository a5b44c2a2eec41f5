#pragma once
/// Averaging of parameters.

#include <unroll/optim/slots.h>

#include <memory>
#include <type_traits>

namespace unroll {

/// When the mean begins.
struct AveragedOptions {
  Index start = 0;  // the mean is over the steps after these
};

/// Any optimizer, and beside it the running mean of the parameters after each of its steps
/// (Polyak & Juditsky 1992): p stays what the optimizer makes of it, and
///
///     mean = mean + (p - mean) / (t - start)        at step t = start + 1, start + 2, ...
///
/// is what to evaluate and to keep. (PyTorch's ASGD with lambd = 0, alpha = 0 and t0 = 0 gives the
/// mean for start = 1.) Merity et al. 2018 begin it when the held-out loss stops falling: wrap the
/// optimizer then.
///
/// A row whose value stays for k steps counts k times when it next changes: with an optimizer that
/// does not visit the rows a gradient leaves alone, averaging does not either.
class Averaged final : public Optimizer {
 public:
  using Options = AveragedOptions;
  static constexpr std::string_view source = "Polyak & Juditsky 1992";
  static constexpr std::string_view equations = "mean = mean + (p - mean) / (t - start)";

  /// Error for a negative start, or no optimizer.
  explicit Averaged(std::unique_ptr<Optimizer> optimizer, const Options& options = {});

  /// One step of the optimizer, at the learning rate of this. Error inside with_mean().
  void step(const Gradients& gradients) override;

  /// That of the mean, and of the optimizer as "optimizer.v.encoder.W".
  [[nodiscard]] std::map<std::string, Tensor> state() const override;
  void restore(const Parameters& parameters, const std::map<std::string, Tensor>& state) override;
  [[nodiscard]] Untouched untouched() const override { return optimizer_->untouched(); }

  /// The mean so far, laid out like `Parameters::flat()`; the parameters themselves before the
  /// first step that counts. Error before the first step. Asking changes nothing.
  [[nodiscard]] Tensor mean() const;

  /// f(), while the parameters hold the mean; after it they are what they were, bit for bit, also
  /// where f throws. Before the first step they hold what they hold anyway. Averaging goes on as if
  /// nothing had happened.
  template <class F>
  std::invoke_result_t<F> with_mean(F&& f) {
    put_mean();
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        std::forward<F>(f)();
        put_back();
      } else {
        std::invoke_result_t<F> result = std::forward<F>(f)();
        put_back();
        return result;
      }
    } catch (...) {
      put_back();
      throw;
    }
  }

 private:
  void put_mean();
  void put_back();
  void require_own_parameters(const char* what) const;
  [[nodiscard]] double weight(Index now, Index last) const;
  template <class T>
  void settle(const Gradients& gradients);

  std::unique_ptr<Optimizer> optimizer_;
  Options options_;
  Slots slots_;                // of each row, the mean up to before it was last visited
  std::optional<Tensor> own_;  // the parameters, while they hold the mean
};

}  // namespace unroll
