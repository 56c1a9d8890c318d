// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <eigenloss/eigenloss.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

// The run-time errors that no test of a single loss has: the text of each, whole, and that nothing was written.
using namespace eigenloss;

namespace {

constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}
// An aggregate with one option set.
template <class L, class Set>
L with(const Set& set) {
  L loss;
  set(loss);
  return loss;
}

using Numbers1 = Eigen::Tensor<double, 1>;
using Numbers2 = Eigen::Tensor<double, 2>;
using Numbers3 = Eigen::Tensor<double, 3>;
using Labels0 = Eigen::Tensor<int, 0>;
using Labels1 = Eigen::Tensor<int, 1>;
using Labels2 = Eigen::Tensor<int, 2>;

template <class T, class... Extents>
T filled(typename T::Scalar number, Extents... extents) {
  T tensor(extents...);
  tensor.setConstant(number);
  return tensor;
}

std::vector<std::string> heard;
void listen(const char* message) { heard.push_back(message); }

struct ForeignError {
  std::string text;
};
void throw_foreign(const char* message) { throw ForeignError{message}; }

}  // namespace

TEST_CASE("shapes of targets: every pointwise loss names itself and its argument") {
  const auto x = filled<Numbers2>(0.5, 2, 3), other = filled<Numbers2>(0.5, 3, 2);
  const auto flat = filled<Numbers1>(0.5, 6);
  const std::string words = ": target has shape (3, 2), expected that of the input, (2, 3)";
  CHECK(error_of([&] { L1<>{}(x, other); }) == "eigenloss::L1" + words);
  CHECK(error_of([&] { SmoothL1<>{}(x, other); }) == "eigenloss::SmoothL1" + words);
  CHECK(error_of([&] { Huber<>{}(x, other); }) == "eigenloss::Huber" + words);
  CHECK(error_of([&] { MSE<>{}(x, other); }) == "eigenloss::MSE" + words);
  CHECK(error_of([&] { BCE<>{}(x, other); }) == "eigenloss::BCE" + words);
  CHECK(error_of([&] { BCEWithLogits<>{}(x, other); }) == "eigenloss::BCEWithLogits" + words);
  CHECK(error_of([&] { PoissonNLL<>{}(x, other); }) == "eigenloss::PoissonNLL" + words);
  CHECK(error_of([&] { GaussianNLL<>{}(x, other, x); }) == "eigenloss::GaussianNLL" + words);
  CHECK(error_of([&] { KLDiv<>{}(x, other); }) == "eigenloss::KLDiv" + words);
  CHECK(error_of([&] { HingeEmbedding<>{}(x, other); }) == "eigenloss::HingeEmbedding" + words);
  CHECK(error_of([&] { SoftMargin<>{}(x, other); }) == "eigenloss::SoftMargin" + words);
  CHECK(error_of([&] { MarginRanking<>{}(x, x, other); }) ==
        "eigenloss::MarginRanking: target has shape (3, 2), expected that of the input1, (2, 3)");
  CHECK(error_of([&] { MSE<>{}(x, flat); }) ==
        "eigenloss::MSE: target has shape (6), expected that of the input, (2, 3)");
  CHECK(error_of([&] { MSE<>{}(x, 1.0); }) ==
        "eigenloss::MSE: target has shape (), expected that of the input, (2, 3)");
  CHECK(error_of([&] { MSE<>{}.divisor(x, other); }) == "eigenloss::MSE" + words);
}

