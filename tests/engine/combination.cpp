// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <cmath>
#include <eigenloss/eigenloss.hpp>
#include <limits>
#include <string>
#include <tuple>

#include "../examples/own_reduction.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

// A reduction whose value alone reads what it counts. Only packs find `where` from here.
struct Counted : eigenloss::Sum {
  template <class L>
  static auto count(const L& loss) {
    return where(loss == loss, L(1), L(0));
  }
  template <class T>
  static T value(const eigenloss::Totals<T>& t) {
    return t.loss + t.counted;
  }
};

using namespace eigenloss;
using Eigen::ArrayXd;
using Eigen::ArrayXf;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::MatrixXf;

namespace {

// |a - b| in units of the last place of the largest number in b.
template <class A, class B>
double ulps(const A& a, const B& b) {
  using T = typename B::Scalar;
  const double largest = double(b.cwiseAbs().maxCoeff());
  return double((a - b).cwiseAbs().maxCoeff()) /
         (largest * double(std::numeric_limits<T>::epsilon()));
}
template <class T>
double ulps_of_number(T a, T b) {
  return std::abs(double(a) - double(b)) /
         (std::abs(double(b)) * double(std::numeric_limits<T>::epsilon()));
}
constexpr double few_ulp = 6;

MatrixXf wave(Index rows, Index columns, double speed) {
  MatrixXf x(rows, columns);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = float(3 * std::sin(speed * double(i + 1)));
  return x;
}
Eigen::VectorXi classes(Index rows, int count) {
  Eigen::VectorXi y(rows);
  for (Index i = 0; i < rows; ++i) y(i) = int(i * i % count);
  return y;
}

// The text of the error that f throws.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Combination: a fused sum is the sum of its terms to a few ulp") {
  const MatrixXf x = wave(37, 91, 0.7), t = wave(37, 91, 0.3);
  Huber<Mean> huber;
  huber.delta = 0.5;
  const auto loss = 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{} + 2.0 * huber;
  const auto [value, gradient] = loss.value_and_gradient(x, t);

  const double sum =
      0.7 * double(L1<Mean>{}(x, t)) + 0.3 * double(MSE<Mean>{}(x, t)) + 2 * double(huber(x, t));
  const MatrixXf slopes = 0.7F * L1<Mean>{}.gradient(x, t) + 0.3F * MSE<Mean>{}.gradient(x, t) +
                          2 * huber.gradient(x, t);
  CHECK(ulps_of_number(value, float(sum)) <= few_ulp);
  CHECK(ulps(gradient, slopes) <= few_ulp);
  CHECK(ulps_of_number(loss(x, t), value) <= 4);
  CHECK(ulps(loss.gradient(x, t), gradient) <= 4);
}

TEST_CASE("Combination: a difference subtracts, and a product is a loss of one term") {
  const ArrayXd x = ArrayXd::LinSpaced(50, -2, 3), t = ArrayXd::Constant(50, 0.25);
  const auto difference = MSE<Sum>{} - L1<Sum>{} * 0.5;
  CHECK(difference.weights == std::array<double, 2>{{1.0, -0.5}});
  CHECK(difference(x, t) == Approx(MSE<Sum>{}(x, t) - 0.5 * L1<Sum>{}(x, t)).epsilon(1e-15));
  const auto tripled = 3.0 * MSE<Mean>{};
  CHECK(tripled(x, t) == Approx(3 * MSE<Mean>{}(x, t)).epsilon(1e-15));
  CHECK(ulps(tripled.gradient(x, t), (3 * MSE<Mean>{}.gradient(x, t)).eval()) <= few_ulp);
}

