#include "wordlm/id_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/progress_line.h"

namespace wordlm {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceFile, size, modified, changed, checksum)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(VocabularyCounts, sentences, words, distinct_words, rarest_word,
                                   rarest_count, unknown)

namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

// A file is: kMagic; the four arrays, each at a multiple of eight bytes; their description in JSON;
// a Trailer. Numbers are in the machine's order of bytes, which kMagic shows.
constexpr std::array<std::uint64_t, 2> kMagic{0x3173'6469'6d6c'6477U, 0x0102'0304'0506'0708U};

/// The end of a file.
struct Trailer {
  std::uint64_t json_begin = 0;
  std::uint64_t json_size = 0;
  std::uint64_t checksum = 0;  // XXH3 of all bytes before it
  std::uint64_t end = kMagic[0];
};

/// XXH3 of bytes that come part by part.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState()) {
    if (state_ == nullptr || XXH3_64bits_reset(state_) != XXH_OK) throw std::bad_alloc();
  }
  ~Checksum() { XXH3_freeState(state_); }
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::span<const std::byte> bytes) {
    XXH3_64bits_update(state_, bytes.data(), bytes.size());
  }
  [[nodiscard]] std::uint64_t value() const { return XXH3_64bits_digest(state_); }

 private:
  XXH3_state_t* state_;
};

/// Writes a file of about `size` bytes from front to back, and its checksum.
class Writer {
 public:
  Writer(const std::string& path, std::size_t size)
      : file_(path), line_(fmt::format("writing {}", path), static_cast<std::int64_t>(size)) {}

  void add(std::span<const std::byte> bytes) {
    line_.advance(bytes.size());
    file_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    checksum_.add(bytes);
    at_ += bytes.size();
  }
  template <class T>
  void add_value(const T& value) {
    add(std::as_bytes(std::span(&value, 1)));
  }
  void align() {
    while (at_ % sizeof(std::uint64_t) != 0) add_value('\0');
  }
  [[nodiscard]] std::uint64_t position() const { return at_; }

  void finish(std::uint64_t json_begin, std::uint64_t json_size) {
    Trailer trailer{json_begin, json_size, 0, kMagic[0]};
    checksum_.add(std::as_bytes(std::span(&trailer, 1)).first(offsetof(Trailer, checksum)));
    trailer.checksum = checksum_.value();
    add_value(trailer);
    file_.commit();
  }

 private:
  unroll::FileWriter file_;
  examples::WorkLine line_;
  Checksum checksum_;
  std::uint64_t at_ = 0;
};

/// Bytes of a list in a file.
std::size_t size_of(const SentenceList& list) {
  return list.total() * sizeof(std::int32_t) + list.size() * sizeof(std::uint64_t);
}

/// Writes the sentences of a list; returns where they stand.
json write_sentences(Writer& writer, const SentenceList& list) {
  json places = {{"ids", writer.position()}, {"id_count", list.total()}};
  list.for_each_piece([&](std::span<const std::int32_t> ids) { writer.add(std::as_bytes(ids)); });
  writer.align();
  places["ends"] = writer.position();
  places["count"] = list.size();
  std::vector<std::uint64_t> ends;  // some at a time
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    constexpr std::size_t kBlock = std::size_t{1} << 16U;
    ends.push_back(end += static_cast<std::uint64_t>(list.length(i)));
    if (ends.size() < kBlock && i + 1 < list.size()) continue;
    writer.add(std::as_bytes(std::span(ends)));
    ends.clear();
  }
  return places;
}

/// Elements of a mapped file; IoError where they are not within what stands before its JSON.
template <class T>
Kept<T> array_at(const std::shared_ptr<const MappedFile>& file, std::uint64_t limit,
                 std::uint64_t begin, std::uint64_t count) {
  if (begin % sizeof(T) != 0 || begin > limit || count > (limit - begin) / sizeof(T)) {
    fail<IoError>("an array lies outside the file");
  }
  return {file, {reinterpret_cast<const T*>(file->bytes().data() + begin), count}};
}

SentenceList sentences_at(const std::shared_ptr<const MappedFile>& file, std::uint64_t limit,
                          const json& places, std::int32_t words) {
  const auto at = [&](const char* name) { return places.at(name).get<std::uint64_t>(); };
  Kept<std::int32_t> ids = array_at<std::int32_t>(file, limit, at("ids"), at("id_count"));
  Kept<std::uint64_t> ends = array_at<std::uint64_t>(file, limit, at("ends"), at("count"));
  examples::WorkLine line(
      fmt::format("checking {}", file->name()),
      static_cast<std::int64_t>(ids.values.size_bytes() + ends.values.size_bytes()));
  std::uint64_t before = 0;
  for (const std::uint64_t end : ends.values) {
    file->note_read(sizeof(end));
    line.advance(sizeof(end));
    if (end < before + 2 || end > ids.values.size()) fail<IoError>("a sentence has no words");
    before = end;
  }
  if (before != ids.values.size()) fail<IoError>("the sentences end before the ids");
  SentenceList list(std::move(ids), std::move(ends));
  list.for_each_piece([&](std::span<const std::int32_t> piece) {
    line.advance(piece.size_bytes());
    for (const std::int32_t id : piece) {
      if (id < 0 || id >= words) fail<IoError>("an id is none of the vocabulary's");
    }
  });
  return list;
}

