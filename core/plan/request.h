#pragma once
/// What the planner is asked for: the nodes to run, and what a plan for them depends on. A plan can
/// depend on two things more, which are checked apart: addresses (Plan::assumptions) and the number
/// of threads. The time steps of nodes order its work, but do not make it wrong.

#include <unroll/core/graph.h>

#include <span>
#include <vector>

namespace unroll {

/// Nodes are numbered from 0 in the order they run, what they read from outside follows: two
/// requests of the same structure are equal wherever on a tape their nodes are.
struct Request {
  /// Who asks for a value when the plan has run: whoever asked for this one, or a node that is
  /// still to run (as any may be, unless described with `last`); perhaps somebody who has a Var of
  /// it; nobody.
  enum class Later : std::uint8_t { needed, askable, gone };
  /// What the run is for, and so which values are kept after it: all that may be asked for later;
  /// what may be asked for after gradients, which are computed last; only what is asked for; or
  /// that, for a plan that is run again and again, whose packed matrices are kept too.
  enum class Purpose : std::uint8_t { values, gradients, inference, replay };
  static constexpr std::uint32_t kNoTwin = ~std::uint32_t{0};
  /// What many nodes have in common: those of a program of a million nodes are of a few kinds.
  struct Kind {
    const Op* op;
    Attributes attributes;
    Shape shape;
    std::uint32_t input_count;
    DType dtype;
    bool target;  // its value was asked for
    bool placed;  // at a destination of its own
    Later later;
    friend bool operator==(const Kind&, const Kind&) = default;
  };
  /// A node that runs.
  struct Work {
    std::uint32_t kind;         // into `kinds`
    std::uint32_t first_input;  // into `inputs`
    std::uint32_t twin;         // the number of an earlier node that computes the same, or kNoTwin
    friend bool operator==(const Work&, const Work&) = default;
  };
  /// A value that is there already.
  struct Source {
    Shape shape;
    Index stride;
    DType dtype;
    bool parameter;
    friend bool operator==(const Source&, const Source&) = default;
  };

  Purpose purpose = Purpose::values;
  std::vector<Kind> kinds;
  std::vector<Work> work;
  std::vector<Source> sources;
  std::vector<std::uint32_t> inputs;

  // Where they are on the tape; not compared.
  std::vector<std::uint32_t> nodes;  // of work, then of sources

  [[nodiscard]] const Kind& kind_of(std::uint32_t number) const { return kinds[work[number].kind]; }
  [[nodiscard]] std::span<const std::uint32_t> inputs_of(std::uint32_t number) const {
    return std::span(inputs).subspan(work[number].first_input, kind_of(number).input_count);
  }

  friend bool operator==(const Request& a, const Request& b) {
    return a.purpose == b.purpose && a.kinds == b.kinds && a.work == b.work &&
           a.sources == b.sources && a.inputs == b.inputs;
  }

  /// Fills the request. `schedule` are nodes in an order they can run in. For gradients
  /// nothing more is likely to be asked for of what they need: what no node that is still to run
  /// reads is askable, or gone where no Var of it was handed out. `numbers` is memory kept between
  /// calls.
  void describe(const Graph& graph, std::span<const std::uint32_t> schedule,
                std::span<const std::uint32_t> targets, Purpose purpose,
                std::vector<std::uint32_t>& numbers);

  /// Whether that would fill a request equal to this one, which costs less to see than to fill one
  /// and compare. If so, `at` is what its `nodes` would be.
  [[nodiscard]] bool is_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                            std::span<const std::uint32_t> targets, Purpose purpose,
                            std::vector<std::uint32_t>& numbers,
                            std::vector<std::uint32_t>& at) const;
};

}  // namespace unroll
