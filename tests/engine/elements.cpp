// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cmath>
#include <cstddef>
#include <eigenloss/engine/combination.hpp>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"
#include "support/walks.hpp"

// Every path of the walk over elements, against plain loops: in place and through buffers, whole packs and the rest,
// weights and masks, a second term, outputs too large for the cache.
using namespace walks;

namespace {

// The same formula without slopes of its own.
struct ProductAlone {
  static constexpr std::size_t inputs = 2;
  using Predictions = std::index_sequence<0, 1>;
  template <class T>
  T value(const T& x, const T& t) const {
    return Product{}.value(x, t);
  }
};

// Sums of whole numbers below 2^24 are exact in any order.
struct Expected {
  double loss = 0, counted = 0;
};

// The pointwise walk over x and t of any container, with and without weights, against loops. `first` and `second` are
// storage of any container; `weights` as well.
template <class X, class Out, class W>
void check_elements(const X& x, const X& t, Out& first, Out& second, const W& weights) {
  const Index n = x.size();
  const auto at = [n](const auto& array, Index i) {
    return double(array(i % array.rows(), n == array.rows() ? 0 : i / array.rows()));
  };
  Expected plain, weighted;
  for (Index i = 0; i < n; ++i) {
    const double loss = at(x, i) * at(t, i) + at(t, i), w = at(weights, i);
    plain.loss += loss;
    plain.counted += loss != 0;
    weighted.loss += w == 0 ? 0 : w * loss;
    weighted.counted += w != 0 && loss != 0;
  }
  INFO("shape (" << x.rows() << ", " << x.cols() << ")");
  const auto check_gradients = [&](double scale, bool with_weights) {
    Index wrong = 0;
    for (Index i = 0; i < n; ++i) {
      const double w = scale * (with_weights ? at(weights, i) : 1);
      wrong += at(first, i) != w * at(t, i) || at(second, i) != w * (at(x, i) + 1);
    }
    CHECK(wrong == 0);
  };
  const Pointwise<Product, Sum> sum{};
  CHECK(double(sum(x, t)) == plain.loss);
  CHECK(double(sum.value_and_gradient(x, t, first, second)) == plain.loss);
  check_gradients(1, false);
  CHECK(double(sum.weighted(weights).value_and_gradient(x, t, first, second)) == weighted.loss);
  check_gradients(1, true);
  const Pointwise<Product, OverNonZero> counted{};
  CHECK(double(counted.value_and_gradient(x, t, first, second)) == plain.counted + plain.loss);
  check_gradients(plain.counted, false);
  CHECK(double(counted.weighted(weights)(x, t)) == weighted.counted + weighted.loss);
  // Terms of two reductions are two walks, the second of which adds to what stands there.
  const auto terms = sum + 2.0 * counted;
  CHECK(double(terms.value_and_gradient(x, t, first, second)) ==
        plain.loss + 2 * (plain.counted + plain.loss));
  check_gradients(1 + 2 * plain.counted, false);
  // Losses one by one, of one term and of two.
  const Pointwise<Product, Unreduced> each{};
  const auto check_each = [&](double factor) {
    Index wrong = 0;
    for (Index i = 0; i < n; ++i)
      wrong += at(first, i) != factor * (at(x, i) * at(t, i) + at(t, i)) * at(weights, i);
    CHECK(wrong == 0);
  };
  each.weighted(weights).value_into(first, x, t);
  check_each(1);
  (2.0 * each).weighted(weights).value_into(first, x, t);
  check_each(2);
}

}  // namespace

TEST_CASE("elements in place: every size around packs and blocks") {
  for (Index n : {1,  2,  3,  4,  5,  7,   8,   9,     15,    16,    17,   31,
                  32, 33, 63, 64, 65, 511, 513, 16383, 16384, 16385, 40001}) {
    const Matrix x = numbers(n, 1, 0), t = numbers(n, 1, 1);
    Matrix first = Matrix::Constant(n, 1, std::nanf("")), second = first;
    check_elements(x, t, first, second, some_weights(n, 1));
  }
}

TEST_CASE("elements: a slope for each prediction of a formula alone") {
  const Matrix x = numbers(7, 5, 0), t = numbers(7, 5, 1);
  Matrix first, second, expected_first, expected_second;
  CHECK(Pointwise<ProductAlone, Sum>{}.value_and_gradient(x, t, first, second) ==
        Pointwise<Product, Sum>{}.value_and_gradient(x, t, expected_first, expected_second));
  CHECK(first == expected_first);
  CHECK(second == expected_second);
}