/// The trailer of a file; IoError where any byte of the file is not as it was written.
Trailer checked_trailer(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.size() < sizeof(kMagic) + sizeof(Trailer) ||
      std::memcmp(bytes.data(), kMagic.data(), sizeof(kMagic)) != 0) {
    fail<IoError>("it is no file of ids of this version");
  }
  Trailer trailer;
  std::memcpy(&trailer, bytes.last(sizeof(trailer)).data(), sizeof(trailer));
  if (trailer.end != kMagic[0]) fail<IoError>("it is cut off");
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  const std::size_t size = bytes.size() - sizeof(trailer) + offsetof(Trailer, checksum);
  Checksum checksum;
  examples::WorkLine line(fmt::format("checking {}", file.name()), std::ssize(bytes));
  for (std::size_t at = 0; at < size; at += kBlock) {
    const std::size_t count = std::min(kBlock, size - at);
    file.note_read(count);
    line.advance(count);
    checksum.add(bytes.subspan(at, count));
  }
  if (checksum.value() != trailer.checksum) fail<IoError>("it is damaged");
  const std::uint64_t limit = bytes.size() - sizeof(trailer);
  if (trailer.json_begin > limit || trailer.json_size != limit - trailer.json_begin) {
    fail<IoError>("its description lies outside the file");
  }
  return trailer;
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

IdFile parse(const std::shared_ptr<const MappedFile>& mapped, const Trailer& trailer) {
  const auto* const text =
      reinterpret_cast<const char*>(mapped->bytes().data()) + trailer.json_begin;
  const json header = json::parse(
      text, text + trailer.json_size, [](int /*depth*/, json::parse_event_t event, json& value) {
        // The library would convert it to a whole number, whatever its size.
        if (event == json::parse_event_t::value && value.is_number_float()) {
          fail<IoError>("its description has a number with a fraction or an exponent");
        }
        return true;
      });
  IdFile file;
  file.reading = header.at("reading").get<std::string>();
  file.files = header.at("files").get<std::vector<SourceFile>>();
  file.description = header.at("description").get<std::string>();
  file.made_by = header.at("made_by").get<std::string>();
  const auto name = header.at("tokens").get<std::string>();
  const auto* const tokens = std::ranges::find(kTokenNames, name);
  if (tokens == kTokenNames.end()) fail<IoError>("there are no tokens '{}'", name);
  const Units units{static_cast<Tokens>(tokens - kTokenNames.begin()),
                    header.at("running").get<bool>()};
  file.words.emplace(words_from_json(header.at("vocabulary").get<std::string>(), units), units,
                     header.at("counts").get<VocabularyCounts>());
  const std::int32_t words = file.words->size();
  file.train = sentences_at(mapped, trailer.json_begin, header.at("train"), words);
  file.held_out = sentences_at(mapped, trailer.json_begin, header.at("held_out"), words);
  if (file.train.empty() || (units.running && file.train.size() != 1)) {
    fail<IoError>("it has no text to train on");
  }
  return file;
}

}  // namespace

SourceFile source_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    fail<IoError>("{}: cannot be opened: {}", path, std::strerror(errno));
  }
  return {status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim), ""};
}

std::string checksum_of_file(const std::string& path) {
  const unroll::FileReader file(path);
  examples::WorkLine line(fmt::format("checking {}", path), static_cast<std::int64_t>(file.size()));
  Checksum checksum;
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  std::vector<std::byte> block(kBlock);
  for (std::uint64_t at = 0; at < file.size(); at += block.size()) {
    block.resize(std::min<std::uint64_t>(kBlock, file.size() - at));
    line.advance(block.size());
    file.read(at, block);
    checksum.add(block);
  }
  return fmt::format("{:016x}", checksum.value());
}

void distrust_recent_times(SourceFile& file, std::int64_t looked) {
  constexpr std::int64_t kCoarse = 2'000'000'000;  // nanoseconds, of the coarsest file systems
  if (std::max(file.modified, file.changed) > looked - kCoarse) file.modified = file.changed = 0;
}

void write_id_file(const std::string& path, const IdFile& file) {
  Writer writer(path, size_of(file.train) + size_of(file.held_out));
  writer.add_value(kMagic);
  const Vocabulary& vocabulary = file.words.value();
  json header = {{"reading", file.reading},
                 {"files", file.files},
                 {"description", file.description},
                 {"made_by", file.made_by},
                 {"tokens", kTokenNames.at(static_cast<std::size_t>(vocabulary.units().tokens))},
                 {"running", vocabulary.units().running},
                 {"vocabulary", words_to_json(vocabulary)},
                 {"counts", vocabulary.counts()}};
  header["train"] = write_sentences(writer, file.train);
  header["held_out"] = write_sentences(writer, file.held_out);
  // The name of a file may hold any bytes; JSON is UTF-8.
  const std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::uint64_t begin = writer.position();
  writer.add(std::as_bytes(std::span(text)));
  writer.finish(begin, text.size());
}

bool is_id_file(const std::string& path) {
  std::error_code ignored;
  std::uint64_t begin = 0;
  // A pipe is not opened: what writes into it would end with an error once it is closed again.
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  const unroll::FileReader file(path);
  if (file.size() < sizeof(begin)) return false;
  file.read(0, std::as_writable_bytes(std::span(&begin, 1)));
  return begin == kMagic[0];
}

IdFile read_id_file(const std::string& path) {
  const auto mapped = std::make_shared<const MappedFile>(path);
  try {
    return parse(mapped, checked_trailer(*mapped));
  } catch (const std::logic_error& error) {  // a vocabulary that is none
    fail<IoError>("{}: {}", path, error.what());
  } catch (const json::exception& error) {
    fail<IoError>("{}: its description cannot be read: {}", path, error.what());
  } catch (const IoError& error) {
    fail<IoError>("{}: {}", path, error.what());
  }
}

}  // namespace wordlm
