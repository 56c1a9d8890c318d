// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.l1_loss, in double.
#include <eigenloss/losses/l1.hpp>
#include <unsupported/Eigen/AutoDiff>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("L1 has PyTorch's values under every reduction") {
  check_near(L1<Unreduced>{}(X(), Y()), {0.5, 1.5, 3.5, 0});
  check_near(L1<Sum>{}(X(), Y()), 5.5);
  check_near(L1<>{}(X(), Y()), 1.375);
  check_near(L1<>{}.gradient(X(), Y()), {-0.25, -0.25, 0.25, 0});
  check_near(L1<>{}(X().row(0), Y().row(0)), 1);
}

TEST_CASE("L1's weight of the functional form is weighted(w) with WeightedMean") {
  check_near(L1<Sum>{}.weighted(W())(X(), Y()), 14);
  check_near(L1<WeightedMean>{}.weighted(W())(X(), Y()), 1.4);
  check_near(L1<WeightedMean>{}.weighted(W()).gradient(X(), Y()),
             {-0.1, -0.2, 0.30000000000000004, 0});
}

TEST_CASE("L1's slope is 0 at the kink") {
  check_elements(L1<Unreduced>{}, {2, -0.0, 0}, {2, 0, -0.0}, {0, 0, 0}, {0, 0, 0});
}

TEST_CASE("L1 never swallows NaN, and takes infinity as it is") {
  check_elements(L1<Unreduced>{}, {NaN, 1, inf, -inf, inf}, {1, NaN, 1, 1, inf},
                 {NaN, NaN, inf, inf, NaN}, {NaN, NaN, 1, -1, 0});
}

TEST_CASE("L1 gives a masked element exactly 0, whatever its numbers") {
  const Eigen::ArrayXd mask = list({0, 1, 0, 0}), x = list({NaN, 3, inf, 5}),
                       t = list({1, 1, inf, 2});
  check_near(L1<Unreduced>{}.weighted(mask)(x, t), {0, 2, 0, 0}, 0);
  check_near(L1<Unreduced>{}.weighted(mask).gradient(x, t), {0, 1, 0, 0}, 0);
}

TEST_CASE("L1 is the same number from every container") {
  const Table x = X(), t = Y();
  const double expected = 1.375;
  const Eigen::MatrixXd column_major = x;
  const Eigen::ArrayXXd array = x.array(), target_array = t.array();
  Eigen::Tensor<double, 2> tensor(2, 2), target(2, 2);
  Eigen::Tensor<double, 2, Eigen::RowMajor> row_major(2, 2), row_major_target(2, 2);
  Eigen::TensorFixedSize<double, Eigen::Sizes<2, 2>> fixed, fixed_target;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      tensor(i, j) = row_major(i, j) = fixed(i, j) = x(i, j);
      target(i, j) = row_major_target(i, j) = fixed_target(i, j) = t(i, j);
    }
  }
  const Eigen::TensorMap<const Eigen::Tensor<double, 2>> map(tensor.data(), 2, 2);
  Eigen::MatrixXd large = Eigen::MatrixXd::Zero(5, 7);
  large.block(2, 3, 2, 2) = x;
  const L1<> loss;
  check_near(loss(x, t), expected);
  check_near(loss(column_major, Eigen::MatrixXd(t)), expected);
  check_near(loss(array, target_array), expected);
  check_near(loss(tensor, target), expected);
  check_near(loss(row_major, row_major_target), expected);
  check_near(loss(fixed, fixed_target), expected);
  check_near(loss(map, target), expected);
  check_near(loss(tensor * 1.0, target + 0.0), expected);
  check_near(loss(large.block(2, 3, 2, 2), Eigen::MatrixXd(t)), expected);
  check_near(loss(Eigen::MatrixXd(x.transpose()).transpose(), t), expected);
  check_near(loss(x.transpose().transpose(), t), expected);
  check_near(loss(Eigen::Ref<const Table>(x), t), expected);
}

TEST_CASE("L1 computes half and bfloat16 in float, and gives float") {
  const Eigen::Array<Eigen::half, 3, 1> x = list({1, 2, 4.5}).cast<Eigen::half>(),
                                        t = x * Eigen::half(2);
  const auto value = L1<>{}(x, t);
  static_assert(std::is_same<decltype(L1<>{}(x, t)), float>::value, "16-bit losses are float");
  CHECK(value == 2.5F);
  CHECK(L1<Sum>{}.gradient(x, t)(2) == Eigen::half(-1));
  const Eigen::Array<Eigen::bfloat16, 3, 1> b = list({1, 2, 4.5}).cast<Eigen::bfloat16>();
  CHECK(L1<>{}(b, t) == 2.5F);
}

