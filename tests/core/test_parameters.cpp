// The tree of parameters and its flat block.
#include "core/word_model.h"

#include <doctest/doctest.h>

using namespace unroll;
using testing::ramp;
using testing::rising;

namespace {

std::vector<std::string> names_of(const Parameters& parameters) {
  std::vector<std::string> names;
  for (const Parameter& p : parameters.all()) names.push_back(p.name());
  return names;
}

}  // namespace

TEST_CASE("parameters: names are the path of branches") {
  const Parameters root;
  const Parameter a = (root / "encoder" / 1 / "z").add("W", {2, 3}, zeros());
  const Parameter b = root.add("scale", {}, constant(2));
  (root / "encoder" / 10).add("b", {4}, zeros());
  CHECK(a.name() == "encoder.1.z.W");
  CHECK(a.shape() == Shape{2, 3});
  CHECK(a.index() == 0);
  CHECK(b.value().at(0) == 2);
  CHECK(names_of(root) == std::vector<std::string>{"encoder.1.z.W", "scale", "encoder.10.b"});
  CHECK(names_of(root / "encoder" / 1) == std::vector<std::string>{"encoder.1.z.W"});
  CHECK(names_of(root / "encode").empty());
  CHECK(root.size() == 11);
  CHECK((root / "encoder").size() == 10);
  CHECK((root / "encoder" / 10).size() == 4);
  CHECK((root / "encoder")["1.z.W"] == a);
  CHECK(root["scale"] == b);
  CHECK(root.dtype() == DType::f32);
  CHECK(Parameters().size() == 0);
  CHECK(Parameters().flat().size() == 0);
}

TEST_CASE("parameters: repeated, empty and unknown names are refused") {
  const Parameters root;
  (root / "a").add("W", {2}, zeros());
  (root / "a").add("b", {3}, zeros());
  root.add("c", {1}, zeros());
  CHECK_THROWS_WITH_AS((root / "a").add("W", {5}, zeros()), "there already is a parameter 'a.W'",
                       Error);
  CHECK_THROWS_WITH_AS((void)root["a.U"], "no parameter 'a.U'; there are: a.W, a.b, c", Error);
  CHECK_THROWS_WITH_AS((void)(root / "a")["c"], "no parameter 'a.c'; there are: a.W, a.b", Error);
  CHECK_THROWS_WITH_AS(root["a.W"].set(ramp({3})),
                       "parameter 'a.W' is (2): it cannot take values of shape (3)", ShapeError);
  CHECK_THROWS_WITH_AS((void)root.values<double>(), "a f32 tensor (48) was read as f64", TypeError);
  CHECK_THROWS_WITH_AS((void)root.change<double>(), "a f32 tensor (48) was read as f64", TypeError);
  CHECK_THROWS_WITH_AS(Parameters{DType::i32}, "parameters are f32 or f64, not i32", TypeError);
  CHECK(names_of(root) == std::vector<std::string>{"a.W", "a.b", "c"});
}

TEST_CASE("parameters: adding one while a tape reads the tree is refused") {
  const Parameters root;
  const Parameter w = root.add("w", {2}, zeros());
  Tape tape;
  (void)tape.parameter(w);
  CHECK_THROWS_WITH_AS(
      root.add("late", {2}, zeros()),
      "parameter 'late' cannot be added while a tape reads its tree; clear the tape first", Error);
  tape.clear();
  CHECK(root.add("late", {2}, zeros()).name() == "late");
  {
    Tape other;
    (void)other.parameter(w);
  }
  CHECK(root.add("later", {2}, zeros()).name() == "later");
}

TEST_CASE("parameters: matrices of one name in the gates of a cell are neighbours in memory") {
  const std::vector<std::string> gates{"i", "f", "o", "g"};
  const std::vector<std::pair<std::string, Shape>> tensors{
      {"W", {3, 5}}, {"U", {3, 3}}, {"b", {3}}};
  const auto check = [&](const Parameters& root) {
    for (const std::string cell : {"lower", "upper"}) {
      for (const auto& [tensor, shape] : tensors) {
        std::vector<Index> offsets;
        for (const std::string& gate : gates) {
          offsets.push_back(root[fmt::format("{}.{}.{}", cell, gate, tensor)].offset());
        }
        std::sort(offsets.begin(), offsets.end());
        CHECK(offsets[0] % 16 == 0);
        for (std::size_t i = 1; i < offsets.size(); ++i) {
          CHECK(offsets[i] - offsets[i - 1] == shape.size());
        }
      }
    }
  };
  SUBCASE("created gate by gate") {
    const Parameters root;
    for (const std::string cell : {"lower", "upper"}) {
      for (const std::string& gate : gates) {
        for (const auto& [name, shape] : tensors) (root / cell / gate).add(name, shape, zeros());
      }
    }
    check(root);
  }
  SUBCASE("created tensor by tensor, cells mixed") {
    const Parameters root;
    for (const auto& [name, shape] : tensors) {
      for (const std::string& gate : gates) {
        for (const std::string cell : {"upper", "lower"}) {
          (root / cell / gate).add(name, shape, zeros());
        }
      }
    }
    check(root);
  }
  SUBCASE("some placed before the others were created") {
    const Parameters root;
    for (const std::string& gate : gates) {
      for (const auto& [name, shape] : tensors) (root / "upper" / gate).add(name, shape, zeros());
      (root / "lower" / gate).add("W", {3, 5}, zeros());
      CHECK(root.flat().size() > 0);
    }
    for (const std::string& gate : gates) {
      (root / "lower" / gate).add("b", {3}, zeros());
      (root / "lower" / gate).add("U", {3, 3}, zeros());
    }
    check(root);
  }
}

