#include "wordlm/commands.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>

#include "wordlm/checkpoint.h"
#include "wordlm/comments.h"
#include "wordlm/sentences.h"
#include "wordlm/trainer.h"
#include "wordlm/words.h"

namespace wordlm {
namespace {

constexpr int kMostWords = 8000;  // of a vocabulary whose size was not asked for

/// A number with its thousands apart: 1234567 as 1,234,567.
std::string grouped(std::int64_t n) {
  std::string text = std::to_string(n);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<std::size_t>(i), 1, ',');
  }
  return text;
}

/// A word, short enough for a message.
std::string shortened(const std::string& word) {
  constexpr std::size_t kCharacters = 40;
  std::size_t end = 0;
  for (std::size_t i = 0; i < kCharacters; ++i) end += code_point_at(word, end).length;
  return end < word.size() ? word.substr(0, end) + "..." : word;
}

void print_vocabulary(const Vocabulary& vocabulary, std::int64_t ids) {
  const VocabularyCounts& counts = vocabulary.counts();
  fmt::print(
      "vocabulary: {} words in {} sentences, {} distinct; {} ids, the rarest word kept is "
      "'{}', seen {}\n",
      grouped(counts.words), grouped(counts.sentences), grouped(counts.distinct_words),
      grouped(vocabulary.size()), shortened(counts.rarest_word),
      counts.rarest_count == 1 ? "once" : fmt::format("{} times", counts.rarest_count));
  if (ids > vocabulary.size()) {
    fmt::print("note: the model has {} ids as asked for; {} of them have no word\n", grouped(ids),
               grouped(ids - vocabulary.size()));
  }
}

void print_model(const Checkpoint& checkpoint) {
  const Settings& s = checkpoint.settings;
  fmt::print("model: {} of {} x {}, {}{}: {} parameters\n", s.cell, s.layers, s.hidden,
             s.embedding > 0 ? fmt::format("embedding {}", s.embedding) : "one-hot input",
             s.bias ? "" : ", no biases", grouped(checkpoint.model->parameters().size()));
  std::string equations(unroll::find_cell(s.cell).equations);
  for (std::size_t at = 0; (at = equations.find('\n', at)) != std::string::npos; ++at) {
    equations.replace(at, 1, "\n       ");
  }
  fmt::print("       {}\n", equations);
}

void print_floor(const Corpus& corpus) {
  if (!corpus.source_entropy) return;
  fmt::print("the loss no model can beat: {:.4f} in the long run", *corpus.source_entropy);
  if (corpus.test_entropy) fmt::print(", {:.4f} on these test sentences", *corpus.test_entropy);
  fmt::print("\n");
}

void print_samples(const Checkpoint& checkpoint, int count, std::uint64_t seed,
                   const SamplingOptions& options) {
  for (int i = 0; i < count; ++i) {
    // A stream of its own for each: a sentence does not depend on how many come before it.
    unroll::Random random(seed, unroll::hash_name(fmt::format("sample {}", i)));
    const Sentence sentence =
        sample_sentence(*checkpoint.model, checkpoint.vocabulary, options, random);
    fmt::print("  {}\n", join_words(sentence));
  }
}

void write_sentences(const std::string& path, const std::vector<Ids>& sentences) {
  std::string text;
  for (const Ids& ids : sentences) text += fmt::format("{}\n", fmt::join(ids, " "));
  unroll::write_file(path, text);
}

/// A checkpoint to begin from: a new model, or the one loaded.
Checkpoint new_checkpoint(const TrainOptions& options, const Corpus& corpus) {
  Settings settings = options.settings;
  // The tutorial's network has no biases; a gate without one learns badly.
  settings.bias = options.bias == "auto" ? !(settings.embedding == 0 && settings.cell == "rnn")
                                         : options.bias == "on";
  Vocabulary vocabulary = Vocabulary::build(
      corpus.train_words, settings.vocabulary > 0 ? settings.vocabulary : kMostWords);
  const std::int64_t ids = std::max(settings.vocabulary, vocabulary.size());
  auto model = std::make_shared<Model>(settings, ids);
  Progress progress;
  progress.learning_rate = settings.learning_rate;
  print_vocabulary(vocabulary, ids);
  return {settings, std::move(vocabulary), progress, std::move(model)};
}

