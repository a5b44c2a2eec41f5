#pragma once
/// Errors: the user's mistake, the world's, and our own bug.

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace unroll {

/// The caller's mistake: the message names the operation, every shape involved and the rule.
struct Error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Shapes that do not fit an operation.
struct ShapeError : Error {
  using Error::Error;
};

/// An element type that an operation does not take.
struct TypeError : Error {
  using Error::Error;
};

/// A `Var` of another tape, of a cleared tape, or of a parameter that has changed since.
struct HandleError : Error {
  using Error::Error;
};

/// A value outside its allowed range, known only when an operation runs (an index, a target).
struct ValueError : Error {
  using Error::Error;
};

/// A NaN or an infinity, found in anomaly mode.
struct NonFiniteError : Error {
  using Error::Error;
};

/// The world's fault: a file that is missing, unreadable, or not what it should be.
/// The message says which file, where in it, what was expected and what was found.
struct IoError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Our own bug: an internal check that failed.
struct InternalError : std::logic_error {
  using std::logic_error::logic_error;
};

/// Throws `E` with a formatted message.
template <class E, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws InternalError: what UNROLL_CHECK does where its condition does not hold.
[[noreturn]] void internal_failure(const char* condition, const char* file, int line);

}  // namespace unroll

/// An invariant of ours; where it fails, the bug is in unroll and not in the caller's code.
#define UNROLL_CHECK(condition) \
  ((condition) ? (void)0 : ::unroll::internal_failure(#condition, __FILE__, __LINE__))
