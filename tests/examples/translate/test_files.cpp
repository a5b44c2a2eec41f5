#include "../training_files.h"

namespace translate {
namespace {

TEST_CASE("translate: files that a training reads and writes are told apart and remembered") {
  using examples::testing::repeated;
  examples::testing::check_training_files({TRANSLATE_PROGRAM,
                                           "translate",
                                           ".tsv",
                                           repeated("the dog\tel perro\na cat\tun gato\n", 6),
                                           "the cat\tel gato\na dog\tun perro\n",
                                           "pairs",
                                           {"--hidden", "4", "--embedding", "4"}},
                                          {"eval"});
}

}  // namespace
}  // namespace translate
