#include "wordlm/minibatches.h"

#include <memory>

#include "wordlm/streams.h"

namespace wordlm {

Minibatches minibatches(const SentenceList& text, const Settings& settings, std::int64_t epoch,
                        const unroll::Processes& processes) {
  const TrainingSettings& s = settings.training;
  if (settings.text.running) {
    const Streams streams(text.at(0), s.batch, s.bptt);
    return {streams.pieces(), streams.words(),
            [text, streams, mine = processes.share(s.batch)](std::int64_t number) {
              for (std::int64_t stream = mine.begin; stream < mine.end; ++stream) {
                text.note_read(streams.steps());
              }
              return streams.piece(number, mine);
            }};
  }
  const auto batches =
      std::make_shared<SentenceBatches>(text, EpochOrder{s.batch, s.shuffle, settings.seed, epoch});
  return {batches->count(), text.words(), [text, &processes, batches](std::int64_t number) {
            const std::vector<std::size_t>& numbers = (*batches)[number];
            return make_batch(text, numbers, processes.share(std::ssize(numbers)));
          }};
}

}  // namespace wordlm
