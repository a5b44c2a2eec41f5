#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "files.h"
#include "programs.h"
#include "trees/builtin_trees.h"
#include "trees/draw.h"
#include "trees/judge_file.h"
#include "trees/vectors.h"

namespace trees {
namespace {

using unroll::testing::Folder;
using unroll::testing::Run;
using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments, const std::string& input = "") {
  return unroll::testing::run_program(TREES_PROGRAM, arguments, input);
}

std::string write(const Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder.file(name), std::ios::binary) << text;
  return folder.file(name);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::unique_ptr<Judge> judge_of(const char* cell, const std::vector<Tree>& trees,
                                unroll::DType type, std::int64_t size) {
  const ModelSettings settings{.embedding = size, .hidden = size, .cell = cell, .dropout = 0.2};
  return std::make_unique<Judge>(settings, examples::WordIds(words_of(trees), 1, 1000), type, 1);
}

TEST_CASE("a judge that knows the order is right, one that does not comes near its bound") {
  const std::vector<Tree> train = builtin_trees(2500, 1);
  const std::vector<Tree> test = builtin_trees(2000, 2);
  const double bound = best_without_order(test);
  CHECK(bound > 0.7);
  CHECK(bound < 0.8);
  for (const char* cell : {"n-ary", "child-sum"}) {
    const auto judge = judge_of(cell, train, unroll::DType::f32, 32);
    examples::TrainedModel model;
    model.settings.epochs = 5;
    model.settings.batch = 25;
    model.settings.optimizer = "adagrad";
    model.settings.learning_rate = 0.08;
    TreeTask task(*judge, judge->encode(train), judge->encode(test), model.settings, {});
    REQUIRE(examples::train(task, model, {}));
    const double accuracy = accuracy_of(*judge, judge->encode(test)).roots;
    if (std::string(cell) == "n-ary") {
      CHECK(accuracy > 0.99);
    } else {
      CHECK(accuracy > bound - 0.05);
      CHECK(accuracy < bound + 4 * std::sqrt(bound * (1 - bound) / 2000));
    }
  }
}

TEST_CASE("where the score is of other trees the best model gets a score on those") {
  const std::vector<Tree> train = builtin_trees(100, 1);
  const std::vector<Tree> easy = {parse_tree("(4 great)", 2), parse_tree("(0 awful)", 2)};
  const std::vector<Tree> hard = {parse_tree("(0 great)", 2), parse_tree("(0 awful)", 2)};
  const auto judge = judge_of("n-ary", train, unroll::DType::f32, 8);
  examples::TrainedModel model;
  model.settings.epochs = 8;
  model.settings.learning_rate = 0.02;
  const auto train_for = [&](std::int64_t epochs, const std::vector<Tree>& test) {
    model.settings.epochs = epochs;
    TreeTask task(*judge, judge->encode(train), judge->encode(test), model.settings, {});
    REQUIRE(examples::train(task, model, {}));
  };
  train_for(8, easy);
  REQUIRE(model.progress.best_score == 1);
  const auto best = model.best;
  const auto newest = model.parameters;
  const std::int64_t epoch = model.progress.best_epoch;
  train_for(8, hard);  // no epoch is left
  CHECK(model.progress.best_score == 0.5);
  CHECK(model.progress.best_epoch == epoch);
  for (const auto& [name, tensor] : newest) {  // to go on with
    CHECK(model.parameters.at(name).to_doubles() == tensor.to_doubles());
  }
  for (const auto& [name, tensor] : best) {
    CHECK(model.best.at(name).to_doubles() == tensor.to_doubles());
  }
  train_for(8, easy);
  CHECK(model.progress.best_score == 1);
}

TEST_CASE("the best that can be done without the order of children is counted exactly") {
  const auto best = [](const char* text) { return best_without_order({parse_tree(text, 2)}); };
  CHECK(best("(0 awful)") == 1);
  CHECK(best("(4 (2 not) (0 awful))") == 1);
  CHECK(best("(4 (0 awful) (4 great))") == 0.5);
  CHECK(best("(4 (4 great) (4 great))") == 1);
  CHECK(best("(4 (2 very) (3 (1 bad) (3 good)))") == 0.5);
  // Of two labels: a neutral root is left out, and never the last impression of the others.
  const auto best_of_two = [](const char* text) {
    return best_without_order({parse_tree(text, 2)}, true);
  };
  CHECK(best_of_two("(4 (0 awful) (4 great))") == 0.5);
  CHECK(best_of_two("(3 (4 great) (3 good))") == 1);
  CHECK(best_of_two("(4 (2 plain) (4 great))") == 1);
  CHECK(best_without_order({parse_tree("(2 plain)", 2), parse_tree("(3 good)", 2)}, true) == 1);
  // great, or awful, or great again: 4 with 1/2 + 1/4.
  CHECK(best("(4 (0 (4 great) (0 awful)) (4 great))") == 0.75);
}

TEST_CASE("built-in trees are labelled by their words and their order") {
  for (const Tree& tree : builtin_trees(500, 5)) {
    for (const Node& node : tree) {
      CHECK((node.label >= 0 && node.label < kLabels));
      if (node.children.empty()) continue;
      const auto& first = tree[static_cast<std::size_t>(node.children[0])];
      const auto& second = tree[static_cast<std::size_t>(node.children[1])];
      if (first.word == "not") {
        CHECK(node.label == 4 - second.label);
      } else if (first.word == "very") {
        CHECK(std::abs(node.label - 2) == std::min(2, 2 * std::abs(second.label - 2)));
      } else {
        CHECK(node.label == second.label);
      }
    }
  }
}

TEST_CASE("a judge in f64 has the right gradients, of either cell and either kind of labels") {
  const std::vector<Tree> trees = {parse_tree("(0 (2 not) (4 great))", 2),
                                   parse_tree("(1 (4 (2 very) (3 good)) (1 bad))", 2),
                                   parse_tree("(3 good)", 2)};
  for (const char* cell : {"n-ary", "child-sum"}) {
    for (const bool binary : {false, true}) {
      const Judge judge({.embedding = 3, .hidden = 2, .cell = cell, .binary = binary},
                        examples::WordIds(words_of(trees), 1, 100), unroll::DType::f64, 2);
      const Encoded encoded = judge.encode(trees);
      const std::vector<std::size_t> all = {0, 1, 2};
      CHECK_NOTHROW(examples::check_gradients_of(judge.parameters, [&](unroll::Tape& tape) {
        return judge.loss(tape, encoded, all, nullptr);
      }));
    }
  }
}

TEST_CASE("trees of a batch are judged as each alone, and as node by node") {
  std::vector<Tree> trees = builtin_trees(30, 7);
  for (const char* cell : {"n-ary", "child-sum"}) {
    if (std::string(cell) == "child-sum") {
      trees.push_back(
          parse_tree("((a) (b) ((c) (d) (e) (f)) ((g)))", 9));  // and a node of one child
    }
    const auto judge = judge_of(cell, trees, unroll::DType::f64, 4);
    const Judge::Probabilities together = judge->probabilities(judge->encode(trees));
    for (std::size_t t = 0; t < trees.size(); ++t) {
      const Encoded alone = judge->encode({trees[t]});
      CHECK(judge->probabilities(alone)[0].back()[0] == doctest::Approx(together[t].back()[0]));
      // The definition: every node after its children, one by one.
      unroll::Tape tape(unroll::DType::f64);
      std::vector<unroll::Lstm::State> states;
      std::size_t word = 0;
      for (std::size_t i = 0; i < trees[t].size(); ++i) {
        std::vector<unroll::Lstm::State> children;
        for (const std::int32_t child : trees[t][i].children) {
          children.push_back(states[static_cast<std::size_t>(child)]);
        }
        std::visit(
            [&](const auto& cell) {
              if (children.empty()) {
                const unroll::Var x = judge->model.E(
                    tape.input(unroll::Tensor::of<std::int32_t>({1}, {alone.words[0][word++]})));
                states.push_back(cell.step(x, {}));
              } else {
                states.push_back(cell.step(children));
              }
            },
            judge->model.cell);
        const auto p = unroll::softmax(judge->model.out(states.back().h)).value().to_doubles();
        for (std::size_t label = 0; label < p.size(); ++label) {
          CHECK(together[t][i][label] == doctest::Approx(p[label]));
        }
      }
    }
  }
}

TEST_CASE("trees are read from brackets, on one line or on many") {
  const Folder folder;
  const auto trees =
      read_trees(write(folder, "a.txt",
                       "(3 (2 It) (4 (2 's) (4 good)))\n\n(1 bad)(0\n (2 (1 a)\n(2 -LRB-)) (0 3))"),
                 2);
  REQUIRE(trees.size() == 3);
  CHECK(to_text(trees[0]) == "(3 (2 It) (4 (2 's) (4 good)))");
  CHECK(to_text(trees[1]) == "(1 bad)");
  CHECK(to_text(trees[2]) == "(0 (2 (1 a) (2 -LRB-)) (0 3))");
  CHECK(words_of(trees)[2] == std::vector<std::string>{"a", "-LRB-", "3"});
  CHECK(to_text(parse_tree("((It) ('s good))", 2)) == "((It) (('s) (good)))");
  CHECK(to_text(parse_tree("(3 (2) (good))", 2)) == "(3 (2) (good))");
}

TEST_CASE("trees that cannot be read are refused in a sentence") {
  const Folder folder;
  const auto error = [&](const std::string& text, std::size_t most = 2) {
    const std::string path = write(folder, "a.txt", text);
    try {
      (void)read_trees(path, most);
    } catch (const unroll::IoError& e) {
      return std::string(e.what()).substr(path.size());
    }
    return std::string();
  };
  CHECK(error("") == ": the file is empty");
  CHECK(error(" \n") == ": holds no tree");
  CHECK(error("x") == ":1:1: expected '(', found 'x'");
  CHECK(error("(1 a)\n (2 (1 b)") == ":2:2: this '(' is not closed");
  CHECK(error("(1 a))") == ":1:6: expected '(', found ')'");
  CHECK(error("(good)") == ":1:2: expected a label from 0 to 4, found 'good'");
  CHECK(error("(5 good)") == ":1:2: expected a label from 0 to 4, found '5'");
  CHECK(error("((2 a) (3 b))") == ":1:1: no label from 0 to 4");
  CHECK(error("(3 a b)") == ":1:6: expected one word, or nodes in brackets; found 'b'");
  CHECK(error("(3 a (2 b))") == ":1:1: 'a' stands beside nodes in brackets");
  CHECK(error("(3 )") == ":1:1: a node without a word and without children");
  CHECK(error("(3 (1 a) (1 b) (1 c))") ==
        ":1:1: a node with 3 children; the N-ary cell reads up to 2, --cell child-sum any number");
  CHECK(error("(3 (1 a) (1 b) (1 c))", 3).empty());
  CHECK_THROWS_WITH((void)parse_tree("", 2), "'': expected a tree in brackets");
  CHECK_THROWS_WITH((void)parse_tree("(a) (b)", 2), "'(a) (b)': expected one tree, found more");
  CHECK_THROWS_WITH((void)parse_tree("(a", 2), "'(a', column 1: this '(' is not closed");
}

TEST_CASE("trees: of two labels none is held against neutral roots") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 20; ++i) text += "(3 (2 very) (3 good))\n";
  const std::string data = write(folder, "data", text);
  const std::string neutral = write(folder, "neutral", "(2 (2 very) (3 good))\n");
  const std::string empty = write(folder, "empty", "(2 very)\n");
  const std::string model = folder.file("m");
  const Arguments small = {"train",    "--binary", "--data",      data, "--epochs", "1",
                           "--hidden", "3",        "--embedding", "3",  "--save",   model};
  CHECK(run(small).err == "");
  Arguments with_test = small;
  with_test.insert(with_test.end(), {"--test", neutral});
  CHECK(run(with_test).err == "trees: " + neutral +
                                  ": all roots held out are neutral, which --binary leaves out; "
                                  "there is none to test with\n");
  CHECK(has(run({"eval", "--load", model, "--data", neutral}).out,
            "all roots are neutral, which the model leaves out; accuracy at all nodes "));
  CHECK(run({"eval", "--load", model, "--data", empty}).err ==
        "trees: " + empty + ": all labels are neutral, which the model leaves out\n");
}

