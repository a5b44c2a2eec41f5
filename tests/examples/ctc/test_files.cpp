#include "../training_files.h"

namespace ctc {
namespace {

TEST_CASE("ctc: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files(
      {CTC_PROGRAM,
       "ctc",
       ".jsonl",
       repeated("{\"signal\": [[1, 2], [3, 4]], \"labels\": [\"a\"]}\n"
                "{\"signal\": [[0, 2], [3, 1]], \"labels\": [\"b\"]}\n",
                6),
       "{\"signal\": [[1, 1], [2, 4]], \"labels\": [\"b\"]}\n",
       "signals",
       {"--hidden", "4"}},
      {"eval", "spell"});
}

}  // namespace
}  // namespace ctc
