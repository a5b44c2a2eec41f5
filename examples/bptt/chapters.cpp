#include "bptt/chapters.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <array>
#include <string>

#include "bptt/activations.h"
#include "bptt/check.h"
#include "bptt/explode.h"
#include "bptt/gates.h"
#include "bptt/heat.h"
#include "bptt/memory.h"
#include "bptt/names.h"
#include "bptt/toy.h"
#include "bptt/truncate.h"
#include "bptt/vanish.h"

namespace bptt {
namespace {

constexpr std::array kChapters = {
    Chapter{"toy", "a network to follow with a pencil: every value, then every gradient", run_toy},
    Chapter{"check", "gradients against finite differences, and a broken rule that is found",
            run_check},
    Chapter{"vanish", "how far a gradient reaches, and the eigenvalues behind it", run_vanish},
    Chapter{"names", "whom Jane greets: what vanishes on the way is not learned", run_names},
    Chapter{"heat", "which loss sends its gradient where, and what a word depends on", run_heat},
    Chapter{"truncate",
            "what is left of a gradient that is cut, and a cut that is right on average",
            run_truncate},
    Chapter{"explode", "the cliff in the error surface, and what clipping does about it",
            run_explode},
    Chapter{"gates", "the units of a trained LSTM that count and remember", run_gates},
    Chapter{"activations", "slopes, saturation, and what dropout leaves of a state",
            run_activations},
    Chapter{"memory", "what all this costs: nodes, bytes and time over the steps", run_memory},
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
