#include "common/saver.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

#include "common/output.h"

namespace examples {

Saver::Saver(SaveOptions options) : options_(std::move(options)) {
  if (!options_.path.empty()) lock_ = std::make_unique<unroll::FileLock>(options_.path);
}

bool Saver::is_due() {
  ++steps_;
  const bool by_steps = options_.every_steps > 0 && steps_ >= options_.every_steps;
  const bool by_time = options_.every.count() > 0 && Clock::now() - last_ > options_.every;
  return by_steps || by_time;
}

void Saver::save(const std::function<void(const std::string&)>& write) {
  last_ = Clock::now();
  steps_ = 0;
  if (options_.path.empty()) return;
  const auto warn = [&](const char* why) {
    failed_ = true;
    write_error(
        fmt::format("\n{}: warning: not saved, the training goes on: {}\n", options_.program, why));
  };
  try {
    if (!failed_) keep_older();  // after a failure the file is the one that was kept before
    write(options_.path);
    failed_ = false;
  } catch (const std::bad_alloc&) {
    warn("not enough memory");
  } catch (const std::exception& error) {
    warn(error.what());
  }
}

/// path.1 becomes path.2 and so on; the file itself is path.1 besides, until it is replaced.
void Saver::keep_older() const {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto older = [&](int age) { return fmt::format("{}.{}", options_.path, age); };
  if (options_.keep == 0 || !fs::exists(options_.path, ignored)) return;
  for (int age = options_.keep - 1; age >= 1; --age) {
    fs::rename(older(age), older(age + 1), ignored);
  }
  std::error_code error;
  fs::remove(older(1), ignored);
  const fs::path newest = fs::canonical(options_.path, ignored);
  fs::create_hard_link(newest, older(1), error);
  if (error) fs::copy_file(newest, older(1), error);  // a file system without hard links
  if (error) {
    write_error(fmt::format("\n{}: warning: {}: cannot be made of the last save ({})\n",
                            options_.program, older(1), error.message()));
  }
}

}  // namespace examples
