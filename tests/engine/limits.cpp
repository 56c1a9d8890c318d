// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cstdint>
#include <eigenloss/eigenloss.hpp>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

// Sizes near the limits of Eigen::Index: maps that claim to be huge. Their memory is never touched: a call is refused,
// or it is right without.
using namespace eigenloss;

namespace {

constexpr Eigen::Index giga = Eigen::Index(1) << 30;

template <class S, int Rank, int Layout = Eigen::ColMajor>
Eigen::TensorMap<Eigen::Tensor<S, Rank, Layout>> claim(
    std::array<Eigen::Index, std::size_t(Rank)> shape) {
  Eigen::array<Eigen::Index, std::size_t(Rank)> dimensions;
  for (std::size_t k = 0; k < shape.size(); ++k) dimensions[k] = shape[k];
  return {reinterpret_cast<S*>(std::uintptr_t(64)), dimensions};  // an address that nobody may read
}

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("more numbers than memory can hold are refused, in every verb") {
  const auto x = claim<float, 2>({giga, giga << 1});  // 2^61 floats are 2^63 bytes
  auto gradient = claim<float, 2>({giga, giga << 1});
  const std::string expected =
      "input has shape (1073741824, 2147483648), more numbers than memory can hold";
  const L1<> mean;
  CHECK(error_of([&] { mean(x, x); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { mean.gradient(x, x); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { mean.value_and_gradient(x, x, gradient); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { mean.weighted(x)(x, x); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { mean.divisor(x, x); }) == "eigenloss::L1: " + expected);
  const L1<Unreduced> none;
  CHECK(error_of([&] { none(x, x); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { none.value_into(gradient, x, x); }) == "eigenloss::L1: " + expected);
  CHECK(error_of([&] { CrossEntropy<>{}(x, claim<int, 1>({giga})); }) ==
        "eigenloss::CrossEntropy: " + expected);
  CHECK(error_of([&] { (0.5 * mean + 0.5 * mean)(x, x); }) == "eigenloss::L1: " + expected);
}

TEST_CASE("products of extents that leave the range of the index are refused") {
  // 2^80, 3·2^62 and (2^63 - 1)·2 numbers
  for (const auto shape : {std::array<Eigen::Index, 3>{{1024 * giga, 1024 * giga, 1}},
                           std::array<Eigen::Index, 3>{{3, giga, 4 * giga}},
                           std::array<Eigen::Index, 3>{{PTRDIFF_MAX, 1, 2}}}) {
    const auto x = claim<double, 3>(shape);
    CHECK(error_of([&] { MSE<>{}(x, x); }).find("more numbers than memory can hold") !=
          std::string::npos);
    CHECK(error_of([&] { TripletMargin<>{}(x, x, x); }).find("more numbers than memory can hold") !=
          std::string::npos);
    CHECK(error_of([&] { MultiLabelMargin<>{}(x, claim<int, 3>(shape)); }).find("more numbers") !=
          std::string::npos);
  }
  const Eigen::Map<const Eigen::MatrixXf> matrix(nullptr, giga, 2 * giga);
  CHECK(error_of([&] { MSE<>{}(matrix, matrix); }).find("more numbers than memory can hold") !=
        std::string::npos);
}

TEST_CASE("an extent of 0 does not hide what the others amount to") {
  const auto x = claim<double, 3>({1024 * giga, 0, 1024 * giga});
  CHECK(error_of([&] { TripletMargin<>{}(x, x, x); }).find("more numbers than memory can hold") !=
        std::string::npos);
  CHECK(error_of([&] { MSE<>{}.divisor(x, x); }).find("more numbers than memory can hold") !=
        std::string::npos);
}

TEST_CASE("targets and variances that claim too much are refused, too") {
  const Eigen::Tensor<float, 1> x(3);
  const auto huge = claim<float, 1>({PTRDIFF_MAX / 2});
  CHECK(
      error_of([&] { MSE<>{}(x, huge); }) ==
      "eigenloss::MSE: target has shape (4611686018427387903), more numbers than memory can hold");
  CHECK(error_of([&] { GaussianNLL<>{}(x, x, huge); }) ==
        "eigenloss::GaussianNLL: variance has shape (4611686018427387903), more numbers than "
        "memory can hold");
}

TEST_CASE("shapes below the limit are compared, and told in full") {
  const auto x = claim<float, 2>({3 * giga, 1000});
  CHECK(error_of([&] { CrossEntropy<>{}(x, claim<int, 1>({2 * giga})); }) ==
        "eigenloss::CrossEntropy: target has shape (2147483648), expected one number for each row: "
        "(3221225472)");
  CHECK(error_of([&] {
          MSE<>{}(x, claim<float, 2>({3 * giga, 999}));
        }) ==
        "eigenloss::MSE: target has shape (3221225472, 999), expected that of the input, "
        "(3221225472, 1000)");
  CHECK(error_of([&] {
          MSE<>{}.weighted(claim<float, 2>({2, 1000}))(x, x);
        }) ==
        "eigenloss::MSE: the weights have shape (2, 1000), which is not that of the losses, "
        "(3221225472, 1000), nor 1 in "
        "some of its dimensions");
  auto small = claim<float, 2>({2, 2});
  CHECK(error_of([&] { MSE<>{}.gradient(x, x, small); }) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (2, 2), expected "
        "(3221225472, 1000)");
  auto values = claim<float, 1>({1});
  CHECK(error_of(
            [&] { CosineEmbedding<Unreduced>{}.value_into(values, x, x, claim<int, 1>({1})); }) ==
        "eigenloss::CosineEmbedding: target has shape (1), expected one number for each row: "
        "(3221225472)");
}

TEST_CASE("a divisor counts beyond 32 bits without reading a number") {
  const auto x = claim<float, 2, Eigen::RowMajor>({5 * giga, 64 * giga / 1024});
  CHECK(MSE<>{}.divisor(x, x) == 5.0 * double(giga) * double(giga) / 16);
  CHECK(TripletMargin<>{}.divisor(x, x, x) == 5.0 * double(giga));
  TripletMargin<> down;
  down.axis = 0;
  CHECK(down.divisor(x, x, x) == double(giga) / 16);
}

TEST_CASE("a container whose own index cannot count its numbers is refused") {
  using Few = Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::ColMajor, int>>;
  const Few x(reinterpret_cast<const float*>(std::uintptr_t(64)), 1 << 16,
              1 << 15);  // 2^31 numbers
  CHECK(
      error_of([&] { MSE<>{}.divisor(x, x); }) ==
      "eigenloss::MSE: input has shape (65536, 32768), more numbers than its index type can count");
  const Few less(reinterpret_cast<const float*>(std::uintptr_t(64)), 1 << 16, (1 << 15) - 1);
  CHECK(MSE<>{}.divisor(less, less) == 65536.0 * 32767.0);
}

TEST_CASE("CTC: tables that no memory holds") {
  const Eigen::Index frames = Eigen::Index(1) << 40, labels = Eigen::Index(1) << 22;
  const auto log_probs = claim<float, 2>({frames, 3});
  const auto targets = claim<std::int8_t, 1>({labels});
  CHECK(error_of([&] { CTC<>{}(log_probs, targets, frames, labels); }) ==
        "eigenloss::CTC: the tables of a sequence of 1099511627776 frames and 4194304 labels are "
        "larger than memory");
}

TEST_CASE("CTC: lengths whose sum leaves the range of the index") {
  Eigen::Tensor<float, 3> log_probs(2, 4, 3);
  log_probs.setZero();
  Eigen::Tensor<std::int64_t, 1> input_lengths(4), target_lengths(4);
  input_lengths.setConstant(2);
  const Eigen::Index most = PTRDIFF_MAX / 4;
  target_lengths.setConstant(most);
  const auto targets = claim<std::int64_t, 1>({most});
  const std::string error =
      error_of([&] { CTC<>{}(log_probs, targets, input_lengths, target_lengths); });
  CHECK(error.rfind("eigenloss::CTC: targets has shape (2305843009213693951)", 0) == 0);
  target_lengths.setConstant(most - 1);
  const auto fewer = claim<std::int64_t, 1>({most - 1});
  CHECK(error_of([&] {
          CTC<>{}(log_probs, fewer, input_lengths, target_lengths);
        }).rfind("eigenloss::CTC: targets has shape (2305843009213693950)", 0) == 0);
  const auto long_ones = claim<float, 3>({giga, giga, 4});
  CHECK(error_of([&] {
          CTC<>{}(long_ones, targets, input_lengths, target_lengths);
        }).find("more numbers") != std::string::npos);
  // Frames that no unmasked sequence has are not read.
  const auto masked = claim<float, 2>({giga, 3});
  const Eigen::Tensor<int, 1> none(0);
  CHECK(CTC<Sum>{}.weighted(0.0)(masked, none, int(giga), 0) == 0.0f);
  CHECK(CTC<>{}.divisor(masked, none, int(giga), 0) == 1.0);
}
