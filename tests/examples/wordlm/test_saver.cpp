#include "common/saver.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "small_models.h"
#include "text_files.h"

namespace wordlm {
namespace {

examples::SaveOptions save_to(const std::string& path) {
  examples::SaveOptions options;
  options.path = path;
  return options;
}

void save(examples::Saver& saver, const Checkpoint& checkpoint) {
  saver.save([&](const std::string& path) { save_checkpoint(path, checkpoint); });
}

TEST_CASE("saver: older files are kept under numbers, the newest as 1") {
  const Folder folder;
  examples::SaveOptions options = save_to(folder.file("m"));
  options.keep = 2;
  examples::Saver saver(options);
  Checkpoint checkpoint = begin(small());
  for (int epoch = 1; epoch <= 4; ++epoch) {
    checkpoint.progress.epoch = epoch;
    save(saver, checkpoint);
    CHECK(load_checkpoint(folder.file("m")).progress.epoch == epoch);
  }
  CHECK(load_checkpoint(folder.file("m.1")).progress.epoch == 3);
  CHECK(load_checkpoint(folder.file("m.2")).progress.epoch == 2);
  CHECK(folder.entries() == 4);  // and the lock
}

TEST_CASE("saver: steps and time say when to save") {
  examples::SaveOptions options;
  options.every_steps = 3;
  examples::Saver by_steps(options);
  CHECK_FALSE(by_steps.is_due());
  CHECK_FALSE(by_steps.is_due());
  CHECK(by_steps.is_due());
  examples::Saver by_time(examples::SaveOptions{});
  for (int i = 0; i < 100; ++i) CHECK_FALSE(by_time.is_due());
}

TEST_CASE("saver: a save that fails lets the training go on, and the next one is tried") {
  const Folder folder;
  const std::string file = folder.file("m");
  examples::Saver saver(save_to(file));
  Checkpoint checkpoint = begin(small());
  CHECK(train(checkpoint));  // the OpenMP runtime begins with a file, which may be large
  checkpoint = begin(small());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small_files{1000, limit.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small_files) == 0);
  RunLog log("");
  const bool complete = train(checkpoint, texts().train_set, texts().test_set, saver, log).complete;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(complete);
  CHECK(saver.failed());
  CHECK_FALSE(std::filesystem::exists(file));
  save(saver, checkpoint);
  CHECK_FALSE(saver.failed());
  CHECK(same_parameters(load_checkpoint(file), checkpoint));
}

TEST_CASE("saver: a second one of the same file is refused while the first lives") {
  const Folder folder;
  const std::string file = folder.file("m");
  {
    const examples::Saver first(save_to(file));
    CHECK_THROWS_WITH_AS(
        examples::Saver(save_to(file)),
        (file + ": is being written by another run, which holds " + file + ".lock").c_str(),
        unroll::IoError);
    CHECK_NOTHROW(examples::Saver(save_to(folder.file("other"))));
  }
  CHECK_NOTHROW(examples::Saver(save_to(file)));
  CHECK(folder.entries() == 0);
}

}  // namespace
}  // namespace wordlm