TEST_CASE("options out of range: loss, option, number and what was expected") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto y = filled<Labels1>(1, 2);
  const auto of = [&](const auto& loss) { return error_of([&] { loss(x, x); }); };
  CHECK(of(with<SmoothL1<>>([](auto& l) { l.beta = -1.0; })) ==
        "eigenloss::SmoothL1: beta = -1 is not at least 0");
  CHECK(of(with<SmoothL1<>>([](auto& l) { l.beta = nan_; })) ==
        "eigenloss::SmoothL1: beta = nan is not at least 0");
  CHECK(of(with<Huber<>>([](auto& l) { l.delta = -0.25; })) ==
        "eigenloss::Huber: delta = -0.25 is not greater than 0");
  CHECK(error_of([&] { with<CrossEntropy<>>([](auto& l) { l.label_smoothing = nan_; })(x, y); }) ==
        "eigenloss::CrossEntropy: label_smoothing = nan is not between 0 and 1");
  CHECK(error_of([&] { with<CrossEntropy<>>([](auto& l) { l.label_smoothing = 2; })(x, x); }) ==
        "eigenloss::CrossEntropy: label_smoothing = 2 is not between 0 and 1");
  CHECK(error_of([&] { with<CrossEntropy<>>([](auto& l) { l.ignore_index = 0; })(x, x); }) ==
        "eigenloss::CrossEntropy: ignore_index = 0 is not negative, as probabilities need it");
  CHECK(error_of([&] { with<CrossEntropy<>>([](auto& l) { l.ignore_index = -1; })(x, x); }) ==
        "no error");
  CHECK(error_of([&] { with<MultiMargin<>>([](auto& l) { l.p = 0; })(x, y); }) ==
        "eigenloss::MultiMargin: p = 0 is not 1 or 2");
  CHECK(error_of([&] { with<TripletMargin<>>([](auto& l) { l.margin = -2; })(x, x, x); }) ==
        "eigenloss::TripletMargin: margin = -2 is not greater than 0");
  CHECK(error_of([&] {
          with<TripletMarginWithDistance<>>([](auto& l) { l.margin = 0; })(x, x, x);
        }) == "eigenloss::TripletMarginWithDistance: margin = 0 is not greater than 0");
}

TEST_CASE("the axis: every loss that has one names the wrong one") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto y = filled<Labels1>(1, 2);
  const auto rows = filled<Labels2>(-1, 2, 3);
  const auto signs = filled<Numbers1>(1, 2);
  const std::string wrong = ": axis = 2 is not a dimension of ", shape = " with shape (2, 3)";
  const std::string words = wrong + "input" + shape, anchor = wrong + "anchor" + shape;
  const auto third = [](auto& loss) { loss.axis = 2; };
  CHECK(error_of([&] { with<CrossEntropy<>>(third)(x, y); }) == "eigenloss::CrossEntropy" + words);
  CHECK(error_of([&] { with<NLL<>>(third)(x, y); }) == "eigenloss::NLL" + words);
  CHECK(error_of([&] { with<MultiLabelMargin<>>(third)(x, rows); }) ==
        "eigenloss::MultiLabelMargin" + words);
  CHECK(error_of([&] { with<MultiLabelSoftMargin<>>(third)(x, x); }) ==
        "eigenloss::MultiLabelSoftMargin" + words);
  CHECK(error_of([&] { with<CosineEmbedding<>>(third)(x, x, signs); }) ==
        "eigenloss::CosineEmbedding" + wrong + "input1" + shape);
  CHECK(error_of([&] { with<TripletMargin<>>(third)(x, x, x); }) ==
        "eigenloss::TripletMargin" + anchor);
  CHECK(error_of([&] { with<TripletMarginWithDistance<>>(third)(x, x, x); }) ==
        "eigenloss::TripletMarginWithDistance" + anchor);
  CHECK(
      error_of([&] {
        with<NLL<>>([](auto& loss) { loss.axis = std::numeric_limits<std::int64_t>::lowest(); })(x,
                                                                                                 y);
      }) ==
      "eigenloss::NLL: axis = -9223372036854775808 is not a dimension of input with shape (2, 3)");
}

TEST_CASE("class weights and pos_weight of another size") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto y = filled<Labels1>(1, 2);
  const auto four = [](auto& loss) { loss.weight = Eigen::ArrayXd::Ones(4); };
  const std::string words =
      ": weight has 4 entries, expected none or one for each of the 3 classes";
  CHECK(error_of([&] { with<NLL<>>(four)(x, y); }) == "eigenloss::NLL" + words);
  CHECK(error_of([&] { with<CrossEntropy<>>(four)(x, x); }) == "eigenloss::CrossEntropy" + words);
  CHECK(error_of([&] { with<MultiMargin<>>(four)(x, y); }) == "eigenloss::MultiMargin" + words);
  CHECK(error_of([&] { with<MultiLabelSoftMargin<>>(four)(x, x); }) ==
        "eigenloss::MultiLabelSoftMargin" + words);
  CHECK(error_of([&] {
          with<BCEWithLogits<>>([](auto& loss) {
            loss.pos_weight = Eigen::ArrayXd::Ones(4);
            loss.axis = 0;
          })(x, x);
        }) ==
        "eigenloss::BCEWithLogits: pos_weight has 4 numbers, expected 1 or 2, as dimension 0 of "
        "input with shape (2, 3)");
}