TEST_CASE("trees may be deep") {
  constexpr int kDepth = 20000;
  std::string text;
  for (int i = 0; i < kDepth; ++i) text += "(2 (3 a) ";
  text += "(1 b)";
  for (int i = 0; i < kDepth; ++i) text += ")";
  const Tree tree = parse_tree(text, 2);
  CHECK(tree.size() == 2 * kDepth + 1);
  CHECK(to_text(tree).size() == text.size());
  CHECK(best_without_order({tree}) == doctest::Approx(1));
}

TEST_CASE("word vectors are read for the words that there are") {
  const Folder folder;
  const examples::WordIds words(std::vector<std::string>{"good", "Bad", "new"});
  const std::string path = write(folder, "v.txt", "3 2\nbad 0.5 -1e-1\nother 1 2\ngood 3 4\n");
  const Vectors vectors = read_vectors(path, words);
  CHECK(vectors.size == 2);
  CHECK(vectors.of.size() == 2);
  CHECK(vectors.of.at(words.id("good")) == std::vector<float>{3, 4});
  CHECK(vectors.of.at(words.id("Bad")) == std::vector<float>{0.5F, -0.1F});
  // Lines of GloVe whose word holds blanks; the end of a line as on Windows.
  const Vectors blanks =
      read_vectors(write(folder, "b.txt", "good 1 2\r\n. . . 3 4\nat name@domain.com 5 6\nnew 7 8"),
                   examples::WordIds(std::vector<std::string>{"good", ". . .", "new", "at"}));
  CHECK(blanks.of.size() == 3);
  CHECK(blanks.of.at(2) == std::vector<float>{3, 4});
  CHECK(blanks.of.at(3) == std::vector<float>{7, 8});
  const auto error = [&](const std::string& text) {
    const std::string file = write(folder, "w.txt", text);
    try {
      (void)read_vectors(file, words);
    } catch (const unroll::IoError& e) {
      return std::string(e.what()).substr(file.size());
    }
    return std::string();
  };
  CHECK(error("good 1 2\nbad 1\n") == ":2: a word and 1 number; expected 2");
  CHECK(error("good 1 x\n") == ":1: expected a number, found 'x'");
  CHECK(error("good nan 1\n") == ":1: expected a number, found 'nan'");
  CHECK(error("good\n") == ":1: a word and 0 numbers; expected some");
  CHECK(error("\n") == ": holds no vector");

  const Run trained = run({"train", "--trees", "50", "--epochs", "1", "--vectors",
                           write(folder, "g.txt", "good 1 0 0\nbad 0 1 0\n")});
  CHECK(trained.err == "");
  CHECK(has(trained.out, "vectors of 2 of 17 words"));
}

