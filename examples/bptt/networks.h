#pragma once
/// The networks that chapters train on the adding problem.

#include <unroll/unroll.h>

#include <functional>
#include <string>

#include "variants/task.h"

namespace bptt {

/// A cell of 32 units that reads two numbers a step, and a readout of one number; f64.
struct Network {
  static constexpr unroll::Index kInputs = 2;
  static constexpr unroll::Index kHidden = 32;

  /// The cell that `make` adds to the parameters it is given.
  Network(std::string name, const std::function<unroll::AnyCell(const unroll::Parameters&)>& make)
      : name(std::move(name)), cell(make(parameters / "cell")) {}

  /// The mean loss of the task over a batch of its sequences, recorded on `tape`.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const variants::Task& task,
                                 const variants::Batch& batch) const;

  std::string name;  // for tables and charts
  unroll::Parameters parameters{unroll::DType::f64, 1};
  unroll::AnyCell cell;
  unroll::Linear readout{parameters / "readout", kHidden, 1};
};

/// An RNN with `f` for its activation function, with the initial values that `options` say.
[[nodiscard]] Network make_rnn(std::string name, unroll::Var (*f)(unroll::Var),
                               const unroll::CellOptions& options = {});
/// An RNN with ReLU and a U that begins as the identity (Le, Jaitly & Hinton 2015), W normal with a
/// standard deviation of 0.1.
[[nodiscard]] Network make_irnn();
/// A network of a cell of the list, called by its name.
[[nodiscard]] Network make_network(std::string_view cell);

/// Trains with Adam, batches of 20, gradients clipped at 1. `before_update`, where given, sees each
/// loss with its tape before the update of that number, from 0 on.
using BeforeUpdate = std::function<void(unroll::Index update, unroll::Var loss)>;
void train(const Network& network, const variants::Task& task, unroll::Index updates,
           const BeforeUpdate& before_update = {});
/// The mean loss on 500 sequences that training has not seen.
[[nodiscard]] double test_loss(const Network& network, const variants::Task& task);

}  // namespace bptt
