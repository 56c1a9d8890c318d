// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <eigenloss/eigenloss.hpp>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

// Averages over parts: sums of values, gradients and divisors, divided once, are those of the whole batch.
using namespace eigenloss;
using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::MatrixXf;
using Eigen::VectorXd;
using Eigen::VectorXi;

namespace {

// Of sums in double, which differ in their order alone.
constexpr double rounding = 1e-14;

// Sizes of parts of 100 samples, one of them empty of what counts and one of a single sample.
const std::vector<Index> unequal = {32, 1, 40, 7, 20};

MatrixXd wave(Index rows, Index columns, double speed) {
  MatrixXd x(rows, columns);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = 3 * std::sin(speed * double(i + 1));
  return x;
}
VectorXi classes(Index rows, int count) {
  VectorXi y(rows);
  for (Index i = 0; i < rows; ++i) y(i) = int(i * i % count);
  return y;
}

struct Average {
  double value, divisor, mean_of_means;
  MatrixXd gradient;
};

// The average of a batch that comes in parts. `sum` and `mean` are the loss with Sum and Mean, or what .weighted
// returns for the rows [from, from + count).
template <class OfPart, class MeanOfPart>
Average in_parts(Index rows, Index columns, const OfPart& part, const MeanOfPart& mean) {
  Average all{0, 0, 0, MatrixXd(rows, columns)};
  Index from = 0;
  for (const Index count : unequal) {
    const auto [value, divisor] = part(from, count, all.gradient.middleRows(from, count));
    all.value += value;
    all.divisor += divisor;
    all.mean_of_means += mean(from, count) / double(unequal.size());
    from += count;
  }
  REQUIRE(from == rows);
  all.value /= all.divisor;
  all.gradient /= all.divisor;
  return all;
}

void check(const Average& parts, double value, double divisor, const MatrixXd& gradient) {
  CHECK(parts.value == Approx(value).epsilon(rounding));
  CHECK(parts.divisor == Approx(divisor).epsilon(rounding));
  CHECK((parts.gradient - gradient).cwiseAbs().maxCoeff() <=
        rounding * gradient.cwiseAbs().maxCoeff());
  CHECK(std::abs(parts.mean_of_means - value) >
        0.01 * std::abs(value));  // the mean of means is wrong
}

// Class weights and ignored targets: the divisor is the sum of the used class weights.
template <class Summed, class Averaged>
void check_classes(Summed sum, Averaged mean, const MatrixXd& x) {
  VectorXi y = classes(x.rows(), int(x.cols()));
  for (Index i = 0; i < y.size(); i += 3) y(i) = -1;
  sum.weight = mean.weight = ArrayXd::LinSpaced(x.cols(), 1, 9);
  sum.ignore_index = mean.ignore_index = -1;
  const auto parts = in_parts(
      x.rows(), x.cols(),
      [&](Index from, Index count, auto gradient) {
        const auto part = x.middleRows(from, count);
        const auto labels = y.segment(from, count);
        const double value = sum.value_and_gradient(part, labels, gradient);
        return std::make_pair(value, sum.divisor(part, labels));
      },
      [&](Index from, Index count) {
        const double value = mean(x.middleRows(from, count), y.segment(from, count));
        return std::isnan(value) ? 0 : value;  // a part with nothing to average
      });
  double divisor = 0;
  for (const int label : y) divisor += label < 0 ? 0 : mean.weight(label);
  check(parts, mean(x, y), divisor, mean.gradient(x, y));
  CHECK(mean.divisor(x, y) == Approx(divisor).epsilon(rounding));
}

}  // namespace

TEST_CASE("Exact averages: CrossEntropy with class weights, ignored targets and label smoothing") {
  CrossEntropy<Sum> sum;
  CrossEntropy<Mean> mean;
  sum.label_smoothing = mean.label_smoothing = 0.1;
  check_classes(sum, mean, wave(100, 5, 0.7));
}