TEST_CASE("trees: an interrupted training goes on to the same bytes, and is used") {
  const Folder folder;
  const auto train = [&](Arguments more) {
    more.insert(more.begin(), "train");
    const Run result = run(more);
    CHECK(result.err == "");
    REQUIRE(result.status == 0);
    return result.out;
  };
  const auto with = [](Arguments a, const Arguments& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const Arguments options = {"--trees", "100", "--hidden", "6", "--embedding", "5"};
  const std::string whole = folder.file("whole");
  const std::string parts = folder.file("parts");
  CHECK(
      has(train(with(options, {"--epochs", "3", "--save", whole, "--plot", folder.file("c.svg")})),
          "without the order of children 7"));
  (void)train(with(options, {"--epochs", "1", "--save", parts}));
  (void)train({"--load", parts, "--save", parts, "--epochs", "3"});
  CHECK(unroll::testing::content_of(whole) == unroll::testing::content_of(parts));
  CHECK(has(run({"train", "--load", parts, "--hidden", "5"}).err, "cannot be changed with --load"));
  CHECK(has(run({"eval", "--load", whole}).out, "without the order of children 7"));
  CHECK(has(run({"eval", "--load", whole, "--data", write(folder, "x", "(7 a)")}).err,
            "x:1:2: expected a label from 0 to 4, found '7'"));

  CHECK(run({"label", "--load", whole}).err == "trees: no tree to label\n");
  CHECK(run({"label", "--load", whole}, "(very good)\n\n(a\n").err ==
        "trees: standard input:3: '(a', column 1: this '(' is not closed\n");
  const Run labels = run({"label", "--load", whole, "((not) (very good))"});
  CHECK(labels.err == "");
  CHECK(has(labels.out, " not) ("));
  CHECK(std::ranges::count(labels.out, '\n') == 2);
  const std::string picture = folder.file("tree.svg");
  CHECK(run({"draw", "--load", whole, "((not) (very <b>))", "--out", picture}).status == 0);
  CHECK(has(unroll::testing::content_of(picture), "<svg"));
  const std::string png = folder.file("tree.png");
  CHECK(run({"draw", "--load", whole, "((not) (very <b>))", "--out", png}).status == 0);
  CHECK(has(unroll::testing::content_of(png), "PNG"));
  CHECK(has(run({"draw", "--load", whole, "(a)", "--out", "tree.gif"}).err,
            "tree.gif: a picture is written as .svg or .png"));
  CHECK(
      has(run({"draw", "--load", whole, "((a)", "--out", picture}).err, "this '(' is not closed"));
  CHECK(has(run({"label", "--load", picture, "(a)"}).err, "tree.svg: "));
}

}  // namespace
}  // namespace trees
