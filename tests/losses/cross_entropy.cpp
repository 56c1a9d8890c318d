// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {

const std::vector<std::vector<double>> kX = {{1, 2, 3}, {0, 0, 0}};

template <class Reduction = Mean>
CrossEntropy<Reduction> with(double label_smoothing, bool weighted) {
  CrossEntropy<Reduction> loss;
  loss.label_smoothing = label_smoothing;
  if (weighted) loss.weight = Eigen::Array3d(1, 2, 4);
  return loss;
}

}  // namespace

// Golden numbers: torch.nn.CrossEntropyLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("CrossEntropy: PyTorch's values and gradients of class targets in both layouts") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX);
    const auto y = vector<int, layout>({0, 2});
    check_list(CrossEntropy<Unreduced>{}(x, y), {2.4076059644443806, 1.0986122886681098});
    const auto [value, gradient] = CrossEntropy<>{}.value_and_gradient(x, y);
    check_number(value, 1.7531091265562453);
    check_list(gradient, {-0.4549847134148098, 0.12236423552739882, 0.3326204778874109,
                          0.16666666666666666, 0.16666666666666666, -0.33333333333333337});
    check_number(with(0, true)(x, y), 1.360411023823364);
    check_list(with(0, true).gradient(x, y),
               {-0.18199388536592392, 0.04894569421095953, 0.13304819115496436, 0.26666666666666666,
                0.26666666666666666, -0.5333333333333333});
    check_number(with(.1, false)(x, y), 1.7031091265562452);
    check_list(with<Unreduced>(.1, true)(x, y), {2.395286759703631, 4.211347106561088});
    check_number(with(.1, true)(x, y), 1.3213267732529437);
    check_list(with(.1, true).gradient(x, y),
               {-0.1662597367480471, 0.04213845343908746, 0.12412128330895959, 0.24888888888888885,
                0.2422222222222222, -0.49111111111111105});
    check_list(with<Unreduced>(.1, true)(x, vector<int, layout>({0, -100})),
               {2.395286759703631, 0});
    CrossEntropy<> ignoring;
    ignoring.ignore_index = 2;
    check_number(ignoring(x, y), 2.4076059644443806);
  });
}

TEST_CASE("CrossEntropy: PyTorch's values and gradients of probabilities") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX);
    const auto t = matrix<double, layout>({{.2, .3, .5}, {0, 1, 0}});
    const auto [value, gradient] = CrossEntropy<>{}.value_and_gradient(x, t);
    check_number(value, 1.1031091265562452);
    check_list(gradient, {-0.05498471341480979, -0.027635764472601174, 0.08262047788741089,
                          0.16666666666666666, -0.33333333333333337, 0.16666666666666666});
    check_number(with(0, true)(x, t), 2.1692606388902425);
    check_number(with(.1, false)(x, t), 1.1181091265562453);
    const auto [w_value, w_gradient] = with(.1, true).value_and_gradient(x, t);
    check_number(w_value, 2.194726704531009);
    check_list(w_gradient, {0.017275422397890396, 0.033576195152104756, -0.05085161754999532,
                            0.32222222222222224, -0.5944444444444444, 0.27222222222222225});
    check_number(with(0, true).divisor(x, t), 2);
  });
}

TEST_CASE("CrossEntropy: dimensions behind the classes, and channels-last by axis") {
  in_both_layouts([](auto layout) {
    Eigen::Tensor<double, 3, layout> x(2, 3, 4), last(2, 4, 3);
    for (int n = 0; n < 2; ++n) {
      for (int c = 0; c < 3; ++c) {
        for (int d = 0; d < 4; ++d) x(n, c, d) = last(n, d, c) = (12 * n + 4 * c + d) / 7.;
      }
    }
    const auto y = matrix<int, layout>({{0, 1, 2, 0}, {2, -100, 1, 1}});
    CrossEntropy<> loss = with(.2, true);
    check_number(loss(x, y), 0.9882172186534632);
    const auto gradient = loss.gradient(x, y);
    loss.axis = -1;
    const auto [value, last_gradient] = loss.value_and_gradient(last, y);
    check_number(value, 0.9882172186534632);
    const Eigen::array<int, 3> order{{0, 2, 1}};
    const Eigen::Tensor<double, 3, layout> shuffled = last_gradient.shuffle(order);
    const Eigen::Tensor<double, 0, layout> difference = (shuffled - gradient).abs().maximum();
    CHECK(difference() <= kGolden);
  });
}

