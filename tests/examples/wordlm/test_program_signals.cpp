#include <doctest/doctest.h>
#include <unroll/core/random.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

/// The lines of the epochs without their speed, which no two runs share.
std::vector<std::string> losses(const std::string& out) {
  std::vector<std::string> result;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("epoch ")) result.push_back(line.substr(0, line.rfind(',')));
  }
  return result;
}

TEST_CASE("Ctrl-C saves, and the training goes on as if nothing had happened") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::vector<std::string> options = {"train", "--comments", "300", "--hidden",
                                            "16",    "--batch",    "1",   "--epochs",
                                            "6",     "--lr",       "0.1"};
  const auto with_save = [&](const std::string& file) {
    std::vector<std::string> all = options;
    all.insert(all.end(), {"--save", file});
    return all;
  };
  const Run whole = run(with_save(folder.file("whole")));
  CHECK(whole.status == 0);
  CHECK(losses(whole.out).size() == 7);

  for (const int signal : {SIGINT, SIGTERM}) {
    Background training(with_save(model));
    CHECK(training.wait_for("epoch  1:"));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(training.end_with(signal) == 130);
    const std::string hint = "; go on with: wordlm train --load " + model + " --save " + model;
    CHECK(training.out().find("interrupted in epoch ") != std::string::npos);
    CHECK(training.out().find(hint + "\n") != std::string::npos);

    const Run rest = run({"train", "--load", model, "--save", model});
    CHECK(rest.status == 0);
    std::vector<std::string> pieces = losses(training.out());
    CHECK(pieces.size() < 7);
    const std::vector<std::string> last = losses(rest.out);
    pieces.insert(pieces.end(), last.begin(), last.end());
    CHECK(pieces == losses(whole.out));
    CHECK(content_of(model) == content_of(folder.file("whole")));
    CHECK(folder.entries() == 2);
    std::filesystem::remove(model);
  }

  Background unsaved(options);
  CHECK(unsaved.wait_for("epoch  1:"));
  CHECK(unsaved.end_with(SIGINT) == 130);
  CHECK(unsaved.out().find("; with --save FILE the work would have been kept\n") !=
        std::string::npos);
}

TEST_CASE("a training killed at any moment leaves a whole file or none") {
  const Folder folder;
  const std::string model = folder.file("m");
  unroll::Random random(2);
  int files = 0;
  for (int i = 0; i < 12; ++i) {
    Background training({"train", "--comments", "10", "--hidden", "4", "--epochs", "1000000",
                         "--lr", "0.01", "--save", model});
    if (i == 0) CHECK(training.wait_for("epoch  1:"));  // a file there is, then, from here on
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random.below(120)));
    CHECK(training.end_with(SIGKILL) == -1);
    if (!std::filesystem::exists(model)) continue;
    ++files;
    const Run sampled = run({"sample", "--load", model, "--count", "1"});
    CHECK(sampled.status == 0);
    CHECK(sampled.err == "");
  }
  CHECK(files > 0);
}

TEST_CASE("only a training waits for its step when interrupted") {
  const Folder folder;
  const std::string model = folder.file("m");
  CHECK(run({"train", "--comments", "20", "--hidden", "4", "--epochs", "0", "--save", model})
            .status == 0);
  Background sampling({"sample", "--load", model, "--count", "1000000"});
  CHECK(sampling.wait_for("\n"));
  CHECK(sampling.end_with(SIGINT) == -1);
}

}  // namespace
}  // namespace wordlm
