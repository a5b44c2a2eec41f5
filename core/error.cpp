#include <unroll/core/error.h>

namespace unroll {

void internal_failure(const char* condition, const char* file, int line) {
  fail<InternalError>("unroll: internal check failed: {} ({}:{}); please report this", condition,
                      file, line);
}

}  // namespace unroll
