#include "../training_files.h"

namespace tagger {
namespace {

TEST_CASE("tagger: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files({TAGGER_PROGRAM,
                                           "tagger",
                                           ".txt",
                                           repeated("the D\ndog N\n\na D\ncat N\n\n", 6),
                                           "the D\ncat N\n\ndog N\n\n",
                                           "sentences",
                                           {"--hidden", "4", "--embedding", "4"}},
                                          {"eval"});
}

}  // namespace
}  // namespace tagger
