#include <fmt/format.h>
#include <unroll/core/files.h>
#include <unroll/core/safetensors.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <unordered_set>

namespace unroll {
namespace {

using Json = nlohmann::json;
static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kChecksums = "unroll.checksums";

const char* format_name(DType dtype) {
  if (dtype == DType::f32) return "F32";
  return dtype == DType::f64 ? "F64" : "I32";
}

/// A number format of files, and the type it is read as.
struct Format {
  std::string_view name;
  std::size_t bytes;  // a number
  DType dtype;
};
constexpr std::array kFormats = {Format{"F32", 4, DType::f32}, Format{"F64", 8, DType::f64},
                                 Format{"I32", 4, DType::i32}, Format{"F16", 2, DType::f32},
                                 Format{"BF16", 2, DType::f32}};

float from_f16(std::uint16_t bits) {
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  const int exponent = bits >> 10U & 0x1fU;
  const auto fraction = static_cast<float>(bits & 0x3ffU);
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                         : std::numeric_limits<float>::quiet_NaN();
  }
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// A tensor's place in the data, checked; without a format it is none that a Tensor can hold.
struct Entry {
  std::string name;
  const Format* format;
  Shape shape;
  std::size_t begin;
  std::size_t end;
  std::string why;  // it is skipped
};

const Json& member(const Json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) fail<IoError>("{} has no '{}'", where, key);
  return *found;
}

std::size_t to_size(const Json& number, const std::string& where) {
  if (!number.is_number_unsigned()) {
    fail<IoError>("{}: {} where a size was expected", where, number.dump());
  }
  return number.get<std::size_t>();
}

std::vector<Index> to_sizes(const Json& dims, const std::string& where) {
  if (!dims.is_array()) fail<IoError>("{}: a shape, a list of sizes, was expected", where);
  std::vector<Index> sizes;
  Index elements = 1;
  for (const Json& dim : dims) {
    const std::size_t size = to_size(dim, where);
    constexpr auto kMost = std::size_t{1} << 60;
    if (size > kMost || (size != 0 && static_cast<std::size_t>(elements) > kMost / size)) {
      fail<IoError>("{}: a shape too large for any memory", where);
    }
    sizes.push_back(static_cast<Index>(size));
    if (size != 0) elements *= static_cast<Index>(size);
  }
  return sizes;
}

Entry to_entry(const std::string& name, const Json& json, const std::string& file,
               std::size_t data_size) {
  const std::string where = fmt::format("{}: tensor '{}'", file, name);
  if (!json.is_object()) fail<IoError>("{} is not described by an object", where);
  const Json& type = member(json, "dtype", where);
  if (!type.is_string()) fail<IoError>("{}: a type name was expected", where);
  const Json& offsets = member(json, "data_offsets", where);
  if (!offsets.is_array() || offsets.size() != 2) {
    fail<IoError>("{}: data_offsets have to be a begin and an end", where);
  }
  const std::vector<Index> sizes = to_sizes(member(json, "shape", where), where);
  Entry entry{name, nullptr, {}, to_size(offsets[0], where), to_size(offsets[1], where), ""};
  if (entry.begin > entry.end || entry.end > data_size) {
    fail<IoError>("{}: bytes [{}, {}) of {}", where, entry.begin, entry.end, data_size);
  }
  const auto format = std::ranges::find(kFormats, type.get<std::string>(), &Format::name);
  if (format == kFormats.end()) {
    entry.why = fmt::format("its type is {}", type.get<std::string>());
    return entry;
  }
  std::size_t needed = format->bytes;
  for (const Index size : sizes) needed *= static_cast<std::size_t>(size);
  if (entry.end - entry.begin != needed) {
    fail<IoError>("{}: {} [{}] needs {} bytes and has {}", where, format->name,
                  fmt::join(sizes, ", "), needed, entry.end - entry.begin);
  }
  if (sizes.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
    entry.why = fmt::format("it has {} axes", sizes.size());
    return entry;
  }
  entry.format = &*format;
  entry.shape = Shape(sizes);
  return entry;
}

/// Looks through a header before it is taken in: unlike plain JSON the format forbids a name twice,
/// and nesting deeper than a tensor's would only cost memory.
class HeaderCheck : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderCheck(const std::string& file) : file_(file) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(Json::number_integer_t) override { return true; }
  bool number_unsigned(Json::number_unsigned_t) override { return true; }
  bool number_float(Json::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(std::string& name) override {
    if (!names_.back().insert(name).second) {
      fail<IoError>("{}: the header has '{}' twice", file_, name);
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    fail<IoError>("{}: the header is not valid JSON: {}", file_, error.what());
  }

 private:
  bool enter() {
    constexpr std::size_t kMaxDepth = 4;
    if (names_.size() == kMaxDepth) fail<IoError>("{}: the header is nested too deep", file_);
    names_.emplace_back();
    return true;
  }
  bool leave() {
    names_.pop_back();
    return true;
  }

  const std::string& file_;
  std::vector<std::unordered_set<std::string>> names_;  // of every object that is open
};

Json parse_header(std::string_view text, const std::string& file) {
  if (text.empty() || text.front() != '{') {
    fail<IoError>("{}: not a safetensors file, the header does not begin with '{{'", file);
  }
  if (text.find('\0') != std::string_view::npos) {  // where the parser would stop reading
    fail<IoError>("{}: the header is not valid JSON: it has a zero byte", file);
  }
  HeaderCheck check(file);
  UNROLL_CHECK(Json::sax_parse(text, &check));
  return Json::parse(text);
}

bool all_finite(const Tensor& tensor) {
  const std::vector<double> values = tensor.to_doubles();
  return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

/// Where a file's bytes come from: its size, and a call that fills `bytes` with those from `begin`
/// on.
struct Source {
  std::uint64_t size;
  std::function<void(std::uint64_t begin, std::span<std::byte> bytes)> read;
};

/// The header as it stands in the file, and where the data begins.
struct Header {
  Json json;
  std::uint64_t data;
};

Header read_header(const Source& source, const std::string& file) {
  if (source.size < kLengthBytes) {
    fail<IoError>("{}: not a safetensors file, {} bytes are too few for a header", file,
                  source.size);
  }
  std::uint64_t length = 0;
  source.read(0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > kMaxHeader || length > source.size - kLengthBytes) {
    fail<IoError>("{}: not a safetensors file, or cut short: a header of {} bytes in a file of {}",
                  file, length, source.size);
  }
  std::string text(length, '\0');
  source.read(kLengthBytes, std::as_writable_bytes(std::span(text)));
  return {parse_header(text, file), kLengthBytes + length};
}

/// The tensors in the order of their data, which they cover.
std::vector<Entry> to_entries(const Json& header, std::size_t data_size, const std::string& file) {
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name != kMetadata) entries.push_back(to_entry(name, json, file, data_size));
  }
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) {
      fail<IoError>("{}: tensor '{}' begins at byte {} where {} was expected", file, entry.name,
                    entry.begin, end);
    }
    end = entry.end;
  }
  if (end != data_size) {
    fail<IoError>("{}: {} bytes of tensors in {} bytes of data", file, end, data_size);
  }
  return entries;
}

