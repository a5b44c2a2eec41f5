#include "wordlm/presets.h"

#include <doctest/doctest.h>
#include <unroll/layers/cells.h>
#include <unroll/optim/optimizers.h>

#include <algorithm>
#include <set>

#include "wordlm/learning_rate.h"

namespace wordlm {
namespace {

TEST_CASE("presets: every preset names existing options that can be combined") {
  std::set<std::string_view> names;
  for (const Preset& preset : all_presets()) {
    CAPTURE(preset.name);
    names.insert(preset.name);
    CHECK(&find_preset(preset.name) == &preset);
    CHECK_NOTHROW(check(preset.settings));
    CHECK_NOTHROW((void)unroll::find_cell(preset.settings.model.cell));
    CHECK_NOTHROW((void)unroll::find_optimizer(preset.settings.training.optimizer));
    Progress progress;
    progress.learning_rate = preset.settings.training.learning_rate;
    CHECK(learning_rate(preset.settings.training, progress) == progress.learning_rate);
    CHECK(preset.settings.text.data.empty());
    CHECK(preset.settings.seed == Settings().seed);
  }
  CHECK(names == std::set<std::string_view>{"zaremba-small", "zaremba-medium", "zaremba-large",
                                            "wildml", "wildml-gru", "char-rnn"});
  CHECK_THROWS_WITH_AS((void)find_preset("zaremba"),
                       "no preset 'zaremba'; there are: zaremba-small, zaremba-medium, "
                       "zaremba-large, wildml, wildml-gru, char-rnn",
                       unroll::Error);
}

/// The learning rate of an epoch, from 1.
double rate_in(const Settings& settings, std::int64_t epoch) {
  Progress progress;
  progress.learning_rate = settings.training.learning_rate;
  progress.epoch = epoch - 1;
  return learning_rate(settings.training, progress);
}

TEST_CASE("the LSTMs of Zaremba et al. 2014") {
  struct Published {
    const char* name;
    std::int64_t hidden, steps, epochs;
    const char* initial;
    double dropout, clip;
    std::int64_t last_whole;  // epoch at learning rate 1
    double divisor;
  };
  for (const Published& p : {Published{"zaremba-small", 200, 20, 13, "uniform:0.1", 0, 5, 4, 2},
                             {"zaremba-medium", 650, 35, 39, "uniform:0.05", 0.5, 5, 6, 1.2},
                             {"zaremba-large", 1500, 35, 55, "uniform:0.04", 0.65, 10, 14, 1.15}}) {
    CAPTURE(p.name);
    const Settings& s = find_preset(p.name).settings;
    CHECK(s.text.units() == Units{Tokens::word, true});
    CHECK(s.text.vocabulary == 10000);
    CHECK(s.model.cell == "lstm");
    CHECK(s.model.layers == 2);
    CHECK(s.model.hidden == p.hidden);
    CHECK(s.model.embedding == p.hidden);
    CHECK(s.model.initial == p.initial);
    CHECK(s.model.forget_bias == 0);
    CHECK(s.training.batch == 20);
    CHECK(s.training.bptt == p.steps);
    CHECK(s.training.epochs == p.epochs);
    CHECK(s.training.dropout == p.dropout);
    CHECK(s.training.optimizer == "sgd");
    CHECK(s.training.clip == p.clip);
    CHECK(rate_in(s, 1) == 1);
    CHECK(rate_in(s, p.last_whole) == 1);
    CHECK(rate_in(s, p.last_whole + 1) == doctest::Approx(1 / p.divisor));
    CHECK(rate_in(s, p.last_whole + 2) == doctest::Approx(1 / p.divisor / p.divisor));
  }
}

TEST_CASE("the networks of the WildML tutorial") {
  const Settings& rnn = find_preset("wildml").settings;
  CHECK(rnn.model.cell == "rnn");
  CHECK(rnn.model.hidden == 100);
  CHECK(rnn.model.embedding == 0);
  CHECK(rnn.text.vocabulary == 8000);
  CHECK(rnn.training.batch == 1);
  CHECK(rnn.training.bptt == 4);
  CHECK(rnn.training.learning_rate == 0.005);
  CHECK(rnn.training.schedule == "halve");
  CHECK(rnn.training.clip == 0);
  CHECK_FALSE(rnn.training.shuffle);

  const Settings& gru = find_preset("wildml-gru").settings;
  CHECK(gru.model.cell == "gru-hard");
  CHECK(gru.model.layers == 2);
  CHECK(gru.model.hidden == 128);
  CHECK(gru.model.embedding == 128);
  CHECK(gru.text.vocabulary == 8000);
  CHECK(gru.training.optimizer == "rmsprop-inside");
  CHECK(gru.training.learning_rate == 0.001);
  CHECK(unroll::RmsProp::wildml().decay == 0.9);  // which that name stands for
  CHECK(gru.training.batch == 1);
  CHECK(gru.training.bptt == 0);
  CHECK(gru.training.clip == 0);
  CHECK(gru.training.schedule == "constant");
}

TEST_CASE("presets: char-rnn has its published settings") {
  const Settings& s = find_preset("char-rnn").settings;
  CHECK(s.text.units() == Units{Tokens::character, true});
  CHECK(s.text.held_out == 0.05);
  CHECK(s.model.cell == "lstm");
  CHECK(s.model.layers == 2);
  CHECK(s.model.hidden == 128);
  CHECK(s.model.embedding == 0);
  CHECK(s.model.forget_bias == 1);
  CHECK(s.training.optimizer == "rmsprop");
  CHECK(unroll::RmsPropOptions().decay == 0.95);  // which that name stands for
  CHECK(s.training.batch == 50);
  CHECK(s.training.bptt == 50);
  CHECK(s.training.epochs == 50);
  CHECK(s.training.clip == 0);
  CHECK(s.training.clip_value == 5);
  CHECK(s.training.dropout == 0);
  CHECK(rate_in(s, 10) == 0.002);
  CHECK(rate_in(s, 11) == doctest::Approx(0.002 * 0.97));
  CHECK(rate_in(s, 12) == doctest::Approx(0.002 * 0.97 * 0.97));
}

TEST_CASE("the defaults need no options") { CHECK(options_of(Settings()).empty()); }

}  // namespace
}  // namespace wordlm
