// The safetensors format: what is written, what is read, what is refused.
#include "core/files.h"

#include <unroll/unroll.h>

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include <limits>

using namespace unroll;
using testing::file_of;
using testing::TemporaryFolder;

namespace {

TensorFile parse(const std::string& header, const std::string& data = "") {
  return parse_safetensors(file_of(header, data), "f");
}

/// The text that a file of this header and so many bytes of data is refused with.
std::string refusal(const std::string& header, std::size_t data_bytes = 0) {
  try {
    (void)parse(header, std::string(data_bytes, '\0'));
  } catch (const IoError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("safetensors: tensors are loaded bit for bit as they were saved") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors.emplace("single", Tensor::of<float>({2, 3}, {1, -2, 0.1F, 1e-40F, 5, -0.0F}));
  file.tensors.emplace("double", Tensor::of<double>({2}, {0.1, kInfinity}));
  file.tensors.emplace("integers", Tensor::of<std::int32_t>({3}, {-1, 0, 2147483647}));
  file.tensors.emplace("scalar", Tensor::of<double>({}, {-7}));
  file.tensors.emplace("empty", Tensor(DType::f32, {0, 5}));
  file.tensors.emplace("four", Tensor::of<float>({1, 2, 1, 2}, {1, 2, 3, 4}));
  file.tensors.emplace("größe \"quoted\"\n", Tensor::of<float>({1}, {1}));
  file.metadata = {{"epoch", "3"}, {"größe", "日本語 \" \\ \n \x01"}, {"", ""}};
  save_safetensors(folder / "a.safetensors", file);

  const TensorFile loaded = load_safetensors(folder / "a.safetensors");
  CHECK(loaded.metadata == file.metadata);
  REQUIRE(loaded.tensors.size() == file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    const std::string& named = name;
    CAPTURE(named);
    const Tensor& other = loaded.tensors.at(name);
    CHECK(other.dtype() == tensor.dtype());
    CHECK(other.shape() == tensor.shape());
    const std::size_t bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype());
    CHECK(std::memcmp(other.view().data, tensor.view().data, bytes) == 0);
  }
  save_safetensors(folder / "b.safetensors", loaded);
  CHECK(read_file(folder / "a.safetensors") == read_file(folder / "b.safetensors"));
  save_safetensors(folder / "none.safetensors", {});
  CHECK(load_safetensors(folder / "none.safetensors").tensors.empty());
  CHECK(folder.files() == 3);
}

TEST_CASE("safetensors: the bytes of a file are those of the format's description") {
  // 8 bytes of length, the header filled up with spaces to a multiple of 8, the data.
  const std::string sums = R"("unroll.checksums":"{\"__metadata__\":\"ad56a59fe3682db7\",)"
                           R"(\"a\":\"d5d690482aa19774\",\"b\":\"50e20339d5439d6c\"}")";
  std::string header = R"({"__metadata__":{"k":"v",)" + sums +
                       R"(},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("b":{"dtype":"I32","shape":[],"data_offsets":[8,12]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string bytes = file_of(header);
  bytes += std::string("\0\0\x80\x3f\0\0\x20\xc1", 8);  // 1, -10
  bytes += std::string("\xfe\xff\xff\xff", 4);          // -2

  TensorFile file;
  file.metadata = {{"k", "v"}};
  file.tensors.emplace("b", Tensor::of<std::int32_t>({}, {-2}));
  file.tensors.emplace("a", Tensor::of<float>({2}, {1, -10}));
  const TemporaryFolder folder;
  save_safetensors(folder / "f", file);
  CHECK(read_file(folder / "f") == bytes);

  const TensorFile parsed = parse_safetensors(bytes, "f");
  CHECK(parsed.tensors.at("a").to_doubles() == std::vector<double>{1, -10});
  CHECK(parsed.tensors.at("b").to_doubles() == std::vector<double>{-2});
  CHECK(parsed.metadata == file.metadata);
  CHECK(parsed.checked);
}

TEST_CASE("safetensors: a file that differs from its checksums is refused") {
  const TemporaryFolder folder;
  TensorFile file;
  file.metadata = {{"epoch", "3"}};
  file.tensors.emplace("W", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  file.tensors.emplace("b", Tensor::of<float>({2}, {7, 8}));
  save_safetensors(folder / "f", file);
  const std::string bytes = read_file(folder / "f");
  const auto refused = [&](const std::string& from, const std::string& to) -> std::string {
    std::string changed = bytes;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    try {
      return parse_safetensors(changed, "f").checked ? "accepted" : "not checked";
    } catch (const IoError& error) {
      return error.what();
    }
  };
  CHECK(refused("\x3f", "\x40") == "f: is damaged, tensor 'W' has another checksum");
  CHECK(refused("[2,3]", "[3,2]") == "f: is damaged, tensor 'W' has another checksum");
  CHECK(refused("\"3\"", "\"4\"") == "f: is damaged, its metadata has another checksum");
  CHECK(refused("\"b\":{", "\"c\":{") == "f: is damaged, tensor 'c' has another checksum");
  CHECK(refused("unroll.checksums", "unroll.checksumz") == "not checked");
}

TEST_CASE("safetensors: half precision becomes f32") {
  const TensorFile file =
      parse(R"({"f":{"dtype":"F16","shape":[8],"data_offsets":[0,16]},)"
            R"("g":{"dtype":"BF16","shape":[2],"data_offsets":[16,20]}})",
            std::string("\x00\x3c\x00\xc0\xff\x7b\x01\x00\x00\x80\x00\x7c\x00\xfc\x01\x7c"
                        "\x80\x3f\x20\xc1",
                        20));
  const Tensor& f = file.tensors.at("f");
  CHECK(f.dtype() == DType::f32);
  for (const auto& [element, value] :
       std::vector<std::pair<Index, double>>{{0, 1}, {1, -2}, {2, 65504}, {3, 0x1p-24}}) {
    CHECK(f.at(element) == value);
  }
  CHECK(std::signbit(f.at(4)));
  CHECK(f.at(5) == std::numeric_limits<double>::infinity());
  CHECK(f.at(6) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(f.at(7)));
  CHECK(file.tensors.at("g").to_doubles() == std::vector<double>{1, -10});
}

TEST_CASE("safetensors: tensors that no Tensor can hold are skipped, and said to be") {
  const TensorFile file =
      parse(R"({"count":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
            R"("deep":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[8,12]},)"
            R"("w":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})",
            std::string(12, '\0') + std::string("\0\0\x80\x3f", 4));
  CHECK(file.tensors.size() == 1);
  CHECK(file.tensors.at("w").at(0) == 1);
  CHECK(file.skipped.at("count") == "its type is I64");
  CHECK(file.skipped.at("deep") == "it has 7 axes");
  const Parameters root;
  (void)root.add("count", {}, zeros());
  CHECK_THROWS_WITH_AS(set_parameters(root, file, "f"),
                       "f: there is no tensor 'count' that can be read: its type is I64", IoError);
}

TEST_CASE("safetensors: of a large file that is none only the header is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "zeros";
  write_file(path, "");
  std::filesystem::resize_file(path, 40'000'000'000);  // more than the memory: it has to be sparse
  CHECK_THROWS_WITH_AS(
      (void)load_safetensors(path),
      (path + ": not a safetensors file, the header does not begin with '{'").c_str(), IoError);
}

TEST_CASE("safetensors: headers in other orders and with spaces are read") {
  const TensorFile file = parse(
      "{ \"late\" : {\"data_offsets\":[4,8], \"shape\":[1], \"dtype\":\"F32\", \"more\":1},\n"
      "  \"early\": {\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\n"
      "  \"none\": {\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[4,4]} }",
      std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  CHECK(file.tensors.at("early").at(0) == 1);
  CHECK(file.tensors.at("late").at(0) == 2);
  CHECK(file.tensors.at("none").size() == 0);
}

TEST_CASE("safetensors: files of other formats are refused") {
  const auto refused = [](const std::string& bytes, const char* text) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS((void)parse_safetensors(bytes, "f"), text, IoError);
  };
  refused("", "f: not a safetensors file, 0 bytes are too few for a header");
  refused("1234567", "f: not a safetensors file, 7 bytes are too few for a header");
  refused(std::string(8, '\0'), "f: not a safetensors file, the header does not begin with '{'");
  refused(std::string("\x01\xe1\xf5\x05\0\0\0\0", 8),  // 100,000,001
          "f: not a safetensors file, or cut short: a header of 100000001 bytes in a file of 8");
  refused(std::string(16, '\xff'),
          "f: not a safetensors file, or cut short: a header of 18446744073709551615 bytes in a "
          "file of 16");
  refused(std::string("\x03\0\0\0\0\0\0\0{}", 10),
          "f: not a safetensors file, or cut short: a header of 3 bytes in a file of 10");
  std::string large(100'000'009, ' ');
  std::memcpy(large.data(), "\x01\xe1\xf5\x05\0\0\0\0{", 9);
  refused(large,
          "f: not a safetensors file, or cut short: a header of 100000001 bytes in a file of "
          "100000009");
  refused(file_of("[]"), "f: not a safetensors file, the header does not begin with '{'");
  refused(file_of(" {}"), "f: not a safetensors file, the header does not begin with '{'");
}

TEST_CASE("safetensors: headers that are not JSON are refused") {
  for (const char* header :
       {"{", "{\"a\"}", "{} x", "{\"a\":1e999}", "{\"a\":\"\xff\"}", "{\"a\":nan}", "{'a':1}"}) {
    CAPTURE(header);
    const std::string text = refusal(header);
    CHECK(text.starts_with("f: the header is not valid JSON: [json.exception."));
  }
  CHECK(refusal(std::string("{}\0[", 4)) == "f: the header is not valid JSON: it has a zero byte");
  CHECK(refusal(fmt::format("{{\"a\":{:[>100000}", "")) == "f: the header is nested too deep");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(refusal(objects) == "f: the header is nested too deep");
}

TEST_CASE("safetensors: headers that describe no tensors are refused") {
  const auto entry = [](const std::string& dtype, const std::string& shape,
                        const std::string& offsets) {
    return fmt::format(R"({{"a":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape,
                       offsets);
  };
  CHECK(refusal(entry("\"F32\"", "[2]", "[0,8]"), 8) == "accepted");
  CHECK(refusal(R"({"a":1})") == "f: tensor 'a' is not described by an object");
  CHECK(refusal(R"({"a":{}})") == "f: tensor 'a' has no 'dtype'");
  CHECK(refusal(R"({"a":{"dtype":"F32"}})") == "f: tensor 'a' has no 'data_offsets'");
  CHECK(refusal(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4) ==
        "f: tensor 'a' has no 'shape'");
  CHECK(refusal(entry("5", "[2]", "[0,8]"), 8) == "f: tensor 'a': a type name was expected");
  CHECK(refusal(entry("\"BF16\"", "[2]", "[0,8]"), 8) ==
        "f: tensor 'a': BF16 [2] needs 4 bytes and has 8");
  CHECK(refusal(entry("\"F64\"", "[2]", "[0,8]"), 8) ==
        "f: tensor 'a': F64 [2] needs 16 bytes and has 8");
  CHECK(refusal(entry("\"F32\"", "[1,1,1,1,1,1,1]", "[0,8]"), 8) ==
        "f: tensor 'a': F32 [1, 1, 1, 1, 1, 1, 1] needs 4 bytes and has 8");
  CHECK(refusal(entry("\"F32\"", "2", "[0,8]"), 8) ==
        "f: tensor 'a': a shape, a list of sizes, was expected");
  CHECK(refusal(entry("\"F32\"", "[-2]", "[0,8]"), 8) ==
        "f: tensor 'a': -2 where a size was expected");
  CHECK(refusal(entry("\"F32\"", "[2.0]", "[0,8]"), 8) ==
        "f: tensor 'a': 2.0 where a size was expected");
  CHECK(refusal(entry("\"F32\"", "[\"2\"]", "[0,8]"), 8) ==
        "f: tensor 'a': \"2\" where a size was expected");
  CHECK(refusal(entry("\"F32\"", "[2]", "8"), 8) ==
        "f: tensor 'a': data_offsets have to be a begin and an end");
  CHECK(refusal(entry("\"F32\"", "[2]", "[0,8,8]"), 8) ==
        "f: tensor 'a': data_offsets have to be a begin and an end");
  CHECK(refusal(entry("\"F32\"", "[2]", "[8,0]"), 8) == "f: tensor 'a': bytes [8, 0) of 8");
  CHECK(refusal(entry("\"F32\"", "[2]", "[0,8]"), 7) == "f: tensor 'a': bytes [0, 8) of 7");
  CHECK(refusal(entry("\"F32\"", "[2]", "[0,18446744073709551615]"), 8) ==
        "f: tensor 'a': bytes [0, 18446744073709551615) of 8");
  CHECK(refusal(entry("\"F32\"", "[2]", "[0,18446744073709551616]"), 8) ==
        "f: tensor 'a': 1.8446744073709552e+19 where a size was expected");
}

TEST_CASE("safetensors: shapes whose size overflows are refused") {
  for (const char* shape :
       {"[4294967296,4294967296]", "[18446744073709551615]", "[9223372036854775808,0]",
        "[65536,65536,65536,65536]", "[0,4294967296,4294967296]", "[1152921504606846977]"}) {
    CAPTURE(shape);
    CHECK(refusal(fmt::format(R"({{"a":{{"dtype":"F32","shape":{},"data_offsets":[0,0]}}}})",
                              shape)) == "f: tensor 'a': a shape too large for any memory");
  }
}

TEST_CASE("safetensors: tensors that overlap or leave gaps are refused") {
  const auto two = [](const char* a, const char* b) {
    return fmt::format(R"({{"a":{{"dtype":"F32","shape":[2],"data_offsets":{}}},)"
                       R"("b":{{"dtype":"F32","shape":[2],"data_offsets":{}}}}})",
                       a, b);
  };
  CHECK(refusal(two("[0,8]", "[8,16]"), 16) == "accepted");
  CHECK(refusal(two("[8,16]", "[0,8]"), 16) == "accepted");
  CHECK(refusal(two("[0,8]", "[4,12]"), 12) ==
        "f: tensor 'b' begins at byte 4 where 8 was expected");
  CHECK(refusal(two("[0,8]", "[0,8]"), 8) == "f: tensor 'b' begins at byte 0 where 8 was expected");
  CHECK(refusal(two("[0,8]", "[12,20]"), 20) ==
        "f: tensor 'b' begins at byte 12 where 8 was expected");
  CHECK(refusal(two("[4,12]", "[12,20]"), 20) ==
        "f: tensor 'a' begins at byte 4 where 0 was expected");
  CHECK(refusal(two("[0,8]", "[8,16]"), 17) == "f: 16 bytes of tensors in 17 bytes of data");
  CHECK(refusal("{}", 1) == "f: 0 bytes of tensors in 1 bytes of data");
}

TEST_CASE("safetensors: a header of many tensors is read in linear time") {
  std::string header;
  for (int i = 0; i < 100'000; ++i) {
    header += fmt::format(R"({}"tensor.{}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
                          i == 0 ? "{" : ",", i);
  }
  CHECK(parse(header + "}").tensors.size() == 100'000);
}

TEST_CASE("safetensors: repeated names and metadata that is not text are refused") {
  constexpr const char* kTensor = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  CHECK(refusal(fmt::format(R"({{"a":{},"a":{}}})", kTensor, kTensor)) ==
        "f: the header has 'a' twice");
  CHECK(refusal(R"({"a":{"dtype":"F32","dtype":"F64","shape":[0],"data_offsets":[0,0]}})") ==
        "f: the header has 'dtype' twice");
  CHECK(refusal(R"({"__metadata__":{"k":"1","k":"2"}})") == "f: the header has 'k' twice");
  CHECK(refusal(fmt::format(R"({{"a":{},"b":{}}})", kTensor, kTensor)) == "accepted");
  CHECK(refusal(R"({"__metadata__":[]})") == "f: __metadata__ is not an object");
  CHECK(refusal(R"({"__metadata__":{"k":1}})") == "f: metadata 'k' is not a string");
}
