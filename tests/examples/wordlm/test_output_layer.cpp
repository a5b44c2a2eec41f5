/// The output layers in a language model: losses, files, and the program with each of them.
#include "wordlm/output_layer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "run_program.h"
#include "small_models.h"
#include "text_files.h"

namespace wordlm {
namespace {

using nlohmann::json;

Settings with_output(std::string_view output) {
  Settings settings = small();
  settings.model.output = output;
  settings.model.sampled = 30;
  return settings;
}

std::string fault_of(const std::string& path) {
  try {
    (void)load_checkpoint(path);
  } catch (const unroll::IoError& error) {
    return error.what();
  }
  return "no fault";
}

TEST_CASE("output layer: the words that a model has to predict are counted") {
  CHECK(count_targets({{0, 3, 3, 1}, {0, 1}, {2}}, 5) == std::vector<std::int64_t>{0, 2, 0, 2, 0});
}

TEST_CASE("output layer: loss, losses and logits of each agree") {
  for (const std::string_view output : kOutputs) {
    CAPTURE(output);
    Settings settings = with_output(output);
    settings.model.double_precision = true;
    const Checkpoint checkpoint = begin(settings);
    const Model& model = *checkpoint.model;
    const Batch batch = make_batch(texts().train_set, {0, 1, 2, 3});
    unroll::Tape tape(unroll::DType::f64);
    const auto x = tape.input(batch.x);
    const Model::State from = model.start(tape, 4);
    const unroll::Var log_p = unroll::log_softmax(model.run(x, from).logits);
    const auto ids = batch.y.values<std::int32_t>();
    const unroll::TensorView rows = log_p.value();
    const unroll::TensorView losses = model.losses(batch, tape, from).each.value();
    double total = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto row = static_cast<unroll::Index>(i);
      const double expected = ids[i] == kPadding ? 0 : -rows.at(row * model.words() + ids[i]);
      CHECK(losses.at(row) == doctest::Approx(expected).epsilon(1e-12));
      total += expected;
    }
    CHECK(model.loss(tape, batch).item() == doctest::Approx(total).epsilon(1e-12));
    unroll::Noise noise(1, 1);
    const double minimised = model.training_loss(batch, tape, from, noise).sum.item();
    CHECK((std::abs(minimised / total - 1) < 1e-12) == (output != "sampled"));
  }
}

TEST_CASE("output layer: what is to be expected before training is measured then") {
  for (const std::string_view output : kOutputs) {
    CAPTURE(output);
    const Checkpoint checkpoint = begin(with_output(output));
    const double expected = checkpoint.model->loss_to_expect(checkpoint.counts);
    CHECK(measure(checkpoint, texts().train_set).loss == doctest::Approx(expected).epsilon(0.02));
    const bool is_flat = output == "full" || output == "sampled";
    CHECK((std::abs(expected - std::log(100)) < 1e-6) == is_flat);
  }
}

TEST_CASE("output layer: each learns and is loaded as it was saved") {
  const Folder folder;
  for (const bool running : {false, true}) {
    for (const std::string_view output : kOutputs) {
      CAPTURE(output);
      CAPTURE(running);
      Settings settings = with_output(output);
      settings.text.running = running;
      if (running) settings.training.bptt = 5;
      Checkpoint checkpoint = begin(settings);
      const std::vector<Ids> train_set =
          running ? std::vector<Ids>{running_text(texts().train_set)} : texts().train_set;
      const double before = measure(checkpoint, train_set).loss;
      CHECK(train(checkpoint, train_set, {}, folder.file("m")));
      CHECK(checkpoint.progress.last_loss < before - 0.2);
      const Checkpoint loaded = load_checkpoint(folder.file("m"));
      CHECK(loaded.settings.model.output == output);
      CHECK(loaded.counts == checkpoint.counts);
      CHECK(loaded.counts.empty() == (output == "full"));
      CHECK(same_parameters(loaded, checkpoint));
      CHECK(measure(loaded, train_set).loss == checkpoint.progress.last_loss);
      CHECK(log_probabilities(*loaded.model, train_set[0]) ==
            log_probabilities(*checkpoint.model, train_set[0]));
    }
  }
}

TEST_CASE("output layer: a tied matrix of the sampled softmax is the embedding") {
  Settings settings = with_output("sampled");
  settings.model.tie = true;
  settings.model.embedding = settings.model.hidden;
  Checkpoint checkpoint = begin(settings);
  CHECK(train(checkpoint));
  const auto names = unroll::tensors_of(checkpoint.model->parameters());
  CHECK(names.contains("embedding.W"));
  CHECK(names.contains("output.b"));
  CHECK_FALSE(names.contains("output.W"));
}

TEST_CASE("output layer: files from before there was a choice have the full softmax") {
  const Folder folder;
  const Checkpoint checkpoint = begin(small());
  save_checkpoint(folder.file("m"), checkpoint);
  unroll::TensorFile file = unroll::load_safetensors(folder.file("m"));
  json settings = json::parse(file.metadata.at("wordlm.settings"));
  CHECK(settings["model"].erase("output") == 1);
  CHECK(settings["model"].erase("sampled") == 1);
  file.metadata["wordlm.settings"] = settings.dump();
  unroll::save_safetensors(folder.file("old"), file);
  const Checkpoint loaded = load_checkpoint(folder.file("old"));
  CHECK(loaded.settings.model.output == "full");
  CHECK(same_parameters(loaded, checkpoint));
  CHECK(to_json(loaded.settings) == to_json(checkpoint.settings));
}

TEST_CASE("output layer: a file whose parts do not fit is an error") {
  const Folder folder;
  const std::string changed = folder.file("changed");
  for (const std::string_view output : kOutputs) {
    CAPTURE(output);
    save_checkpoint(folder.file("m"), begin(with_output(output)));
    const unroll::TensorFile file = unroll::load_safetensors(folder.file("m"));
    const auto fault_with = [&](const char* part, const std::string& text) {
      unroll::TensorFile other = file;
      other.metadata[part] = text;
      unroll::save_safetensors(changed, other);
      return fault_of(changed);
    };
    json settings = json::parse(file.metadata.at("wordlm.settings"));
    for (const std::string_view another : kOutputs) {
      if (another == output) continue;
      // The tensors of the sampled softmax are those of the full one.
      const bool same_tensors =
          (another == "full" || another == "sampled") && (output == "full" || output == "sampled");
      settings["model"]["output"] = another;
      const std::string expected =
          !same_tensors ? changed + ": its tensors do not have the sizes that its settings say"
          : output == "full"
              ? changed + ": not a model of wordlm, its metadata has no 'wordlm.counts'"
              : "no fault";
      CHECK(fault_with("wordlm.settings", settings.dump()) == expected);
    }
    settings["model"]["output"] = "fast";
    CHECK(fault_with("wordlm.settings", settings.dump()) ==
          changed +
              ": not a model of wordlm: no output 'fast'; there are: full, adaptive, "
              "hierarchical, class, sampled");
    if (output == "full") continue;
    const std::string list = changed + ": its 'wordlm.counts' are no list of whole numbers";
    CHECK(fault_with("wordlm.counts", "{}") == list);
    CHECK(fault_with("wordlm.counts", "[1, 2.5]") == list);
    CHECK(fault_with("wordlm.counts", "[1, -2]") == list);
    CHECK(fault_with("wordlm.counts", "[1, 2]") ==
          changed + ": not a model of wordlm: --output " + std::string(output) +
              " needs a count for each of 100 words, there are 2");
    const json large(std::vector<std::int64_t>(100, std::int64_t{1} << 62));
    CHECK(
        fault_with("wordlm.counts", large.dump()).find("Softmax: counts with a sum above 9e+18") !=
        std::string::npos);
  }
}

TEST_CASE("output layer: train, sample, evaluate, score, inspect and go on with each") {
  const Folder folder;
  const std::string model = folder.file("m");
  const auto success = [](const std::vector<std::string>& arguments) {
    const Run result = run(arguments);
    CHECK(result.err == "");
    CHECK(result.status == 0);
    return result.out;
  };
  for (const std::string_view output : kOutputs) {
    CAPTURE(output);
    const auto train = [&](const std::string& file, const std::string& epochs) {
      std::vector<std::string> arguments{
          "train",  "--comments", "60",       "--hidden", "8",        "--samples",        "0",
          "--save", file,         "--epochs", epochs,     "--output", std::string(output)};
      if (output == "sampled") arguments.insert(arguments.end(), {"--sampled", "50"});
      return success(arguments);
    };
    const std::string trained = train(model, "2");
    CHECK((trained.find("the loss to expect before training: ln(356) = 5.8749\n") !=
           std::string::npos) == (output == "full"));
    const std::string sampled = success({"sample", "--load", model, "--count", "4"});
    CHECK(std::ranges::count(sampled, '\n') == 4);
    CHECK(success({"sample", "--load", model, "--count", "4"}) == sampled);
    CHECK(success({"eval", "--load", model}).find("\nperplexity: ") != std::string::npos);
    CHECK(success({"score", "--load", model, "The cat is late."}).find("  The cat is late.\n") !=
          std::string::npos);
    CHECK(success({"inspect", "--load", model, "--text", "The cat is late.", "-o",
                   folder.file("page.html")})
              .find("page: ") != std::string::npos);
    const std::string info = success({"info", model});
    CHECK((info.find("--output " + std::string(output)) != std::string::npos) ==
          (output != "full"));
    (void)success({"train", "--load", model, "--save", model, "--epochs", "3", "--samples", "0"});
    (void)train(folder.file("whole"), "3");
    CHECK(content_of(model) == content_of(folder.file("whole")));
    const Run fixed = run({"train", "--load", model, "--output", "adaptive"});
    CHECK(fixed.err ==
          "--output: cannot be changed with --load\nRun with --help for more information.\n");
  }
}

TEST_CASE("output layer: options that do not go together are refused in a sentence") {
  const auto failure = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"train", "--comments", "60"});
    const Run result = run(arguments);
    CHECK(result.status != 0);
    CHECK(result.out == "");
    return result.err;
  };
  const std::string hint = "\nRun with --help for more information.\n";
  CHECK(failure({"--output", "fast"}) ==
        "--output: no output 'fast'; there are: full, adaptive, hierarchical, class, sampled" +
            hint);
  CHECK(failure({"--sampled", "9"}) == "--sampled: goes with --output sampled" + hint);
  for (const char* output : {"adaptive", "hierarchical", "class"}) {
    CHECK(failure({"--output", output, "--tie", "--embedding", "128"}) ==
          fmt::format("wordlm: --tie makes the word vectors the output's weights: it goes with "
                      "--output full or sampled, not {}\n",
                      output));
  }
}

}  // namespace
}  // namespace wordlm
