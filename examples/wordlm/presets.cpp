#include "wordlm/presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>

namespace wordlm {
namespace {

/// Zaremba, Sutskever & Vinyals 2014, section 4.1, in what the three sizes of LSTM differ.
struct Zaremba {
  std::int64_t hidden;
  std::int64_t steps;
  const char* initial;
  double dropout;
  std::int64_t epochs;
  std::int64_t hold;
  double divisor;  // of the learning rate in each epoch after
  double clip;
};

Settings zaremba(const Zaremba& size) {
  Settings s;
  s.text.running = true;
  s.text.vocabulary = 10000;
  s.model.cell = "lstm";
  s.model.layers = 2;
  s.model.hidden = s.model.embedding = size.hidden;
  s.model.forget_bias = 0;
  s.model.initial = size.initial;
  s.training.batch = 20;
  s.training.bptt = size.steps;
  s.training.dropout = size.dropout;
  s.training.epochs = size.epochs;
  s.training.optimizer = "sgd";
  s.training.learning_rate = 1;
  s.training.schedule = "decay";
  s.training.hold = size.hold;
  s.training.factor = 1 / size.divisor;
  s.training.clip = size.clip;
  return s;
}

Settings wildml() {
  Settings s;
  s.text.vocabulary = 8000;
  s.text.held_out = 0;
  s.model.cell = "rnn";
  s.model.hidden = 100;
  s.model.embedding = 0;
  s.training.batch = 1;
  s.training.bptt = 4;
  s.training.epochs = 10;
  s.training.shuffle = false;
  s.training.learning_rate = 0.005;
  s.training.schedule = "halve";
  s.training.clip = 0;
  return s;
}

Settings wildml_gru() {
  Settings s;
  s.text.vocabulary = 8000;
  s.model.cell = "gru-hard";
  s.model.layers = 2;
  s.model.hidden = s.model.embedding = 128;
  s.training.batch = 1;
  s.training.epochs = 20;
  s.training.optimizer = "rmsprop-inside";
  s.training.learning_rate = 0.001;
  s.training.schedule = "constant";
  s.training.clip = 0;
  return s;
}

Settings char_rnn() {
  Settings s;
  s.text.running = true;
  s.text.tokens = Tokens::character;
  s.text.held_out = 0.05;
  s.model.cell = "lstm";
  s.model.layers = 2;
  s.model.hidden = 128;
  s.model.embedding = 0;
  s.model.initial = "uniform:0.08";
  s.training.batch = 50;
  s.training.bptt = 50;
  s.training.epochs = 50;
  s.training.optimizer = "rmsprop";
  s.training.learning_rate = 0.002;
  s.training.schedule = "decay";
  s.training.hold = 10;
  s.training.factor = 0.97;
  s.training.clip = 0;
  s.training.clip_value = 5;
  return s;
}

std::vector<Preset> make_presets() {
  const std::string_view paper = "Zaremba, Sutskever & Vinyals 2014";
  return {
      {"zaremba-small", paper, zaremba({200, 20, "uniform:0.1", 0, 13, 4, 2, 5})},
      {"zaremba-medium", paper, zaremba({650, 35, "uniform:0.05", 0.5, 39, 6, 1.2, 5})},
      {"zaremba-large", paper, zaremba({1500, 35, "uniform:0.04", 0.65, 55, 14, 1.15, 10})},
      {"wildml", "Britz 2015, Recurrent Neural Networks Tutorial, parts 2 and 3", wildml()},
      {"wildml-gru", "Britz 2015, Recurrent Neural Networks Tutorial, part 4", wildml_gru()},
      {"char-rnn", "Karpathy 2015, char-rnn", char_rnn()},
  };
}

/// Options where values differ from the defaults.
class Differences {
 public:
  template <class T>
  void add(const char* option, const T& value, const T& usual) {
    if (value == usual) return;
    options_.emplace_back(option);
    options_.push_back(fmt::format("{}", value));
  }
  void add_flag(const char* option, bool value, bool usual) {
    if (value != usual) options_.emplace_back(option);
  }
  [[nodiscard]] std::vector<std::string> options() && { return std::move(options_); }

 private:
  std::vector<std::string> options_;
};

}  // namespace

std::span<const Preset> all_presets() {
  static const std::vector<Preset> presets = make_presets();
  return presets;
}

const Preset& find_preset(std::string_view name) {
  const auto presets = all_presets();
  const auto found = std::ranges::find(presets, name, &Preset::name);
  if (found != presets.end()) return *found;
  std::vector<std::string_view> names;
  for (const Preset& preset : presets) names.push_back(preset.name);
  unroll::fail<unroll::Error>("no preset '{}'; there are: {}", name, fmt::join(names, ", "));
}

std::vector<std::string> options_of(const Settings& settings) {
  const Settings usual;
  Differences d;
  const TextSettings& text = settings.text;
  d.add_flag("--stream", text.running, usual.text.running);
  d.add("--tokens", kTokenNames.at(static_cast<std::size_t>(text.tokens)), kTokenNames[0]);
  d.add_flag("--keep-case", text.keep_case, usual.text.keep_case);
  d.add("--min-count", text.min_count, usual.text.min_count);
  d.add("--vocabulary", text.vocabulary, usual.text.vocabulary);
  d.add("--held-out", text.held_out, usual.text.held_out);

  const ModelSettings& m = settings.model;
  if (m.is_window()) {
    d.add("--model", std::string("window"), std::string());
    d.add("--order", m.order, usual.model.order);
  }
  d.add("--cell", m.cell, usual.model.cell);
  d.add("--layers", m.layers, usual.model.layers);
  d.add("--hidden", m.hidden, usual.model.hidden);
  d.add("--embedding", m.embedding, usual.model.embedding);
  d.add("--output", m.output, usual.model.output);
  d.add("--sampled", m.sampled, usual.model.sampled);
  d.add_flag("--tie", m.tie, usual.model.tie);
  d.add("--forget-bias", m.forget_bias, usual.model.forget_bias);
  d.add("--init", m.initial, usual.model.initial);

  const TrainingSettings& t = settings.training;
  d.add("--epochs", t.epochs, usual.training.epochs);
  d.add("--batch", t.batch, usual.training.batch);
  d.add("--bptt", t.bptt, usual.training.bptt);
  d.add_flag("--in-order", !t.shuffle, !usual.training.shuffle);
  d.add("--dropout", t.dropout, usual.training.dropout);
  d.add("--optimizer", t.optimizer, usual.training.optimizer);
  d.add("--lr", t.learning_rate, usual.training.learning_rate);
  d.add("--weight-decay", t.weight_decay, usual.training.weight_decay);
  d.add("--clip", t.clip, usual.training.clip);
  d.add("--clip-value", t.clip_value, usual.training.clip_value);
  d.add("--schedule", t.schedule, usual.training.schedule);
  d.add("--warm-up", t.warm_up, usual.training.warm_up);
  d.add("--hold", t.hold, usual.training.hold);
  d.add("--factor", t.factor, usual.training.factor);
  d.add("--patience", t.patience, usual.training.patience);
  return std::move(d).options();
}

}  // namespace wordlm
