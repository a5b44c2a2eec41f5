#include "wordlm/checkpoint.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/outputs.h"
#include "small_models.h"
#include "text_files.h"

namespace wordlm {
namespace {

using nlohmann::json;
using unroll::IoError;

/// Writes a file without waiting for the disk.
void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// What is wrong with a file, by its reader; nothing where it can be read. No other exception than
/// IoError may come.
std::optional<std::string> fault_of(const std::string& path) {
  try {
    (void)load_checkpoint(path);
    return std::nullopt;
  } catch (const IoError& error) {
    return error.what();
  }
}

TEST_CASE("what is saved is what is loaded") {
  const Folder folder;
  for (const bool double_precision : {false, true}) {
    Settings settings = small();
    settings.model.double_precision = double_precision;
    settings.text.data = {"a \"quoted\" näme.csv", "another"};
    settings.text.column = "body";
    settings.seed = 0xffffffffffffffff;
    settings.text.held_out = 0.1;
    Checkpoint checkpoint = begin(settings);
    checkpoint.progress = {
        3,     17, 99, 0.1, 1.0 / 3, 0.3, 2, 4, 1e5 / 7, 123456789012, 1.7, 5, "0123456789abcdef",
        "fedc"};
    save_checkpoint(folder.file("m"), checkpoint);
    const Checkpoint loaded = load_checkpoint(folder.file("m"));
    CHECK(to_json(loaded.settings) == to_json(settings));
    CHECK(loaded.settings.seed == settings.seed);
    CHECK(loaded.settings.text.held_out == settings.text.held_out);
    CHECK(loaded.vocabulary.words() == texts().vocabulary.words());
    CHECK(loaded.model->words() == texts().vocabulary.size());
    CHECK(same_parameters(loaded, checkpoint));
    check_same(loaded.progress, checkpoint.progress);
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("checkpoint: a model with more ids than words is saved and loaded") {
  const Folder folder;
  Checkpoint checkpoint = begin(small());
  checkpoint.model = std::make_shared<Model>(small(), 150);
  save_checkpoint(folder.file("m"), checkpoint);
  CHECK(load_checkpoint(folder.file("m")).model->words() == 150);
  checkpoint.model = std::make_shared<Model>(small(), 50);
  save_checkpoint(folder.file("m"), checkpoint);
  CHECK(fault_of(folder.file("m")) ==
        folder.file("m") + ": a model of 50 words with a vocabulary of 100");
}

TEST_CASE("a file name that is not UTF-8 is no obstacle to saving") {
  const Folder folder;
  Settings settings = small();
  settings.text.data = {"caf\xe9.txt"};
  save_checkpoint(folder.file("m"), begin(settings));
  CHECK(load_checkpoint(folder.file("m")).settings.text.data.at(0) == "caf\xef\xbf\xbd.txt");
}

TEST_CASE("a file cut short is an error") {
  const Folder folder;
  save_checkpoint(folder.file("m"), begin(small()));
  const std::string bytes = unroll::read_file(folder.file("m"));
  for (std::size_t size = 0; size < bytes.size(); size += size < 32 ? 1 : 97) {
    CAPTURE(size);
    write(folder.file("cut"), bytes.substr(0, size));
    CHECK(fault_of(folder.file("cut")).value_or("no fault").starts_with(folder.file("cut") + ": "));
  }
}

TEST_CASE("a file of anything else is an error") {
  const Folder folder;
  const std::string file = folder.file("m");
  CHECK(fault_of(file) == file + ": no such file");
  CHECK(fault_of(folder.path()) == folder.path() + ": a file is needed, this is a directory");
  unroll::write_file(file, "");
  CHECK(fault_of(file) == file + ": not a safetensors file, 0 bytes are too few for a header");
  unroll::write_file(file, "body\nThe cat sat on the mat.\nThe dog did not.\n");
  CHECK(fault_of(file).value_or("").starts_with(
      file + ": not a safetensors file, or cut short: a header of "));

  unroll::TensorFile foreign;
  foreign.tensors.emplace("weight", unroll::Tensor(unroll::DType::f32, {2, 2}));
  unroll::save_safetensors(file, foreign);
  CHECK(fault_of(file) == file + ": not a model of wordlm, its metadata has no 'wordlm.settings'");
}

TEST_CASE("a file with a changed byte is read or is an error") {
  const Folder folder;
  save_checkpoint(folder.file("m"), begin(small()));
  const std::string bytes = unroll::read_file(folder.file("m"));
  unroll::Random random(8);
  int faults = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string changed = bytes;
    const auto below = [&](std::size_t bound) {
      return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bound)));
    };
    // Most in the header, where every byte matters.
    const std::size_t range = i % 4 == 0 ? bytes.size() : std::min<std::size_t>(4500, bytes.size());
    for (std::size_t n = below(3) + 1; n > 0; --n) {
      changed[below(range)] = static_cast<char>(below(256));
    }
    write(folder.file("c"), changed);
    faults += fault_of(folder.file("c")).has_value() ? 1 : 0;
  }
  CHECK(faults > 500);
}

