#include <unroll/core/run/fused.h>

#include <algorithm>
#include <cstring>

namespace unroll {
namespace {

using Access = FusedStep::Access;

constexpr Index kTile = 512;  // elements; the tiles of a program stay in the first-level cache

/// Runs the instructions of a step tile by tile. A tile is some whole rows, or a part of a long
/// one.
template <class T>
class Tiles {
 public:
  Tiles(const FusedStep& step, std::span<std::byte* const> bases)
      : step_(step), bases_(bases), pointers_(pointers()) {
    pointers_.assign(step.slots, nullptr);
    width_ = std::min(step.columns, kTile);
    height_ = std::max<Index>(1, kTile / width_);
    across_ = (step.columns + width_ - 1) / width_;
    down_ = (step.rows + height_ - 1) / height_;
    thread_local Buffer memory;
    const std::size_t bytes = step.slots * kTile * sizeof(T);
    if (memory.size() < bytes) memory = Buffer(bytes, Buffer::Content::any);
    memory_ = reinterpret_cast<T*>(memory.data());
  }

  void run(int thread, int threads) {
    const Index count = across_ * down_;
    for (Index i = count * thread / threads; i < count * (thread + 1) / threads; ++i) {
      row_ = i / across_ * height_;
      column_ = i % across_ * width_;
      rows_ = std::min(height_, step_.rows - row_);
      columns_ = std::min(width_, step_.columns - column_);
      for (const FusedStep::Operand& operand : step_.operands) load(operand);
      for (const FusedStep::Result& result : step_.results) aim(result);
      for (const FusedStep::Instruction& instruction : step_.instructions) compute(instruction);
      for (const FusedStep::Result& result : step_.results) store(result);
    }
  }

 private:
  /// Memory of one thread, kept from step to step.
  static std::vector<T*>& pointers() {
    thread_local std::vector<T*> pointers;
    return pointers;
  }
  [[nodiscard]] T* slot(std::uint32_t i) const { return memory_ + i * kTile; }
  [[nodiscard]] T* place(const Rect& rect, Index row, Index column) const {
    return reinterpret_cast<T*>(bases_[rect.base] + rect.offset) + row * rect.stride + column;
  }
  /// Whether the tile is one piece of the matrix's memory.
  [[nodiscard]] bool in_one_piece(const Rect& rect) const {
    return rows_ == 1 || (rect.stride == step_.columns && columns_ == step_.columns);
  }

  void load(const FusedStep::Operand& operand) {
    T* const to = slot(operand.slot);
    pointers_[operand.slot] = to;
    const Rect& rect = operand.rect;
    switch (operand.access) {
      case Access::whole:
        if (in_one_piece(rect)) {
          pointers_[operand.slot] = place(rect, row_, column_);
        } else {
          for (Index r = 0; r < rows_; ++r) {
            std::copy_n(place(rect, row_ + r, column_), columns_, to + r * columns_);
          }
        }
        break;
      case Access::row:
        if (rows_ == 1) {
          pointers_[operand.slot] = place(rect, 0, column_);
        } else {
          for (Index r = 0; r < rows_; ++r) {
            std::copy_n(place(rect, 0, column_), columns_, to + r * columns_);
          }
        }
        break;
      case Access::column:
        for (Index r = 0; r < rows_; ++r) {
          std::fill_n(to + r * columns_, columns_, *place(rect, row_ + r, 0));
        }
        break;
      case Access::scalar:
        std::fill_n(to, rows_ * columns_, *place(rect, 0, 0));
        break;
    }
  }

  /// A result is computed where it is stored, if it can be.
  void aim(const FusedStep::Result& result) {
    pointers_[result.slot] =
        in_one_piece(result.rect) ? place(result.rect, row_, column_) : slot(result.slot);
  }

  void compute(const FusedStep::Instruction& instruction) {
    const std::array<const void*, 3> inputs{at(instruction.inputs[0]), at(instruction.inputs[1]),
                                            at(instruction.inputs[2])};
    instruction.sweep(inputs.data(), at(instruction.output),
                      static_cast<std::size_t>(rows_ * columns_), instruction.attributes);
  }
  [[nodiscard]] T* at(std::uint32_t i) {
    if (pointers_[i] == nullptr) pointers_[i] = slot(i);
    return pointers_[i];
  }

  void store(const FusedStep::Result& result) {
    const T* const from = pointers_[result.slot];
    if (from == place(result.rect, row_, column_)) return;
    for (Index r = 0; r < rows_; ++r) {
      std::copy_n(from + r * columns_, columns_, place(result.rect, row_ + r, column_));
    }
  }

  const FusedStep& step_;
  std::span<std::byte* const> bases_;
  std::vector<T*>& pointers_;  // by slot: where its tile is
  T* memory_;
  Index width_;
  Index height_;
  Index across_;
  Index down_;
  Index row_ = 0;
  Index column_ = 0;
  Index rows_ = 0;
  Index columns_ = 0;
};

}  // namespace

void run_fused(const FusedStep& step, DType dtype, std::span<std::byte* const> bases, int thread,
               int threads) {
  if (dtype == DType::f32) {
    Tiles<float>(step, bases).run(thread, threads);
  } else {
    Tiles<double>(step, bases).run(thread, threads);
  }
}

}  // namespace unroll
