#include "common/program.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>

#include "common/interrupt.h"
#include "common/output.h"

namespace examples {
namespace {

/// Not enough memory, and whose fault it is.
std::string lack_of_memory() {
  rlimit limit{};
  const bool limited = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return fmt::format("not enough memory{}; a smaller --batch, --hidden or --vocabulary needs less",
                     limited
                         ? fmt::format(" within the {} MB that this process may have (ulimit -v)",
                                       limit.rlim_cur / 1'000'000)
                         : "");
}

}  // namespace

void run_program(const char* name, const std::function<int()>& work,
                 const std::function<void()>& at_failure) {
  open_standard_streams();
  // A write beyond the largest size that a file may have (ulimit -f) fails like any other.
  std::signal(SIGXFSZ, SIG_IGN);
  // Where a library lets no exception through, as CLI11 in places, it is a lack of memory.
  std::set_terminate([] {
    write_error("not enough memory, or an error within a library\n");
    std::_Exit(1);
  });
  const auto report = [&](const std::string& error) {
    set_quiet(false);
    (void)flush_out();
    write_error(fmt::format("{}: {}\n", name, error));
    at_failure();
    return 1;
  };
  int status = 0;
  try {
    status = work();
  } catch (const Interrupted&) {
    status = 130;
  } catch (const std::bad_alloc&) {
    status = report(lack_of_memory());
  } catch (const std::exception& error) {
    status = report(error.what());
  }
  end_program(status, name);
}

}  // namespace examples