TEST_CASE("parameters: no two overlap, and the flat block holds them all") {
  testing::WordModel model(DType::f64);
  std::vector<int> owners(static_cast<std::size_t>(model.parameters.flat().size()));
  const auto flat = model.parameters.values<double>();
  for (const Parameter& p : model.parameters.all()) {
    const auto begin = static_cast<std::size_t>(p.offset());
    for (std::size_t i = 0; i < static_cast<std::size_t>(p.shape().size()); ++i) {
      ++owners[begin + i];
      CHECK(flat[begin + i] == p.value().values<double>()[i]);
    }
  }
  CHECK(*std::max_element(owners.begin(), owners.end()) == 1);
  CHECK(std::count(owners.begin(), owners.end(), 1) == model.parameters.size());
}

TEST_CASE("parameters: values stay when parameters are added later") {
  const Parameters root(DType::f64);
  const Parameter first = (root / "a").add("W", {3}, rising());
  first.set(Tensor::of<double>({3}, {7, 8, 9}));
  const Parameter second = (root / "b").add("W", {2}, rising(5));
  const Parameter third = (root / "a").add("b", {2}, rising(-1));
  CHECK(first.value().to_doubles() == std::vector<double>{7, 8, 9});
  CHECK(second.value().to_doubles() == std::vector<double>{5, 5.1});
  CHECK(third.value().at(0) == -1);
  CHECK(root.size() == 7);
}

TEST_CASE("parameters: initial values depend on name and seed, not on the order of creation") {
  const auto values = [](std::uint64_t seed, const std::vector<std::string>& order, DType dtype) {
    const Parameters root(dtype, seed);
    for (const std::string& name : order) root.add(name, {2, 3}, uniform(1));
    std::vector<double> all;
    for (const char* name : {"a", "b", "c"}) {
      for (const double x : root[name].value().to_doubles()) all.push_back(x);
    }
    return all;
  };
  const std::vector<double> base = values(1, {"a", "b", "c"}, DType::f64);
  CHECK(base == values(1, {"c", "a", "b"}, DType::f64));
  CHECK(base == values(1, {"c", "d", "b", "a"}, DType::f64));
  CHECK(base != values(2, {"a", "b", "c"}, DType::f64));
  CHECK(base[0] != base[6]);
  const std::vector<double> single = values(1, {"a", "b", "c"}, DType::f32);
  for (std::size_t i = 0; i < base.size(); ++i) {
    CHECK(single[i] == static_cast<double>(static_cast<float>(base[i])));
  }
}

TEST_CASE("parameters: an initializer that refuses leaves the others as they were") {
  const Parameters root(DType::f64);
  const Parameter first = root.add("first", {40}, rising());
  CHECK(first.value().at(1) == 0.2);
  const Parameter second = root.add("second", {40}, rising(3));
  int attempts = 0;
  root.add("vector", {3}, [&](const Shape& shape, std::span<double> values, Random& random) {
    (++attempts < 3 ? glorot() : rising())(shape, values, random);
  });
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH_AS((void)second.value(), "glorot: (3) is not a matrix", ShapeError);
  }
  CHECK(first.value().at(39) == doctest::Approx(4.0));
  CHECK(second.value().at(1) == 3.1);
  CHECK(root["vector"].value().at(0) == 0.1);
}

TEST_CASE("parameters: set() converts values, change() gives the memory") {
  const Parameters root(DType::f32);
  const Parameter w = root.add("w", {2}, zeros());
  w.set(Tensor::of<double>({2}, {0.1, 2}));
  CHECK(w.value().at(0) == static_cast<double>(0.1F));
  w.set(Tensor::of<std::int32_t>({2}, {3, 4}));
  CHECK(w.value().to_doubles() == std::vector<double>{3, 4});
  root.change<float>()[static_cast<std::size_t>(w.offset()) + 1] = 9;
  CHECK(w.value().to_doubles() == std::vector<double>{3, 9});
}

TEST_CASE("parameters: copy_from copies by name, across types and branches") {
  const Parameters from(DType::f64);
  (from / "x").add("b", {2}, rising());
  (from / "x").add("a", {1}, rising(7));
  const Parameters to(DType::f32);
  const Parameter a = to.add("a", {1}, zeros());
  const Parameter b = to.add("b", {2}, zeros());
  to.copy_from(from / "x");
  CHECK(a.value().to_doubles() == std::vector<double>{7});
  CHECK(b.value().at(1) == static_cast<double>(0.2F));

  const Parameters other;
  other.add("a", {1}, constant(1));
  CHECK_THROWS_WITH_AS(to.copy_from(other), "no parameter 'b'; there are: a", Error);
  const Parameters wide;
  wide.add("a", {1}, constant(1));
  wide.add("b", {3}, constant(1));
  CHECK_THROWS_WITH_AS(to.copy_from(wide),
                       "parameter 'b' is (2): it cannot take values of shape (3)", ShapeError);
  CHECK(a.value().to_doubles() == std::vector<double>{7});  // nothing was copied
}