std::map<std::string, std::string> to_metadata(const Json& header, const std::string& file) {
  std::map<std::string, std::string> metadata;
  const auto found = header.find(kMetadata);
  if (found == header.end()) return metadata;
  if (!found->is_object()) fail<IoError>("{}: {} is not an object", file, kMetadata);
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) fail<IoError>("{}: metadata '{}' is not a string", file, key);
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

Tensor read_tensor(const Source& source, std::uint64_t data, const Entry& entry) {
  Tensor tensor(entry.format->dtype, entry.shape);
  const auto bytes = std::span(tensor.data(), entry.end - entry.begin);
  if (entry.format->bytes == size_of(tensor.dtype())) {
    source.read(data + entry.begin, bytes);
    return tensor;
  }
  std::vector<std::uint16_t> halves(bytes.size() / sizeof(std::uint16_t));
  source.read(data + entry.begin, std::as_writable_bytes(std::span(halves)));
  std::ranges::transform(halves, tensor.values<float>().begin(),
                         entry.format->name == "F16" ? &from_f16 : &from_bf16);
  return tensor;
}

/// XXH3 of a tensor with all that the header says of it.
std::string checksum(const std::string& name, const Tensor& tensor) {
  const std::string head =
      fmt::format("{} {} {}", name, format_name(tensor.dtype()), tensor.shape().to_string());
  const std::size_t bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype());
  const XXH64_hash_t seed = XXH3_64bits(head.data(), head.size());
  return fmt::format("{:016x}", XXH3_64bits_withSeed(tensor.view().data, bytes, seed));
}

/// Of every tensor, and under the metadata's own name of the metadata, as JSON.
std::string checksums(const TensorFile& file) {
  nlohmann::ordered_json sums = nlohmann::ordered_json::object();
  XXH64_hash_t metadata = 0;
  for (const auto& [key, value] : file.metadata) {
    for (const std::string* text : {&key, &value}) {
      metadata = XXH3_64bits_withSeed(text->data(), text->size(), metadata);
    }
  }
  sums[kMetadata] = fmt::format("{:016x}", metadata);
  for (const auto& [name, tensor] : file.tensors) sums[name] = checksum(name, tensor);
  return sums.dump();
}

