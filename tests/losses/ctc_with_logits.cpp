// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.ctc_loss of log_softmax, in double.
#include <Eigen/Core>  // AutoDiff wants it first
#include <unsupported/Eigen/AutoDiff>

#include "support/allocations.hpp"
#include "support/speech.hpp"

using namespace eigenloss;
using namespace samples;
using namespace speech;

TEST_CASE("CTCWithLogits has PyTorch's values and gradient") {
  check_near(CTCWithLogits<Sum>{}(z(), vector({1, 2}), 4, 2), 1.4969185538321503);
  check_near(CTCWithLogits<>{}(z(), vector({1, 2}), 4, 2), 0.7484592769160752);
  const Numbers slope = {-0.09065893328653662, -0.06401326919086747, 0.1546722024774042,
                         0.039933716482470544, -0.11945714968174251, 0.07952343319927202,
                         0.0186080981200432,   0.006108780328881569, -0.024716878448924784,
                         0.04373560695975841,  0.17565776120571833,  -0.2193933681654768};
  check_near(CTCWithLogits<>{}.gradient(z(), vector({1, 2}), 4, 2), slope, 256);
  check_near(CTCWithLogits<Sum>{}(z(), vector({1, 1}), 4, 2), 2.9419698089351782);
  check_near(CTCWithLogits<>{}(z(), Eigen::VectorXi(0), 4, 0), 5.031595978709717);
  check_near(CTCWithLogits<>{}(two(true), ints({1, 2, 2, 1, 2}), ints({4, 4}), ints({2, 3})),
             0.6847312169385888);
}

TEST_CASE("CTCWithLogits is CTC of the log-softmax") {
  const Batch b(4, 60, 5, 7, 10, 3);
  CTC<> plain;
  CTCWithLogits<> loss;
  plain.blank = loss.blank = 3;
  plain.zero_infinity = loss.zero_infinity = true;
  Frames<double> lp = b.frames, softmax = b.frames;
  for (Index n = 0; n < 5; ++n) {
    for (Index t = 0; t < 60; ++t) {
      double sum = 0;
      for (Index c = 0; c < 7; ++c) sum += std::exp(b.frames(t, n, c));
      for (Index c = 0; c < 7; ++c)
        lp(t, n, c) -= std::log(sum), softmax(t, n, c) = std::exp(lp(t, n, c));
    }
  }
  const auto [value, slope] =
      loss.value_and_gradient(b.frames, b.targets, b.input_lengths, b.target_lengths);
  const auto [other, posterior] =
      plain.value_and_gradient(lp, b.targets, b.input_lengths, b.target_lengths);
  CHECK(value == Approx(other).epsilon(1e-13));
  CTC<Unreduced> single;
  single.blank = 3;
  single.zero_infinity = true;
  const Eigen::Tensor<double, 1> values = single(lp, b.targets, b.input_lengths, b.target_lengths);
  for (Index n = 0; n < 5; ++n) {
    const double scale = values(n) > 0 ? 1.0 / (5.0 * (std::max)(b.target_lengths(n), 1)) : 0.0;
    for (Index t = 0; t < 60; ++t) {
      for (Index c = 0; c < 7; ++c) {
        const double expected =
            t < b.input_lengths(n) ? scale * softmax(t, n, c) + posterior(t, n, c) : 0.0;
        CHECK(std::abs(slope(t, n, c) - expected) <= 1e-13);
      }
    }
  }
}

TEMPLATE_TEST_CASE("CTCWithLogits is never negative, and finite at logits of any size", "", float,
                   double, Eigen::half) {
  for (double size : {1.0, 10.0, 30.0, 100.0, 1000.0, 30000.0}) {
    Frames<double> x = Batch(9, 12, 1, 5, 4).frames;
    Frames<TestType> logits(12, 1, 5);
    for (Index t = 0; t < 12; ++t) {
      for (Index c = 0; c < 5; ++c) {
        const double sure = (t % 3 == 1 ? 1 + t / 3 : 0) == c ? size : 0.0;
        logits(t, 0, c) = static_cast<TestType>(sure + (std::isnan(x(t, 0, c)) ? 0.0 : x(t, 0, c)));
      }
    }
    const auto [value, slope] =
        CTCWithLogits<>{}.value_and_gradient(logits, ints({1, 2, 3, 4}), ints({12}), ints({4}));
    CHECK(value >= 0);
    CHECK(std::isfinite(value));
    for (Index i = 0; i < slope.size(); ++i)
      CHECK(std::isfinite(static_cast<float>(slope.data()[i])));
    const auto wrong =
        CTCWithLogits<Sum>{}.value_and_gradient(logits, ints({4, 3, 2, 1}), ints({12}), ints({4}));
    CHECK(wrong.first >= 0);
    CHECK(std::isfinite(wrong.first));
  }
}