/// The file's fault after one number, word or list of its metadata is another.
std::optional<std::string> fault_with(const std::string& file, const std::string& part,
                                      const std::string& key, const json& value) {
  unroll::TensorFile changed = unroll::load_safetensors(file);
  json object = json::parse(changed.metadata.at(part));
  object[json::json_pointer(key)] = value;
  changed.metadata[part] = object.dump();
  unroll::save_safetensors(file + ".changed", changed);
  return fault_of(file + ".changed");
}

TEST_CASE("a file with one bit changed is an error") {
  const Folder folder;
  Checkpoint checkpoint = begin(small());
  checkpoint.best = unroll::tensors_of(checkpoint.model->parameters());
  save_checkpoint(folder.file("m"), checkpoint);
  const std::string bytes = unroll::read_file(folder.file("m"));
  unroll::Random random(9);
  for (int i = 0; i < 300; ++i) {
    std::string changed = bytes;
    const auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bytes.size())));
    changed[at] = static_cast<char>(changed[at] ^ (1 << random.below(8)));
    write(folder.file("c"), changed);
    CAPTURE(at);
    CHECK(fault_of(folder.file("c")).has_value());
  }
}

TEST_CASE("a model is used with the weights it was best with") {
  const Folder folder;
  const std::string file = folder.file("m");
  Settings settings = small();
  settings.training.learning_rate = 20;  // at which the loss rises again
  settings.training.clip = 0.5;
  settings.training.schedule = "constant";
  settings.training.epochs = 6;
  Checkpoint checkpoint = begin(settings);
  CHECK(train(checkpoint, file));
  const Progress& progress = checkpoint.progress;
  REQUIRE(progress.best_epoch > 0);
  REQUIRE(progress.best_epoch < progress.epoch);
  CHECK(progress.best_loss < progress.last_loss);
  CHECK(measure(load_checkpoint(file), texts().test_set).loss == progress.last_loss);
  CHECK(measure(load_best(file), texts().test_set).loss == progress.best_loss);

  Checkpoint whole = begin(settings);
  whole.settings.training.epochs = progress.best_epoch;
  CHECK(train(whole));
  CHECK(same_parameters(load_best(file), whole));
}

TEST_CASE("settings that no training wrote are an error, not a crash") {
  const Folder folder;
  const std::string file = folder.file("m");
  save_checkpoint(file, begin(small()));
  const std::string sizes =
      file + ".changed: its tensors do not have the sizes that its settings say";
  const std::string range = file + ".changed: its settings hold a number out of range";
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, json>>{{"/model/hidden", 8},
                                                 {"/model/hidden", 0},
                                                 {"/model/hidden", -7},
                                                 {"/model/hidden", 1000000000000},
                                                 {"/model/embedding", 6},
                                                 {"/model/embedding", -1},
                                                 {"/model/layers", 0},
                                                 {"/model/layers", 1000000000000}}) {
    const std::string named = key;
    CAPTURE(named);
    CHECK(fault_with(file, "wordlm.settings", key, value) == sizes);
  }
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, json>>{{"/training/batch", 0},
                                                 {"/training/batch", -1},
                                                 {"/training/bptt", -1},
                                                 {"/training/epochs", -1},
                                                 {"/text/comments", 0},
                                                 {"/text/limit", -1},
                                                 {"/text/held_out", 0.6},
                                                 {"/text/held_out", -0.1},
                                                 {"/training/clip", -1},
                                                 {"/training/clip_value", -1},
                                                 {"/training/weight_decay", -1},
                                                 {"/training/dropout", -0.1},
                                                 {"/training/dropout", 1},
                                                 {"/training/warm_up", -1},
                                                 {"/training/hold", -1},
                                                 {"/training/factor", -0.1},
                                                 {"/training/factor", 1.1},
                                                 {"/training/patience", -1}}) {
    const std::string named = key;
    CAPTURE(named);
    CHECK(fault_with(file, "wordlm.settings", key, value) == range);
  }
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, json>>{{"/epoch", -1},
                                                 {"/batch", -1},
                                                 {"/step", -1},
                                                 {"/learning_rate", 0},
                                                 {"/since_best", -1},
                                                 {"/running_words", -1}}) {
    const std::string named = key;
    CAPTURE(named);
    CHECK(fault_with(file, "wordlm.progress", key, value) == range);
  }
  CHECK(fault_with(file, "wordlm.settings", "/model/layers", 2)
            .value_or("")
            .starts_with(file + ".changed: there is no tensor 'layers.1."));
  CHECK(fault_with(file, "wordlm.settings", "/model/cell", "lstn")
            .value_or("")
            .starts_with(file + ".changed: not a model of wordlm: "));

  const auto as_saved = unroll::load_safetensors(file);
  for (const char* part : {"wordlm.settings", "wordlm.progress"}) {
    const json values = json::parse(as_saved.metadata.at(part)).flatten();
    for (const auto& [key, value] : values.items()) {
      const std::string named = key;
      CAPTURE(named);
      for (const json& strange : {json("x"), json(nullptr), json::array({1}), json::object()}) {
        if (strange.type() == value.type()) continue;
        CHECK(
            fault_with(file, part, key, strange).value_or("").starts_with(file + ".changed: its "));
      }
      for (const json& number : {json(1e300), json(-1e300), json(1e-300), json(1ULL << 63)}) {
        (void)fault_with(file, part, key, number);  // an IoError or nothing
      }
    }
  }
}