TEST_CASE("Combination: nested sums are flat, and a factor reaches each term") {
  const ArrayXd x = ArrayXd::LinSpaced(50, -2, 3), t = ArrayXd::Constant(50, 0.25);
  const auto inner = 0.5 * L1<Mean>{} + MSE<Mean>{};
  const auto loss = SmoothL1<Mean>{} + 4.0 * inner;
  CHECK(loss.weights == std::array<double, 3>{{1.0, 2.0, 4.0}});
  CHECK(
      loss(x, t) ==
      Approx(SmoothL1<Mean>{}(x, t) + 2 * L1<Mean>{}(x, t) + 4 * MSE<Mean>{}(x, t)).epsilon(1e-15));
  const auto larger = inner + inner;
  CHECK(larger.weights == std::array<double, 4>{{0.5, 1.0, 0.5, 1.0}});
  CHECK(larger(x, t) == Approx(2 * inner(x, t)).epsilon(1e-15));
}

TEST_CASE("Combination: weights and options may change between calls") {
  const ArrayXd x = ArrayXd::LinSpaced(50, -2, 3), t = ArrayXd::Constant(50, 0.25);
  auto loss = L1<Mean>{} + Huber<Mean>{};
  for (const double share : {0.0, 0.25, 1.0}) {
    loss.weights = {share, 1 - share};
    std::get<1>(loss.terms).delta = 1 + share;
    Huber<Mean> huber;
    huber.delta = 1 + share;
    CHECK(loss(x, t) ==
          Approx(share * L1<Mean>{}(x, t) + (1 - share) * huber(x, t)).epsilon(1e-15));
  }
}

TEST_CASE("Combination: losses of different engines share inputs and gradient") {
  const MatrixXf x = wave(40, 7, 0.7);
  const Eigen::VectorXi y = classes(40, 7);
  CrossEntropy<Mean> first;
  first.label_smoothing = 0.1;
  first.weight = ArrayXd::LinSpaced(7, 1, 2);
  const MultiMargin<Mean> second;
  const auto loss = first + 0.5 * second;
  MatrixXf gradient = MatrixXf::Constant(40, 7, std::nanf(""));
  const float value = loss.value_and_gradient(x, y, gradient);
  CHECK(ulps_of_number(value, first(x, y) + 0.5F * second(x, y)) <= few_ulp);
  CHECK(ulps(gradient, (first.gradient(x, y) + 0.5F * second.gradient(x, y)).eval()) <= few_ulp);
  CHECK(ulps((0.5 * second + first).gradient(x, y), gradient) <= few_ulp);

  // Rows and elements, both of probabilities.
  const MatrixXf p = wave(40, 7, 0.3).array().square() / 9;
  const auto mixed = CrossEntropy<Mean>{} + 0.25 * BCEWithLogits<Mean>{};
  CHECK(ulps_of_number(mixed(x, p), CrossEntropy<Mean>{}(x, p) +
                                        0.25F * BCEWithLogits<Mean>{}(x, p)) <= few_ulp);
  CHECK(ulps(mixed.gradient(x, p),
             (CrossEntropy<Mean>{}.gradient(x, p) + 0.25F * BCEWithLogits<Mean>{}.gradient(x, p))
                 .eval()) <= few_ulp);
}

TEST_CASE("Combination: rows that only one term ignores keep what the other adds") {
  for (const Index rows : {3, 40}) {  // one by one, and as many as a pack has lanes
    const MatrixXf x = wave(rows, 7, 0.7);
    const Eigen::VectorXi y = classes(rows, 7);
    NLL<Sum> ignores;
    ignores.ignore_index = 1;
    for (const auto& loss : {NLL<Sum>{} + 2.0 * ignores, ignores + 2.0 * NLL<Sum>{}}) {
      MatrixXf gradient = MatrixXf::Constant(rows, 7, 42), expected = MatrixXf::Zero(rows, 7);
      loss.gradient(x, y, gradient);
      for (Index i = 0; i < rows; ++i) {
        const auto& terms = loss.terms;
        const bool first = y(i) != std::get<0>(terms).ignore_index,
                   second = y(i) != std::get<1>(terms).ignore_index;
        expected(i, y(i)) = -float(first) - 2 * float(second);
      }
      CHECK(gradient == expected);
    }
  }
}

