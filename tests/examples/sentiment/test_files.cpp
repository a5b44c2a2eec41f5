#include "../training_files.h"

namespace sentiment {
namespace {

TEST_CASE("sentiment: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files(
      {SENTIMENT_PROGRAM,
       "sentiment",
       ".csv",
       "text,label\n" + repeated("very good,positive\nnot good,negative\n", 6),
       "text,label\ngood,positive\nbad,negative\n",
       "reviews",
       {"--hidden", "4", "--embedding", "4"}},
      {"eval"});
}

}  // namespace
}  // namespace sentiment