TEST_CASE("a state for other streams, or none, in the middle of an epoch is an error") {
  const Folder folder;
  const std::string file = folder.file("m");
  Settings settings = small();
  settings.text.running = true;
  settings.training.bptt = 2;
  Checkpoint checkpoint = begin(settings);
  checkpoint.progress.batch = 1;
  unroll::Tape tape;
  checkpoint.state = unroll::carry(checkpoint.model->start(tape, settings.training.batch));
  save_checkpoint(file, checkpoint);
  REQUIRE(fault_of(file).value_or("") == "");

  const std::string fault = file + ": the state it was interrupted in is not that of 4 streams";
  const unroll::TensorFile whole = unroll::load_safetensors(file);
  const auto found = std::ranges::find_if(
      whole.tensors, [](const auto& named) { return named.first.starts_with("state"); });
  REQUIRE(found != whole.tensors.end());
  unroll::TensorFile changed = whole;
  changed.tensors.erase(found->first);
  unroll::save_safetensors(file, changed);
  CHECK(fault_of(file) == fault);
  changed.tensors.emplace(found->first, unroll::Tensor(unroll::DType::f32, {3, 7}));
  unroll::save_safetensors(file, changed);
  CHECK(fault_of(file) == fault);
}

std::string fault_of_saving(const std::string& path) {
  try {
    save_checkpoint(path, begin(small()));
  } catch (const IoError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("a save that fails leaves the old file") {
  const Folder folder;
  const std::string file = folder.file("m");
  save_checkpoint(file, begin(small()));
  const std::string before = unroll::read_file(file);
  // No file may grow so large.
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small_files{1000, limit.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small_files) == 0);
  const std::string fault = fault_of_saving(file);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(fault == file + ": cannot be written (File too large); nothing was changed");
  CHECK(unroll::read_file(file) == before);
  CHECK(folder.entries() == 1);
}

TEST_CASE("outputs that cannot be written, or are inputs, are known before") {
  using examples::NamedFile;
  const Folder folder;
  const std::string file = folder.file("m");
  const auto fault = [](const std::string& path, const std::string& data = "",
                        const std::string& other = "") {
    const std::array outputs = {NamedFile{"--other", other}, NamedFile{"--save", path}};
    const NamedFile input{"--data", data};
    try {
      examples::check_outputs(outputs, std::span(&input, 1));
    } catch (const IoError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(fault(file) == "none");
  CHECK(fault(file, folder.file("data.txt"), folder.file("o")) == "none");
  CHECK(fault("a_file_here") == "none");
  CHECK(folder.entries() == 0);
  unroll::write_file(file, "old");
  CHECK(fault(file) == "none");
  CHECK(unroll::read_file(file) == "old");

  CHECK(fault(folder.path()) == folder.path() + ": cannot be written, it is a directory");
  // A pipe stands for /dev/null and its like, which a program run by root could really replace.
  const std::string pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(fault(pipe) == pipe + ": cannot be written, it is not a plain file");
  CHECK(fault(folder.file("no/m")) ==
        folder.file("no/m") + ": cannot be written, there is no directory " + folder.file("no"));
  CHECK(fault(file + "/m") == file + "/m: cannot be written, there is no directory " + file);

  const std::string detour =
      folder.file("../" + std::filesystem::path(folder.path()).filename().string() + "/m");
  CHECK(fault(detour, file) == detour + ": --save would overwrite the file of --data");
  const std::string link = folder.file("link");
  std::filesystem::create_symlink("m", link);
  CHECK(fault(link, file) == link + ": --save would overwrite the file of --data");
  CHECK(fault(folder.file("new"), "", folder.file("./new")) ==
        folder.file("new") + ": --save would overwrite that of --other");
  if (getuid() != 0) {  // root may write anywhere
    std::filesystem::permissions(
        folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    CHECK(fault(file) == file + ": cannot be written, nor anything else in " + folder.path() +
                             " (Permission denied)");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  }
}

}  // namespace
}  // namespace wordlm
