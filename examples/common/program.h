#pragma once
/// What the programs do before and after their work.

#include <functional>

namespace examples {

/// Runs `work` and ends the program with the status that it returns: 1 where it throws, whose text
/// is then said on standard error behind the program's name, and where the output cannot be
/// written. Lack of memory is said as such. A file that grows beyond `ulimit -f` is an error like
/// any other. `at_failure` is called after an error was said.
[[noreturn]] void run_program(
    const char* name, const std::function<int()>& work,
    const std::function<void()>& at_failure = [] {});

}  // namespace examples
