// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

#include "catch.hpp"

// What the tests of row-wise losses share: tensors from lists, comparison with lists, error sentences.
namespace rows {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Golden numbers are printed in full; a few roundings in double may differ.
constexpr double kGolden = 1e-12;
inline bool is_close(double got, double expected, double tolerance = kGolden) {
  if (std::isnan(expected)) return std::isnan(got);
  if (std::isinf(expected)) return got == expected;
  return std::abs(got - expected) <= tolerance * (std::max)(1.0, std::abs(expected));
}

template <class T, int Layout = Eigen::ColMajor>
Eigen::Tensor<T, 1, Layout> vector(const std::vector<double>& numbers) {
  Eigen::Tensor<T, 1, Layout> tensor(static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    tensor(static_cast<Eigen::Index>(i)) = static_cast<T>(numbers[i]);
  }
  return tensor;
}
template <class T, int Layout = Eigen::ColMajor>
Eigen::Tensor<T, 2, Layout> matrix(const std::vector<std::vector<double>>& numbers) {
  const auto n = static_cast<Eigen::Index>(numbers.size());
  const auto c = static_cast<Eigen::Index>(numbers[0].size());
  Eigen::Tensor<T, 2, Layout> tensor(n, c);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < c; ++j) {
      tensor(i, j) =
          static_cast<T>(numbers[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
    }
  }
  return tensor;
}
template <class T>
Eigen::Tensor<T, 0> scalar(double number) {
  Eigen::Tensor<T, 0> tensor;
  tensor() = static_cast<T>(number);
  return tensor;
}

// The numbers of a tensor or matrix, row by row.
template <class T, int Layout>
std::vector<double> list(const Eigen::Tensor<T, 0, Layout>& tensor) {
  return {double(tensor())};
}
template <class T, int Layout>
std::vector<double> list(const Eigen::Tensor<T, 1, Layout>& tensor) {
  std::vector<double> all;
  for (Eigen::Index i = 0; i < tensor.size(); ++i) all.push_back(double(tensor(i)));
  return all;
}
template <class T, int Layout>
std::vector<double> list(const Eigen::Tensor<T, 2, Layout>& tensor) {
  std::vector<double> all;
  for (Eigen::Index i = 0; i < tensor.dimension(0); ++i) {
    for (Eigen::Index j = 0; j < tensor.dimension(1); ++j) all.push_back(double(tensor(i, j)));
  }
  return all;
}
template <class D>
std::vector<double> list(const Eigen::DenseBase<D>& dense) {
  std::vector<double> all;
  for (Eigen::Index i = 0; i < dense.rows(); ++i) {
    for (Eigen::Index j = 0; j < dense.cols(); ++j) all.push_back(double(dense.derived()(i, j)));
  }
  return all;
}

template <class A>
void check_list(const A& got, const std::vector<double>& expected, double tolerance = kGolden) {
  const std::vector<double> numbers = list(got);
  REQUIRE(numbers.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("entry " << i << ": " << numbers[i] << " instead of " << expected[i]);
    CHECK(is_close(numbers[i], expected[i], tolerance));
  }
}
inline void check_number(double got, double expected, double tolerance = kGolden) {
  INFO(got << " instead of " << expected);
  CHECK(is_close(got, expected, tolerance));
}

// Calls test(layout) with both layouts.
template <class Test>
void in_both_layouts(const Test& test) {
  SECTION("ColMajor") { test(std::integral_constant<int, Eigen::ColMajor>()); }
  SECTION("RowMajor") { test(std::integral_constant<int, Eigen::RowMajor>()); }
}

// The sentence of the error that a call makes, or nothing.
template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace rows
