// SPDX-License-Identifier: BSL-1.0
// Rows whose steps lie pages apart, which are copied in groups of tiles: against the same rows with
// their entries end to end.
#include <eigenloss/eigenloss.hpp>

#include "support/catch.hpp"

using namespace eigenloss;
using Eigen::Index;

namespace {

float number(Index i) { return float((i * 7919 + 3) % 1013) / 256 - 2; }

template <class T>
using Array = Eigen::Tensor<T, 3, Eigen::RowMajor>;
using Labels = Eigen::Tensor<int, 2, Eigen::RowMajor>;

template <class T>
Array<T> numbers(Index a, Index b, Index c, Index seed = 0) {
  Array<T> x(a, b, c);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = T(number(i + seed));
  return x;
}
// (N, C, D) with its dimension 1 at the end.
template <class T>
Array<T> classes_last(const Array<T>& x) {
  return x.shuffle(Eigen::array<int, 3>{{0, 2, 1}});
}
template <class T>
double largest_difference(const Array<T>& a, const Array<T>& b) {
  double largest = 0;
  for (Index i = 0; i < a.size(); ++i) {
    const double difference = std::abs(double(a.data()[i]) - double(b.data()[i]));
    if (!(difference <= largest)) largest = difference;  // NaN too
  }
  return largest;
}

// Apart: the last group ends within a tile, and a batch within a group.
struct Sizes {
  Index batch = 3, classes = 9, pixels = 40013;
};

template <class T, class Loss>
void check_classes(const Loss& loss, Loss last, double tolerance, const Sizes& sizes = {}) {
  const auto [batch, classes, pixels] = sizes;
  const Array<T> x = numbers<T>(batch, classes, pixels), ends = classes_last(x);
  Labels y(batch, pixels);
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = int((i * 31 + i / 7) % classes);
  if constexpr (std::is_base_of<kernel::CrossEntropy, Loss>::value) {
    for (Index i = 5; i < y.size(); i += 11) y.data()[i] = -100;
  }
  Array<T> g(batch, classes, pixels), g_ends(batch, pixels, classes);
  g.setConstant(T(7));
  const double value = double(loss.value_and_gradient(x, y, g));
  CHECK(value == Approx(double(last.value_and_gradient(ends, y, g_ends))).epsilon(1e-6));
  CHECK(value == Approx(double(loss(x, y))).epsilon(1e-6));
  CHECK(largest_difference(classes_last(g), g_ends) <= tolerance);

  Eigen::Tensor<T, 2, Eigen::RowMajor> w(batch, pixels);  // some rows count nothing
  for (Index i = 0; i < w.size(); ++i) w.data()[i] = T(i % 3);
  loss.weighted(w).value_and_gradient(x, y, g);
  last.weighted(w).value_and_gradient(ends, y, g_ends);
  CHECK(largest_difference(classes_last(g), g_ends) <= 2 * tolerance);
}

}  // namespace

TEST_CASE("tiles in groups: classes, of every type") {
  CrossEntropy<Sum> entropy, entropy_last;
  MultiMargin<Sum> margin, margin_last;
  entropy_last.axis = margin_last.axis = -1;
  check_classes<float>(entropy, entropy_last, 1e-6);
  check_classes<double>(entropy, entropy_last, 1e-14);
  check_classes<Eigen::half>(margin, margin_last, 1e-3);
  check_classes<float>(entropy, entropy_last, 1e-6, {1, 110, 9739});  // rows too long for groups
  check_classes<float>(entropy, entropy_last, 1e-6, {1, 70, 17011});
}

TEST_CASE("tiles in groups: sums of losses add to their gradients") {
  const auto [batch, classes, pixels] = Sizes();
  const Array<float> x = numbers<float>(batch, classes, pixels), ends = classes_last(x);
  Labels y(batch, pixels);
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = int(i % classes);
  CrossEntropy<Sum> entropy, entropy_last;
  MultiMargin<Sum> margin, margin_last;
  entropy_last.axis = margin_last.axis = -1;
  const auto both = entropy + 0.5 * margin, both_last = entropy_last + 0.5 * margin_last;
  Array<float> g(batch, classes, pixels), g_last(batch, pixels, classes);
  const float value = both.value_and_gradient(x, y, g);
  CHECK(value == Approx(both_last.value_and_gradient(ends, y, g_last)).epsilon(1e-6));
  CHECK(largest_difference(classes_last(g), g_last) <= 1e-6);
}

TEST_CASE("tiles in groups: several inputs and gradients, some of them skipped") {
  const auto [batch, classes, pixels] = Sizes();
  const Array<float> a = numbers<float>(batch, classes, pixels),
                     p = numbers<float>(batch, classes, pixels, 5),
                     n = numbers<float>(batch, classes, pixels, 77);
  TripletMargin<Sum> loss, last;
  loss.axis = 1;
  Array<float> ga(batch, classes, pixels), gp(ga), gn(ga), only(ga);
  Array<float> la(batch, pixels, classes), lp(la), ln(la);
  const float value = loss.value_and_gradient(a, p, n, ga, gp, gn);
  const float expected =
      last.value_and_gradient(classes_last(a), classes_last(p), classes_last(n), la, lp, ln);
  CHECK(value == Approx(expected).epsilon(1e-6));
  CHECK(largest_difference(classes_last(ga), la) <= 1e-5);
  CHECK(largest_difference(classes_last(gp), lp) <= 1e-5);
  CHECK(largest_difference(classes_last(gn), ln) <= 1e-5);
  loss.value_and_gradient(a, p, n, skip, skip, only);
  CHECK(largest_difference(only, gn) == 0);
}

TEST_CASE("tiles in groups: a gradient that bypasses the cache") {
  const Array<float> x = numbers<float>(1, 16, 270003), ends = classes_last(x);
  Labels y(1, 270003);
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = int(i % 16);
  CrossEntropy<Sum> loss, last;
  last.axis = -1;
  Array<float> g(1, 16, 270003), g_last(1, 270003, 16);
  const float value = loss.value_and_gradient(x, y, g);
  CHECK(value == Approx(last.value_and_gradient(ends, y, g_last)).epsilon(1e-6));
  CHECK(largest_difference(classes_last(g), g_last) <= 1e-6);
}