TEST_CASE("elements through buffers: parts of larger matrices, also as outputs and weights") {
  for (const auto& shape : {std::pair<Index, Index>{1, 1}, {3, 5}, {17, 9}, {600, 3}, {5, 700}}) {
    const Matrix x = numbers(shape.first + 2, shape.second + 3, 0),
                 t = numbers(shape.first + 2, shape.second + 3, 1),
                 w = some_weights(shape.first + 2, shape.second + 3);
    const auto part = [&](auto& matrix) { return matrix.block(1, 2, shape.first, shape.second); };
    Matrix all_first = Matrix::Constant(x.rows(), x.cols(), 99), all_second = all_first;
    auto first = part(all_first), second = part(all_second);
    check_elements(part(x), part(t), first, second, part(w));
    CHECK((all_first.array() == 99).count() >= all_first.size() - first.size());  // nothing around
    CHECK(all_first.row(0).minCoeff() == 99);
    CHECK(all_first.col(1).maxCoeff() == 99);
    CHECK(all_second.rightCols(1).minCoeff() == 99);
  }
}

TEST_CASE("elements through buffers: strides, and expressions in either order") {
  const Index n = 1234;
  Matrix memory = numbers(3 * n, 3, 2);
  using Strided = Eigen::Map<Matrix, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
  const auto every_third = [](Matrix& matrix, Index offset) {
    return Strided(matrix.data() + offset, n, 3,
                   Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(3 * n, 3));
  };
  Matrix w_memory = some_weights(3 * n, 3), outputs = memory, more = memory;
  const Strided x = every_third(memory, 0), t = every_third(memory, 1);
  Strided first = every_third(outputs, 2), second = every_third(more, 0);
  check_elements(x, t, first, second, every_third(w_memory, 1));

  const Matrix plain_x = numbers(40, 30, 0), plain_t = numbers(40, 30, 1);
  const double expected =
      (plain_x.array() * plain_t.array() + plain_t.array()).cast<double>().sum();
  const Pointwise<Product, Sum> sum{};
  CHECK(double(sum(plain_x + Matrix::Zero(40, 30), 1 * plain_t)) == expected);
  CHECK(double(sum((plain_x * 1.0f).transpose(), plain_t.transpose())) == expected);
  CHECK(double(sum(plain_x.reverse().reverse(), plain_t)) == expected);
  const auto every_other = Eigen::seq(0, 38, 2), columns = Eigen::seq(0, 28, 4);
  const Matrix x_rows = plain_x(every_other, columns), t_rows = plain_t(every_other, columns);
  CHECK(sum(plain_x(every_other, columns), plain_t(every_other, columns)) == sum(x_rows, t_rows));
  CHECK(sum(plain_x(every_other, 4), plain_t(every_other, 4)) == sum(x_rows.col(1), t_rows.col(1)));
  Eigen::TensorMap<const Eigen::Tensor<float, 2>> tensor(plain_x.data(), 40, 30),
      target(plain_t.data(), 40, 30);
  CHECK(double(sum(tensor + 0.0f, target * 1.0f)) == expected);
  const Eigen::Tensor<Eigen::half, 2> half = tensor.cast<Eigen::half>();
  CHECK(double(sum(half, target)) == expected);
}

TEST_CASE("elements: a mask hides NaN in every lane, in place and in buffers") {
  for (Index n : {1, 5, 8, 19, 33, 70}) {
    Matrix x = numbers(n, 3, 0), t = numbers(n, 3, 1), w = some_weights(n, 3);
    const Matrix clean = x;
    for (Index i = 0; i < x.size(); ++i) {
      if (w.data()[i] == 0) x.data()[i] = i % 2 == 0 ? std::nanf("") : HUGE_VALF;
    }
    Matrix first, second, clean_first, clean_second;
    const Pointwise<Product, OverNonZero> loss{};
    CHECK(loss.weighted(w).value_and_gradient(x, t, first, second) ==
          loss.weighted(w).value_and_gradient(clean, t, clean_first, clean_second));
    CHECK(first == clean_first);
    for (Index i = 0; i < x.size(); ++i) {
      if (w.data()[i] == 0) CHECK((first.data()[i] == 0 && second.data()[i] == 0));
    }
    CHECK(loss.weighted(w.topRows(n - n / 2))(x.topRows(n - n / 2), t.topRows(n - n / 2)) ==
          loss.weighted(w.topRows(n - n / 2))(clean.topRows(n - n / 2), t.topRows(n - n / 2)));
  }
}

