#pragma once
/// A plan: what runs, in which order, and where every value lies. Made once for a structure, run
/// with the addresses of the day.

#include <unroll/core/op.h>
#include <unroll/core/plan/arrangement.h>
#include <unroll/core/plan/request.h>

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace unroll {

class TeamTrial;

/// A matrix in memory: `stride` elements from row to row.
struct Rect {
  std::uint32_t base = 0;  // 0: the plan's own memory, else 1 + an index into Plan::bases
  Index offset = 0;        // in bytes
  Index rows = 0;
  Index columns = 0;
  Index stride = 0;
};

/// c = a b + bias; and where somebody wants them the sums of a along k, those of the first rows,
/// the next, and so on, each of as many rows. One without columns is not wanted.
struct ProductStep {
  bool transpose_a;
  bool transpose_b;
  Index m;
  Index n;
  Index k;
  Rect a;
  Rect b;
  Rect c;
  bool has_bias;
  Rect bias;
  std::vector<Rect> sums;
  std::int32_t packed;  // index into Plan::packed, -1: b is read as it is
};

/// A matrix that several products read: packed before the first of them, by each thread the columns
/// it computes.
struct PackStep {
  std::int32_t packed;
};
struct PackedMatrix {
  Rect b;
  bool transpose;
  Index n;
  Index k;
  Index offset;  // of the packed columns in the plan's memory
  /// Each thread pads its columns by less than this.
  static constexpr Index kPadding = 32;
};

/// Element-wise operations in one sweep over tiles that stay in the first-level cache.
struct FusedStep {
  /// How an operand is read: element by element; a row of it for each row of the result; an element
  /// of its only column for each row; one element for all. Row r of the result reads row r / group
  /// of the operand, where there are fewer rows counted from the first one again.
  enum class Access : std::uint8_t { whole, row, column, scalar };
  struct Reading {
    Access access;
    Index group = 1;
    Index period = 0;  // after so many rows of the operand its first one comes again; 0: never
    [[nodiscard]] Index row_of(Index r) const {
      return period == 0 ? r / group : r / group % period;
    }
  };
  struct Operand {
    Rect rect;
    Reading reading;
    std::uint32_t slot;
    std::uint32_t before;  // the instruction that reads it first
  };
  struct Instruction {
    Sweep sweep;
    const Attributes* attributes;         // of the plan's request
    std::array<std::uint32_t, 3> inputs;  // slots; the first again where there are fewer
    std::uint32_t output;
  };
  struct Result {
    Rect rect;
    std::uint32_t slot;
  };
  /// Sums of what an instruction computes, as they could be read as an operand beside it.
  struct Sum {
    Rect rect;
    Reading reading;  // column: of each row; row: of `group` rows, or of each `period`th row
    std::uint32_t slot;
    std::uint32_t after;  // the instruction
    bool adds;            // to what is there
  };
  Index rows = 0;
  Index columns = 0;
  std::uint32_t slots = 0;  // tiles of memory
  bool by_columns = false;  // sums are of all rows: threads share the columns, by kColumns
  static constexpr Index kColumns = 64;
  std::vector<Operand> operands;  // in the order of their instructions
  std::vector<Instruction> instructions;
  std::vector<Result> results;  // one slot may be stored at several places
  std::vector<Sum> sums;        // in the order of their instructions
};

struct KernelStep {
  std::uint32_t node;     // in the request
  std::uint32_t second;   // another whose value its kernel gives too, kNone: none
  bool in_place = false;  // its result lies where its first input was
};

struct CopyStep {
  Rect from;
  Rect to;
  Index width;  // of an element, in bytes
};

struct Step {
  std::variant<ProductStep, PackStep, FusedStep, KernelStep, CopyStep> what;
  std::uint32_t node = 0;     // of the request: the last it computes
  std::uint32_t covers = 0;   // how many nodes
  std::uint32_t results = 0;  // how many of them are next in Plan::results
};

/// That one value lies `bytes` behind another.
struct Assumption {
  Id a;
  Id b;
  Index bytes;
};

struct Plan {
  Plan() = default;
  Plan(const Plan&) = delete;  // steps point into the request
  Plan& operator=(const Plan&) = delete;
  Plan(Plan&&) = default;
  Plan& operator=(Plan&&) = default;
  ~Plan() = default;

  Request request;
  DType dtype = DType::f32;          // of its floating-point values
  int threads = 1;                   // at most
  int wanted_threads = 1;            // the most that were allowed when it was made
  std::shared_ptr<TeamTrial> trial;  // finds out how many of them make it fast
  std::vector<Assumption> assumptions;
  std::vector<Id> bases;  // sources and placed nodes whose memory steps use
  std::vector<Step> steps;
  std::vector<PackedMatrix> packed;
  std::vector<Id> results;         // the nodes that steps compute, those of one after the other
  std::vector<std::string> notes;  // wishes of passes that could not be met, for people
  Index bytes = 0;                 // of the plan's own memory
  Index ones = 0;                  // how many of them stand at ones_offset, for sums
  Index ones_offset = 0;

  /// Where the value of a node lies during the run; and after it, unless the memory was used again.
  struct Kept {
    Id node;
    Rect rect;
    bool lasts;
  };
  std::vector<Kept> kept;
};

/// The memory that a plan takes itself, in bytes; not that of the values it computes.
[[nodiscard]] std::size_t memory_of(const Plan& plan);

/// What a step does, for people.
struct StepText {
  std::string kernel;
  std::string shape;
  double flops = 0;
  double bytes = 0;  // read and written
};
[[nodiscard]] StepText describe(const Plan& plan, const Step& step);

/// One line a step: its kernel, how many nodes it covers, shapes, operations, bytes, and where they
/// are given the milliseconds it took; then what steps of one kind and shape took together.
[[nodiscard]] std::string to_string(const Plan& plan, std::span<const double> milliseconds = {});

}  // namespace unroll
