// Files and models: saving is whole or not at all, loading checks all before it changes anything.
#include "core/files.h"
#include "core/word_model.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <limits>

using namespace unroll;
using testing::file_of;
using testing::rising;
using testing::TemporaryFolder;

TEST_CASE("files: a file is read back as it was written") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  std::string bytes(100'000, 'x');
  bytes[500] = '\0';
  for (const std::string& content : {std::string(), std::string("a\0b", 3), bytes}) {
    write_file(path, content);
    CHECK(read_file(path) == content);
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("files: the remains of a killed save are removed by the next save") {
  const TemporaryFolder folder;
  for (const char* remains : {"model.0123abcd.tmp", "model.89abcdef.tmp"}) {
    write_file(folder / remains, "half of a mod");
  }
  for (const char* others : {"model.tmp", "model.123.tmp", "other.0123abcd.tmp"}) {
    write_file(folder / others, "mine");
  }
  write_file(folder / "model", "whole");
  CHECK(read_file(folder / "model") == "whole");
  CHECK(folder.files() == 4);
}

TEST_CASE("files: the remains of a killed save are removed where nothing is saved") {
  const TemporaryFolder folder;
  for (const char* name : {"model", "model.0123abcd.tmp", "other.0123abcd.tmp"}) {
    write_file(folder / name, "mine");
  }
  std::filesystem::create_symlink("model", folder / "link");
  remove_remains(folder / "link");
  CHECK(folder.files() == 3);
  CHECK_FALSE(std::filesystem::exists(folder / "model.0123abcd.tmp"));
  CHECK_NOTHROW(remove_remains(folder / "no/such/folder"));
}

TEST_CASE("files: what another process is writing is left alone") {
  const TemporaryFolder folder;
  const std::string temporary = folder / "model.0123abcd.tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  write_file(folder / "model", "whole");
  CHECK(folder.files() == 2);
  ::close(fd);
  write_file(folder / "model", "again");
  CHECK(folder.files() == 1);
}

TEST_CASE("files: links and permissions stay, and nothing is written through a planted link") {
  const TemporaryFolder folder;
  const std::string target = folder / "target";
  const std::string link = folder / "link";
  std::filesystem::create_symlink("target", link);
  write_file(link, "new");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(read_file(target) == "new");

  namespace fs = std::filesystem;
  const fs::perms mine = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(target, mine);
  write_file(link, "newer");
  CHECK(fs::status(target).permissions() == mine);
  CHECK(read_file(target) == "newer");

  std::filesystem::create_symlink("target", folder / "target.tmp");
  write_file(target, "newest");
  CHECK(read_file(target) == "newest");
  CHECK(std::filesystem::is_symlink(folder / "target.tmp"));
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK_THROWS_AS(write_file(folder / "loop", "x"), IoError);
}

TEST_CASE("files: a lock keeps a second one out, and goes with its holder") {
  const TemporaryFolder folder;
  const std::string path = folder / "model";
  {
    const FileLock lock(path);
    CHECK_THROWS_WITH_AS(
        FileLock{path},
        (path + ": is being written by another run, which holds " + path + ".lock").c_str(),
        IoError);
  }
  CHECK(folder.files() == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const FileLock lock(path);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(folder.files() == 1);  // the lock file of the killed process
  CHECK_NOTHROW(FileLock{path});
  CHECK(folder.files() == 0);
}

TEST_CASE("files: missing files, folders and unreadable files are refused") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK_THROWS_WITH_AS((void)read_file(missing), (missing + ": no such file").c_str(), IoError);
  CHECK_THROWS_WITH_AS((void)load_safetensors(missing), (missing + ": no such file").c_str(),
                       IoError);
  const std::string directory = folder / ".";
  CHECK_THROWS_WITH_AS((void)read_file(directory),
                       (directory + ": a file is needed, this is a directory").c_str(), IoError);
  const std::string endless = folder / std::string(300, 'n');
  CHECK_THROWS_AS((void)read_file(endless), IoError);
  write_file(folder / "short", "1234");
  CHECK_THROWS_WITH_AS(
      (void)load_safetensors(folder / "short"),
      ((folder / "short") + ": not a safetensors file, 4 bytes are too few for a header").c_str(),
      IoError);
}

TEST_CASE("files: a failed save leaves the folder as it was") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& path, const std::string& text) {
    CAPTURE(path);
    CHECK_THROWS_WITH_AS(write_file(path, "new"), (path + text).c_str(), IoError);
  };
  refused(folder / "no/such/folder",
          ": cannot be written, there is no directory " + (folder / "no/such"));
  refused(folder / ".", ": cannot be written, it is a directory");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  refused(folder / "pipe", ": cannot be written, it is not a plain file");
  REQUIRE(::unlink((folder / "pipe").c_str()) == 0);
  refused(folder / std::string(300, 'n'),
          ": cannot be created (File name too long); nothing was changed");
  write_file(folder / "old", "old");
  refused((folder / "old") + "/below",
          ": cannot be written, there is no directory " + (folder / "old"));
  CHECK(read_file(folder / "old") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("files: an old file stays whole when a save fails") {
  if (::geteuid() == 0) return;  // root may write anywhere
  const TemporaryFolder folder;
  const std::string path = folder / "model";
  write_file(path, "old");
  REQUIRE(::chmod((folder / ".").c_str(), 0500) == 0);
  CHECK_THROWS_WITH_AS(save_safetensors(path, {}),
                       (path + ": cannot be written, nor anything else in " +
                        (folder / "").substr(0, path.rfind('/')) + " (Permission denied)")
                           .c_str(),
                       IoError);
  REQUIRE(::chmod((folder / ".").c_str(), 0700) == 0);
  CHECK(read_file(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("files: tensors the format cannot hold are refused before writing") {
  const TemporaryFolder folder;
  const std::string path = folder / "model";
  TensorFile file;
  file.metadata = {{"k", "\xff"}};
  CHECK_THROWS_WITH_AS(
      save_safetensors(path, file),
      (path + ": names and metadata have to be UTF-8; nothing was written").c_str(), Error);
  file.metadata.clear();
  file.tensors.emplace("__metadata__", Tensor(DType::f32, {1}));
  CHECK_THROWS_WITH_AS(save_safetensors(path, file),
                       (path + ": a tensor cannot be named __metadata__").c_str(), Error);
  CHECK(folder.files() == 0);
}

TEST_CASE("files: a model comes back from its file, in another type and branch order too") {
  const TemporaryFolder folder;
  const testing::WordModel model(DType::f32, 1);
  save_safetensors(folder / "m", {tensors_of(model.parameters), {{"step", "12"}}});
  const testing::WordModel other(DType::f64, 2);
  const TensorFile file = load_safetensors(folder / "m");
  set_parameters(other.parameters, file, folder / "m");
  for (const Parameter& p : model.parameters.all()) {
    CHECK(other.parameters[p.name()].value().to_doubles() == p.value().to_doubles());
  }
  CHECK(file.metadata.at("step") == "12");
  CHECK(tensors_of(model.parameters / "readout").size() == 2);
}

TEST_CASE("files: parameters are set all or none") {
  const Parameters root(DType::f64);
  root.add("a", {2}, rising());
  root.add("b", {2}, rising());
  const Parameter c = root.add("c", {2}, rising());
  const auto before = root.flat().to_doubles();
  TensorFile good;
  for (const char* name : {"a", "b", "c"}) {
    good.tensors.emplace(name, Tensor::of<double>({2}, {7, 8}));
  }
  const auto refused = [&](const TensorFile& file, const char* text) {
    CHECK_THROWS_WITH_AS(set_parameters(root, file, "f"), text, IoError);
    CHECK(root.flat().to_doubles() == before);
  };
  TensorFile file = good;
  file.tensors.erase("c");
  refused(file, "f: there is no tensor 'c'");
  file = good;
  file.tensors.at("c") = Tensor(DType::f64, {2, 1});
  refused(file, "f: tensor 'c' is (2 x 1) where (2) was expected");
  constexpr const char* kNotFinite = "f: tensor 'c' holds values that are not finite f64 numbers";
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    file = good;
    file.tensors.at("c").values<double>()[1] = bad;
    refused(file, kNotFinite);
  }
  file = good;
  file.tensors.at("c") = Tensor::of<std::int32_t>({2}, {1, 2});
  refused(file, "f: tensor 'c' is I32 where F32 or F64 was expected");

  good.tensors.emplace("more", Tensor(DType::f32, {1}));  // is no mistake
  set_parameters(root, good, "f");
  CHECK(c.value().to_doubles() == std::vector<double>{7, 8});
}

TEST_CASE("files: a number too large for the parameters' type is refused") {
  const Parameters root(DType::f32);
  const Parameter a = root.add("a", {1}, rising());
  TensorFile file;
  file.tensors.emplace("a", Tensor::of<double>({1}, {1e300}));
  CHECK_THROWS_WITH_AS(set_parameters(root, file, "f"),
                       "f: tensor 'a' holds values that are not finite f32 numbers", IoError);
  CHECK(a.value().at(0) == static_cast<double>(0.1F));
}

TEST_CASE("files: a damaged file is read or refused, and never crashes") {
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors.emplace("cell.W", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  file.tensors.emplace("cell.b", Tensor::of<double>({2}, {1, 2}));
  file.tensors.emplace("ids", Tensor::of<std::int32_t>({1, 1}, {5}));
  file.metadata = {{"epoch", "3"}};
  save_safetensors(folder / "f", file);
  // Without checksums, which would refuse nearly all of it.
  std::string valid = read_file(folder / "f");
  const std::string sums = "unroll.checksums";
  valid.replace(valid.find(sums), sums.size(), "unroll.something");
  const std::string alphabet = "{}[]\",:0123456789-eE.FI ";
  Random random(17);
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(n)));
  };
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = valid;
    for (std::size_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = below(bytes.size());
      const char c =
          below(2) == 0 ? alphabet[below(alphabet.size())] : static_cast<char>(below(256));
      switch (below(4)) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1 + below(3), c);
          break;
        case 2:
          bytes.erase(at, 1 + below(3));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      }
    }
    // Half of them with a length that fits: the damage reaches the parser of the header.
    if (below(2) == 0 && bytes.size() > 8) {
      bytes = file_of(bytes.substr(8, bytes.rfind('}') - 7), bytes.substr(bytes.rfind('}') + 1));
    }
    try {
      (void)parse_safetensors(bytes, "f");
      ++read;
    } catch (const IoError&) {
      ++refused;
    }
  }
  CHECK(read > 200);
  CHECK(refused > 2000);
}
