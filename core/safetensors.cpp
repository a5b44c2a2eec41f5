#include <unroll/core/files.h>
#include <unroll/core/safetensors.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace unroll {
namespace {

using Json = nlohmann::json;
static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr const char* kMetadata = "__metadata__";

const char* format_name(DType dtype) {
  if (dtype == DType::f32) return "F32";
  return dtype == DType::f64 ? "F64" : "I32";
}

DType dtype_named(const std::string& format, const std::string& where) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i32}) {
    if (format == format_name(dtype)) return dtype;
  }
  fail<IoError>("{} has type '{}': expected F32, F64 or I32", where, format);
}

/// A tensor's place in the data, checked.
struct Entry {
  std::string name;
  DType dtype;
  Shape shape;
  std::size_t begin;
  std::size_t end;
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

Shape to_shape(const Json& dims, const std::string& where) {
  if (!dims.is_array() || dims.size() > Shape::kMaxRank) {
    fail<IoError>("{}: a shape of up to {} sizes was expected", where, Shape::kMaxRank);
  }
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
  return Shape(sizes);
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
  Entry entry{name, dtype_named(type.get<std::string>(), where),
              to_shape(member(json, "shape", where), where), to_size(offsets[0], where),
              to_size(offsets[1], where)};
  if (entry.begin > entry.end || entry.end > data_size) {
    fail<IoError>("{}: bytes [{}, {}) of {}", where, entry.begin, entry.end, data_size);
  }
  const std::size_t needed = static_cast<std::size_t>(entry.shape.size()) * size_of(entry.dtype);
  if (entry.end - entry.begin != needed) {
    fail<IoError>("{}: {} {} needs {} bytes and has {}", where, format_name(entry.dtype),
                  entry.shape.to_string(), needed, entry.end - entry.begin);
  }
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

}  // namespace

TensorFile parse_safetensors(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kLengthBytes) {
    fail<IoError>("{}: not a safetensors file, {} bytes are too few for a header", file,
                  bytes.size());
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeader || length > bytes.size() - kLengthBytes) {
    fail<IoError>("{}: not a safetensors file, or cut short: a header of {} bytes in a file of {}",
                  file, length, bytes.size());
  }
  const Json header = parse_header(bytes.substr(kLengthBytes, length), file);
  const std::string_view data = bytes.substr(kLengthBytes + length);

  TensorFile result;
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name != kMetadata) {
      entries.push_back(to_entry(name, json, file, data.size()));
      continue;
    }
    if (!json.is_object()) fail<IoError>("{}: {} is not an object", file, kMetadata);
    for (const auto& [key, value] : json.items()) {
      if (!value.is_string()) fail<IoError>("{}: metadata '{}' is not a string", file, key);
      result.metadata[key] = value.get<std::string>();
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
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
  if (end != data.size()) {
    fail<IoError>("{}: {} bytes of tensors in {} bytes of data", file, end, data.size());
  }
  for (const Entry& entry : entries) {
    Tensor tensor(entry.dtype, entry.shape);
    std::copy_n(data.data() + entry.begin, entry.end - entry.begin,
                reinterpret_cast<char*>(tensor.data()));
    result.tensors.emplace(entry.name, std::move(tensor));
  }
  return result;
}

TensorFile load_safetensors(const std::string& path) {
  return parse_safetensors(read_file(path), path);
}

void save_safetensors(const std::string& path, const TensorFile& file) {
  if (file.tensors.contains(kMetadata)) {
    fail<Error>("{}: a tensor cannot be named {}", path, kMetadata);
  }
  // The same header every time, metadata first. To read, the plain kind: it finds names faster.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::size_t end = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const std::size_t begin = end;
    end += static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype());
    std::vector<Index> dims;
    for (int axis = 0; axis < tensor.shape().rank(); ++axis) dims.push_back(tensor.shape()[axis]);
    header[name] = {
        {"dtype", format_name(tensor.dtype())}, {"shape", dims}, {"data_offsets", {begin, end}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::exception&) {
    fail<Error>("{}: names and metadata have to be UTF-8; nothing was written", path);
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins aligned
  const std::uint64_t length = text.size();
  std::string bytes(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes += text;
  for (const auto& [name, tensor] : file.tensors) {
    const std::size_t size = static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype());
    bytes.append(reinterpret_cast<const char*>(tensor.view().data), size);
  }
  write_file(path, bytes);
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
    if (found == file.tensors.end()) fail<IoError>("{}: there is no tensor '{}'", path, p.name());
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
