#pragma once
/// How many threads work.

namespace unroll {

/// How many threads a step may use; 0: as many as the machine has cores, which is also what it is
/// at first, unless UNROLL_THREADS says otherwise. The results are the same for any number. Error
/// for a negative number. In a process forked off one that has worked on several, steps use one.
void set_threads(int threads);
[[nodiscard]] int threads();

}  // namespace unroll