TEST_CASE("classes: the index of the label in any rank, and none where it is alone") {
  const auto x3 = filled<Numbers3>(0.5, 2, 3, 4);
  auto y2 = filled<Labels2>(0, 2, 4);
  y2(1, 3) = 3;
  const std::string of_three = ": target(1, 3) = 3 is not a class of input with shape (2, 3, 4)";
  CHECK(error_of([&] { CrossEntropy<>{}(x3, y2); }) == "eigenloss::CrossEntropy" + of_three);
  CHECK(error_of([&] { NLL<>{}(x3, y2); }) == "eigenloss::NLL" + of_three);
  CHECK(error_of([&] { MultiMargin<>{}(x3, y2); }) == "eigenloss::MultiMargin" + of_three);
  const auto x1 = filled<Numbers1>(0.5, 3);
  Labels0 alone;
  alone() = -1;
  CHECK(error_of([&] { CrossEntropy<>{}(x1, alone); }) ==
        "eigenloss::CrossEntropy: target = -1 is not a class of input with shape (3)");
  CHECK(error_of([&] { CrossEntropy<>{}(x1, filled<Labels1>(7, 1)); }) ==
        "eigenloss::CrossEntropy: target(0) = 7 is not a class of input with shape (3)");
  CHECK(error_of([&] { MultiMargin<>{}(x1, 3); }) ==
        "eigenloss::MultiMargin: target = 3 is not a class of input with shape (3)");
  CHECK(error_of([&] { NLL<>{}(x1, std::numeric_limits<std::uint64_t>::max()); }) ==
        "eigenloss::NLL: target = 18446744073709551615 is not a class of input with shape (3)");
  const Eigen::Matrix<std::uint64_t, 1, 1> wraps(std::uint64_t(0) - 100);  // to ignore_index
  CHECK(error_of([&] { NLL<>{}(x1, wraps); }) ==
        "eigenloss::NLL: target(0) = 18446744073709551516 is not a class of input with shape (3)");
  CHECK(error_of([&] { CrossEntropy<>{}(x1, filled<Labels1>(0, 2)); }) ==
        "eigenloss::CrossEntropy: target has shape (2), expected one number for the one row: () or "
        "(1)");
  CHECK(error_of([&] { MultiLabelMargin<>{}(x1, filled<Labels1>(3, 3)); }) ==
        "eigenloss::MultiLabelMargin: target(0) = 3 is not a class of input with shape (3)");
}

TEST_CASE("no classes at all, and no dimension at all") {
  const Numbers2 nothing(2, 0);
  const Labels2 none(2, 0);
  const auto y = filled<Labels1>(0, 2);
  CHECK(error_of([&] { CrossEntropy<>{}(nothing, nothing); }) ==
        "eigenloss::CrossEntropy: input has no classes");
  CHECK(error_of([&] { NLL<>{}(nothing, y); }) == "eigenloss::NLL: input has no classes");
  CHECK(error_of([&] { MultiMargin<>{}(nothing, y); }) ==
        "eigenloss::MultiMargin: input has no classes");
  CHECK(error_of([&] { MultiLabelMargin<>{}(nothing, none); }) ==
        "eigenloss::MultiLabelMargin: input has no classes");
  Eigen::Tensor<double, 0> point;
  point() = 0.5;
  const std::string words = ": input has shape (), expected at least one dimension";
  CHECK(error_of([&] { CrossEntropy<>{}(point, 0); }) == "eigenloss::CrossEntropy" + words);
  CHECK(error_of([&] { NLL<>{}(point, 0); }) == "eigenloss::NLL" + words);
  CHECK(error_of([&] { CosineEmbedding<>{}(point, point, 1); }) ==
        "eigenloss::CosineEmbedding: input1 has shape (), expected at least one dimension");
}

