// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.binary_cross_entropy_with_logits, in double.
#include <eigenloss/losses/bce_with_logits.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Table logits() { return table(2, {.5, -1, 2, 0}); }
Table labels() { return table(2, {1, 0, .25, 1}); }
}  // namespace

TEST_CASE("BCEWithLogits has PyTorch's values") {
  check_near(BCEWithLogits<Unreduced>{}(logits(), labels()),
             {0.4740769841801067, 0.3132616875182228, 1.6269280110429725, 0.6931471805599453});
  check_near(BCEWithLogits<>{}(logits(), labels()), 0.7768534658253119);
  check_near(BCEWithLogits<>{}.gradient(logits(), labels()),
             {-0.09438516719953635, 0.06723535534249878, 0.15769926949447058, -0.125});
}

TEST_CASE("BCEWithLogits weighs positive labels along the last dimension") {
  BCEWithLogits<> loss;
  loss.pos_weight = list({2, 3});
  check_near(BCEWithLogits<Unreduced>{{list({2, 3})}}(logits(), labels()),
             {0.9481539683602134, 0.3132616875182228, 1.6586600138037155, 2.0794415416798357});
  check_near(loss(logits(), labels()), 1.2498793028404969);
  check_near(loss.gradient(logits(), labels()),
             {-0.1887703343990727, 0.06723535534249878, 0.15024908686808824, -0.375});
  check_near(loss.weighted(W())(logits(), labels()), 3.717105887881787);
  check_near(loss.weighted(W()).gradient(logits(), labels()),
             {-0.1887703343990727, 0.13447071068499755, 0.45074726060426473, -1.5});
}

TEST_CASE("BCEWithLogits weighs positive labels along any axis of any layout") {
  Eigen::Tensor<double, 3> x(5, 3, 7), y(5, 3, 7);
  Eigen::Tensor<double, 3, Eigen::RowMajor> x_rows(5, 3, 7), y_rows(5, 3, 7);
  const auto number = [](int i, int j, int k) {
    return ((i * 31 + j * 17 + k * 7) % 23) / 4.0 - 2.5;
  };
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 7; ++k) {
        x(i, j, k) = x_rows(i, j, k) = number(i, j, k);
        y(i, j, k) = y_rows(i, j, k) = (i + j + k) % 3 == 0;
      }
    }
  }
  const Eigen::Index sizes[] = {5, 3, 7};
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    BCEWithLogits<Unreduced> loss;
    loss.pos_weight = Eigen::ArrayXd::LinSpaced(sizes[axis], 0.5, 4);
    for (std::int64_t same : {axis, axis - 3}) {
      loss.axis = same;
      const Eigen::Tensor<double, 3> found = loss(x, y);
      const Eigen::Tensor<double, 3, Eigen::RowMajor> found_rows = loss(x_rows, y_rows);
      for (int i = 0; i < 5; ++i) {
        for (int j = 0; j < 3; ++j) {
          for (int k = 0; k < 7; ++k) {
            const int index[] = {i, j, k};
            const double p = loss.pos_weight(index[axis]), l = x(i, j, k);
            const double expected =
                y(i, j, k) == 1 ? p * std::log1p(std::exp(-l)) : std::log1p(std::exp(l));
            check_near(found(i, j, k), expected);
            check_near(found_rows(i, j, k), expected);
          }
        }
      }
    }
  }
}

TEST_CASE("BCEWithLogits: the batch is dimension 1 where the classes lie along dimension 0") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(2, 5, 0.5), t = Eigen::MatrixXd::Ones(2, 5);
  BCEWithLogits<Sum> sum;
  BCEWithLogits<BatchMean> mean;
  sum.axis = mean.axis = 0;
  check_near(mean(x, t), sum(x, t) / 5);
  mean.axis = 1;
  check_near(mean(x, t), sum(x, t) / 2);
}

TEST_CASE("BCEWithLogits weighs more labels than are read at once, next to each other or not") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(5, 1300);
  const Eigen::MatrixXd t = (x.array() > 0.2).cast<double>();
  BCEWithLogits<Sum> loss;
  loss.pos_weight = Eigen::ArrayXd::LinSpaced(1300, 0.5, 3);
  const Eigen::ArrayXXd weights = t.array() * (loss.pos_weight.transpose().replicate(5, 1) - 1) + 1;
  const double expected = BCEWithLogits<Sum>{}.weighted(weights)(x, t);
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> xr = x, tr = t;
  CHECK(loss(x, t) == Approx(expected).epsilon(1e-14));
  CHECK(loss(xr, tr) == Approx(expected).epsilon(1e-14));
  loss.axis = 0;
  CHECK(loss(x.transpose().eval(), t.transpose().eval()) == Approx(expected).epsilon(1e-14));
}

TEST_CASE("BCEWithLogits takes a single pos_weight for any rank") {
  BCEWithLogits<Sum> loss;
  loss.pos_weight = list({2});
  const Eigen::ArrayXd x = Eigen::ArrayXd::Zero(1500), y = Eigen::ArrayXd::Ones(1500);
  check_near(loss(x, y), 3000 * 0.6931471805599453);
  Eigen::Tensor<double, 0> one, label;
  one() = 0;
  label() = 1;
  check_near(loss(one, label), 2 * 0.6931471805599453);
}

TEST_CASE("BCEWithLogits is stable at large logits, and exactly small where the label agrees") {
  const double tiny = 4.248354255291589e-18;
  check_elements(BCEWithLogits<Unreduced>{}, {1000, -1000, 40, -40, 1000, -1000},
                 {0, 1, 1, 0, 1, 0}, {1000, 1000, tiny, tiny, 0, 0}, {1, -1, -tiny, tiny, 0, 0});
  BCEWithLogits<Unreduced> weighted;
  weighted.pos_weight = list({3});
  check_elements(weighted, {1000, -1000, 40, -40}, {0, 1, 1, 0}, {1000, 3000, 3 * tiny, tiny},
                 {1, -3, -3 * tiny, tiny});
}

TEST_CASE("BCEWithLogits of float keeps the small value that x - logsigmoid(x) loses") {
  Eigen::ArrayXf x(1), y(1);
  x << -20;
  y << 0;
  CHECK(BCEWithLogits<>{}(x, y) == Approx(2.0611536e-9));
}

TEST_CASE("BCEWithLogits never swallows NaN, and has PyTorch's values at infinity") {
  check_elements(BCEWithLogits<Unreduced>{}, {NaN, 1, inf, inf, -inf, -inf}, {1, NaN, 0, 1, 0, 1},
                 {NaN, NaN, inf, NaN, NaN, NaN}, {NaN, NaN, 1, 0, 0, -1});
}

TEST_CASE("BCEWithLogits refuses a pos_weight of another length, and an axis that is not there") {
  BCEWithLogits<> loss;
  loss.pos_weight = Eigen::ArrayXd::Ones(3);
  CHECK(error_of([&] { loss(logits(), labels()); }) ==
        "eigenloss::BCEWithLogits: pos_weight has 3 numbers, expected 1 or 2, as dimension 1 of "
        "input with "
        "shape (2, 2)");
  loss.axis = 2;
  CHECK(error_of([&] { loss(logits(), labels()); }) ==
        "eigenloss::BCEWithLogits: axis = 2 is not a dimension of input with shape (2, 2)");
  loss.axis = -3;
  CHECK(error_of([&] { loss(logits(), labels()); }) ==
        "eigenloss::BCEWithLogits: axis = -3 is not a dimension of input with shape (2, 2)");
}