TEST_CASE("Combination: elements with numbers along an axis are not fused, but right") {
  const MatrixXf x = wave(20, 4, 0.7), t = wave(20, 4, 0.3).cwiseAbs() / 3;
  BCEWithLogits<Mean> weighted;
  weighted.pos_weight = Eigen::Array4d(1, 2, 3, 4);
  const auto loss = 0.5 * weighted + L1<Mean>{};
  CHECK(ulps_of_number(loss(x, t), 0.5F * weighted(x, t) + L1<Mean>{}(x, t)) <= few_ulp);
  CHECK(ulps(loss.gradient(x, t),
             (0.5F * weighted.gradient(x, t) + L1<Mean>{}.gradient(x, t)).eval()) <= few_ulp);
}

TEST_CASE("Combination: each term has its own batch") {
  const MatrixXf x = wave(2, 3, 0.7), t = wave(2, 3, 0.3).cwiseAbs() / 3;
  for (const int first_axis : {0, -2}) {
    BCEWithLogits<BatchMean> columns;  // a sample a column: a batch of 3
    columns.axis = first_axis;
    const auto loss = columns + MSE<BatchMean>{};
    CHECK(ulps_of_number(loss(x, t), columns(x, t) + MSE<BatchMean>{}(x, t)) <= few_ulp);
    CHECK(ulps(loss.gradient(x, t),
               (columns.gradient(x, t) + MSE<BatchMean>{}.gradient(x, t)).eval()) <= few_ulp);
  }
}

TEST_CASE("Combination: terms of different reductions, in any order of fused and other ones") {
  const MatrixXf x = wave(20, 9, 0.7), t = wave(20, 9, 0.3);
  const auto loss = MSE<RootMean>{} + 0.1 * L1<Sum>{} + 2.0 * L1<Mean>{} + 0.1 * Huber<Sum>{} +
                    SoftMargin<BatchMean>{};
  const MatrixXf gradient = loss.gradient(x, t);
  const double sum = double(MSE<RootMean>{}(x, t)) + 0.1 * double(L1<Sum>{}(x, t)) +
                     2 * double(L1<Mean>{}(x, t)) + 0.1 * double(Huber<Sum>{}(x, t)) +
                     double(SoftMargin<BatchMean>{}(x, t));
  const MatrixXf slopes = MSE<RootMean>{}.gradient(x, t) + 0.1F * L1<Sum>{}.gradient(x, t) +
                          2 * L1<Mean>{}.gradient(x, t) + 0.1F * Huber<Sum>{}.gradient(x, t) +
                          SoftMargin<BatchMean>{}.gradient(x, t);
  CHECK(ulps_of_number(loss(x, t), float(sum)) <= few_ulp);
  CHECK(ulps(gradient, slopes) <= few_ulp);
  CHECK(ulps_of_number(loss.value_and_gradient(x, t).first, loss(x, t)) <= 4);
}

template <class R>
void check_sum_of_reduced() {
  const MatrixXf x = wave(20, 9, 0.7), t = wave(20, 9, 0.3);
  const auto flat = pointwise<R>([](auto a, auto b) { return max(0, abs(a - b) - 1); });
  const auto loss = 2.0 * flat - 0.5 * MSE<R>{};
  CHECK(ulps_of_number(loss(x, t), float(2 * double(flat(x, t)) - 0.5 * double(MSE<R>{}(x, t)))) <=
        few_ulp);
  const auto [value, gradient] = loss.value_and_gradient(x, t);
  CHECK(ulps_of_number(value, loss(x, t)) <= few_ulp);
  CHECK(ulps(gradient, (2 * flat.gradient(x, t) - 0.5F * MSE<R>{}.gradient(x, t)).eval()) <=
        few_ulp);
}

TEST_CASE("Combination: reductions that are not linear are those of each term, not of their sum") {
  check_sum_of_reduced<RootMean>();
  check_sum_of_reduced<NonZeroMean>();
  check_sum_of_reduced<Counted>();
  Eigen::ArrayXd x(2), t(2);
  x << 3, 4;
  t << 0, 0;
  CHECK((MSE<RootMean>{} + MSE<RootMean>{})(x, t) == 2 * std::sqrt(12.5));
}