TEST_CASE("numbers of rows and elements that are not right") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto x1 = filled<Numbers1>(0.5, 3);
  CHECK(error_of([&] { CosineEmbedding<>{}(x1, x1, 0); }) ==
        "eigenloss::CosineEmbedding: target = 0 is not 1 or -1");
  CHECK(error_of([&] { GaussianNLL<>{}(x, x, -0.5); }) ==
        "eigenloss::GaussianNLL: variance = -0.5 is not at least 0");
  Eigen::Tensor<double, 0> p;
  p() = -0.25;
  CHECK(error_of([&] { BCE<>{}(p, 1.0); }) ==
        "eigenloss::BCE: input = -0.25 is not between 0 and 1");
  p() = 1 + 1e-12;  // all digits, where fewer would show another number
  CHECK(error_of([&] { BCE<>{}(p, 1.0); }) ==
        "eigenloss::BCE: input = 1.000000000001 is not between 0 and 1");
  p() = 0.25;
  CHECK(error_of([&] { BCE<>{}(p, 1.25); }) ==
        "eigenloss::BCE: target = 1.25 is not between 0 and 1");
}

TEST_CASE("a number that is not right reads as it was given, whatever the loss computes in") {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(1, 3, 0.5F);
  const Eigen::Matrix<int, 1, 1> far(16777217);
  CHECK(error_of([&] { CosineEmbedding<>{}(x, x, far); }) ==
        "eigenloss::CosineEmbedding: target(0) = 16777217 is not 1 or -1");
  const Eigen::MatrixXd large = Eigen::MatrixXd::Constant(1, 3, 1e300);
  CHECK(error_of([&] { BCE<>{}(x, large); }) ==
        "eigenloss::BCE: target(0, 0) = 1e+300 is not between 0 and 1");
}

TEST_CASE("sizes below 0, which maps may claim") {
  double numbers[6] = {};
  const Eigen::TensorMap<Numbers2> rows(numbers, -2, 3), classes(numbers, 2, -3),
      both(numbers, -2, -3);
  CHECK(error_of([&] { MSE<>{}(rows, rows); }) ==
        "eigenloss::MSE: input has shape (-2, 3), a size below 0");
  CHECK(error_of([&] { MSE<>{}.divisor(both, both); }) ==
        "eigenloss::MSE: input has shape (-2, -3), a size below 0");
  CHECK(error_of([&] { CrossEntropy<>{}(classes, filled<Labels1>(100000, 2)); }) ==
        "eigenloss::CrossEntropy: input has shape (2, -3), a size below 0");
}

TEST_CASE("storage whose own index type cannot count the results") {
  const Eigen::VectorXf x = Eigen::VectorXf::Zero(65542);
  Eigen::Tensor<float, 1, 0, short> storage;  // 65542 would wrap around to 6
  CHECK(error_of([&] { MSE<>{}.gradient(x, x, storage); }) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (0), expected (65542)");
  CHECK(error_of([&] { MSE<Unreduced>{}.value_into(storage, x, x); }) ==
        "eigenloss::MSE: the storage for the values has shape (0), expected (65542)");
  CHECK(storage.size() == 0);
  MSE<>{}.gradient(x.head(300), x.head(300), storage);
  CHECK(storage.size() == 300);
}

TEST_CASE("weights of another shape, in every engine") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto y = filled<Labels1>(1, 2);
  const auto three = filled<Numbers1>(1, 3);
  CHECK(error_of([&] { MSE<>{}.weighted(three)(x, x); }) ==
        "eigenloss::MSE: the weights have shape (3), which is not that of the losses, (2, 3), nor "
        "1 in some of its "
        "dimensions");
  const std::string rows =
      ": the weights have shape (3), which is not that of the losses, (2), nor 1 in some of its "
      "dimensions";
  CHECK(error_of([&] { CrossEntropy<>{}.weighted(three)(x, y); }) ==
        "eigenloss::CrossEntropy" + rows);
  CHECK(error_of([&] { CrossEntropy<>{}.weighted(three).divisor(x, y); }) ==
        "eigenloss::CrossEntropy" + rows);
  CHECK(error_of([&] { CrossEntropy<>{}.weighted(three).gradient(x, y); }) ==
        "eigenloss::CrossEntropy" + rows);
  CHECK(error_of([&] { CrossEntropy<>{}.weighted(1.0)(x, y); }) ==
        "eigenloss::CrossEntropy: the weights have shape (), which is not that of the losses, (2), "
        "nor 1 in some of its "
        "dimensions");
  const auto frames = filled<Numbers3>(-1, 4, 2, 3);
  const auto targets = filled<Labels2>(1, 2, 1);
  const auto fours = filled<Labels1>(4, 2), ones = filled<Labels1>(1, 2);
  CHECK(error_of([&] { CTC<>{}.weighted(three)(frames, targets, fours, ones); }) ==
        "eigenloss::CTC" + rows);
}

