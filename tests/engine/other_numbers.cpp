// SPDX-License-Identifier: BSL-1.0
// Numbers of another library: every loss gives their value, and the derivatives that it carries are
// those of `gradient`.
#include <Eigen/Core>  // AutoDiff wants it first
#include <eigenloss/eigenloss.hpp>
#include <unsupported/Eigen/AutoDiff>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

// A number of another library, with what DESIGN asks of one and no more.
struct Unknown {
  double number = 0;

  Unknown() = default;
  Unknown(double of) : number(of) {}
  explicit operator double() const { return number; }
  friend Unknown operator+(const Unknown& a, const Unknown& b) { return a.number + b.number; }
  friend Unknown operator-(const Unknown& a, const Unknown& b) { return a.number - b.number; }
  friend Unknown operator*(const Unknown& a, const Unknown& b) { return a.number * b.number; }
  friend Unknown operator/(const Unknown& a, const Unknown& b) { return a.number / b.number; }
  friend Unknown operator-(const Unknown& a) { return -a.number; }
  friend bool operator<(const Unknown& a, const Unknown& b) { return a.number < b.number; }
  friend bool operator<=(const Unknown& a, const Unknown& b) { return a.number <= b.number; }
  friend bool operator>(const Unknown& a, const Unknown& b) { return a.number > b.number; }
  friend bool operator>=(const Unknown& a, const Unknown& b) { return a.number >= b.number; }
  friend bool operator==(const Unknown& a, const Unknown& b) { return a.number == b.number; }
  friend bool operator!=(const Unknown& a, const Unknown& b) { return a.number != b.number; }
  friend Unknown abs(const Unknown& a) { return std::abs(a.number); }
  friend Unknown exp(const Unknown& a) { return std::exp(a.number); }
  friend Unknown log(const Unknown& a) { return std::log(a.number); }
  friend Unknown sqrt(const Unknown& a) { return std::sqrt(a.number); }
};
template <>
struct Eigen::NumTraits<Unknown> : Eigen::NumTraits<double> {
  using Real = Unknown;
  using NonInteger = Unknown;
  using Nested = Unknown;
};

namespace {

using Number = Eigen::AutoDiffScalar<Eigen::VectorXd>;
using Variables = Eigen::Array<Number, Eigen::Dynamic, 1>;

// The numbers as variables: number i has the derivative 1 in place i.
Variables variables(const Eigen::ArrayXd& numbers) {
  const int size = static_cast<int>(numbers.size());
  Variables result(size);
  for (int i = 0; i < size; ++i) result[i] = Number(numbers[i], size, i);
  return result;
}

const Eigen::ArrayXd& gradient_for_input(const Eigen::ArrayXd& gradient) { return gradient; }
template <class... G>
const Eigen::ArrayXd& gradient_for_input(const std::tuple<G...>& gradients) {
  return std::get<0>(gradients);
}

template <class L, class... Rest>
void check_derivatives(const L& loss, const Eigen::ArrayXd& x, const Rest&... rest) {
  const Number value = loss(variables(x), rest...);
  check_near(value.value(), double(loss(x, rest...)), 16);
  const auto gradients = loss.gradient(x, rest...);
  const Eigen::ArrayXd& gradient = gradient_for_input(gradients);
  REQUIRE(value.derivatives().size() == x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    CHECK(value.derivatives()[i] == Approx(gradient[i]).epsilon(1e-12));
  }
}

const Eigen::ArrayXd x = list({0.3, 0.6, 0.2}), t = list({0.5, 0.1, 0.9});

}  // namespace

TEST_CASE("other numbers: the losses of elements carry their derivatives") {
  check_derivatives(L1<>{}, x, t);
  check_derivatives(MSE<RootMean>{}, x, t);
  check_derivatives(SmoothL1<Sum>{{0.3}}, x, t);
  check_derivatives(Huber<BatchMean>{{0.3}}, x, t);
  check_derivatives(BCE<>{}, x, t);
  check_derivatives(BCEWithLogits<WeightedMean>{}, x, t);
  check_derivatives(BCEWithLogits<>{{list({2, 3, 1})}}, x, t);
  check_derivatives(PoissonNLL<>{{true, true}}, x, t);
  check_derivatives(PoissonNLL<>{{false, true}}, x, t);
  check_derivatives(GaussianNLL<>{}, x, t, 0.5);
  check_derivatives(GaussianNLL<>{{true}}, x, t, t);
  check_derivatives(KLDiv<>{}, x, t);
  check_derivatives(KLDiv<>{{true}}, x, t);
  check_derivatives(HingeEmbedding<>{}, x, list({1, -1, 0}));
  check_derivatives(SoftMargin<>{}, x, list({1, -1, 0.5}));
  check_derivatives(MarginRanking<>{{0.2}}, x, t, list({1, -1, 1}));
  check_derivatives(0.7 * L1<>{} + 0.3 * MSE<>{}, x, t);
  check_derivatives(0.7 * L1<>{} + 0.3 * MSE<Sum>{}, x, t);
  check_derivatives(pointwise<Mean>([](auto a, auto b) { return log(cosh(a - b)); }), x, t);
}

