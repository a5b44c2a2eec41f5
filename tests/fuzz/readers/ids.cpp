// Any bytes are a file of ids, all of which are a vocabulary's, or an error that says why not. The
// input is such a file without its last 32 bytes, which are put behind it with the right checksum:
// otherwise the checksum is all that would be tested.
#include <sys/mman.h>
#include <unistd.h>
#include <unroll/core/error.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wordlm/id_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto append = [&](std::uint64_t value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  // The JSON begins at its first brace.
  const std::size_t begin = std::min(bytes.find('{'), bytes.size());
  append(begin);
  append(size - begin);
  append(XXH3_64bits(bytes.data(), bytes.size()));
  bytes.append(bytes, 0, sizeof(std::uint64_t));
  static const int file = ::memfd_create("ids", 0);
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  try {
    const wordlm::IdFile read = wordlm::read_id_file("/proc/self/fd/" + std::to_string(file));
    for (const wordlm::SentenceList& list : {read.train, read.held_out}) {
      std::size_t total = 0;
      for (const auto ids : list) {
        total += ids.size();
        // An id that is none of the vocabulary's throws a ValueError, which ends the fuzzing.
        for (const std::int32_t id : ids) (void)read.words->word(id);
      }
      if (total != list.total()) std::abort();
    }
  } catch (const unroll::IoError&) {
  }
  return 0;
}