TEMPLATE_TEST_CASE("CrossEntropy: labels of every integer type", "", signed char, unsigned char,
                   short, unsigned short, int, unsigned, long, unsigned long, long long,
                   unsigned long long) {
  check_number(CrossEntropy<>{}(matrix<double>(kX), vector<TestType>({0, 2})), 1.7531091265562453);
  const Eigen::Matrix<TestType, Eigen::Dynamic, 1> y = Eigen::Vector2i(0, 2).cast<TestType>();
  check_number(CrossEntropy<>{}(matrix<float>(kX), y), 1.7531091265562453, 1e-6);
}

TEST_CASE("CrossEntropy: one row takes a plain integer, a rank-0 tensor or one number") {
  const auto x = vector<double>({1, 2, 3});
  const auto loss = with(.1, true);
  check_number(loss(x, 1), 1.3810660638517867);
  check_number(loss(x, scalar<short>(1)), 1.3810660638517867);
  check_number(loss(x, vector<int>({1})), 1.3810660638517867);
  check_list(with<Unreduced>(.1, true)(x, 1), {2.7621321277035733});
}

TEST_CASE("CrossEntropy: one sample a column, as a transpose") {
  Eigen::MatrixXd x(3, 2), g(3, 2);
  x << 1, 0, 2, 0, 3, 0;
  auto gt = g.transpose();
  const Eigen::Vector2i y(0, 2);
  check_number(CrossEntropy<>{}.value_and_gradient(x.transpose(), y, gt), 1.7531091265562453);
  check_list(g.transpose().eval(),
             {-0.4549847134148098, 0.12236423552739882, 0.3326204778874109, 0.16666666666666666,
              0.16666666666666666, -0.33333333333333337});
}

TEST_CASE("CrossEntropy: an ignored row counts exactly 0, NaN or not") {
  const auto x = matrix<double>({{kNan, kInfinity, 0}, {0, 0, 0}});
  const auto [value, gradient] = CrossEntropy<>{}.value_and_gradient(x, vector<int>({-100, 2}));
  check_number(value, std::log(3));
  check_list(gradient, {0, 0, 0, 1 / 3., 1 / 3., -2 / 3.});
}

TEST_CASE("CrossEntropy: a class weight of 0 makes its term exactly 0, even at -inf") {
  CrossEntropy<Sum> loss;
  loss.weight = Eigen::Array3d(0, 1, 1);
  const auto x = matrix<double>({{-kInfinity, 0, 0}, {0, 0, 0}});
  const auto [value, gradient] = loss.value_and_gradient(x, vector<int>({0, 1}));
  check_number(value, std::log(3));
  check_list(gradient, {0, 0, 0, 1 / 3., -2 / 3., 1 / 3.});
}

TEST_CASE("CrossEntropy: where no class with a weight counts, value and slopes are exactly 0") {
  CrossEntropy<Sum> loss;
  loss.weight = Eigen::Array3d(1, 0, 0);
  for (const double strange : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const int rows : {1, 70}) {
      Eigen::MatrixXd x = Eigen::MatrixXd::Constant(rows, 3, 0.5), t(rows, 3);
      x.col(0).setConstant(strange);
      t.rowwise() = Eigen::RowVector3d(0, 0.25, 0.75);
      const auto classes = loss.value_and_gradient(x, Eigen::VectorXi::Constant(rows, 2));
      CHECK(classes.first == 0);
      CHECK((classes.second.array() == 0).all());
      CrossEntropy<Sum> smooth;
      smooth.label_smoothing = 0.5;
      smooth.weight = Eigen::Array3d::Zero();
      const auto nothing = smooth.value_and_gradient(x, Eigen::VectorXi::Constant(rows, 2));
      CHECK(nothing.first == 0);
      CHECK((nothing.second.array() == 0).all());
      const auto probabilities = loss.value_and_gradient(x, t);
      CHECK(probabilities.first == 0);
      CHECK((probabilities.second.array() == 0).all());
    }
  }
}

TEST_CASE("CrossEntropy: every row ignored gives NaN, 0 where weights are averaged, gradient 0") {
  const auto x = matrix<double>(kX);
  const auto y = vector<int>({-100, -100});
  check_number(CrossEntropy<>{}(x, y), kNan);
  check_list(CrossEntropy<>{}.gradient(x, y), {0, 0, 0, 0, 0, 0});
  check_number(CrossEntropy<WeightedMean>{}(x, y), 0);
  check_list(CrossEntropy<WeightedMean>{}.gradient(x, y), {0, 0, 0, 0, 0, 0});
}

