#pragma once
/// What element-wise operations share: their shape, and where their kernels are found.

#include <unroll/core/op.h>

namespace unroll {

/// The shape that all inputs broadcast to; ShapeError where they do not.
[[nodiscard]] Shape broadcast_shape(const Signature& s);

/// An element-wise operation that `Formula` computes, one of the list `Formulas` of its file;
/// `sweeps` gives that list's kernels for the instruction set of this machine.
template <class Formula, class Formulas, const void* (*sweeps)()>
struct Pointwise {
  static constexpr OpInfo make(std::string_view name, std::string_view formula) {
    return {.name = name,
            .formula = formula,
            .kind = OpKind::elementwise,
            .min_inputs = Formula::kInputs,
            .max_inputs = Formula::kInputs};
  }
  static Shape shape(const Signature& s) { return broadcast_shape(s); }
  static Sweep sweep(DType dtype) {
    const auto& pair =
        static_cast<const typename Formulas::Pair*>(sweeps())[Formulas::template index<Formula>()];
    return dtype == DType::f32 ? pair.f32 : pair.f64;
  }
};

}  // namespace unroll
