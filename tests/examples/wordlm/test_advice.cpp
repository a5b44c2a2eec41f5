#include "wordlm/advice.h"

#include <doctest/doctest.h>

#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

constexpr std::int64_t kMany = 1'000'000;

/// Reports after one epoch each, of losses held out and while training.
std::vector<Report> reports_of(const std::vector<std::pair<double, double>>& losses) {
  std::vector<Report> reports{{.loss = 9}};
  for (const auto& [loss, training] : losses) {
    const auto epoch = static_cast<std::int64_t>(reports.size());
    reports.push_back({.epoch = epoch, .loss = loss, .training_loss = training});
  }
  return reports;
}

Settings of_a_file() {
  Settings settings;
  settings.text.data = {"comments.csv"};
  return settings;
}

TEST_CASE("advice: a loss that still falls") {
  const auto falling = reports_of({{6, 7}, {5, 5.5}, {4.9, 4.5}});
  CHECK(advice(falling, {}, kMany, "") ==
        "the held-out loss still fell by 2.0 % in the last epoch; --epochs 6 trains longer");
  CHECK(advice(falling, {}, kMany, "wordlm train --load m --save m") ==
        "the held-out loss still fell by 2.0 % in the last epoch; wordlm train --load m --save m "
        "--epochs 6 goes on");
  CHECK(advice(reports_of({{6, 7}, {5, 5.5}, {4.96, 4.5}}), {}, kMany, "") == "");
  // It comes before the size of the text: that cannot be helped.
  CHECK(advice(falling, of_a_file(), 500, "").find("still fell") != std::string::npos);
}

TEST_CASE("advice: the last epoch is compared with the one before, however often it reports") {
  auto reports = reports_of({{6, 7}, {5, 5.5}});
  reports.push_back({.epoch = 2, .loss = 4.99});
  CHECK(advice(reports, {}, kMany, "").find("fell by 16.8 %") != std::string::npos);
  CHECK(advice(std::vector<Report>{{.epoch = 3, .loss = 4}}, {}, kMany, "") == "");
  CHECK(advice({}, {}, kMany, "") == "");
}

TEST_CASE("advice: without a held-out part the loss is that of training") {
  auto reports = reports_of({{6, 7}, {5, 5.5}});
  for (Report& report : reports) report.held_out = false;
  CHECK(advice(reports, {}, kMany, "").starts_with("the training loss still fell by 16.7 %"));
  reports.push_back({.epoch = 3, .loss = 6, .training_loss = 4, .held_out = false});
  CHECK(advice(reports, {}, kMany, "") == "");
}

TEST_CASE("advice: a text that is learned by heart") {
  const auto rising = reports_of({{6, 7}, {5, 5.5}, {5.2, 4.5}});
  CHECK(advice(rising, {}, kMany, "") ==
        "the held-out loss has risen by 4.0 % since epoch 2 while that of training fell: the model "
        "learns its text by heart; --dropout 0.5, a smaller --hidden or more text helps");
  Settings dropout;
  dropout.training.dropout = 0.2;
  CHECK(advice(rising, dropout, kMany, "").find("; more --dropout, a") != std::string::npos);
  CHECK(advice(reports_of({{6, 7}, {5, 5.5}, {5.01, 4.5}}), {}, kMany, "") == "");
  // Both losses rise: that is another trouble.
  CHECK(advice(reports_of({{6, 7}, {5, 5.5}, {5.2, 5.6}}), {}, kMany, "") == "");
}

TEST_CASE("advice: a small text") {
  const auto level = reports_of({{6, 7}, {5, 5.5}, {5, 5.4}});
  CHECK(advice(level, of_a_file(), 19'999, "") ==
        "a text of 19,999 words is small: from fewer than 20,000 words a model learns frequent "
        "words and short phrases, but few sentences that make sense");
  CHECK(advice(level, of_a_file(), 20'000, "") == "");
  CHECK(advice(level, {}, 100, "") == "");  // the language of the built-in comments is simple
  Settings characters = of_a_file();
  characters.text.tokens = Tokens::character;
  CHECK(advice(level, characters, 99'999, "").find("to spell common words") != std::string::npos);
  CHECK(advice(level, characters, 100'000, "") == "");
}

TEST_CASE("advice: a training ends with it, and one that goes on knows the epoch before") {
  const Folder folder;
  const std::string model = folder.file("m");
  const Run first = run({"train", "--comments", "200", "--hidden", "8", "--epochs", "1",
                         "--samples", "1", "--save", model});
  REQUIRE(first.status == 0);
  const std::string more = fmt::format("--load {0} --save {0} --epochs ", model);
  CHECK(first.out.find("note: the held-out loss still fell by ") != std::string::npos);
  CHECK(first.out.ends_with(more + "2 goes on\n"));
  const Run second =
      run({"train", "--load", model, "--save", model, "--epochs", "2", "--samples", "0"});
  REQUIRE(second.status == 0);
  CHECK(second.out.ends_with(more + "4 goes on\n"));
  const Run complete = run({"train", "--load", model, "--samples", "0"});
  CHECK(complete.out.find("still fell") == std::string::npos);
}

}  // namespace
}  // namespace wordlm