TEST_CASE("CrossEntropy: extreme logits") {
  const CrossEntropy<> loss;
  check_number(loss(vector<double>({1e4, 0, -1e4}), 2), 2e4);
  check_number(loss(vector<float>({1000, -1000}), 0), 0);
  const auto [value, gradient] = loss.value_and_gradient(vector<double>({-kInfinity, 0, 0}), 1);
  check_number(value, std::log(2));
  check_list(gradient, {0, -.5, .5});
  check_number(loss(vector<double>({-kInfinity, 0}), 0), kInfinity);
  check_list(loss.gradient(vector<double>({-kInfinity, 0}), 0), {-1, 1});
  for (const auto& x : {vector<double>({kInfinity, 0}), vector<double>({-kInfinity, -kInfinity}),
                        vector<double>({kNan, 0})}) {
    check_number(loss(x, 0), kNan);
    check_list(loss.gradient(x, 0), {kNan, kNan});
  }
  // A probability of 0 makes its term exactly 0.
  check_number(loss(vector<double>({-kInfinity, 0}), vector<double>({0, 1})), 0);
}

TEST_CASE("CrossEntropy: long rows, whose exponentials are kept or computed again") {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  for (const Eigen::Index classes : {16384, 16385, 40000}) {
    Matrix x(2, classes);
    for (Eigen::Index c = 0; c < classes; ++c) {
      x(0, c) = float(c * 37 % 1009) * 0.01f;
      x(1, c) = c < classes - 3 ? -200.0f + float(c % 7) : 88.0f;  // the largest ones come last
    }
    const Eigen::Vector2i y(5, int(classes - 1));
    Matrix gradient(2, classes);
    const float value = CrossEntropy<Sum>{}.value_and_gradient(x, y, gradient);
    long double loss = 0;
    double worst = 0;
    for (Eigen::Index row = 0; row < 2; ++row) {
      const auto entry = [&](Eigen::Index c) { return static_cast<long double>(x(row, c)); };
      long double total = 0;
      for (Eigen::Index c = 0; c < classes; ++c) total += std::exp(entry(c) - 88);
      loss += std::log(total) + 88 - entry(y(row));
      for (Eigen::Index c = 0; c < classes; ++c) {
        const long double softmax = std::exp(entry(c) - 88) / total;
        const long double slope = c == y(row) ? softmax - 1 : softmax;
        const long double scale = c == y(row) ? 1 : softmax + 1e-30L;
        worst = std::max(worst, double(std::abs(gradient(row, c) - slope) / scale));
      }
    }
    CHECK(worst < 2e-6);
    CHECK(std::abs(value - loss) < 1e-6L * loss);
    CHECK(std::abs(CrossEntropy<Sum>{}(x, y) - loss) < 1e-6L * loss);
  }
}

TEST_CASE("CrossEntropy: errors say what is wrong") {
  const auto x = matrix<double>(kX);
  CrossEntropy<> loss;
  CHECK(error_of([&] {
          loss(x, vector<int>({0, 12}));
        }) == "eigenloss::CrossEntropy: target(1) = 12 is not a class of input with shape (2, 3)");
  CHECK(error_of([&] {
          loss(x, vector<int>({0, 1, 2}));
        }) ==
        "eigenloss::CrossEntropy: target has shape (3), expected one number for each row: (2)");
  CHECK(error_of([&] {
          loss(x, matrix<double>({{1, 0}, {0, 1}}));
        }) ==
        "eigenloss::CrossEntropy: target has shape (2, 2), expected that of the input, (2, 3)");
  CHECK(error_of([&] {
          loss(Eigen::Tensor<double, 2>(2, 0), vector<int>({0, 1}));
        }) == "eigenloss::CrossEntropy: input has no classes");
  for (double smoothing : {-.1, 1.1}) {
    loss.label_smoothing = smoothing;
    CHECK(error_of([&] {
            loss(x, vector<int>({0, 1}));
          }) == std::string("eigenloss::CrossEntropy: label_smoothing = ") +
                    (smoothing < 0 ? "-0.1" : "1.1") + " is not between 0 and 1");
  }
  loss.label_smoothing = 0;
  loss.weight = Eigen::Array2d(1, 1);
  CHECK(error_of([&] {
          loss(x, vector<int>({0, 1}));
        }) ==
        "eigenloss::CrossEntropy: weight has 2 entries, expected none or one for each of the 3 "
        "classes");
  loss.weight.resize(0);
  loss.axis = -3;
  CHECK(error_of([&] {
          loss(x, vector<int>({0, 1}));
        }) == "eigenloss::CrossEntropy: axis = -3 is not a dimension of input with shape (2, 3)");
}
