// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/cosine_embedding.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {
const std::vector<std::vector<double>> kA = {{1, 2}, {1, 2}, {1, 0}},
                                       kB = {{3, 1}, {3, 1}, {-1, .5}};
}

// Golden numbers: torch.nn.CosineEmbeddingLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("CosineEmbedding: PyTorch's values and gradients in both layouts") {
  in_both_layouts([](auto layout) {
    const auto a = matrix<double, layout>(kA), b = matrix<double, layout>(kB);
    const auto y = vector<double, layout>({1, -1, -1});
    check_list(CosineEmbedding<Unreduced>{}(a, b, y), {0.29289321881355856, 0.7071067811864414, 0});
    const auto [value, gradients] = CosineEmbedding<>{}.value_and_gradient(a, b, y);
    check_number(value, 0.3333333333333333);
    check_list(std::get<0>(gradients), {-0.09428090415820162, 0.04714045207907725,
                                        0.09428090415820162, -0.04714045207907725, 0, 0});
    check_list(std::get<1>(gradients), {0.023570226039540974, -0.07071067811864651,
                                        -0.023570226039540974, 0.07071067811864651, 0, 0});
    CosineEmbedding<> loss;
    loss.margin = .5;
    check_number(loss(a, b, y), 0.16666666666666666);
    check_list(std::get<0>(loss.gradient(a, b, y)),
               {-0.09428090415820162, 0.04714045207907725, 0.09428090415820162,
                -0.04714045207907725, 0, 0});
  });
}

TEST_CASE("CosineEmbedding: at cos = margin the slope is that of cos") {
  const auto a = vector<double>({1, 0}), b = vector<double>({0, 1});  // cos = 0 = margin
  const auto [value, gradients] = CosineEmbedding<>{}.value_and_gradient(a, b, -1);
  CHECK(value == 0);
  constexpr double e =
      2e-12;  // what the slope is short of 1 because the squared norms are e longer
  check_list(std::get<0>(gradients), {0, 1}, e);
  check_list(std::get<1>(gradients), {1, 0}, e);
}

TEST_CASE("CosineEmbedding: the zero vector has a finite slope") {
  const auto zero = vector<double>({0, 0}), b = vector<double>({3, 4});
  const auto [value, gradients] = CosineEmbedding<>{}.value_and_gradient(zero, b, 1);
  CHECK(value == 1);
  check_list(std::get<0>(gradients), {-600000.0011987289, -800000.0015983052});
}

TEST_CASE("CosineEmbedding: one row, targets of any number type, rank 3 and axis") {
  const auto a = vector<float>({1, 2}), b = vector<float>({3, 1});
  check_number(CosineEmbedding<>{}(a, b, 1), 0.29289321881355856, 1e-6);
  check_number(CosineEmbedding<>{}(a, b, scalar<double>(-1)), 0.7071067811864414, 1e-6);
  check_number(CosineEmbedding<>{}(matrix<float>(kA), matrix<float>(kB), vector<int>({1, -1, -1})),
               1. / 3, 1e-6);
  CosineEmbedding<> first;
  first.axis = 0;
  Eigen::Tensor<double, 3> x1(2, 3, 1), x2(2, 3, 1);
  for (int i = 0; i < 3; ++i) {
    for (int f = 0; f < 2; ++f) {
      x1(f, i, 0) = kA[std::size_t(i)][std::size_t(f)];
      x2(f, i, 0) = kB[std::size_t(i)][std::size_t(f)];
    }
  }
  check_number(first(x1, x2, matrix<int>({{1}, {-1}, {-1}})), 1. / 3);
}

