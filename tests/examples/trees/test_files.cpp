#include "../training_files.h"

namespace trees {
namespace {

TEST_CASE("trees: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files({TREES_PROGRAM,
                                           "trees",
                                           ".txt",
                                           repeated("(4 (2 very) (3 good))\n(1 bad)\n", 6),
                                           "(3 good)\n(0 (2 not) (4 great))\n",
                                           "trees",
                                           {"--hidden", "4", "--embedding", "4"}},
                                          {"eval"});
}

}  // namespace
}  // namespace trees
