#include "bptt/chapters.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <array>
#include <string>

#include "bptt/explode.h"
#include "bptt/gates.h"
#include "bptt/heat.h"
#include "bptt/names.h"
#include "bptt/toy.h"

namespace bptt {
namespace {

constexpr std::array kChapters = {
    Chapter{"toy", "a network to follow with a pencil: every value, then every gradient", run_toy},
    Chapter{"names", "whom Jane greets: what vanishes is what cannot be learned", run_names},
    Chapter{"heat", "which loss sends its gradient where, and what a word depends on", run_heat},
    Chapter{"explode", "the cliff in the error surface, and what clipping does about it",
            run_explode},
    Chapter{"gates", "the units of a trained LSTM that count and remember", run_gates},
};

}  // namespace

std::span<const Chapter> all_chapters() { return kChapters; }

const Chapter& find_chapter(std::string_view name) {
  std::string names;
  for (const Chapter& chapter : kChapters) {
    if (chapter.name == name) return chapter;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", chapter.name);
  }
  unroll::fail<unroll::Error>("there is no chapter '{}': the chapters are {}", name, names);
}

}  // namespace bptt