TEST_CASE("Exact averages: NLL with class weights and ignored targets") {
  check_classes(NLL<Sum>{}, NLL<Mean>{}, wave(100, 5, 0.7));
}

TEST_CASE("Exact averages: a mask over elements, with WeightedMean") {
  const MatrixXd x = wave(100, 5, 0.7), t = wave(100, 5, 0.3);
  MatrixXd mask = (wave(100, 5, 0.011).array() > 0).cast<double>();
  mask.middleRows(33, 40).topRows(37).setZero();
  const Huber<Sum> sum;
  const Huber<WeightedMean> mean;
  const auto parts = in_parts(
      100, 5,
      [&](Index from, Index count, auto gradient) {
        const auto part = mask.middleRows(from, count);
        const double value = sum.weighted(part).value_and_gradient(
            x.middleRows(from, count), t.middleRows(from, count), gradient);
        return std::make_pair(value, sum.weighted(part).divisor(x.middleRows(from, count),
                                                                t.middleRows(from, count)));
      },
      [&](Index from, Index count) {
        return mean.weighted(mask.middleRows(from, count))(x.middleRows(from, count),
                                                           t.middleRows(from, count));
      });
  check(parts, mean.weighted(mask)(x, t), mask.sum(), mean.weighted(mask).gradient(x, t));
}

TEST_CASE("Exact averages: weights of rows, class weights and ignored targets together") {
  const MatrixXd x = wave(100, 5, 0.7);
  VectorXi y = classes(100, 5);
  y(7) = y(50) = -100;
  const VectorXd w = wave(100, 1, 0.11).cwiseAbs();
  CrossEntropy<Sum> sum;
  CrossEntropy<WeightedMean> mean;
  sum.weight = mean.weight = ArrayXd::LinSpaced(5, 1, 9);
  const auto parts = in_parts(
      100, 5,
      [&](Index from, Index count, auto gradient) {
        const auto weights = w.segment(from, count);
        const auto part = x.middleRows(from, count);
        const auto labels = y.segment(from, count);
        const double value = sum.weighted(weights).value_and_gradient(part, labels, gradient);
        return std::make_pair(value, sum.weighted(weights).divisor(part, labels));
      },
      [&](Index from, Index count) {
        return mean.weighted(w.segment(from, count))(x.middleRows(from, count),
                                                     y.segment(from, count));
      });
  double divisor = 0;
  for (Index i = 0; i < 100; ++i) divisor += y(i) < 0 ? 0 : w(i) * mean.weight(y(i));
  check(parts, mean.weighted(w)(x, y), divisor, mean.weighted(w).gradient(x, y));
}

// Of a loss of elements, whose errors grow from row to row.
template <class OfSum, class OfMean>
void check_parts_of_elements(const OfSum& sum, const OfMean& mean) {
  const MatrixXd x = wave(100, 5, 0.7).cwiseProduct(VectorXd::LinSpaced(100, 0, 1).replicate(1, 5));
  const MatrixXd t = MatrixXd::Zero(100, 5);
  const auto parts = in_parts(
      100, 5,
      [&](Index from, Index count, auto gradient) {
        const auto part = x.middleRows(from, count);
        const auto target = t.middleRows(from, count);
        const double value = sum.value_and_gradient(part, target, gradient);
        return std::make_pair(value, sum.divisor(part, target));
      },
      [&](Index from, Index count) {
        return mean(x.middleRows(from, count), t.middleRows(from, count));
      });
  check(parts, mean(x, t), 500, mean.gradient(x, t));
}

TEST_CASE("Exact averages: parts of unequal size are enough to make a mean of means wrong") {
  check_parts_of_elements(MSE<Sum>(), MSE<Mean>());
}

TEST_CASE("Exact averages: a combination is averaged in parts like its terms") {
  check_parts_of_elements(0.7 * L1<Sum>{} + 0.3 * MSE<Sum>{}, 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{});
}

