#pragma once
/// Programs of several commands.

#include <CLI/CLI.hpp>
#include <functional>
#include <type_traits>
#include <vector>

namespace examples {

/// A subcommand and its work, which returns the exit status or nothing, which is 0.
struct Command {
  template <class F>
  Command(CLI::App* app, F work)
      : app(app), work([work] {
          if constexpr (std::is_void_v<decltype(work())>) {
            work();
            return 0;
          } else {
            return work();
          }
        }) {}

  CLI::App* app;
  std::function<int()> work;
};

/// Reads the command line and does the work of the command it names; that of the first one where it
/// names none. Returns the exit status: 0 after --help, 2 where the command line is wrong, which is
/// said.
[[nodiscard]] int run_command(CLI::App& app, int argc, char** argv,
                              const std::vector<Command>& commands);

}  // namespace examples