Checkpoint loaded_checkpoint(const TrainOptions& options) {
  Checkpoint checkpoint = load_checkpoint(options.load);
  Settings& settings = checkpoint.settings;
  if (options.epochs_given) settings.epochs = options.settings.epochs;
  if (options.data_given) settings.data = options.settings.data;
  // The column of one file means nothing in another.
  if (options.data_given || options.column_given) settings.column = options.settings.column;
  if (options.learning_rate_given) {
    settings.learning_rate = options.settings.learning_rate;
    checkpoint.progress.learning_rate = options.settings.learning_rate;
  }
  return checkpoint;
}

/// Goes on in the middle of an epoch only with the sentences the epoch began with.
void check_data(Progress& progress, const std::string& data) {
  if (!progress.data.empty() && progress.data != data) {
    fmt::print(
        "note: these are not the sentences this model was trained on so far; its current "
        "epoch begins anew\n");
    progress.batch = 0;
    progress.running_loss = 0;
    progress.running_words = 0;
    progress.last_loss = 0;
  }
  progress.data = data;
}

/// Leaves the first sentences that --first asks for, and says so.
void limit_sentences(std::vector<Ids>& sentences, std::int64_t limit) {
  if (limit == 0) return;
  const auto there = static_cast<std::int64_t>(sentences.size());
  if (limit < there) {
    sentences.resize(static_cast<std::size_t>(limit));
    fmt::print("note: trained on the first {} of {} sentences\n", grouped(limit), grouped(there));
  } else if (limit > there) {
    fmt::print("note: there are only {} sentences to train on, not {}\n", grouped(there),
               grouped(limit));
  }
}

void print_notes(const Settings& settings, const Progress& progress, bool has_test) {
  if (settings.held_out > 0 && !has_test) {
    fmt::print(
        "note: too few sentences to hold {:g} of them out for a test; the loss shown is that of "
        "the training sentences\n",
        settings.held_out);
  }
  if (progress.epoch > 0 && progress.epoch >= settings.epochs) {
    fmt::print("note: {} epochs are complete already; --epochs {} would train another\n",
               progress.epoch, progress.epoch + 1);
  }
}

}  // namespace

int run_train(const TrainOptions& options) {
  std::optional<Checkpoint> loaded;
  if (!options.load.empty()) loaded = loaded_checkpoint(options);
  const Settings& wanted = loaded ? loaded->settings : options.settings;
  for (const std::string& path : {options.save, options.save_start, options.save_sentences}) {
    if (!path.empty()) check_can_save(path, wanted.data);
  }
  const Corpus corpus = read_corpus(wanted);
  fmt::print("{}\n", corpus.description);
  Checkpoint checkpoint = loaded ? std::move(*loaded) : new_checkpoint(options, corpus);

  std::vector<Ids> train_set = encode_all(corpus.train_words, checkpoint.vocabulary);
  limit_sentences(train_set, checkpoint.settings.limit);
  const std::vector<Ids> test_set = encode_all(corpus.test_words, checkpoint.vocabulary);
  check_data(checkpoint.progress, fingerprint(train_set));
  print_notes(checkpoint.settings, checkpoint.progress, !test_set.empty());

  print_model(checkpoint);
  fmt::print("the loss to expect before training: ln({}) = {:.4f}\n", checkpoint.model->words(),
             std::log(static_cast<double>(checkpoint.model->words())));
  print_floor(corpus);
  if (!options.save_sentences.empty()) write_sentences(options.save_sentences, train_set);
  if (!options.save_start.empty()) save_checkpoint(options.save_start, checkpoint);
  std::fflush(stdout);

  bool complete = false;
  {
    const examples::InterruptHandler handler;
    complete = train(checkpoint, train_set, test_set, options.save, options.anomaly);
  }
  if (!complete) {
    if (options.save.empty()) {
      fmt::print("interrupted in epoch {}; with --save FILE the work would have been kept\n",
                 checkpoint.progress.epoch + 1);
    } else {
      fmt::print("interrupted in epoch {}; go on with: wordlm train --load {} --save {}\n",
                 checkpoint.progress.epoch + 1, options.save, options.save);
    }
    return 130;
  }
  if (corpus.test_entropy) {
    fmt::print("the held-out loss is {:.1f} % above the {:.4f} no model can beat\n",
               100 * (checkpoint.progress.last_loss / *corpus.test_entropy - 1),
               *corpus.test_entropy);
  }
  if (!options.save.empty()) fmt::print("saved: {}\n", options.save);
  if (options.samples > 0) {
    fmt::print("{} sentences it writes:\n", options.samples);
    print_samples(checkpoint, options.samples, checkpoint.settings.seed, {});
  }
  return 0;
}

