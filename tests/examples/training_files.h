#pragma once
/// What holds for the files that the training of every application reads and writes.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "files.h"
#include "programs.h"

namespace examples::testing {

/// An application, and files of examples that it reads.
struct Application {
  std::string program;             // its path
  std::string name;                // in its messages
  std::string ending;              // of its files
  std::string text;                // of a file to train on
  std::string other;               // of another one
  std::string built_in;            // how messages call its built-in examples: "trees"
  std::vector<std::string> small;  // options of a small model
};

/// Trains on files, and holds what is said of wrong ones against what is expected, word for word.
class TrainingFiles {
 public:
  explicit TrainingFiles(Application application) : app_(std::move(application)) {
    write(data_, app_.text);
    write(test_, app_.other);
    std::vector<std::string> arguments = {"--data", data_,  "--test",   test_,
                                          "--save", model_, "--epochs", "1"};
    arguments.insert(arguments.end(), app_.small.begin(), app_.small.end());
    const auto result = train(arguments);
    CHECK(result.err == "");
    REQUIRE(result.status == 0);
  }

  /// Outputs that are inputs are refused, those that the model remembers too, and are left as they
  /// are.
  void check_outputs() const {
    refuse({"--load", model_, "--save", data_},
           data_ + ": --save would overwrite the file of --data");
    refuse({"--load", model_, "--save", test_},
           test_ + ": --save would overwrite the file of --test");
    refuse({"--load", model_, "--data", test_, "--save", test_},
           test_ + ": --save would overwrite the file of --data");
    CHECK(unroll::testing::content_of(data_) == app_.text);
    CHECK(unroll::testing::content_of(test_) == app_.other);
    // Those beside the file that is saved.
    for (const char* beside : {".lock", ".1", ".2"}) {
      const std::string path = folder_.file(std::string("beside") + beside);
      write(path, app_.text);
      refuse({"--data", path, "--save", folder_.file("beside"), "--keep", "2"},
             path + (beside == std::string(".lock")
                         ? ": the lock of --save would overwrite the file of --data"
                         : ": --keep would overwrite the file of --data"));
      CHECK(unroll::testing::content_of(path) == app_.text);
      std::filesystem::remove(path);
    }
    const std::string picture = folder_.file("model.svg");
    std::filesystem::copy(model_, picture);
    refuse({"--load", picture, "--plot", picture},
           picture + ": --plot would overwrite the file of --load");
    CHECK(unroll::testing::content_of(picture) == unroll::testing::content_of(model_));
    // Before anything is trained.
    const auto plot = train({"--plot", folder_.file("x.pdf")});
    CHECK(plot.out == "");
    CHECK(plot.err ==
          app_.name + ": " + folder_.file("x.pdf") + ": a picture is written as .svg or .png\n");
  }

  /// Files that a model remembers may be given anew, one by one; built-in examples have no --test.
  void check_inputs() const {
    const std::string test = folder_.file("no test" + app_.ending);
    refuse(
        {"--test", test_},
        "--test: expected --data besides; built-in examples are tested with others of their kind");
    refuse({"--load", model_, "--test", test},
           test + ": is not there; --test names the files of the model " + model_ + " anew");
    const std::string odd = folder_.file("odd\xff" + app_.ending);
    write(odd, app_.text);
    refuse({"--data", odd, "--save", folder_.file("new")},
           odd +
               ": a model remembers paths as UTF-8, which this one of --data is not; rename it, or "
               "train without --save");
    // --data anew: --test is remembered.
    const std::string moved = folder_.file("moved" + app_.ending);
    write(moved, app_.text);
    const std::string copy = folder_.file("copy");
    std::filesystem::copy(model_, copy);
    CHECK(train({"--load", copy, "--data", moved, "--save", copy, "--epochs", "2"}).err == "");
    refuse({"--load", copy, "--save", test_},
           test_ + ": --save would overwrite the file of --test");
    refuse({"--load", copy, "--save", moved},
           moved + ": --save would overwrite the file of --data");
    std::filesystem::remove(moved);
    refuse({"--load", copy, "--save", copy},
           moved + ": is not there; --data names the files of the model " + copy + " anew");
  }

  /// A score on some examples is not held against one on others.
  void check_scores() const {
    const std::string note = "note: these are not the examples the best model was chosen by; ";
    const auto says_note = [&](const std::vector<std::string>& arguments) {
      const auto result = train(arguments);
      CHECK(result.err == "");
      return result.out.find(note) != std::string::npos;
    };
    CHECK_FALSE(says_note({"--load", model_, "--epochs", "2"}));
    CHECK(says_note({"--load", model_, "--test", data_, "--epochs", "2"}));
  }

  /// A model of other examples is not held against the built-in ones. `commands`: with what it is
  /// used on examples.
  void check_evaluation(const std::vector<std::string>& commands) const {
    for (const std::string& command : commands) {
      const auto result = unroll::testing::run_program(app_.program, {command, "--load", model_});
      CHECK(result.status == 1);
      CHECK(result.out == "");
      CHECK(result.err == app_.name + ": " + model_ + ": not trained on built-in " + app_.built_in +
                              "; --data names others\n");
    }
  }

 private:
  [[nodiscard]] unroll::testing::Run train(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "train");
    return unroll::testing::run_program(app_.program, arguments);
  }

  void refuse(const std::vector<std::string>& arguments, const std::string& message) const {
    const auto result = train(arguments);
    CHECK(result.status == 1);
    CHECK(result.err == app_.name + ": " + message + "\n");
  }

  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  Application app_;
  unroll::testing::Folder folder_;
  std::string data_ = folder_.file("data" + app_.ending);
  std::string test_ = folder_.file("test" + app_.ending);
  std::string model_ = folder_.file("model");
};

/// All of these. `commands`: with what a model is used on examples.
inline void check_training_files(const Application& application,
                                 const std::vector<std::string>& commands) {
  const TrainingFiles files(application);
  files.check_outputs();
  files.check_inputs();
  files.check_scores();
  files.check_evaluation(commands);
}

/// The same text so many times.
inline std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace examples::testing