TEST_CASE("Combination: weights of units hold for every term, and a masked unit counts nothing") {
  MatrixXf x = wave(20, 9, 0.7);
  const MatrixXf t = wave(20, 9, 0.3);
  MatrixXf w = wave(20, 9, 0.11).cwiseAbs();
  w(3, 4) = 0;
  x(3, 4) = std::nanf("");
  const auto loss = L1<WeightedMean>{} + 0.5 * MSE<WeightedMean>{} + MSE<Sum>{};
  const auto [value, gradient] = loss.weighted(w).value_and_gradient(x, t);
  const double sum = double(L1<WeightedMean>{}.weighted(w)(x, t)) +
                     0.5 * double(MSE<WeightedMean>{}.weighted(w)(x, t)) +
                     double(MSE<Sum>{}.weighted(w)(x, t));
  CHECK(ulps_of_number(value, float(sum)) <= few_ulp);
  CHECK(gradient(3, 4) == 0);
  CHECK(gradient.allFinite());
  CHECK(loss.weighted(w).divisor(x, t) == L1<WeightedMean>{}.weighted(w).divisor(x, t));
}

TEST_CASE("Combination: the same bits on pools of 1, 2 and 7 threads") {
  const MatrixXf x = wave(400, 333, 0.7), t = wave(400, 333, 0.3);
  const MatrixXf p = t.cwiseAbs();
  const auto loss = 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{} + CrossEntropy<Mean>{};
  const auto [value, gradient] = loss.value_and_gradient(x, p);
  for (const int threads : {1, 2, 7}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    const auto [again, slopes] = loss.device(device).value_and_gradient(x, p);
    CHECK(again == value);
    CHECK((slopes.array() == gradient.array()).all());
  }
}

TEST_CASE("Combination: unreduced terms, with every verb") {
  const MatrixXf x = wave(20, 9, 0.7), t = wave(20, 9, 0.3);
  const auto loss = 0.7 * L1<Unreduced>{} + 0.3 * MSE<Unreduced>{};
  const MatrixXf wanted = 0.7F * L1<Unreduced>{}(x, t) + 0.3F * MSE<Unreduced>{}(x, t);
  const MatrixXf slopes =
      0.7F * L1<Unreduced>{}.gradient(x, t) + 0.3F * MSE<Unreduced>{}.gradient(x, t);
  MatrixXf into(1, 1), gradient;
  loss.value_into(into, x, t);
  CHECK(ulps(into, wanted) <= few_ulp);
  CHECK(ulps(loss(x, t), wanted) <= few_ulp);
  CHECK(ulps(loss.value_and_gradient(x, t, gradient), wanted) <= few_ulp);
  CHECK(ulps(gradient, slopes) <= few_ulp);
  CHECK(ulps(loss.gradient(x, t), slopes) <= few_ulp);

  // Rows: two walks, the second of which adds to what the first has written.
  const Eigen::VectorXi y = classes(20, 9);
  const auto rows = CrossEntropy<Unreduced>{} + 0.5 * MultiMargin<Unreduced>{};
  Eigen::VectorXf losses = Eigen::VectorXf::Constant(20, std::nanf("")),
                  w = wave(20, 1, 0.2).cwiseAbs();
  w(5) = 0;
  rows.weighted(w).value_into(losses, x, y);
  const Eigen::VectorXf sum =
      w.cwiseProduct(CrossEntropy<Unreduced>{}(x, y) + 0.5F * MultiMargin<Unreduced>{}(x, y));
  CHECK(ulps(losses, sum) <= few_ulp);
  CHECK(losses(5) == 0);
}

