#include "wordlm/run_log.h"

#include <sys/resource.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/chart.h"
#include "common/json.h"
#include "common/output.h"

namespace wordlm {

using unroll::fail;
using unroll::IoError;

namespace {

using nlohmann::json;

double most_memory_mb() {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1000;
}

/// A line of a log as a report; nothing for a line of settings.
std::optional<Report> report_of(const json& line) {
  if (line.contains("settings")) return std::nullopt;
  examples::check_whole_numbers(line, {{"epoch", 0}, {"step", 0}});
  Report report;
  line.at("epoch").get_to(report.epoch);
  line.at("step").get_to(report.step);
  line.at("loss").get_to(report.loss);
  report.training_loss = line.value("training_loss", 0.0);
  report.gradient_norm = line.value("gradient_norm", 0.0);
  report.learning_rate = line.value("learning_rate", 0.0);
  report.words_per_second = line.value("words_per_second", 0.0);
  report.memory_mb = line.value("memory_mb", 0.0);
  return report;
}

}  // namespace

RunLog::RunLog(const std::string& path, const std::string& tensorboard)
    : path_(path), events_(tensorboard) {
  if (!writes_lines()) return;
  std::error_code ignored;
  const bool exists = std::filesystem::exists(path, ignored);
  std::string before = exists ? unroll::read_file(path) : "";
  if (!before.empty() && !before.starts_with("{\"")) {
    fail<IoError>("{}: is no log of wordlm, and would be written on", path);
  }
  if (!before.empty() && !before.ends_with('\n')) {  // a line that a killed run left unfinished
    before.resize(before.rfind('\n') + 1);
    unroll::write_file(path, before);
  }
  file_.open(path, std::ios::binary | std::ios::app);
  if (!file_) fail<IoError>("{}: cannot be opened", path);
}

void RunLog::begin(const Checkpoint& checkpoint) {
  const Progress& progress = checkpoint.progress;
  if (progress.last_loss != 0) {
    reports_.push_back({progress.epoch, progress.step, progress.last_loss});
  }
  events_.begin(progress.step);
  if (!writes_lines()) return;
  const json line{{"settings", json::parse(to_json(checkpoint.settings))},
                  {"parameters", checkpoint.model->parameters().size()},
                  {"words", checkpoint.model->words()}};
  write_line(line.dump());
}

void RunLog::add(const Report& report) {
  reports_.push_back(report);
  reports_.back().memory_mb = std::round(most_memory_mb());
  if (writes_lines()) add_line(reports_.back());
  if (events_.is_on()) add_events(reports_.back());
}

void RunLog::add_line(const Report& report) {
  nlohmann::ordered_json line{{"epoch", report.epoch},
                              {"step", report.step},
                              {"loss", report.loss},
                              {"perplexity", std::exp(report.loss)}};
  if (report.training_loss > 0) {
    line["training_loss"] = report.training_loss;
    line["gradient_norm"] = report.gradient_norm;
    line["learning_rate"] = report.learning_rate;
    line["words_per_second"] = std::round(report.words_per_second);
  }
  line["memory_mb"] = report.memory_mb;
  write_line(line.dump());
}

void RunLog::add_events(const Report& report) {
  std::vector<Scalar> scalars{
      {report.held_out ? "loss/held-out" : "loss/training text", report.loss},
      {"perplexity", std::exp(report.loss)},
      {"memory_mb", report.memory_mb}};
  if (report.training_loss > 0) {
    scalars.push_back({"loss/training", report.training_loss});
    scalars.push_back({"gradient_norm", report.gradient_norm});
    scalars.push_back({"learning_rate", report.learning_rate});
    scalars.push_back({"words_per_second", report.words_per_second});
  }
  events_.add(report.step, scalars);
}

void RunLog::write_line(const std::string& line) {
  file_ << line << '\n' << std::flush;
  if (file_) return;
  examples::write_error(
      fmt::format("\nwordlm: warning: {}: cannot be written, the training goes on\n", path_));
  path_.clear();
}

std::vector<Report> read_log(const std::string& path) {
  const std::string text = unroll::read_file(path);
  std::vector<Report> reports;
  std::int64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;  // cut off while it was written
    ++number;
    try {
      const auto report = report_of(json::parse(text.substr(at, end - at)));
      if (report) {
        std::erase_if(reports, [&](const Report& r) { return r.epoch >= report->epoch; });
        reports.push_back(*report);
      }
    } catch (const std::exception& error) {
      fail<IoError>("{}:{}: is no line of a log of wordlm: {}", path, number, error.what());
    }
    at = end + 1;
  }
  if (reports.empty()) fail<IoError>("{}: holds no report of a training", path);
  return reports;
}

examples::Chart chart_of(const std::vector<std::string>& logs) {
  examples::Chart chart;
  chart.title = "Loss after each epoch";
  chart.subtitle = "held out; thin: while training";
  chart.x_label = "epochs";
  chart.y_label = "nats per word";
  for (const std::string& log : logs) {
    const std::vector<Report> reports = read_log(log);
    const std::string name = std::filesystem::path(log).stem().string();
    examples::Curve held_out{name, "", {}};
    examples::Curve training{name + ", training", "", {}};
    double best = std::numeric_limits<double>::infinity();
    for (const Report& report : reports) {
      const auto epoch = static_cast<double>(report.epoch);
      held_out.points.push_back({epoch, report.loss});
      best = std::min(best, report.loss);
      // The mean over an epoch belongs to its middle.
      if (report.training_loss > 0) training.points.push_back({epoch - 0.5, report.training_loss});
    }
    held_out.note = fmt::format("best {:.4g}", best);
    if (!training.points.empty()) {
      training.note = fmt::format("{:.4g}", training.points.back().y);
    }
    chart.curves.push_back(std::move(held_out));
    if (!training.points.empty()) chart.curves.push_back(std::move(training));
  }
  return chart;
}

}  // namespace wordlm