TEST_CASE("Exact averages: CTC's Sum, weighted by 1 / target length, over its batch size") {
  constexpr Index frames = 12, samples = 6, labels = 4;
  Eigen::Tensor<double, 3> logits(frames, samples, 5);
  for (Index i = 0; i < logits.size(); ++i) logits.data()[i] = 2 * std::sin(0.7 * double(i + 1));
  Eigen::Tensor<int, 2> targets(samples, labels);
  for (Index i = 0; i < targets.size(); ++i) targets.data()[i] = 1 + int(i * i % 4);
  Eigen::Tensor<int, 1> input_lengths(samples), target_lengths(samples);
  input_lengths.setConstant(int(frames));
  target_lengths.setValues({4, 1, 3, 0, 2, 4});
  const CTCWithLogits<Mean> mean;
  const CTCWithLogits<Sum> sum;
  const double whole = mean(logits, targets, input_lengths, target_lengths);

  double value = 0, divisor = 0;
  for (const auto& [from, count] :
       {std::make_pair(Index(0), Index(1)), std::make_pair(Index(1), Index(5))}) {
    const Eigen::Tensor<double, 3> x = logits.slice(Eigen::array<Index, 3>{{0, from, 0}},
                                                    Eigen::array<Index, 3>{{frames, count, 5}});
    const Eigen::Tensor<int, 2> y =
        targets.slice(Eigen::array<Index, 2>{{from, 0}}, Eigen::array<Index, 2>{{count, labels}});
    const Eigen::Tensor<int, 1> in =
        input_lengths.slice(Eigen::array<Index, 1>{{from}}, Eigen::array<Index, 1>{{count}});
    const Eigen::Tensor<int, 1> length =
        target_lengths.slice(Eigen::array<Index, 1>{{from}}, Eigen::array<Index, 1>{{count}});
    Eigen::Tensor<double, 1> weights(count);
    for (Index i = 0; i < count; ++i) weights(i) = 1.0 / (std::max)(length(i), 1);
    value += sum.weighted(weights)(x, y, in, length);
    divisor += mean.divisor(x, y, in, length);
  }
  CHECK(divisor == 6);
  CHECK(value / divisor == Approx(whole).epsilon(rounding));
}

TEST_CASE("Exact averages: the divisor of many weighted rows adds up their class weights") {
  const Index rows = 700;
  const MatrixXd x = MatrixXd::Zero(rows, 3);
  Eigen::VectorXi y(rows);
  VectorXd w(rows);
  NLL<Mean> loss;
  loss.weight = Eigen::Array3d(1, 2, 4);
  double expected = 0;
  for (Index i = 0; i < rows; ++i) {
    y(i) = i < 300 ? 0 : int(i % 3);
    w(i) = double(i % 5);
    expected += w(i) * loss.weight(y(i));
  }
  CHECK(loss.weighted(w).divisor(x, y) == expected);
}

TEST_CASE(
    "Exact averages: divisors are double, even for float and 16-bit inputs, and count far beyond "
    "2^24") {
  const MatrixXf x = MatrixXf::Zero(3, 4);
  const Eigen::Matrix<Eigen::half, 3, 4> h = x.cast<Eigen::half>();
  static_assert(std::is_same<decltype(MSE<Mean>{}.divisor(x, x)), double>::value,
                "float counts in double");
  static_assert(std::is_same<decltype(MSE<Mean>{}.divisor(h, h)), double>::value,
                "half counts in double");
  const Index many = (Index(1) << 24) + 1;
  const auto zeros = Eigen::VectorXf::Zero(many);
  CHECK(MSE<Mean>{}.divisor(zeros, zeros) == double(many));
  CHECK(MSE<Mean>{}.weighted(Eigen::VectorXf::Ones(many)).divisor(zeros, zeros) == double(many));
}