TEST_CASE("L1 takes targets of any number type") {
  const Eigen::ArrayXf x = list({0.5, -1, 2}).cast<float>();
  const Eigen::ArrayXi whole = list({1, -1, 4}).cast<int>();
  const Eigen::Array<bool, Eigen::Dynamic, 1> truth = list({1, 0, 1}).cast<bool>();
  CHECK(L1<Sum>{}(x, whole) == 2.5F);
  CHECK(L1<Sum>{}(x, truth) == 2.5F);
}

TEST_CASE("L1 of long double keeps its digits") {
  Eigen::Array<long double, 1, 1> x, t;
  x << 1.0L / 3;
  t << 0.0L;
  CHECK(L1<>{}(x, t) == 1.0L / 3);
}

TEST_CASE("L1 carries the derivatives of an automatic-differentiation number") {
  using Number = Eigen::AutoDiffScalar<Eigen::VectorXd>;
  Eigen::Matrix<Number, 2, 1> x, t;
  x << Number(3.0, 2, 0), Number(-1.0, 2, 1);
  t << Number(1.0), Number(1.0);
  const Number value = L1<>{}(x, t);
  CHECK(value.value() == 2);
  check_near(value.derivatives(), {0.5, -0.5});
  Eigen::Tensor<Number, 1> tensor(2), target(2);
  for (int i = 0; i < 2; ++i) tensor(i) = x(i), target(i) = t(i);
  CHECK(L1<Sum>{}(tensor, target).value() == 4);
}

TEST_CASE("L1 refuses other shapes") {
  const Eigen::MatrixXd x(3, 4), t(3, 3);
  CHECK(error_of([&] { L1<>{}(x, t); }) ==
        "eigenloss::L1: target has shape (3, 3), expected that of the input, (3, 4)");
  const Eigen::VectorXd row(4);
  CHECK(error_of([&] { L1<>{}(x, row); }) ==
        "eigenloss::L1: target has shape (4), expected that of the input, (3, 4)");
}

TEST_CASE("L1 refuses maps of more numbers than memory can hold") {
  const Eigen::Index huge = Eigen::Index(1) << 40;
  const Eigen::Map<const Eigen::MatrixXd> x(nullptr, huge, huge);
  CHECK(error_of([&] { L1<>{}(x, x); }) ==
        "eigenloss::L1: input has shape (1099511627776, 1099511627776), more numbers than memory "
        "can hold");
}

TEST_CASE("L1 refuses storage whose type cannot have the shape of the gradient") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Ones(3, 4);
  Eigen::Matrix<double, 2, Eigen::Dynamic> two_rows(2, 4);
  Eigen::Matrix<double, Eigen::Dynamic, 2> two_columns(3, 2);
  Eigen::Matrix<double, 5, Eigen::Dynamic> five_rows(5, 4);
  Eigen::Matrix<double, Eigen::Dynamic, 5> five_columns(3, 5);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, 2, 9> most_rows(2, 4);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, 9, 2> most_columns(3, 2);
  const std::string words = "eigenloss::L1: the storage for the gradient of input has shape ";
  CHECK(error_of([&] { L1<>{}.gradient(x, x, two_rows); }) == words + "(2, 4), expected (3, 4)");
  CHECK(error_of([&] { L1<>{}.gradient(x, x, two_columns); }) == words + "(3, 2), expected (3, 4)");
  CHECK(error_of([&] { L1<>{}.gradient(x, x, five_rows); }) == words + "(5, 4), expected (3, 4)");
  CHECK(error_of([&] { L1<>{}.gradient(x, x, five_columns); }) ==
        words + "(3, 5), expected (3, 4)");
  CHECK(error_of([&] { L1<>{}.gradient(x, x, most_rows); }) == words + "(2, 4), expected (3, 4)");
  CHECK(error_of([&] { L1<>{}.gradient(x, x, most_columns); }) ==
        words + "(3, 2), expected (3, 4)");
  Eigen::Tensor<double, 2> tensor(3, 4);
  tensor.setZero();
  Eigen::TensorFixedSize<double, Eigen::Sizes<3, 5>> fixed;
  CHECK(error_of([&] { L1<>{}.gradient(tensor, tensor, fixed); }) ==
        words + "(3, 5), expected (3, 4)");
}
