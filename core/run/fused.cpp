#include <unroll/core/run/fused.h>
#include <unroll/core/run/rows.h>

#include <algorithm>
#include <numeric>

namespace unroll {
namespace {

using Access = FusedStep::Access;

constexpr Index kTile = 512;  // elements; the tiles of a program stay in the first-level cache

/// Where the tile of a slot lies, and how far it is from row to row.
template <class T>
struct Piece {
  T* data = nullptr;
  Index stride = 0;
};

/// Memory of one thread, kept from step to step.
template <class T>
std::vector<Piece<T>>& pieces() {
  thread_local std::vector<Piece<T>> pieces;
  return pieces;
}
std::byte* tile_memory(std::size_t bytes) {
  thread_local Buffer memory;
  if (memory.size() < bytes) memory = Buffer(bytes, Buffer::Content::any);
  return memory.data();
}

/// Runs the instructions of a step tile by tile. A tile is some whole rows, or a part of a long
/// one.
template <class T>
class Tiles {
 public:
  Tiles(const FusedStep& step, std::span<std::byte* const> bases)
      : step_(step),
        bases_(bases),
        pieces_(pieces<T>()),
        memory_(reinterpret_cast<T*>(tile_memory(step.slots * kTile * sizeof(T)))),
        width_(std::min(step.columns, step.by_columns ? width_of_columns(step) : kTile)),
        height_(std::max<Index>(1, kTile / width_)) {
    pieces_.clear();
    for (std::uint32_t i = 0; i < step.slots; ++i) pieces_.push_back({memory_ + i * kTile, 0});
  }

  void run(int thread, int threads) {
    // The rows of a sum are one thread's, or where it is of all rows columns are.
    Index rows_of_sum = 1;
    for (const FusedStep::Sum& sum : step_.sums) {
      rows_of_sum = std::lcm(rows_of_sum, sum.reading.period > 0 ? step_.rows : sum.reading.group);
    }
    const bool sums = !step_.sums.empty();
    Interval rows{0, step_.rows};
    Interval tiles{0, (step_.columns + width_ - 1) / width_};  // side by side
    if (step_.by_columns) {
      tiles = share_of(tiles.end, thread, threads);
    } else if (sums) {
      rows = share_of(step_.rows, thread, threads, rows_of_sum);
    }
    last_row_ = rows.end;
    const Index across = tiles.size();
    const Index count = across * ((rows.size() + height_ - 1) / height_);
    const auto [begin, end] = sums ? Interval{0, count} : share_of(count, thread, threads);
    for (Index i = begin; i < end; ++i) {
      row_ = rows.begin + i / across * height_;
      column_ = (tiles.begin + i % across) * width_;
      rows_ = std::min(height_, last_row_ - row_);
      columns_ = std::min(width_, step_.columns - column_);
      for (Piece<T>& piece : pieces_) piece.stride = columns_;
      for (const FusedStep::Result& result : step_.results) {
        pieces_[result.slot] = {place(result.rect, row_, column_), result.rect.stride};
      }
      const Index next_row = rows.begin + (i + 1) / across * height_;
      const Index next_column = (tiles.begin + (i + 1) % across) * width_;
      const auto parts = static_cast<std::uint32_t>(step_.instructions.size());
      auto operand = step_.operands.begin();
      auto sum = step_.sums.begin();
      for (std::uint32_t part = 0; part < parts; ++part) {
        for (; operand != step_.operands.end() && operand->before == part; ++operand) {
          load(*operand);
        }
        compute(step_.instructions[part]);
        for (; sum != step_.sums.end() && sum->after == part; ++sum) add_up(*sum);
        if (i + 1 < end) fetch(next_row, next_column, part, parts);
      }
      for (const FusedStep::Result& result : step_.results) store(result);
    }
  }

 private:
  /// How wide tiles are where each thread has columns of its own: a quarter of all, whatever the
  /// number of threads, since the last columns of a tile are rounded in their own way.
  static Index width_of_columns(const FusedStep& step) {
    constexpr Index kGrain = FusedStep::kColumns;
    return std::clamp(step.columns / kGrain / 4 * kGrain, kGrain, kTile);
  }

  [[nodiscard]] T* place(const Rect& rect, Index row, Index column) const {
    return reinterpret_cast<T*>(bases_[rect.base] + rect.offset) + row * rect.stride + column;
  }

  /// Brings a part of what the next tile reads and writes to the second-level cache; all at once
  /// would be waited for. The first level is full of the tile at hand. Of a column only the first
  /// line: a tile has few rows where there are many columns. A row is most often that of the tile
  /// at hand. Inline, because GCC drops calls of a function that does nothing else.
  [[gnu::always_inline]] void fetch(Index row, Index column, std::uint32_t part,
                                    std::uint32_t parts) const {
    constexpr Index kLine = 64 / sizeof(T);
    const auto operands = static_cast<Index>(step_.operands.size());
    const auto results = static_cast<Index>(step_.results.size());
    const Index last_row = std::min(row + height_, last_row_);
    const Index last_column = std::min(column + width_, step_.columns);
    const auto [begin, end] =
        share_of(operands + results, static_cast<int>(part), static_cast<int>(parts));
    for (Index i = begin; i < end; ++i) {
      const bool reads = i < operands;
      const auto at = static_cast<std::size_t>(reads ? i : i - operands);
      const Rect& rect = reads ? step_.operands[at].rect : step_.results[at].rect;
      if (reads && step_.operands[at].reading.access != Access::whole) {
        const FusedStep::Reading& reading = step_.operands[at].reading;
        if (reading.access == Access::column) {
          __builtin_prefetch(place(rect, reading.row_of(row), 0), 0, 2);
        }
        continue;
      }
      for (Index r = row; r < last_row; ++r) {
        const T* const from = place(rect, r, 0);
        for (Index c = column; c < last_column; c += kLine) __builtin_prefetch(from + c, 0, 2);
      }
    }
  }

