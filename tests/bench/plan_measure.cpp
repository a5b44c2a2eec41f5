#include <sys/resource.h>
#include <unistd.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <fstream>

#include "bench/plan_points.h"

namespace bench {

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;  // in pages
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

long steps_of_plan(const std::string& plan) {
  constexpr std::string_view kBefore = " nodes in ";  // as in "1203 nodes in 100 steps"
  const std::size_t at = plan.rfind(kBefore);
  if (at == plan.npos) unroll::fail<unroll::Error>("bench_plan: a plan without a number of steps");
  return std::stol(plan.substr(at + kBefore.size()));
}

}  // namespace bench
