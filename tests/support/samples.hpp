// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

#include "catch.hpp"

// Short lists of numbers for the tests of one loss: the inputs and what comes out, number by number.
namespace samples {

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double golden_ulps = 8;  // PyTorch's printed doubles carry rounding of their own
using Numbers = std::vector<double>;

inline Eigen::ArrayXd list(const Numbers& numbers) {
  return Eigen::Map<const Eigen::ArrayXd>(numbers.data(),
                                          static_cast<Eigen::Index>(numbers.size()));
}
// A row-major matrix of numbers as they are written.
using Table = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
inline Table table(Eigen::Index columns, const Numbers& numbers) {
  return Eigen::Map<const Table>(numbers.data(),
                                 static_cast<Eigen::Index>(numbers.size()) / columns, columns);
}

// Whether two numbers agree: equal, both NaN, or within so many ulp.
inline bool agree(double found, double expected, double ulps) {
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(expected)) return found == expected;
  const double size = (std::max)(std::abs(expected), (std::numeric_limits<double>::min)());
  return std::abs(found - expected) <= ulps * std::numeric_limits<double>::epsilon() * size;
}
inline void check_near(double found, double expected, double ulps = golden_ulps) {
  INFO("found " << found << ", expected " << expected);
  CHECK(agree(found, expected, ulps));
}
// All numbers of a matrix, array or tensor in storage order.
template <class Found>
void check_near(const Found& found, const Numbers& expected, double ulps = golden_ulps) {
  REQUIRE(static_cast<std::size_t>(found.size()) == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("number " << i << ": found " << found.data()[i] << ", expected " << expected[i]);
    CHECK(agree(static_cast<double>(found.data()[i]), expected[i], ulps));
  }
}

// The unreduced values and the gradient of their sum, number by number, from one call and from two.
template <class Loss>
void check_elements(const Loss& loss, const Numbers& x, const Numbers& t, const Numbers& values,
                    const Numbers& slopes, double ulps = golden_ulps) {
  check_near(loss(list(x), list(t)), values, ulps);
  check_near(loss.gradient(list(x), list(t)), slopes, ulps);
  const auto both = loss.value_and_gradient(list(x), list(t));
  check_near(both.first, values, ulps);
  check_near(both.second, slopes, ulps);
}

// The sentence of the error that a call must give.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

// X and Y of the golden values.
inline Table X() { return table(2, {.5, -1.2, 3, .1}); }
inline Table Y() { return table(2, {1, .3, -.5, .1}); }
inline Table W() { return table(2, {1, 2, 3, 4}); }

}  // namespace samples