  void load(const FusedStep::Operand& operand) {
    const Rect& rect = operand.rect;
    const FusedStep::Reading& reading = operand.reading;
    Piece<T>& piece = pieces_[operand.slot];
    T* const tile = memory_ + operand.slot * kTile;
    piece = {tile, columns_};
    switch (reading.access) {
      case Access::whole:
        piece = {place(rect, row_, column_), rect.stride};
        break;
      case Access::row:
        for_each_run(reading, [&](Index r, Index count, Index from) {
          if (count == rows_) piece = {place(rect, from, column_), step_of(reading) * rect.stride};
          for (Index i = 0; i < count && count < rows_; ++i) {
            std::copy_n(place(rect, from + i * step_of(reading), column_), columns_,
                        tile + (r + i) * columns_);
          }
        });
        break;
      case Access::column:
        for_each_run(reading, [&](Index r, Index count, Index from) {
          kernels_.fill_each(tile + r * columns_, count, columns_, place(rect, from, 0),
                             step_of(reading) * rect.stride);
        });
        break;
      case Access::scalar:
        kernels_.fill(tile, columns_, *place(rect, 0, 0));
        piece.stride = 0;
        break;
    }
  }

  /// How far one goes in an operand for the next row of a tile, within a run.
  static Index step_of(const FusedStep::Reading& reading) { return reading.group == 1 ? 1 : 0; }

  /// Calls f(first row of the tile, how many, row of the operand) for runs of rows that read one
  /// row of an operand or, where each reads another one, rows that follow each other.
  template <class F>
  void for_each_run(const FusedStep::Reading& reading, F f) const {
    for (Index r = 0; r < rows_;) {
      const Index from = reading.row_of(row_ + r);
      Index count = rows_ - r;
      if (reading.group > 1) count = std::min(count, reading.group - (row_ + r) % reading.group);
      if (reading.group == 1 && reading.period > 0) count = std::min(count, reading.period - from);
      f(r, count, from);
      r += count;
    }
  }

  void compute(const FusedStep::Instruction& instruction) const {
    const Piece<T>& output = pieces_[instruction.output];
    SweepCall call{
        .output = output.data, .stride = output.stride, .rows = rows_, .columns = columns_};
    bool in_one_piece = output.stride == columns_;
    for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
      const Piece<T>& input = pieces_[instruction.inputs[i]];
      call.inputs[i] = input.data;
      call.strides[i] = input.stride;
      in_one_piece = in_one_piece && input.stride == columns_;
    }
    if (in_one_piece) {
      call.columns *= rows_;
      call.rows = 1;
    }
    instruction.sweep(call, *instruction.attributes);
  }

  void add_up(const FusedStep::Sum& sum) const {
    const Piece<T>& from = pieces_[sum.slot];
    if (sum.reading.access == Access::column) {
      T* const to = place(sum.rect, 0, row_);  // one lies behind the other
      kernels_.sum_each(from.data, from.stride, rows_, columns_, to, column_ > 0);
      return;
    }
    if (const Index period = sum.reading.period; period > 0) {
      for (Index r = 0; r < rows_; ++r) {
        T* const to = place(sum.rect, (row_ + r) % period, column_);
        const T* const row = from.data + r * from.stride;
        if (row_ + r < period && !sum.adds) {
          std::copy_n(row, columns_, to);
        } else {
          kernels_.add(to, columns_, row, from.stride, 1);
        }
      }
      return;
    }
    const Index group = sum.reading.group;
    for (Index r = 0; r < rows_;) {
      T* const to = place(sum.rect, (row_ + r) / group, column_);
      const Index in_group = (row_ + r) % group;
      const Index end = std::min(rows_, r + group - in_group);
      if (in_group == 0 && !sum.adds) {
        std::copy_n(from.data + r * from.stride, columns_, to);
        ++r;
      }
      kernels_.add(to, columns_, from.data + r * from.stride, from.stride, end - r);
      r = end;
    }
  }

  /// Copies what is wanted at a second place.
  void store(const FusedStep::Result& result) const {
    T* const to = place(result.rect, row_, column_);
    const Piece<T>& from = pieces_[result.slot];
    if (from.data == to) return;
    for (Index r = 0; r < rows_; ++r) {
      std::copy_n(from.data + r * from.stride, columns_, to + r * result.rect.stride);
    }
  }

  const FusedStep& step_;
  const RowKernels<T>& kernels_ = row_kernels<T>();
  std::span<std::byte* const> bases_;
  std::vector<Piece<T>>& pieces_;  // by slot
  T* memory_;
  Index width_;
  Index height_;
  Index last_row_ = 0;  // of this thread
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
