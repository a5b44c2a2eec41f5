#include "trees/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "text/given_texts.h"
#include "trees/builtin_trees.h"
#include "trees/draw.h"
#include "trees/judge_file.h"

namespace trees {

using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in trees
constexpr std::uint64_t kTestSeed = 12345;

std::vector<std::vector<double>> probabilities_of(const Judge& judge, const Tree& tree) {
  return judge.probabilities(judge.encode({tree}))[0];
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto judge = load_judge(options.load, options.data.empty());
  const bool built_in = options.data.empty();
  const std::vector<Tree> trees = built_in ? builtin_trees(kTested, kTestSeed)
                                           : read_trees(options.data, judge->most_children());
  const Accuracy accuracy = accuracy_of(*judge, judge->encode(trees));
  say("{}: {}\n", built_in ? "other built-in trees" : options.data,
      examples::grouped(std::ssize(trees)));
  if (accuracy.labelled_nodes == 0) {
    unroll::fail<unroll::Error>("{}: all labels are neutral, which the model leaves out",
                                options.data);
  }
  if (accuracy.labelled_roots == 0) {
    say("all roots are neutral, which the model leaves out; accuracy at all nodes {:.2f} %\n",
        100 * accuracy.nodes);
    return;
  }
  say("accuracy at the root {:.2f} %, at all nodes {:.2f} %\n", 100 * accuracy.roots,
      100 * accuracy.nodes);
  if (built_in) {
    say("best possible at the root: 100 %, without the order of children {:.2f} %\n",
        100 * best_without_order(trees, judge->settings.binary));
  }
}

void run_label(const LabelOptions& options) {
  const auto judge = load_judge(options.load);
  text::for_each_given_text(
      options.texts, "label",
      [&](const std::string& text) {
        Tree tree = parse_tree(text, judge->most_children());
        const auto probabilities = probabilities_of(*judge, tree);
        for (std::size_t i = 0; i < tree.size(); ++i) {
          const auto best = std::ranges::max_element(probabilities[i]) - probabilities[i].begin();
          tree[i].label = static_cast<std::int32_t>(best);
        }
        say("{}\n", to_text(tree));
        for (std::size_t label = 0; label < probabilities.back().size(); ++label) {
          say("{}{} {:.1f} %", label > 0 ? ", " : "",
              short_name(label, probabilities.back().size()), 100 * probabilities.back()[label]);
        }
        say("\n");
        (void)examples::flush_out();
      },
      "tree");
}

void run_draw(const LabelOptions& options) {
  examples::check_is_picture(options.out);
  const examples::NamedFile output{"--out", options.out};
  const examples::NamedFile input{"--load", options.load};
  examples::check_outputs(std::span(&output, 1), std::span(&input, 1));
  const auto judge = load_judge(options.load);
  const Tree tree = parse_tree(options.texts[0], judge->most_children());
  examples::write_picture(picture_of(tree, probabilities_of(*judge, tree)), options.out);
  say("drawn: {}\n", options.out);
}

}  // namespace trees
