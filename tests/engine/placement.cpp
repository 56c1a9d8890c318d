// SPDX-License-Identifier: BSL-1.0
// Where arrays lie in memory, and how large their numbers are, changes nothing in the results.
#include <Eigen/Core>  // AutoDiff wants it first
#include <cmath>
#include <cstdint>
#include <eigenloss/eigenloss.hpp>
#include <unsupported/Eigen/AutoDiff>
#include <vector>

#include "support/catch.hpp"

using namespace eigenloss;
using Eigen::Index;

namespace {

float number(Index i) { return float((i * 7919 + 3) % 1013) / 256 - 2; }
// Numbers whose sum depends on its order: those of 1008 rows of a column-major array cancel.
float wild(Index i) {
  const Index row = i % 1008;
  return row < 504 ? std::ldexp(number(row), int((row * 37) % 90)) : -wild(row - 504);
}
// Numbers of 1008 rows of a column-major array, the second half of which repeats the first.
float repeated(Index i) { return number(i / 1008 * 504 + i % 504); }
int label(Index row, Index classes) { return int((row * 31 + row / 7) % classes); }

template <int Layout>
using Logits = Eigen::TensorMap<Eigen::Tensor<float, 2, Layout>>;

// The value and the gradient with every array `offset` numbers behind where it begins otherwise.
template <class L, int Layout>
std::pair<double, std::vector<float>> at_offset(const L& loss, Index rows, Index classes,
                                                Index offset, float (*entry)(Index)) {
  const auto size = std::size_t(rows * classes), from = std::size_t(offset);
  std::vector<float> memory(size + 64), into(size + 64);
  for (std::size_t i = 0; i < size; ++i) memory[from + i] = entry(Index(i));
  Eigen::Tensor<int, 1, Layout> labels(rows);
  for (Index i = 0; i < rows; ++i) labels(i) = label(i, classes);
  const Logits<Layout> x(memory.data() + from, rows, classes);
  Logits<Layout> gradient(into.data() + from, rows, classes);
  const double value = loss.value_and_gradient(x, labels, gradient);
  return {value, std::vector<float>(into.begin() + offset, into.begin() + offset + Index(size))};
}

template <class L>
void check_offsets(const L& loss, Index rows, Index classes, float (*entry)(Index) = number) {
  const auto expected = at_offset<L, Eigen::ColMajor>(loss, rows, classes, 0, entry);
  const auto expected_rows = at_offset<L, Eigen::RowMajor>(loss, rows, classes, 0, entry);
  for (const Index offset : {1, 3, 4, 7, 8, 12, 15, 16, 31}) {
    INFO(rows << " x " << classes << ", offset " << offset);
    CHECK((at_offset<L, Eigen::ColMajor>(loss, rows, classes, offset, entry) == expected));
    CHECK((at_offset<L, Eigen::RowMajor>(loss, rows, classes, offset, entry) == expected_rows));
  }
}

// A gradient that is too large to stay in the cache, of rows that count twice, against those of parts
// of the batch.
template <int Layout, class L>
void check_large(const L& loss, Index rows, Index classes) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic,
                               Layout == Eigen::RowMajor ? Eigen::RowMajor : Eigen::ColMajor>;
  const Matrix x =
      Matrix::NullaryExpr(rows, classes, [&](Index r, Index c) { return number(r * classes + c); });
  const Eigen::VectorXi labels =
      Eigen::VectorXi::NullaryExpr(rows, [&](Index r) { return label(r, classes); });
  std::vector<float> memory(std::size_t(rows * classes) + 16, 7.0f);
  const auto past_line = reinterpret_cast<std::uintptr_t>(memory.data()) % 64 / sizeof(float);
  Eigen::Map<Matrix> gradient(memory.data() + (16 - past_line), rows, classes);
  const Eigen::VectorXf weights = Eigen::VectorXf::Constant(rows, 2);
  const double value = loss.weighted(weights).value_and_gradient(x, labels, gradient);
  double sum = 0;
  bool same = true;
  const Index eighth = (rows + 7) / 8;
  for (Index from = 0; from < rows; from += eighth) {
    const Index n = (std::min)(eighth, rows - from);
    Matrix part(n, classes);
    const Matrix copy = x.middleRows(from, n);
    sum += loss.value_and_gradient(copy, labels.segment(from, n), part);
    same = same && (2 * part - gradient.middleRows(from, n)).cwiseAbs().maxCoeff() < 2e-6f;
  }
  CHECK(value == Approx(2 * sum).epsilon(1e-6));
  CHECK(same);
}

}  // namespace