/// Compares a file with the checksums it was saved with, where it has some.
void check_sums(TensorFile& file, const std::string& path) {
  const auto found = file.metadata.find(kChecksums);
  if (found == file.metadata.end()) return;
  const Json saved = Json::parse(found->second, nullptr, false);
  file.metadata.erase(found);
  const Json computed = Json::parse(checksums(file));
  if (!saved.is_object() || saved.size() != computed.size()) {
    fail<IoError>("{}: is damaged, its checksums are not those of its tensors", path);
  }
  for (const auto& [name, sum] : computed.items()) {
    if (saved.contains(name) && saved[name] == sum) continue;
    if (name == kMetadata) fail<IoError>("{}: is damaged, its metadata has another checksum", path);
    fail<IoError>("{}: is damaged, tensor '{}' has another checksum", path, name);
  }
  file.checked = true;
}

TensorFile read_from(const Source& source, const std::string& file) {
  const Header header = read_header(source, file);
  const std::vector<Entry> entries = to_entries(header.json, source.size - header.data, file);
  TensorFile result;
  result.metadata = to_metadata(header.json, file);
  for (const Entry& entry : entries) {
    if (entry.format == nullptr) {
      result.skipped.emplace(entry.name, entry.why);
    } else {
      result.tensors.emplace(entry.name, read_tensor(source, header.data, entry));
    }
  }
  check_sums(result, file);
  return result;
}

}  // namespace

TensorFile parse_safetensors(std::string_view bytes, const std::string& file) {
  return read_from({bytes.size(),
                    [&](std::uint64_t begin, std::span<std::byte> part) {
                      std::memcpy(part.data(), bytes.data() + begin, part.size());
                    }},
                   file);
}

TensorFile load_safetensors(const std::string& path) {
  const FileReader reader(path);
  return read_from({reader.size(), [&](std::uint64_t begin,
                                       std::span<std::byte> part) { reader.read(begin, part); }},
                   path);
}

void save_safetensors(const std::string& path, const TensorFile& file) {
  if (file.tensors.contains(kMetadata)) {
    fail<Error>("{}: a tensor cannot be named {}", path, kMetadata);
  }
  if (file.metadata.contains(kChecksums)) {
    fail<Error>("{}: metadata cannot be named {}", path, kChecksums);
  }
  std::string text;
  try {
    // The same header every time, metadata first. To read, the plain kind: it finds names faster.
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    header[kMetadata] = file.metadata;
    header[kMetadata][kChecksums] = checksums(file);
    std::size_t end = 0;
    for (const auto& [name, tensor] : file.tensors) {
      const std::size_t begin = end;
      end += static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype());
      std::vector<Index> dims;
      for (int axis = 0; axis < tensor.shape().rank(); ++axis) {
        dims.push_back(tensor.shape()[axis]);
      }
      header[name] = {
          {"dtype", format_name(tensor.dtype())}, {"shape", dims}, {"data_offsets", {begin, end}}};
    }
    text = header.dump();
  } catch (const Json::exception&) {
    fail<Error>("{}: names and metadata have to be UTF-8; nothing was written", path);
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins aligned
  const std::uint64_t length = text.size();
  std::vector<std::string_view> pieces = {{reinterpret_cast<const char*>(&length), kLengthBytes},
                                          text};
  for (const auto& [name, tensor] : file.tensors) {
    pieces.emplace_back(reinterpret_cast<const char*>(tensor.view().data),
                        static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype()));
  }
  write_file(path, pieces);
}

std::map<std::string, Tensor> tensors_of(const Parameters& parameters) {
  std::map<std::string, Tensor> tensors;
  for (const Parameter& p : parameters.all()) tensors.emplace(p.name(), Tensor(p.value()));
  return tensors;
}

void set_parameters(const Parameters& parameters, const TensorFile& file, const std::string& path) {
  const std::vector<Parameter> all = parameters.all();
  for (const Parameter& p : all) {
    const auto found = file.tensors.find(p.name());
    if (found == file.tensors.end()) {
      const auto skipped = file.skipped.find(p.name());
      fail<IoError>("{}: there is no tensor '{}'{}", path, p.name(),
                    skipped == file.skipped.end() ? "" : " that can be read: " + skipped->second);
    }
    const Tensor& tensor = found->second;
    if (tensor.shape() != p.shape()) {
      fail<IoError>("{}: tensor '{}' is {} where {} was expected", path, p.name(),
                    tensor.shape().to_string(), p.shape().to_string());
    }
    if (!is_floating(tensor.dtype())) {
      fail<IoError>("{}: tensor '{}' is {} where F32 or F64 was expected", path, p.name(),
                    format_name(tensor.dtype()));
    }
    if (!all_finite(tensor.to(parameters.dtype()))) {
      fail<IoError>("{}: tensor '{}' holds values that are not finite {} numbers", path, p.name(),
                    name_of(parameters.dtype()));
    }
  }
  for (const Parameter& p : all) p.set(file.tensors.at(p.name()));
}

}  // namespace unroll