TEST_CASE("Combination: several predictions, and gradients that are skipped") {
  const MatrixXd a = wave(20, 9, 0.7).cast<double>(), b = wave(20, 9, 0.3).cast<double>(),
                 c = wave(20, 9, 0.2).cast<double>();
  const auto loss = TripletMargin<Mean>{} + 0.5 * TripletMarginWithDistance<Mean, Cosine>{};
  const auto [value, gradients] = loss.value_and_gradient(a, b, c);
  const auto first = TripletMargin<Mean>{}.gradient(a, b, c);
  const auto second = TripletMarginWithDistance<Mean, Cosine>{}.gradient(a, b, c);
  CHECK(value == Approx(TripletMargin<Mean>{}(a, b, c) +
                        0.5 * TripletMarginWithDistance<Mean, Cosine>{}(a, b, c))
                     .epsilon(1e-14));
  CHECK(ulps(std::get<2>(gradients), (std::get<2>(first) + 0.5 * std::get<2>(second)).eval()) <=
        few_ulp);

  MatrixXd of_b(20, 9);
  loss.gradient(a, b, c, skip, of_b, skip);
  CHECK(ulps(of_b, std::get<1>(gradients)) <= few_ulp);

  const Eigen::ArrayXd x = ArrayXd::LinSpaced(20, -1, 1), z = -x, y = ArrayXd::Ones(20);
  const auto pairs = MarginRanking<Mean>{} + MarginRanking<Mean>{};
  const auto [dx, dz] = pairs.gradient(x, z, y);
  CHECK(ulps(dx, (2 * std::get<0>(MarginRanking<Mean>{}.gradient(x, z, y))).eval()) <= few_ulp);
  CHECK(ulps(dz, (-dx).eval()) == 0);
}

TEST_CASE("Combination: gradients of 16-bit inputs are sums in that type, to its rounding") {
  using Half = Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic>;
  const Half x = wave(20, 9, 0.7).cast<Eigen::half>(), t = wave(20, 9, 0.3).cast<Eigen::half>();
  const MatrixXf xf = x.cast<float>(), tf = t.cast<float>();
  const auto fused = 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{};
  const auto apart = 0.7 * L1<Sum>{} + 0.3 * MSE<Mean>{};
  const float epsilon = 1.0F / 1024;  // of half, which Eigen 3.4's numeric_limits understate
  const auto check = [&](const auto& loss) {
    const auto [value, gradient] = loss.value_and_gradient(x, t);
    static_assert(std::is_same<std::decay_t<decltype(value)>, float>::value,
                  "16-bit values are float");
    static_assert(std::is_same<std::decay_t<decltype(gradient)>, Half>::value,
                  "gradients are as the input");
    const MatrixXf wanted = loss.gradient(xf, tf);
    CHECK(ulps_of_number(value, loss(xf, tf)) <= few_ulp);
    CHECK((gradient.template cast<float>() - wanted).cwiseAbs().maxCoeff() <=
          epsilon * wanted.cwiseAbs().maxCoeff());
  };
  check(fused);
  check(apart);
}

TEST_CASE("Combination: nothing is allocated with outputs of the caller") {
  const MatrixXf x = wave(400, 33, 0.7), p = wave(400, 33, 0.3).cwiseAbs();
  MatrixXf gradient(400, 33), values(400, 33);
  CrossEntropy<Mean> rows;
  rows.weight = ArrayXd::Ones(33);
  const auto mixed = 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{} + rows;
  const auto each = L1<Unreduced>{} + 0.3 * MSE<Unreduced>{};
  const auto one = 0.5 * rows;
  // The first calls may set up what lives as long as the program.
  float value = mixed.value_and_gradient(x, p, gradient) + one.value_and_gradient(x, p, gradient);
  each.value_into(values, x, p);
  const long before = allocations::counted;
  value += mixed.value_and_gradient(x, p, gradient);
  value += one.value_and_gradient(x, p, gradient);
  value += mixed(x, p);
  mixed.gradient(x, p, gradient);
  each.value_into(values, x, p);
  value += float(each.weighted(values).divisor(x, p));
  CHECK(allocations::counted == before);
  CHECK(std::isfinite(value));
}