TEST_CASE("results do not depend on where arrays lie in memory, to the last bit") {
  for (const Index classes : {3, 10, 16, 17, 24, 32, 33, 100}) {
    check_offsets(CrossEntropy<Mean>(), 208, classes);
    check_offsets(MultiMargin<Mean>(), 208, classes);
  }
  check_offsets(CrossEntropy<Sum>(), 1000, 20);
  check_offsets(CrossEntropy<Mean>(), 1040, 150);  // four tiles a block, cut at cache lines
  check_offsets(MultiMargin<Mean>(), 1040, 150);
  check_offsets(NLL<Sum>(), 144, 300);
  check_offsets(NLL<Sum>(), 1008, 3, wild);
  Eigen::Tensor<float, 1> w(1008);  // losses that cancel, where a tile begins within a cache line
  for (Index i = 0; i < 1008; ++i) w(i) = wild(i);
  const CrossEntropy<Sum> loss;
  check_offsets(loss.weighted(w), 1008, 3, repeated);
}

TEST_CASE("gradients that bypass the cache are those that do not") {
  check_large<Eigen::ColMajor>(CrossEntropy<Sum>(), 4112, 1024);
  check_large<Eigen::RowMajor>(CrossEntropy<Sum>(), 4101, 1025);
  check_large<Eigen::RowMajor>(CrossEntropy<Sum>(), 259, 16411);  // rows without scratch memory
  check_large<Eigen::RowMajor>(CrossEntropy<Sum>(), 256, 16416);  // and of whole cache lines
  check_large<Eigen::ColMajor>(MultiMargin<Sum>(), 4112, 1024);
  check_large<Eigen::RowMajor>(MultiMargin<Sum>(), 4101, 1025);
  check_large<Eigen::RowMajor>(MultiMargin<Sum>(), 1024, 4112);
  check_large<Eigen::ColMajor>(NLL<Sum>(), 4101, 1024);
  check_large<Eigen::RowMajor>(NLL<Sum>(), 4112, 1024);
  check_large<Eigen::RowMajor>(NLL<Sum>(), 1024, 4112);  // long rows, where zeros bypass it
  check_large<Eigen::RowMajor>(CrossEntropy<Sum>(), 420011, 10);  // rows in copied tiles
  check_large<Eigen::RowMajor>(MultiMargin<Sum>(), 42013, 100);
}

TEST_CASE("copied rows that are written in parts are those of fewer rows") {
  check_large<Eigen::RowMajor>(CrossEntropy<Sum>(), 75, 190);
  check_large<Eigen::RowMajor>(MultiMargin<Sum>(), 75, 190);
  check_large<Eigen::RowMajor>(MultiMargin<Sum>(), 300, 100);
}

TEST_CASE("numbers larger than a cache line walk as others do") {
  using Number = Eigen::AutoDiffScalar<Eigen::Matrix<double, 12, 1>>;
  static_assert(sizeof(Number) > 64, "");
  Eigen::Tensor<Number, 2> x(70, 3);
  Eigen::Tensor<double, 2> plain(70, 3);
  Eigen::Tensor<int, 1> labels(70);
  for (Index r = 0; r < 70; ++r) {
    labels(r) = label(r, 3);
    for (Index c = 0; c < 3; ++c) {
      plain(r, c) = double(number(r * 3 + c));
      x(r, c) = Number(plain(r, c));
      x(r, c).derivatives().setZero();
      if (r < 4) x(r, c).derivatives()[r * 3 + c] = 1;
    }
  }
  CrossEntropy<Mean> loss;
  const auto [value, gradient] = loss.value_and_gradient(plain, labels);
  const Number with_derivatives = loss(x, labels);
  CHECK(with_derivatives.value() == Approx(value).epsilon(1e-14));
  for (Index r = 0; r < 4; ++r) {
    for (Index c = 0; c < 3; ++c) {
      CHECK(with_derivatives.derivatives()[r * 3 + c] == Approx(gradient(r, c)).epsilon(1e-12));
    }
  }
}
