#pragma once
/// Texts with a label, and the files they are read from.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sentiment {

struct Review {
  std::vector<std::string> words;
  std::int32_t label = 0;  // its number among the labels
};

struct Reviews {
  std::vector<std::string> labels;
  std::vector<Review> reviews;
  std::string description;  // of the files and their texts, for the output
};

/// How files are read.
struct ReadOptions {
  std::string column;  // of a table, with the texts; empty: body, text, comment, content or review
  std::string label;   // the column with the labels; empty: label, sentiment, class or polarity
};

/// Reads labelled texts. Folders, each with a folder of .txt files for each label, as those of
/// aclImdb, or with a folder `train` that has those (`test` where `part` says so); and tables,
/// .csv, .tsv or .jsonl, of texts and labels. Or several files with a text a line, each with a
/// label of its own: the ending of its name, as of rt-polarity.pos and rt-polarity.neg, or the name
/// where the endings are the same. All of them may be packed, as .gz. `labels`: the order of those
/// that are known already; others are an error then. Throws unroll::IoError, naming file and line,
/// for what cannot be read so.
[[nodiscard]] Reviews read_reviews(std::span<const std::string> paths, const ReadOptions& options,
                                   const std::string& part = "train",
                                   std::vector<std::string> labels = {});

/// Whether a file is a table, by its name.
[[nodiscard]] bool is_table(const std::string& path);

/// The files that `read_reviews` reads of a folder; none of another path.
[[nodiscard]] std::vector<std::string> files_in(const std::string& path, const std::string& part);

/// The words of a text, in lower case.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace sentiment