TEST_CASE("CTCWithLogits: a target of probability below 10^-4000 is as right as any") {
  const Index T = 100;
  Table x = Table::Constant(T, 6, 0.0);
  std::vector<int> label;
  Eigen::VectorXi targets(25);
  for (int s = 0; s < 25; ++s) label.push_back(targets[s] = 1 + s % 5);
  for (Index t = 0; t < T; ++t) x(t, (t * t) % 6) += 400;
  const long double expected = reference(log_softmax(x), label);
  REQUIRE(expected > 4000 * std::log(10.0L));
  const auto [value, slope] = CTCWithLogits<Sum>{}.value_and_gradient(x, targets, int(T), 25);
  CHECK(std::abs(value - expected) <= 1e-14 * expected);
  for (Index t = 0; t < T; ++t) CHECK(std::abs(slope.row(t).sum()) <= 1e-12);
  const auto narrow = CTCWithLogits<Sum>{}(Eigen::MatrixXf(x.cast<float>()), targets, int(T), 25);
  CHECK(std::abs(narrow - expected) <= 3e-7 * expected);
}

TEST_CASE(
    "CTCWithLogits: NaN anywhere in a sequence makes its loss NaN, -inf is a class that cannot "
    "be") {
  Table x = z();
  x(1, 2) = -inf;
  CHECK(CTCWithLogits<>{}.gradient(x, vector({1, 2}), 4, 2)(1, 2) == 0);
  x(2, 2) = NaN;
  CHECK(std::isnan(CTCWithLogits<>{}(x, vector({1}), 4, 1)));
  CHECK(std::isfinite(CTCWithLogits<>{}(x, vector({1}), 2, 1)));
}

TEST_CASE("CTCWithLogits: its gradient is the central difference of its value") {
  Table x = z();
  const Table slope = CTCWithLogits<>{}.gradient(x, vector({2, 2}), 4, 2);
  const double step = 1e-5;
  for (Index i = 0; i < x.size(); ++i) {
    const double kept = x.data()[i];
    x.data()[i] = kept + step;
    const double up = CTCWithLogits<>{}(x, vector({2, 2}), 4, 2);
    x.data()[i] = kept - step;
    const double down = CTCWithLogits<>{}(x, vector({2, 2}), 4, 2);
    x.data()[i] = kept;
    CHECK(std::abs((up - down) / (2 * step) - slope.data()[i]) <= 1e-9);
  }
}

TEST_CASE("CTCWithLogits serves numbers of automatic differentiation") {
  using Number = Eigen::AutoDiffScalar<Eigen::Matrix<double, 12, 1>>;
  Eigen::Tensor<Number, 2> x(4, 3);
  for (Index t = 0; t < 4; ++t) {
    for (Index c = 0; c < 3; ++c) x(t, c) = Number(z()(t, c), 12, static_cast<int>(3 * t + c));
  }
  const Number value = CTCWithLogits<>{}(x, vector({1, 2}), 4, 2);
  check_near(value.value(), CTCWithLogits<>{}(z(), vector({1, 2}), 4, 2));
  check_same(value.derivatives(), CTCWithLogits<>{}.gradient(z(), vector({1, 2}), 4, 2), 1e-15);
}

TEST_CASE("CTCWithLogits allocates nothing once its workspace has grown") {
  if (!allocations::are_counted) return;
  const Eigen::MatrixXf x = z().cast<float>();
  Eigen::MatrixXf slope(4, 3);
  const Eigen::VectorXi targets = vector({1, 2});
  CTCWithLogits<>{}.value_and_gradient(x, targets, 4, 2, slope);
  const long before = allocations::counted;
  CTCWithLogits<>{}.value_and_gradient(x, targets, 4, 2, slope);
  CHECK(allocations::counted == before);
}

TEST_CASE("CTCWithLogits names its first argument logits") {
  CHECK(error_of([] {
          CTCWithLogits<>{}(z(), vector({1, 4}), 4, 2);
        }) ==
        "eigenloss::CTCWithLogits: targets(1) = 4 is not a class of logits with shape (4, 3)");
}