TEST_CASE(
    "elements: gradients that are too large for the cache, aligned alike or not, and added to") {
  constexpr Index n = (Index(1) << 22) + 37;  // more than 2^24 bytes
  Eigen::VectorXf x(n + 16), t(n + 16), first_memory(n + 32), second_memory(n + 32);
  for (Index i = 0; i < x.size(); ++i) x(i) = float(i % 5 - 2), t(i) = float(i % 3 - 1);
  const auto from = [](Eigen::VectorXf& memory, Index offset) {
    return Eigen::Map<Eigen::VectorXf>(memory.data() + offset, n);
  };
  const auto in_x = from(x, 1), in_t = from(t, 2);
  const Pointwise<Product, Sum> sum{};
  const auto twice = sum + Pointwise<Product, OverNonZero>{};
  const double losses = (in_x.array() * in_t.array() + in_t.array()).cast<double>().sum();
  const auto non_zero = double((in_x.array() * in_t.array() + in_t.array() != 0).count());
  for (const auto& offsets : {std::pair<Index, Index>{3, 3}, {0, 1}, {5, 2}, {16, 0}}) {
    INFO("offsets " << offsets.first << " and " << offsets.second);
    first_memory.setConstant(99);
    second_memory.setConstant(99);
    auto first = from(first_memory, offsets.first), second = from(second_memory, offsets.second);
    CHECK(double(sum.value_and_gradient(in_x, in_t, first, second)) == losses);
    CHECK((first.array() == in_t.array()).all());
    CHECK((second.array() == in_x.array() + 1).all());
    CHECK(first_memory.tail(32 - offsets.first).minCoeff() == 99);
    first.setZero();
    CHECK(double(sum.value_and_gradient(in_x * 1.0f, in_t, first, second)) == losses);
    CHECK((first.array() == in_t.array()).all());
    CHECK(second_memory.head(offsets.second).size() ==
          (second_memory.head(offsets.second).array() == 99).count());
  }
  {
    Eigen::VectorXf apart(2 * n);
    Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<2>> first(apart.data(), n);
    CHECK(double(sum.value_and_gradient(in_x, in_t, first, skip)) == losses);
    CHECK((first.array() == in_t.array()).all());
    first.setZero();
    auto second = from(second_memory, 1);
    CHECK(double(sum.value_and_gradient(in_x, in_t, first, second)) == losses);
    CHECK((first.array() == in_t.array()).all());
    CHECK((second.array() == in_x.array() + 1).all());
  }
  auto first = from(first_memory, 1), second = from(second_memory, 1);
  twice.gradient(in_x, in_t, first, second);
  const float factor = float(1 + non_zero);
  CHECK((first.array() == in_t.array() * factor).all());
  CHECK((second.array() == (in_x.array() + 1) * factor).all());
}

TEST_CASE("weights broadcast in either layout, along lines and across them") {
  const auto check = [](auto layout) {
    constexpr int order = decltype(layout)::value;
    using Tensor = Eigen::Tensor<float, 3, order>;
    const Tensor x = cube<order>(6, 700, 5, 0), t = cube<order>(6, 700, 5, 1);
    const Pointwise<Product, Sum> sum{};
    for (int ones = 0; ones < 8; ++ones) {
      const Index n = ones & 1 ? 1 : 6, c = ones & 2 ? 1 : 700, d = ones & 4 ? 1 : 5;
      const Tensor w = cube<order>(n, c, d, 2);
      double expected = 0;
      for (Index i = 0; i < 6; ++i)
        for (Index j = 0; j < 700; ++j)
          for (Index k = 0; k < 5; ++k)
            expected +=
                double(w(i % n, j % c, k % d)) * double(x(i, j, k) * t(i, j, k) + t(i, j, k));
      INFO("weights of shape (" << n << ", " << c << ", " << d << ")");
      CHECK(double(sum.weighted(w)(x, t)) == expected);
      CHECK(double(sum.weighted(w * 1.0f)(x, t)) == expected);
    }
  };
  check(std::integral_constant<int, Eigen::ColMajor>{});
  check(std::integral_constant<int, Eigen::RowMajor>{});
}

TEST_CASE("a const TensorMap is storage, as it is where a function captures it") {
  Eigen::Tensor<float, 2> x(4, 3), t(4, 3), gradient(4, 3), of_t(4, 3), values(4, 3);
  x.setConstant(2);
  t.setConstant(3);  // x·t + t is 9, its slopes are 3 and 3
  using Map = Eigen::TensorMap<Eigen::Tensor<float, 2>>;
  const Map into(gradient.data(), 4, 3), into_t(of_t.data(), 4, 3);
  const auto sum = [=] { return Pointwise<Product, Sum>{}.value_and_gradient(x, t, into, into_t); };
  CHECK(sum() == 108);
  CHECK(gradient(3, 2) == 3);
  CHECK(of_t(3, 2) == 3);
  const Map into_values(values.data(), 4, 3);
  Pointwise<Product, Unreduced>{}.value_into(into_values, x, t);
  CHECK(values(3, 2) == 9);
  (Pointwise<Product, Sum>{} + 2.0 * Pointwise<Product, Sum>{}).gradient(x, t, into, into_t);
  CHECK(gradient(3, 2) == 9);
}

TEST_CASE("storage that can be resized is, whatever its family") {
  const Matrix x = numbers(4, 3, 0), t = numbers(4, 3, 1);
  Matrix first(1, 7), second;
  Pointwise<Product, Sum>{}.gradient(x, t, first, second);
  CHECK(first == t);
  Eigen::Tensor<float, 2> tensor(4, 3), other(4, 3), of_tensor, of_other(9, 9);
  tensor.setConstant(2);
  other.setConstant(3);
  Pointwise<Product, Sum>{}.gradient(tensor, other, of_tensor, of_other);
  CHECK(of_tensor.dimension(0) == 4);
  CHECK(of_other.dimension(1) == 3);
  CHECK(of_other(3, 2) == 3);
}
