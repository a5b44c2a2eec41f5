#include "../training_files.h"

namespace caption {
namespace {

TEST_CASE("caption: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files({CAPTION_PROGRAM,
                                           "caption",
                                           ".jsonl",
                                           repeated("{\"scene\": [1, 2], \"caption\": \"a dog\"}\n"
                                                    "{\"scene\": [0, 2], \"caption\": \"a cat\"}\n",
                                                    6),
                                           "{\"scene\": [1, 1], \"caption\": \"a dog\"}\n",
                                           "scenes",
                                           {"--hidden", "4", "--embedding", "4"}},
                                          {"eval", "describe"});
}

}  // namespace
}  // namespace caption
