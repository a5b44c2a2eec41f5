#include "sentiment/commands.h"

#include <fmt/format.h>
#include <unistd.h>
#include <unroll/core/files.h>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "sentiment/builtin_reviews.h"
#include "sentiment/judge_file.h"
#include "sentiment/say.h"
#include "text/given_texts.h"

namespace sentiment {
namespace {

constexpr std::int64_t kTested = 2000;  // built-in reviews

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto judge = load_judge(options.load, options.data.empty());
  const bool built_in = options.data.empty();
  const Reviews reviews = built_in
                              ? builtin_reviews(kTested, 12345)
                              : read_reviews(options.data, options.read, "test", judge->labels);
  examples::say("{}\n", built_in ? "built-in reviews: 2,000 others" : reviews.description);
  examples::say("accuracy {:.1f} %", 100 * judge->accuracy(encode(reviews, judge->words)));
  if (built_in) {
    std::int64_t right = 0;
    for (const Review& review : reviews.reviews) {
      right += judge_by_majority(review.words) == (review.label == 1) ? 1 : 0;
    }
    examples::say(", best possible {:.1f} %, {:.1f} % on these", 100 * best_accuracy(),
                  100 * static_cast<double>(right) / kTested);
  }
  examples::say("\n");
}

void run_say(const SayOptions& options) {
  const examples::NamedFile output{"--html", options.html};
  const examples::NamedFile input{"--load", options.load};
  examples::check_outputs(std::span(&output, 1), std::span(&input, 1));
  const auto judge = load_judge(options.load);
  const bool colours = options.colour || ::isatty(STDOUT_FILENO) != 0;
  std::vector<Verdict> verdicts;
  text::for_each_given_text(options.texts, "judge", [&](const std::string& text) {
    verdicts.push_back(say(*judge, text));
    examples::say("{}", to_text(*judge, verdicts.back(), colours));
    (void)examples::flush_out();
  });
  if (options.html.empty()) return;
  unroll::write_file(options.html, to_html(*judge, verdicts));
  examples::say("page: {}\n", options.html);
}

}  // namespace sentiment