TEST_CASE("CosineEmbedding: matrices with one sample a column, half, and skipped gradients") {
  Eigen::MatrixXd a(3, 2), b(3, 2);
  a << 1, 2, 1, 2, 1, 0;
  b << 3, 1, 3, 1, -1, .5;
  const Eigen::Vector3i y(1, -1, -1);
  const auto expected = CosineEmbedding<>{}.gradient(a, b, y);
  const Eigen::MatrixXd at = a.transpose(), bt = b.transpose();
  Eigen::MatrixXd g1(2, 3), g2(2, 3);
  auto g1t = g1.transpose();
  auto g2t = g2.transpose();
  check_number(CosineEmbedding<>{}.value_and_gradient(at.transpose(), bt.transpose(), y, g1t, skip),
               1. / 3);
  CosineEmbedding<>{}.gradient(at.transpose(), bt.transpose(), y, skip, g2t);
  check_list(g1.transpose().eval(), list(std::get<0>(expected)));
  check_list(g2.transpose().eval(), list(std::get<1>(expected)));
  const Eigen::Tensor<Eigen::half, 2> h1 = matrix<float>(kA).cast<Eigen::half>();
  const Eigen::Tensor<Eigen::half, 2> h2 = matrix<float>(kB).cast<Eigen::half>();
  check_number(CosineEmbedding<>{}(h1, h2, y), 1. / 3, 1e-6);
}

TEST_CASE("CosineEmbedding: NaN and infinity give NaN, vectors without features 1 or 0") {
  const auto b = vector<double>({3, 1});
  for (double x : {kNan, kInfinity}) {
    for (int y : {1, -1}) {
      const auto [value, gradients] =
          CosineEmbedding<>{}.value_and_gradient(vector<double>({x, 1}), b, y);
      CHECK(std::isnan(value));
      CHECK(std::isnan(std::get<0>(gradients)(0)));
    }
  }
  const Eigen::Tensor<double, 2> none(2, 0);
  check_list(CosineEmbedding<Unreduced>{}(none, none, vector<int>({1, -1})), {1, 0});
}

// PyTorch 2.13.0: F.cosine_embedding_loss of (1e200, 0) and (1, 2).
TEST_CASE("CosineEmbedding: where squares overflow, cos is 0 and the other vector's slope NaN") {
  for (int y : {1, -1}) {
    const auto a = vector<double>({1e200, 0}), b = vector<double>({1, 2});
    const auto [value, gradients] = CosineEmbedding<>{}.value_and_gradient(a, b, y);
    CHECK(value == (y == 1 ? 1 : 0));
    check_list(std::get<0>(gradients), {0, 0});
    check_list(std::get<1>(gradients), {kNan, kNan});
  }
}

TEST_CASE("CosineEmbedding: where the product of the squares overflows, cos and the slopes are 0") {
  for (int y : {1, -1}) {
    const auto a = vector<double>({1e80, 0});
    const auto [value, gradients] = CosineEmbedding<>{}.value_and_gradient(a, a, y);
    CHECK(value == (y == 1 ? 1 : 0));
    check_list(std::get<0>(gradients), {0, 0});
    check_list(std::get<1>(gradients), {0, 0});
  }
}

TEST_CASE("CosineEmbedding: masked rows count exactly 0 and are not looked at") {
  const auto a = matrix<double>({{1, 2}, {kNan, kInfinity}}), b = matrix<double>({{3, 1}, {0, 0}});
  const auto [value, gradients] = CosineEmbedding<>{}
                                      .weighted(vector<double>({1, 0}))
                                      .value_and_gradient(a, b, vector<int>({1, 7}));
  check_number(value, 0.29289321881355856 / 2);
  CHECK(std::get<0>(gradients)(1, 0) == 0);
  CHECK(std::get<1>(gradients)(1, 1) == 0);
}

TEST_CASE("CosineEmbedding: errors say what is wrong") {
  const auto a = matrix<double>(kA), b = matrix<double>(kB);
  const CosineEmbedding<> loss;
  CHECK(error_of([&] {
          loss(a, b, vector<int>({1, 0, -1}));
        }) == "eigenloss::CosineEmbedding: target(1) = 0 is not 1 or -1");
  CHECK(error_of([&] {
          loss(a, b, vector<double>({1, -1, kNan}));
        }) == "eigenloss::CosineEmbedding: target(2) = nan is not 1 or -1");
  CHECK(error_of([&] {
          loss(a, b, vector<int>({1, -1}));
        }) ==
        "eigenloss::CosineEmbedding: target has shape (2), expected one number for each row: (3)");
  CHECK(error_of([&] {
          loss(a, matrix<double>({{1, 2}}), vector<int>({1, 1, 1}));
        }) ==
        "eigenloss::CosineEmbedding: input2 has shape (1, 2), expected that of the input1, (3, 2)");
}
