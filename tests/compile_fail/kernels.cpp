// SPDX-License-Identifier: BSL-1.0
// expect: a kernel of Pointwise needs a member function value
// expect: a kernel of Rowwise needs a member function row
// expect: a kernel of Rowwise needs a member function row.* and an option axis
// expect: a reduction needs static functions value\(totals\) and scale\(totals\)
// expect: a kernel of Rowwise takes at most one input with a class for each row
// expect: a kernel of Rowwise with most_labels takes one input with rows of classes
// expect: an input whose role is label or label_row must be of an integer type
// expect: a distance is a type with a member function template term
// expect: rows must be arrays: make a plain number an Eigen::Tensor<float, 0>
// expect: .device\(\) takes one of Eigen's devices
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/mse.hpp>
#include <eigenloss/losses/triplet_margin_with_distance.hpp>

// The square of the difference; the margin of one class above the mean; the sum: each of one's own.
struct Square {
  template <class T>
  T
#if EXPECT_FAIL == 1
      valeu
#else
      value
#endif
      (const T& x, const T& t) const {
    return (x - t) * (x - t);
  }
};

struct AboveMean {
  int
#if EXPECT_FAIL == 3
      axes
#else
      axis
#endif
      = 1;
  template <class Row, class Label, class Slope>
  typename Row::V
#if EXPECT_FAIL == 2
  rows
#else
  row
#endif
      (const Row& x, const Label& y, const Slope& slope) const {
    using P = typename Row::P;
    const double share = 1.0 / double(x.size());
    transform(
        slope, [&](const P& is_y) { return P(share) - is_y; }, one_hot(x, y));
    return sum([&](const P& entry) { return entry * P(share); }, x) - at(x, y);
  }
};

// Integers are rows of classes, unless EXPECT_FAIL says otherwise; its slopes are left out.
struct FirstLabels {
  std::int64_t axis = 1;
#if EXPECT_FAIL == 6
  static constexpr int most_labels = 2;
#endif
  static constexpr std::size_t inputs = 3;
  template <class Scalar>
  static constexpr eigenloss::Role role(std::size_t i) {
    return i == 0 ? eigenloss::Role::row
#if EXPECT_FAIL == 5
                  : eigenloss::Role::label;
#else
                  : eigenloss::Role::label_row;
#endif
  }
  template <class Row, class Labels, class Slope>
  typename Row::V row(const Row& x, const Labels&, const Labels&, const Slope&) const {
    return typename Row::V(double(x.size()));
  }
};

struct Angle {
  template <class V>
  V
#if EXPECT_FAIL == 8
  terms
#else
  term
#endif
      (const V& u, const V& v) const {
    return (u - v) * (u - v);
  }
};

struct Total {
  template <class T>
  static T value(const eigenloss::Totals<T>& totals) {
    return totals.loss;
  }
  template <class T>
  static T
#if EXPECT_FAIL == 4
  scales
#else
  scale
#endif
      (const eigenloss::Totals<T>&) {
    return T(1);
  }
};

float value(const Eigen::MatrixXf& x, const Eigen::MatrixXf& t, const Eigen::VectorXi& labels) {
  const auto [above, slopes] = eigenloss::Rowwise<AboveMean>{}.value_and_gradient(x, labels);
#if EXPECT_FAIL == 7
  const Eigen::MatrixXf rows = Eigen::MatrixXf::Zero(x.rows(), x.cols());
#else
  const Eigen::MatrixXi rows = Eigen::MatrixXi::Zero(x.rows(), x.cols());
#endif
#if EXPECT_FAIL == 10
  return eigenloss::MSE<>{}.device(4)(x, t);
#endif
  return eigenloss::TripletMarginWithDistance<eigenloss::Mean, Angle>{}(x, t,
#if EXPECT_FAIL == 9
                                                                        1.0F
#else
                                                                        t
#endif
                                                                        ) +
         eigenloss::Rowwise<FirstLabels>{}(x, rows, rows) + eigenloss::Pointwise<Square>{}(x, t) +
         eigenloss::MSE<Total>{}(x, t) + above + slopes.sum();
}