TEST_CASE("storage that overlaps an input or another storage is refused") {
  Eigen::MatrixXd memory = Eigen::MatrixXd::Constant(2, 9, 0.5);
  auto x = memory.leftCols(3), t = memory.middleCols(3, 3), g = memory.rightCols(3);
  const Eigen::Vector2i y(0, 1);
  CHECK(error_of([&] { CrossEntropy<>{}.value_and_gradient(x, y, x); }) ==
        "eigenloss::CrossEntropy: the storage for the gradient of input overlaps input");
  CHECK(error_of([&] { MSE<>{}.gradient(x, t, memory.middleCols(2, 3)); }) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(error_of([&] { MSE<>{}.gradient(x, t, memory.middleCols(5, 3)); }) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps target");
  CHECK(error_of([&] { TripletMargin<>{}.gradient(x, x, x, skip, t, t); }) ==
        "eigenloss::TripletMargin: the storage for the gradient of negative overlaps that of "
        "positive");
  CHECK((memory.array() == 0.5).all());
  CHECK(MSE<>{}.value_and_gradient(x, x, t) == 0);  // side by side
  CHECK(TripletMargin<>{}.value_and_gradient(x, x, x, skip, t, g) == 1);
  Eigen::MatrixXd none(0, 3);
  CHECK(error_of([&] { MSE<Sum>{}.gradient(none, none, none); }) == "no error");
  Eigen::VectorXd a(2), empty;
  a << 1, 2;
  const std::string twice =
      "eigenloss::MarginRanking: the storage for the gradient of input2 overlaps that of input1";
  CHECK(error_of([&] { MarginRanking<>{}.gradient(a, a, a, empty, empty); }) == twice);
  CHECK(empty.size() == 0);
  // Between the numbers of an input there may be other things, such as the storage itself.
  struct Record {
    double x;
    Eigen::VectorXd gradient;
  } records[3] = {{1, {}}, {2, {}}, {3, {}}};
  const Eigen::Map<Eigen::VectorXd, 0, Eigen::InnerStride<>> xs(
      &records[0].x, 3, Eigen::InnerStride<>(sizeof(Record) / sizeof(double)));
  CHECK(error_of([&] { MSE<>{}.gradient(xs, xs, records[1].gradient); }) == "no error");
}

TEST_CASE("overlap of storage with strides: blocks of one matrix share numbers or do not") {
  Eigen::MatrixXd m = Eigen::MatrixXd::Constant(9, 4, 0.5);
  const auto of = [&](const auto& x, const auto& t, auto&& g) {
    return error_of([&] { MSE<>{}.gradient(x, t, g); });
  };
  const std::string input = "eigenloss::MSE: the storage for the gradient of input overlaps input",
                    target =
                        "eigenloss::MSE: the storage for the gradient of input overlaps target",
                    none = "no error";
  const auto x = m.topRows(3), t = m.middleRows(3, 3);
  CHECK(of(x, t, m.bottomRows(3)) == none);
  CHECK(of(x, t, m.topRows(3)) == input);
  CHECK(of(x, t, m.middleRows(2, 3)) == input);
  CHECK(of(x, t, m.middleRows(5, 3)) == target);
  CHECK(of(m.block(0, 0, 3, 2), m.block(0, 2, 3, 2), m.block(3, 1, 3, 2)) == none);
  CHECK(of(m.block(4, 0, 3, 2), m.block(0, 2, 3, 2), m.block(2, 1, 3, 2)) == input);
  // Rows against rows, and against columns.
  CHECK(of(m.row(0), m.row(1), m.row(2)) == none);
  CHECK(of(m.row(0), m.row(1), m.row(1)) == target);
  CHECK(of(m.row(0), m.row(1), m.col(2).segment(2, 4)) == none);
  CHECK(of(m.row(0), m.row(1), m.col(2).segment(1, 4)) == target);
  CHECK(of(m.col(2).segment(2, 4), m.col(0).head(4), m.row(5)) == input);
  // Steps backwards, and none at all.
  using Steps = Eigen::Map<Eigen::VectorXd, 0, Eigen::InnerStride<>>;
  const Eigen::Vector3d three(1, 2, 3);
  const auto steps = [&](int first, int step) {
    return Steps(m.data() + first, 3, Eigen::InnerStride<>(step));
  };
  CHECK(of(steps(1, 4), three, steps(8, -4)) == none);
  CHECK(of(steps(1, 4), three, steps(9, -4)) == input);
  CHECK(of(steps(9, -4), three, steps(1, 4)) == input);
  CHECK(of(steps(5, 0), three, steps(1, 3)) == none);
  CHECK(of(steps(5, 0), three, steps(1, 2)) == input);
}

TEST_CASE("overlap of numbers of different widths") {
  double memory[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  auto* const floats = reinterpret_cast<float*>(memory);
  using Twos = Eigen::InnerStride<2>;
  const Eigen::Map<Eigen::VectorXd, 0, Twos> x(memory, 4), t(memory + 1, 4);
  Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<4>> upper(floats + 1, 4), other(floats + 3, 4);
  const auto of = [&](const auto& input, const auto& target, auto&& g) {
    return error_of([&] { MSE<>{}.gradient(input, target, g); });
  };
  CHECK(of(x, x, upper) == "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(of(t, t, other) == "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(of(t, x, other) == "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(memory[0] == 1);
  CHECK(of(x, x, other) == "no error");
  const Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<3>> thirds(floats,
                                                                     4);  // of no common step
  Eigen::Map<Eigen::VectorXd, 0, Twos> wide(memory + 1,
                                            2);  // floats 2, 3, 6 and 7 beside 0, 3, 6, 9
  CHECK(of(thirds, thirds, wide) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (2), expected (4)");
  CHECK(of(thirds.head(2), thirds.head(2), wide) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(of(thirds.head(1), thirds.head(1), wide.head(1)) == "no error");
}

template <class S, class Draw>
auto strided(unsigned char* memory, const Draw& draw) {
  using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using Numbers = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
  S* const from = reinterpret_cast<S*>(memory + 512) + int(draw(17)) - 8;
  const auto step = [&draw] { return Eigen::Index(draw(13)) - 6; };
  return Eigen::Map<Numbers, 0, Strides>(from, draw(4) + 1, draw(4) + 1, Strides(step(), step()));
}
template <class A>
std::vector<bool> bytes_of(const A& array, const unsigned char* memory) {
  std::vector<bool> bytes(1024);
  for (Eigen::Index c = 0; c < array.cols(); ++c) {
    for (Eigen::Index r = 0; r < array.rows(); ++r) {
      const auto at = reinterpret_cast<const unsigned char*>(&array.coeffRef(r, c)) - memory;
      std::fill_n(bytes.begin() + at, sizeof(typename A::Scalar), true);
    }
  }
  return bytes;
}

TEMPLATE_TEST_CASE("overlap is what byte by byte is found", "", float, double) {
  alignas(64) unsigned char memory[1024] = {};
  std::uint32_t state = 1;
  const auto draw = [&state](std::uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  int met = 0, wrong = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto a = strided<TestType>(memory, draw);
    const auto b = strided<double>(memory, draw);
    const std::vector<bool> of_a = bytes_of(a, memory), of_b = bytes_of(b, memory);
    bool expected = false;
    for (std::size_t k = 0; k < 1024; ++k) expected = expected || (of_a[k] && of_b[k]);
    const detail::Area area_a = detail::area_of(a), area_b = detail::area_of(b);
    wrong += area_a.meets(area_b) != expected || area_b.meets(area_a) != expected;
    met += expected;
  }
  CHECK(wrong == 0);
  CHECK((met > 5000 && met < 15000));
}

TEST_CASE("storage that would be resized holds no input") {
  Eigen::MatrixXd m = Eigen::MatrixXd::Constant(5, 5, 0.5);
  const Eigen::MatrixXd before = m, t = m.topRows(2);
  CHECK(error_of([&] { MSE<>{}.gradient(m.topRows(2), t, m); }) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps input");
  CHECK(error_of([&] { MSE<>{}.gradient(t, m.bottomRows(2), m); }) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps target");
  CHECK(error_of([&] { MSE<>{}.weighted(m.topRows(2)).gradient(t, t, m); }) ==
        "eigenloss::MSE: the storage for the gradient of input overlaps the weights");
  CHECK(error_of([&] { MarginRanking<>{}.gradient(t, t, t, m.topRows(2), m); }) ==
        "eigenloss::MarginRanking: the storage for the gradient of input2 overlaps that of input1");
  CHECK((m.array() == before.array()).all());
}

TEST_CASE("storage for values overlaps no input and no weights") {
  Eigen::VectorXd v = Eigen::VectorXd::Constant(12, 0.5), u = v.head(4);
  const Eigen::Map<Eigen::MatrixXd> x(v.data(), 4, 3);
  const Eigen::Vector4i y(0, 1, 2, 0);
  const std::string words = "eigenloss::CrossEntropy: the storage for the values overlaps ";
  CHECK(error_of([&] { CrossEntropy<Unreduced>{}.value_into(v, x, y); }) == words + "input");
  CHECK(error_of([&] { CrossEntropy<Unreduced>{}.value_into(v.head(4), x, y); }) ==
        words + "input");
  CHECK(error_of([&] { CrossEntropy<Unreduced>{}.weighted(u).value_into(u, x, y); }) ==
        words + "the weights");
  CHECK(error_of([&] { L1<Unreduced>{}.value_into(u, v.head(4), u); }) ==
        "eigenloss::L1: the storage for the values overlaps target");
  CHECK((v.array() == 0.5).all());
  CHECK(error_of([&] { CrossEntropy<Unreduced>{}.value_into(u, x, y); }) == "no error");
}

TEST_CASE("storage of another shape that cannot be resized stays as it is") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  std::vector<double> memory(6, 7.0);
  Eigen::TensorMap<Numbers2> map(memory.data(), 3, 2);
  const std::string words =
      "the storage for the gradient of input has shape (3, 2), expected (2, 3)";
  CHECK(error_of([&] { MSE<>{}.gradient(x, x, map); }) == "eigenloss::MSE: " + words);
  CHECK(error_of([&] { MSE<>{}.value_and_gradient(x, x, map); }) == "eigenloss::MSE: " + words);
  CHECK(error_of([&] { (0.5 * L1<>{} + 0.5 * MSE<>{}).gradient(x, x, map); }) ==
        "eigenloss::L1 + MSE: " + words);
  CHECK(error_of([&] { CrossEntropy<>{}.gradient(x, filled<Labels1>(1, 2), map); }) ==
        "eigenloss::CrossEntropy: " + words);
  CHECK(error_of([&] { L1<Unreduced>{}.value_into(map, x, x); }) ==
        "eigenloss::L1: the storage for the values has shape (3, 2), expected (2, 3)");
  Numbers2 fine(2, 3);
  CHECK(error_of([&] { MarginRanking<>{}.gradient(x, x, x, fine, map); }) ==
        "eigenloss::MarginRanking: the storage for the gradient of input2 has shape (3, 2), "
        "expected (2, 3)");
  CHECK(error_of([&] { TripletMargin<>{}.gradient(x, x, x, skip, skip, map); }) ==
        "eigenloss::TripletMargin: the storage for the gradient of negative has shape (3, 2), "
        "expected (2, 3)");
  CHECK(error_of([&] { GaussianNLL<>{}.gradient(x, x, x, skip, map); }) ==
        "eigenloss::GaussianNLL: the storage for the gradient of variance has shape (3, 2), "
        "expected (2, 3)");
  Numbers1 other_rank(6);
  other_rank.setConstant(7);
  CHECK(error_of([&] { MSE<>{}.gradient(x, x, other_rank); }) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (6), expected (2, 3)");
  Eigen::Matrix<double, 2, 2> fixed;
  fixed.setConstant(7);
  const Eigen::MatrixXd m = Eigen::MatrixXd::Constant(2, 3, 0.5);
  CHECK(error_of([&] { MSE<>{}.gradient(m, m, fixed); }) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (2, 2), expected (2, 3)");
  Eigen::MatrixXd large = Eigen::MatrixXd::Constant(5, 5, 7);
  CHECK(error_of([&] { MSE<>{}.gradient(m, m, large.topRows(2)); }) ==
        "eigenloss::MSE: the storage for the gradient of input has shape (2, 5), expected (2, 3)");
  CHECK(error_of([&] {
          CosineEmbedding<Unreduced>{}.value_into(fixed.col(0), m, m, Eigen::Vector2i(1, 0));
        }) == "eigenloss::CosineEmbedding: target(1) = 0 is not 1 or -1");
  for (const double number : memory) CHECK(number == 7.0);
  CHECK((fixed.array() == 7).all());
  CHECK((large.array() == 7).all());
  CHECK(other_rank(5) == 7.0);
}

TEST_CASE("CTC's errors where there is one sequence") {
  const auto frames = filled<Numbers2>(-1, 4, 3);
  const auto labels = filled<Labels1>(1, 2);
  const CTCWithLogits<> loss;
  CHECK(error_of([&] { loss(frames, labels, 4, 3); }) ==
        "eigenloss::CTCWithLogits: target_lengths = 3 is not between 0 and 2, the number of labels "
        "in targets");
  CHECK(
      error_of([&] { loss(frames, labels, -1, 2); }) ==
      "eigenloss::CTCWithLogits: input_lengths = -1 is not between 0 and 4, the number of frames");
  CHECK(error_of([&] { loss(frames, labels, 4, 1); }) ==
        "eigenloss::CTCWithLogits: targets has shape (2), expected (1), the sum of target_lengths");
  CHECK(error_of([&] { loss(frames, filled<Labels2>(1, 2, 2), 4, 1); }) ==
        "eigenloss::CTCWithLogits: targets has shape (2, 2), expected one row of labels for each "
        "of 1 sequences");
  CHECK(error_of([&] {
          with<CTCWithLogits<>>([](auto& l) { l.blank = -1; })(frames, labels, 4, 2);
        }) == "eigenloss::CTCWithLogits: blank = -1 is not a class of logits with shape (4, 3)");
  CHECK(error_of([&] { loss(Numbers2(0, 3), labels, 0, 2); }) ==
        "eigenloss::CTCWithLogits: logits has shape (0, 3), expected at least one frame");
  CHECK(error_of([&] { loss(Numbers2(3, 0), labels, 0, 2); }) ==
        "eigenloss::CTCWithLogits: logits has shape (3, 0), expected at least one class");
}

TEST_CASE("a combination without a divisor in common says so") {
  const auto x = filled<Numbers2>(0.5, 2, 3);
  const auto y = filled<Labels1>(1, 2);
  const auto weighing =
      with<CrossEntropy<>>([](auto& l) { l.weight = Eigen::ArrayXd::Constant(3, 2.0); });
  const std::string error = error_of([&] { (weighing + MultiMargin<>{}).divisor(x, y); });
  CHECK(error.rfind("eigenloss::", 0) == 0);
  CHECK(error.find(": its terms have different divisors") != std::string::npos);
  const auto nan =
      with<CrossEntropy<>>([](auto& l) { l.weight = Eigen::ArrayXd::Constant(3, nan_); });
  CHECK(std::isnan((nan + nan).divisor(x, y)));
}

TEST_CASE("a handler hears every error once, before it is thrown, and may throw its own") {
  const auto x = filled<Numbers2>(0.5, 2, 3), other = filled<Numbers2>(0.5, 3, 2);
  heard.clear();
  CHECK(set_error_handler(listen) == nullptr);
  const std::string expected =
      "eigenloss::MSE: target has shape (3, 2), expected that of the input, (2, 3)";
  CHECK(error_of([&] { MSE<>{}(x, other); }) == expected);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0] == expected);
  CHECK(set_error_handler(throw_foreign) == listen);
  std::string text;
  try {
    MSE<>{}(x, other);
  } catch (const ForeignError& error) {
    text = error.text;
  }
  CHECK(text == expected);
  CHECK(set_error_handler(nullptr) == throw_foreign);
  CHECK(error_of([&] { MSE<>{}(x, other); }) == expected);
  CHECK(heard.size() == 1);
}
