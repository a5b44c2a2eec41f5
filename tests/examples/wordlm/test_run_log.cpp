#include "common/chart.h"
#include "wordlm/run_log.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include "run_program.h"
#include "small_models.h"
#include "text_files.h"

namespace wordlm {
namespace {

void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

TEST_CASE("log: what is written is read, of epochs trained twice the last") {
  const Folder folder;
  const std::string path = folder.file("run.jsonl");
  const Checkpoint checkpoint = begin(small());
  {
    RunLog log(path);
    log.begin(checkpoint);
    log.add({0, 0, 5});
    log.add({1, 10, 4, 4.5, 0.25, 0.1, 1000});
    log.add({2, 20, 3, 3.5, 0.5, 0.1, 1000});
  }
  append(path, "{\"epoch\": 2, \"st");  // where it was killed
  {
    RunLog log(path);
    log.begin(checkpoint);
    log.add({2, 20, 3.25, 3.5, 0.5, 0.1, 1000});
  }
  append(path, "{\"epoch\": 3, \"st");  // where it was killed
  const std::vector<Report> reports = read_log(path);
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].loss == 5);
  CHECK(reports[0].training_loss == 0);
  CHECK(reports[1].gradient_norm == 0.25);
  CHECK(reports[2].epoch == 2);
  CHECK(reports[2].step == 20);
  CHECK(reports[2].loss == 3.25);
  CHECK(reports[2].memory_mb > 1);

  std::ifstream file(path);
  std::string first;
  std::getline(file, first);
  CHECK(nlohmann::json::parse(first).at("settings").at("model").at("cell") == "gru");
}

TEST_CASE("log: files that are none are refused with their line") {
  const Folder folder;
  const std::string path = folder.file("run.jsonl");
  append(path, "{\"settings\": {}}\n");
  CHECK_THROWS_WITH_AS((void)read_log(path), (path + ": holds no report of a training").c_str(),
                       unroll::IoError);
  append(path, "{\"epoch\": \"one\"}\n");
  try {
    (void)read_log(path);
    FAIL("accepted");
  } catch (const unroll::IoError& error) {
    CHECK(std::string(error.what()).starts_with(path + ":2: is no line of a log of wordlm: "));
  }
  CHECK_THROWS_AS(RunLog(folder.file("no/run.jsonl")), unroll::IoError);
  append(folder.file("text"), "The cat sat.\n");
  CHECK_THROWS_AS(RunLog(folder.file("text")), unroll::IoError);
  CHECK_THROWS_WITH_AS(examples::write_chart({}, "curves.gif"),
                       "curves.gif: a picture is written as .svg or .png", unroll::Error);
}

TEST_CASE("log: a training writes one, goes on with it, and draws its curves") {
  const Folder folder;
  const std::string log = folder.file("run.jsonl");
  const std::string model = folder.file("m");
  const Run trained = run({"train", "--comments", "40", "--hidden", "4", "--epochs", "2",
                           "--samples", "0", "--save", model, "--log", log});
  CHECK(trained.status == 0);
  CHECK(trained.out.find("\ncurves: " + folder.file("run.svg") + "\n") != std::string::npos);
  CHECK(content_of(folder.file("run.svg")).find("<svg") != std::string::npos);
  CHECK(run({"train", "--load", model, "--epochs", "4", "--samples", "0", "--log", log}).status ==
        0);
  const std::vector<Report> reports = read_log(log);
  REQUIRE(reports.size() == 5);
  CHECK(reports[4].epoch == 4);
  CHECK(reports[4].gradient_norm > 0);
  CHECK(reports[4].words_per_second > 0);
  CHECK(reports[4].learning_rate > 0);

  const Run plotted = run({"plot", log, log, "-o", folder.file("both.png")});
  CHECK(plotted.status == 0);
  CHECK(plotted.out == "curves: " + folder.file("both.png") + "\n");
  CHECK(content_of(folder.file("both.png")).starts_with("\x89PNG"));
  const Run onto_itself = run({"plot", log, "-o", log});
  CHECK(onto_itself.status == 1);
  CHECK(onto_itself.err == "wordlm: " + log + ": --output would overwrite the file of a log\n");
}

}  // namespace
}  // namespace wordlm
