#pragma once
/// BLEU of a corpus (Papineni et al. 2002), the number that sacreBLEU (Post 2018) prints for one
/// reference with its defaults: tokens of 13a, orders 1 to 4, exponential smoothing.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace translate {

/// A text as the script mteval-v13a of NIST takes it apart: punctuation stands alone, but for
/// points and commas within numbers, hyphens behind letters, and apostrophes.
[[nodiscard]] std::vector<std::string> tokenize_13a(std::string_view text);

struct Bleu {
  double score = 0;                    // 0 to 100
  std::array<double, 4> precisions{};  // of n-grams of 1 to 4 tokens, 0 to 100
  double brevity = 1;                  // what a translation that is too short is multiplied by
  std::int64_t length = 0;             // tokens of the translations
  std::int64_t reference_length = 0;

  /// "BLEU 31.75 (66.4 38.5 25.0 16.7, brevity 0.98, 980 of 1,000 tokens)"
  [[nodiscard]] std::string to_string() const;
};

/// The BLEU of translations, held against a reference each; `lower`: case does not count.
/// unroll::Error where they are not as many.
[[nodiscard]] Bleu bleu(std::span<const std::string> translations,
                        std::span<const std::string> references, bool lower = false);

}  // namespace translate
