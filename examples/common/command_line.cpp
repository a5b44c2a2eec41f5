#include "common/command_line.h"

namespace examples {

int run_command(CLI::App& app, int argc, char** argv, const std::vector<Command>& commands) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.work();
  }
  return commands.front().work();
}

}  // namespace examples
