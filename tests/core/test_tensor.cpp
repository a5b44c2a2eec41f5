// Tensors: element types, views, conversions.
#include <unroll/core/tensor.h>

#include <doctest/doctest.h>

#include <cstdint>

using namespace unroll;

TEST_CASE("tensor: a new one is zero, aligned, and of its type") {
  for (const DType dtype : {DType::f32, DType::f64, DType::i32}) {
    const Tensor tensor(dtype, {3, 5});
    CHECK(tensor.dtype() == dtype);
    CHECK(tensor.shape() == Shape{3, 5});
    CHECK(tensor.size() == 15);
    CHECK(tensor.to_doubles() == std::vector<double>(15, 0.0));
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.view().data) % Buffer::kAlignment == 0);
  }
  CHECK(Tensor().size() == 0);
  CHECK(Tensor(DType::f32, {4, 0}).to_doubles().empty());
  CHECK(Tensor(DType::f64, {}).size() == 1);
}

TEST_CASE("tensor: names and sizes of element types") {
  CHECK(std::string(name_of(DType::f32)) == "f32");
  CHECK(std::string(name_of(DType::f64)) == "f64");
  CHECK(std::string(name_of(DType::i32)) == "i32");
  CHECK(size_of(DType::f32) == 4);
  CHECK(size_of(DType::f64) == 8);
  CHECK(size_of(DType::i32) == 4);
  CHECK(dtype_of<float>() == DType::f32);
  CHECK(dtype_of<double>() == DType::f64);
  CHECK(dtype_of<std::int32_t>() == DType::i32);
  CHECK_FALSE(is_floating(DType::i32));
}

TEST_CASE("tensor: values come back as they were put in") {
  const Tensor tensor = Tensor::of<double>({2, 2}, {1, 2.5, -3, 4});
  CHECK(tensor.dtype() == DType::f64);
  CHECK(tensor.values<double>()[1] == 2.5);
  CHECK(tensor.at(2) == -3);
  CHECK(Tensor::of<std::int32_t>({2}, {7, -8}).at(1) == -8);
  CHECK(Tensor::of<float>({1}, {0.1F}).at(0) == static_cast<double>(0.1F));
}

TEST_CASE("tensor: a copy has its own memory, a move takes it along") {
  Tensor a = Tensor::of<float>({3}, {1, 2, 3});
  Tensor b = a;
  b.values<float>()[0] = 9;
  CHECK(a.at(0) == 1);
  a = b;
  b.values<float>()[1] = 9;
  CHECK(a.to_doubles() == std::vector<double>{9, 2, 3});
  const std::byte* memory = a.view().data;
  const Tensor c = std::move(a);
  CHECK(c.view().data == memory);
}

TEST_CASE("tensor: values are converted between element types") {
  const Tensor from = Tensor::of<double>({3}, {1.75, -2.25, 1e10});
  CHECK(from.to(DType::f32).to_doubles() == std::vector<double>{1.75, -2.25, 1e10});
  CHECK(Tensor::of<double>({2}, {1.75, -2.25}).to(DType::i32).to_doubles() ==
        std::vector<double>{1, -2});
  CHECK(Tensor::of<std::int32_t>({2}, {3, -4}).to(DType::f64).values<double>()[1] == -4);
  CHECK(from.to(DType::f64).shape() == Shape{3});
  CHECK(Tensor::of<double>({1}, {0.1}).to(DType::f32).values<float>()[0] == 0.1F);
}

TEST_CASE("tensor: wrong types, sizes and indices are refused") {
  const Tensor tensor(DType::f32, {2, 3});
  CHECK_THROWS_WITH_AS((void)tensor.values<double>(), "a f32 tensor (2 x 3) was read as f64",
                       TypeError);
  CHECK_THROWS_WITH_AS((void)tensor.values<std::int32_t>(), "a f32 tensor (2 x 3) was read as i32",
                       TypeError);
  CHECK_THROWS_WITH_AS((void)tensor.at(6), "element 6 of a tensor (2 x 3) that has 6", ValueError);
  CHECK_THROWS_WITH_AS((void)tensor.at(-1), "element -1 of a tensor (2 x 3) that has 6",
                       ValueError);
  CHECK_THROWS_WITH_AS((Tensor::of<float>({2, 3}, {1, 2, 3})),
                       "3 values for a tensor (2 x 3) of 6 elements", ShapeError);
}