void run_sample(const SampleOptions& options) {
  print_samples(load_checkpoint(options.load), options.count, options.seed, options.sampling);
}

void run_eval(const EvalOptions& options) {
  const Checkpoint checkpoint = load_checkpoint(options.load);
  Settings settings = checkpoint.settings;
  settings.data = options.data;
  settings.column = options.column;
  settings.seed = checkpoint.settings.seed + 2;  // neither the training nor the test comments
  const Corpus corpus = read_evaluation(settings);
  const std::vector<Ids> sentences = encode_all(corpus.test_words, checkpoint.vocabulary);
  const Evaluation evaluation = evaluate(*checkpoint.model, sentences);
  std::int64_t unknown = 0;
  for (const Ids& ids : sentences)
    unknown += std::count(ids.begin(), ids.end(), Vocabulary::kUnknown);
  fmt::print("{}\n", corpus.description);
  fmt::print("words: {}, ends of sentences included; {} unknown to the model ({:.1f} %)\n",
             grouped(evaluation.words), grouped(unknown),
             100.0 * static_cast<double>(unknown) / static_cast<double>(evaluation.words));
  fmt::print("loss: {:.4f} nats per word\nperplexity: {:.2f}\n", evaluation.loss,
             std::exp(evaluation.loss));
  print_floor(corpus);
}

void run_score(const ScoreOptions& options) {
  const Checkpoint checkpoint = load_checkpoint(options.load);
  std::vector<std::string> texts = options.sentences;
  if (texts.empty()) {
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!next_chunk(line).empty()) texts.push_back(line);
    }
  }
  if (texts.empty()) unroll::fail<unroll::Error>("no sentence to score");

  // Tokenised like training text, but each argument stays one sentence, whatever it holds.
  std::vector<Ids> sentences;
  for (std::string& text : texts) {
    text = repair_utf8(text).text;
    Comments comment;
    comment.texts.push_back(text);
    Sentence words;
    for (const Sentence& part : sentences_of(comment)) {
      words.insert(words.end(), part.begin(), part.end());
    }
    sentences.push_back(checkpoint.vocabulary.encode(words));
  }
  const std::vector<double> scores = score(*checkpoint.model, sentences);

  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options.rank) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  }
  std::ptrdiff_t all_unknown = 0;
  fmt::print("{:>10}  {:>9}  {:>7}  sentence\n", "log p", "per word", "unknown");
  for (const std::size_t i : order) {
    const auto unknown = std::count(sentences[i].begin(), sentences[i].end(), Vocabulary::kUnknown);
    all_unknown += unknown;
    fmt::print("{:10.3f}  {:9.3f}  {:7}  {}\n", scores[i],
               scores[i] / static_cast<double>(sentences[i].size() - 1), unknown, texts[i]);
  }
  if (all_unknown > 0) {
    fmt::print(
        "note: words unknown to the model all count as {}, a frequent one; sentences that "
        "differ in them cannot be compared\n",
        Vocabulary::kSpecialWords[Vocabulary::kUnknown]);
  }
}

}  // namespace wordlm