TEST_CASE("other numbers: the losses of rows carry their derivatives") {
  check_derivatives(CrossEntropy<>{}, x, 1);
  check_derivatives(CrossEntropy<>{}, x, t);
  check_derivatives(NLL<>{}, x, 2);
  check_derivatives(MultiMargin<>{}, x, 0);
  check_derivatives(MultiLabelSoftMargin<>{}, x, t);
  check_derivatives(CosineEmbedding<>{}, x, t, 1);
  check_derivatives(TripletMargin<>{}, x, t, Eigen::ArrayXd(t + x));
}

TEST_CASE("other numbers: those that take kilobytes each fit the stack") {
  using Large = Eigen::AutoDiffScalar<Eigen::Matrix<double, 500, 1>>;
  Eigen::Array<Large, Eigen::Dynamic, 1> many(600);
  Eigen::ArrayXd plain(600), targets = Eigen::ArrayXd::Ones(600);
  for (int i = 0; i < 600; ++i) {
    plain[i] = 0.01 * i;
    many[i] = i < 500 ? Large(plain[i], 500, i) : Large(plain[i]);
    if (i >= 500) many[i].derivatives().setZero();
  }
  const auto check = [&](const auto& loss, const auto& target) {
    const Large value = loss(many, target);
    check_near(value.value(), loss(plain, target), 64);
    const Eigen::ArrayXd gradient = loss.gradient(plain, target);
    CHECK((value.derivatives().array() - gradient.head(500)).abs().maxCoeff() < 1e-12);
  };
  check(MSE<>{}, targets);
  check(CrossEntropy<>{}, 7);
  check(MultiLabelSoftMargin<>{}, targets);
  Eigen::ArrayXi labels = Eigen::ArrayXi::Constant(600, -1);  // more than are compared one by one
  for (int k = 0; k < 150; ++k) labels[k] = 4 * k;
  check(MultiLabelMargin<>{}, labels);
}

TEST_CASE("other numbers: those that std::numeric_limits knows nothing of") {
  const auto logits = list({-800, -801, -803, -802}), near = list({0.3, 0.6, 0.2, 0.4});
  const auto others = [](const Eigen::ArrayXd& numbers) {
    return Eigen::Array<Unknown, Eigen::Dynamic, 1>(numbers.cast<Unknown>());
  };
  const auto check = [&](const auto& loss, const Eigen::ArrayXd& numbers, const auto&... rest) {
    check_near(loss(others(numbers), rest...).number, loss(numbers, rest...), 16);
    const auto gradients = loss.gradient(others(numbers), rest...);
    const auto expected = loss.gradient(numbers, rest...);
    for (int i = 0; i < 4; ++i) CHECK(gradients[i].number == Approx(expected[i]).epsilon(1e-12));
  };
  check(CrossEntropy<>{}, logits, 1);
  check(CrossEntropy<>{{{}, -100, 0.1}}, logits, 1);
  check(MultiLabelMargin<>{}, near, Eigen::Array4i(3, 1, -1, 0));
  check(SmoothL1<>{{1e-320}}, near, near);
  check(MultiMargin<>{}, near, 2);
  const Eigen::Array4d none = list({0.1, 0.2, 0.3, 0.4});
  const auto extreme = TripletMargin<>{{1.0, std::numeric_limits<double>::infinity()}};
  check_near(extreme(others(near), none, logits).number, extreme(near, none, logits), 16);
}

TEST_CASE("other numbers: BCE's logarithms are at least -100") {
  const double values = BCE<Sum>{}(variables(list({0, 1, 0.5})), list({1, 0, 1})).value();
  check_near(values, 200 + std::log(2.0), 64);
  CHECK(kernel::BCE{}.value(0.0, 1.0) == 100);  // plain numbers, too
  CHECK(kernel::BCE{}.value(1.0f, 0.0f) == 100);
}

TEST_CASE("other numbers: an error shows the number") {
  Variables p = variables(x);
  p[1] = Number(1.5);
  CHECK(error_of([&] { BCE<>{}(p, t); }) ==
        "eigenloss::BCE: input(1) = 1.5 is not between 0 and 1");
}