TEST_CASE("Combination: an error of a later term leaves the outputs as they were") {
  const MatrixXf x = wave(4, 3, 0.7);
  MatrixXf gradient = MatrixXf::Constant(4, 3, 42), values = gradient;
  const auto untouched = [](const auto& m) {
    return m.rows() == 4 && m.cols() == 3 && (m.array() == 42).all();
  };

  auto options = L1<Mean>{} + Huber<Mean>{};
  std::get<1>(options.terms).delta = -1;
  CHECK(error_of([&] { options.value_and_gradient(x, x, gradient); }) ==
        "eigenloss::Huber: delta = -1 is not greater than 0");
  CHECK(untouched(gradient));

  Eigen::Vector4i y(0, 1, 2, -100);  // CrossEntropy ignores -100, MultiMargin does not
  const auto rows = CrossEntropy<Mean>{} + MultiMargin<Mean>{};
  CHECK(error_of([&] { rows.value_and_gradient(x, y, gradient); }) ==
        "eigenloss::MultiMargin: target(3) = -100 is not a class of input with shape (4, 3)");
  CHECK(untouched(gradient));

  const auto unreduced = L1<Unreduced>{} + MSE<Unreduced>{};
  const MatrixXf other = MatrixXf::Zero(3, 3);
  CHECK(error_of([&] { unreduced.value_into(values, x, other); }) ==
        error_of([&] { L1<Unreduced>{}(x, other); }));
  CHECK(untouched(values));
  CHECK(error_of([&] { options.weighted(other)(x, x); }) != "no error");
}

TEST_CASE("Combination: losses of different shapes do not add up, and nothing is written") {
  const MatrixXf x = wave(4, 3, 0.7), t = wave(4, 3, 0.3).cwiseAbs();
  MatrixXf values = MatrixXf::Constant(4, 3, 7);
  const auto mixed = MSE<Unreduced>{} + MultiLabelSoftMargin<Unreduced>{};
  CHECK(error_of([&] { mixed.value_into(values, x, t); }) ==
        "eigenloss::MultiLabelSoftMargin: its losses have shape (4), but those of the first term "
        "of the sum (4, 3)");
  CHECK((values.array() == 7).all());

  CrossEntropy<Unreduced> of_columns;
  of_columns.axis = 0;
  Eigen::VectorXf losses = Eigen::VectorXf::Constant(3, 7);
  const auto two_axes = of_columns + CrossEntropy<Unreduced>{};
  CHECK(error_of([&] { two_axes.value_into(losses, x, t); }) ==
        "eigenloss::CrossEntropy: its losses have shape (4), but those of the first term of the "
        "sum (3)");
  CHECK((losses.array() == 7).all());
  CHECK(two_axes.gradient(x, t).size() == 12);
}

TEST_CASE("Combination: an error names the term, or those that are fused") {
  const Eigen::Array3f x(0.5F, 2, 0.25F), t(0, 1, 1);
  const Eigen::Array2f other(0, 1);
  const auto fused = MSE<Mean>{} + BCE<Mean>{};
  CHECK(error_of([&] { fused(x, t); }) ==
        "eigenloss::MSE + BCE: input(1) = 2 is not between 0 and 1");
  Eigen::Array3f gradient;
  double two[2];
  Eigen::Map<Eigen::Array2d> wrong(two);
  CHECK(
      error_of([&] {
        const auto ranking = MarginRanking<>{} + MarginRanking<>{};
        ranking.gradient(x, x, t, gradient, wrong);
      }) ==
      "eigenloss::MarginRanking + MarginRanking: the storage for the gradient of input2 has shape "
      "(2), expected (3)");
  CHECK(error_of([&] { fused(x, other); }) == error_of([&] { MSE<Mean>{}(x, other); }));
  CHECK(error_of([&] { (BCE<Mean>{} + BCE<Sum>{})(x, t); }) ==
        error_of([&] { BCE<Mean>{}(x, t); }));
}

TEST_CASE("Combination: a divisor where the terms have one in common, an error where not") {
  const MatrixXf x = wave(4, 3, 0.7);
  const Eigen::Vector4i y(0, 1, 2, 2);
  CHECK((L1<Mean>{} + MSE<Mean>{}).divisor(x, x) == 12);
  CrossEntropy<Mean> weighted;
  weighted.weight = Eigen::Array3d(1, 2, 3);
  const auto loss = weighted + CrossEntropy<Mean>{};
  CHECK(error_of([&] { loss.divisor(x, y); }) ==
        "eigenloss::Combination: its terms have different divisors, 9 and 4");
}
