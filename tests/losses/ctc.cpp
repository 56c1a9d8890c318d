// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.ctc_loss of log_softmax, in double; posteriors by enumeration.
#define EIGEN_USE_THREADS
#include <eigenloss/engine/combination.hpp>

#include "support/allocations.hpp"
#include "support/speech.hpp"

using namespace eigenloss;
using namespace samples;
using namespace speech;

namespace {
constexpr double epsilon = std::numeric_limits<double>::epsilon();
}

TEST_CASE("CTC has PyTorch's values for one sequence") {
  const Table lp = log_softmax(z());
  check_near(CTC<Sum>{}(lp, vector({1, 2}), 4, 2), 1.4969185538321503);
  check_near(CTC<>{}(lp, vector({1, 2}), 4, 2), 0.7484592769160752);
  check_near(CTC<BatchMean>{}(lp, vector({1, 2}), 4, 2), 1.4969185538321503);
  check_near(CTC<Unreduced>{}(lp, vector({1, 2}), 4, 2), {1.4969185538321503});
  check_near(CTC<>{}(lp, vector({1, 1}), 4, 2), 2.9419698089351782 / 2);
  check_near(CTC<>{}(lp, Eigen::VectorXi(0), 4, 0), 5.031595978709717);
  CTC<Sum> last;
  last.blank = 2;
  check_near(last(lp, vector({1, 0}), 4, 2), 2.353713893405531);
}

TEST_CASE("CTC's gradient is minus the posterior") {
  const Numbers posterior = {0.642805489961799,
                             0.3571945100382008,
                             0,
                             0.3206796656987263,
                             0.6394613980271525,
                             0.039858936274120974,
                             0.16522587925372842,
                             0.5380770544726073,
                             0.29669706627366405,
                             0.08698691150380412,
                             0,
                             0.9130130884961957};
  Numbers minus, minus_half;
  for (double p : posterior) minus.push_back(-p), minus_half.push_back(-p / 2);
  check_near(CTC<Sum>{}.gradient(log_softmax(z()), vector({1, 2}), 4, 2), minus, 32);
  check_near(CTC<>{}.gradient(log_softmax(z()), vector({1, 2}), 4, 2), minus_half, 32);
}

TEST_CASE("CTC has PyTorch's values for a batch, padded and concatenated") {
  Labels padded(2, 2);
  padded.setValues({{1, 2}, {2, 1}});
  const Ints frames = ints({3, 4}), labels = ints({2, 1});
  check_near(CTC<Unreduced>{}(two(false), padded, frames, labels),
             {2.192845632904719, 2.7059400491718453});
  check_near(CTC<Sum>{}(two(false), padded, frames, labels), 4.898785682076564);
  check_near(CTC<>{}(two(false), padded, frames, labels), 1.9011814328121024);
  check_near(CTC<BatchMean>{}(two(false), padded, frames, labels), 4.898785682076564 / 2);
  check_near(CTC<>{}.divisor(two(false), padded, frames, labels), 2);
  const Ints all = ints({1, 2, 2, 1, 2});
  check_near(CTC<Unreduced>{}(two(false), all, ints({4, 4}), ints({2, 3})),
             {1.4969185538321503, 1.8630094708833074});
  check_near(CTC<>{}(two(false), all, ints({4, 4}), ints({2, 3})), 0.6847312169385888);
}

TEST_CASE("CTC: labels that do not fit are infinite, or 0 with zero_infinity") {
  Labels targets(2, 2);
  targets.setValues({{1, 1}, {1, 2}});
  const Ints frames = ints({2, 4}), labels = ints({2, 2});
  CTC<Unreduced> loss;
  const auto infinite = loss.value_and_gradient(two(false), targets, frames, labels);
  CHECK(infinite.first(0) == inf);
  loss.zero_infinity = true;
  const auto zero = loss.value_and_gradient(two(false), targets, frames, labels);
  check_near(zero.first, {0, 1.9015621466758983});
  for (Index t = 0; t < 4; ++t) {
    for (Index c = 0; c < 3; ++c) {
      CHECK(zero.second(t, 0, c) == 0);
      CHECK((t < 2 ? std::isnan(infinite.second(t, 0, c)) : infinite.second(t, 0, c) == 0));
    }
  }
  CTC<> mean;
  mean.zero_infinity = true;
  check_near(mean(two(false), targets, frames, labels), 0.4753905366689746);
}

TEST_CASE("CTC: no frames read as no labels, and as nothing else") {
  const Frames<double> x = two(false);
  CHECK(CTC<Unreduced>{}(x, ints({1}), ints({0, 4}), ints({0, 1}))(0) == 0);
  const auto [value, slope] =
      CTC<Unreduced>{}.value_and_gradient(x, ints({1}), ints({4, 0}), ints({0, 1}));
  CHECK(value(1) == inf);
  for (Index t = 0; t < 4; ++t) CHECK(slope(t, 1, 0) == 0);
  const Frames<double> none(4, 0, 3);
  CHECK(std::isnan(CTC<>{}(none, Ints(0), Ints(0), Ints(0))));
  CHECK(CTC<Sum>{}(none, Ints(0), Ints(0), Ints(0)) == 0);
  CHECK(CTC<WeightedMean>{}.gradient(none, Labels(0, 3), Ints(0), Ints(0)).size() == 0);
}

TEST_CASE(
    "CTC: one result for both layouts, padded or concatenated targets, and every number of "
    "threads") {
  const Batch b(7, 70, 9, 6, 8, 2);
  Frames<double, Eigen::RowMajor> rows(70, 9, 6);
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> row_targets(9, 8);
  for (Index n = 0; n < 9; ++n) {
    for (Index s = 0; s < 8; ++s) row_targets(n, s) = b.targets(n, s);
    for (Index t = 0; t < 70; ++t) {
      for (Index c = 0; c < 6; ++c) rows(t, n, c) = b.frames(t, n, c);
    }
  }
  CTC<> loss;
  loss.blank = 2;
  loss.zero_infinity = true;
  const auto [value, slope] =
      loss.value_and_gradient(b.frames, b.targets, b.input_lengths, b.target_lengths);
  CHECK(value == loss(b.frames, b.targets, b.input_lengths, b.target_lengths));
  const auto joined =
      loss.value_and_gradient(b.frames, b.concatenated, b.input_lengths, b.target_lengths);
  CHECK(joined.first == value);
  check_same(joined.second, slope);
  const auto by_rows =
      loss.value_and_gradient(rows, row_targets, b.input_lengths, b.target_lengths);
  CHECK(by_rows.first == value);
  for (Index t = 0; t < 70; ++t) {
    for (Index n = 0; n < 9; ++n) {
      for (Index c = 0; c < 6; ++c) {
        CHECK(by_rows.second(t, n, c) == slope(t, n, c));
        if (t >= b.input_lengths(n)) CHECK(slope(t, n, c) == 0);
      }
    }
  }
  for (int threads : {1, 2, 3, 7}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    CTCWorkspace workspace;
    for (CTCWorkspace* memory : {static_cast<CTCWorkspace*>(nullptr), &workspace}) {
      loss.workspace = memory;
      Frames<double> storage(70, 9, 6);
      CHECK(loss.device(device).value_and_gradient(b.frames, b.concatenated, b.input_lengths,
                                                   b.target_lengths, storage) == value);
      check_same(storage, slope);
    }
    CHECK(workspace.bytes() > 0);
  }
}

TEST_CASE("CTC takes every container and integer type") {
  const Eigen::MatrixXd lp = log_softmax(z());
  const double value = CTC<>{}(lp, vector({1, 2}), 4, 2);
  const Eigen::MatrixXd slope = CTC<>{}.gradient(lp, vector({1, 2}), 4, 2);
  const auto check = [&](const auto& frames, const auto& targets, const auto& length,
                         const auto& labels) {
    const auto [v, g] = CTC<>{}.value_and_gradient(frames, targets, length, labels);
    CHECK(v == value);
    REQUIRE(g.size() == slope.size());
    for (Index t = 0; t < 4; ++t) {
      for (Index c = 0; c < 3; ++c) CHECK(g(t, c) == slope(t, c));
    }
  };
  Eigen::Tensor<long, 0> four, two_;
  four() = 4;
  two_() = 2;
  check(lp, vector({1, 2}), std::int64_t(4), short(2));
  check(lp, Eigen::RowVectorXi(vector({1, 2}).transpose()), four, two_);
  check(lp, Eigen::Array<unsigned char, 2, 1>(1, 2), vector({4}), ints({2}));
  check(lp, Eigen::MatrixXi(Eigen::MatrixXi::Constant(1, 3, 2) - Eigen::MatrixXi::Identity(1, 3)),
        4, 2);
  check(Table(lp), vector({1, 2}), 4, 2);
  check(lp.array(), ints({1, 2}), 4, 2);
  check(Eigen::Map<const Eigen::MatrixXd>(lp.data(), 4, 3), ints({1, 2}), 4, 2);
  check(Eigen::Ref<const Eigen::MatrixXd>(lp), ints({1, 2}) + ints({0, 0}), 4, 2);
  Eigen::MatrixXd framed = Eigen::MatrixXd::Constant(9, 9, NaN);
  framed.block(2, 3, 4, 3) = lp;
  check(framed.block(2, 3, 4, 3), vector({1, 2}), 4, 2);
  const Eigen::MatrixXd turned = lp.transpose();
  check(turned.transpose(), vector({1, 2}), 4, 2);
  check(2.0 * (0.5 * lp), vector({1, 2}), 4, 2);
  const Eigen::TensorMap<const Eigen::Tensor<double, 2>> mapped(lp.data(), 4, 3);
  check(mapped, ints({1, 2}), 4, 2);
  CHECK(CTC<>{}(mapped * mapped.constant(1.0), ints({1, 2}), 4, 2) == value);
  const auto unreduced = CTC<Unreduced>{}(mapped, ints({1, 2}), 4, 2);
  static_assert(decltype(unreduced)::NumDimensions == 0, "one sequence alone has a loss of rank 0");
  const Eigen::VectorXd column = CTC<Unreduced>{}(lp, ints({1, 2}), 4, 2);
  CHECK(column.size() == 1);
  Eigen::VectorXd into;
  CTC<Unreduced>{}.value_into(into, lp, ints({1, 2}), 4, 2);
  CHECK(into == column);
  CHECK(CTC<>{}.value_and_gradient(lp, ints({1, 2}), 4, 2, skip) == value);
  // Storage that is not contiguous.
  auto hole = framed.block(2, 3, 4, 3);
  CTC<>{}.gradient(lp, ints({1, 2}), 4, 2, hole);
  CHECK((hole - slope).norm() == 0);
  CHECK(std::isnan(framed(1, 3)));
}

TEST_CASE("CTC: 16-bit frames are computed in float, other numbers in themselves") {
  const Batch b(3, 40, 4, 5, 6);
  const Frames<Eigen::half> halves = b.frames.cast<Eigen::half>();
  const Frames<float> floats = halves.cast<float>();
  CTC<> loss;
  loss.zero_infinity = true;
  const auto [value, slope] =
      loss.value_and_gradient(halves, b.targets, b.input_lengths, b.target_lengths);
  const auto expected =
      loss.value_and_gradient(floats, b.targets, b.input_lengths, b.target_lengths);
  static_assert(std::is_same<decltype(value), const float>::value,
                "the value of halves is a float");
  CHECK(value == expected.first);
  for (Index i = 0; i < slope.size(); ++i) {
    CHECK(slope.data()[i] == Eigen::half(expected.second.data()[i]));
  }
  const Frames<long double> longs = b.frames.cast<long double>();
  const auto doubles =
      loss.value_and_gradient(b.frames, b.targets, b.input_lengths, b.target_lengths);
  const auto exact = loss.value_and_gradient(longs, b.targets, b.input_lengths, b.target_lengths);
  CHECK(std::abs(static_cast<double>(exact.first) - doubles.first) <=
        8 * epsilon * std::abs(doubles.first));
  check_same(exact.second, doubles.second, 64 * epsilon);
}

TEST_CASE("CTC: a masked sequence counts exactly 0 and is not read") {
  Frames<double> x = two(false);
  for (Index t = 0; t < 4; ++t) {
    for (Index c = 0; c < 3; ++c) x(t, 1, c) = NaN;
  }
  Labels targets(2, 2);
  targets.setValues({{1, 2}, {-5, 0}});
  const Ints frames = ints({4, 4}), labels = ints({2, 2});
  Eigen::Tensor<double, 1> mask(2);
  mask.setValues({1, 0});
  const auto [value, slope] =
      CTC<WeightedMean>{}.weighted(mask).value_and_gradient(x, targets, frames, labels);
  check_near(value, 0.7484592769160752);
  for (Index t = 0; t < 4; ++t) {
    for (Index c = 0; c < 3; ++c) CHECK(slope(t, 1, c) == 0);
  }
  check_near(CTC<>{}.weighted(mask)(x, targets, frames, labels), 0.7484592769160752 / 2);
  check_near(CTC<WeightedMean>{}.weighted(mask).divisor(x, targets, frames, labels), 1);
  check_near(CTC<Unreduced>{}.weighted(mask)(x, targets, frames, labels), {1.4969185538321503, 0});
}

TEST_CASE("CTC: a combination adds values and gradients") {
  const Batch b(13, 60, 4, 5, 5);
  const Frames<double, Eigen::RowMajor> rows =
      b.frames.swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
  CTC<> plain;
  CTCWithLogits<> logits;
  plain.zero_infinity = logits.zero_infinity = true;
  const auto check = [&](const auto& x) {
    const auto both = 0.25 * plain + 0.5 * logits;
    const auto [value, slope] =
        both.value_and_gradient(x, b.concatenated, b.input_lengths, b.target_lengths);
    const auto first =
        plain.value_and_gradient(x, b.concatenated, b.input_lengths, b.target_lengths);
    const auto second =
        logits.value_and_gradient(x, b.concatenated, b.input_lengths, b.target_lengths);
    CHECK(value == Approx(0.25 * first.first + 0.5 * second.first).epsilon(4 * epsilon));
    for (Index i = 0; i < slope.size(); ++i) {
      CHECK(std::abs(slope.data()[i] - 0.25 * first.second.data()[i] -
                     0.5 * second.second.data()[i]) <= epsilon);
    }
  };
  check(b.frames);
  check(rows);
  CTC<Unreduced> each;
  each.zero_infinity = true;
  const auto apart = each(rows, b.concatenated, b.input_lengths, b.target_lengths);
  const auto sum =
      (0.25 * each + 2.0 * each)(rows, b.concatenated, b.input_lengths, b.target_lengths);
  for (Index n = 0; n < sum.size(); ++n) {
    CHECK(sum(n) == Approx(2.25 * apart(n)).epsilon(4 * epsilon));
  }
}

TEST_CASE("CTC: the divided Sum is Mean") {
  const Batch b(11, 30, 5, 4, 6);
  Eigen::Tensor<double, 1> share(5);
  for (Index n = 0; n < 5; ++n) share(n) = 1.0 / (std::max)(b.target_lengths(n), 1);
  CTC<> mean;
  CTC<Sum> sum;
  mean.zero_infinity = sum.zero_infinity = true;
  check_near(sum.weighted(share)(b.frames, b.targets, b.input_lengths, b.target_lengths) /
                 mean.divisor(b.frames, b.targets, b.input_lengths, b.target_lengths),
             mean(b.frames, b.targets, b.input_lengths, b.target_lengths));
}

TEST_CASE("CTC's gradient is the central difference of its value") {
  const Batch b(5, 9, 3, 4, 3, 1);
  CTC<RootMean> loss;
  loss.blank = 1;
  loss.zero_infinity = true;
  Frames<double> x = b.frames - b.frames.constant(2.0);
  const Frames<double> slope = loss.gradient(x, b.targets, b.input_lengths, b.target_lengths);
  const double step = 1e-5;
  for (Index i = 0; i < x.size(); ++i) {
    if (std::isnan(x.data()[i])) continue;
    const double kept = x.data()[i];
    x.data()[i] = kept + step;
    const double up = loss(x, b.targets, b.input_lengths, b.target_lengths);
    x.data()[i] = kept - step;
    const double down = loss(x, b.targets, b.input_lengths, b.target_lengths);
    x.data()[i] = kept;
    CHECK(std::abs((up - down) / (2 * step) - slope.data()[i]) <= 1e-8);
  }
}

TEST_CASE("CTC: a target of probability below 10^-4000 is as right as any") {
  const Index T = 120;
  Table lp = Table::Constant(T, 5, -300.0);
  std::vector<int> label;
  Eigen::VectorXi targets(30);
  for (int s = 0; s < 30; ++s) label.push_back(targets[s] = 1 + s * s % 4);
  for (Index t = 0; t < T; ++t) lp(t, (t / 7) % 5) = -0.25 * double(t % 3);
  const long double expected = reference(lp, label);
  REQUIRE(expected > 4000 * std::log(10.0L));
  const auto [value, slope] = CTC<Sum>{}.value_and_gradient(lp, targets, int(T), 30);
  CHECK(std::abs(value - expected) <= 4 * epsilon * expected);
  CHECK(CTC<Sum>{}(lp, targets, int(T), 30) == Approx(value).epsilon(4 * epsilon));
  for (Index t = 0; t < T; ++t) CHECK(slope.row(t).sum() == Approx(-1).epsilon(1e-12));
}

TEST_CASE("CTC: paths through a mask of -1e30 are no match for unlikely ones") {
  Table lp(4, 4);  // the second frame leads through e^-1500, or through the mask
  lp << -40, 0, -90, -90, -1e30, -1500, -1500, 0, -30, -10, 0, -20, -30, -90, -90, 0;
  const auto [value, slope] = CTC<Sum>{}.value_and_gradient(lp, vector({1, 2, 3}), 4, 3);
  const double paths =  // 1123 and 1223; 1233, 12-3, -123 and 123-
      2 + std::exp(-20.0) + std::exp(-30.0) + std::exp(-40.0) + std::exp(-50.0);
  CHECK(value == Approx(1500 - std::log(paths)).epsilon(4 * epsilon));
  CHECK(slope(1, 0) == 0);
  CHECK(slope(1, 1) == Approx(-0.5));
  CHECK(slope(1, 2) == Approx(-0.5));
}

TEST_CASE("CTC: a log-probability of -inf has the slope 0, NaN is never swallowed") {
  Table lp = log_softmax(z());
  lp(1, 1) = -inf;
  const Table slope = CTC<>{}.gradient(lp, vector({1, 2}), 4, 2);
  CHECK(slope(1, 1) == 0);
  CHECK(slope.allFinite());
  lp(2, 0) = NaN;
  CHECK(std::isnan(CTC<>{}(lp, vector({1, 2}), 4, 2)));
  CHECK(CTC<>{}.gradient(lp, vector({1, 2}), 4, 2).array().isNaN().all());
  CHECK(std::isfinite(CTC<>{}(lp, vector({1}), 2, 1)));
}

TEST_CASE("CTC allocates nothing once its workspace has grown") {
  if (!allocations::are_counted) return;
  const Batch b(2, 50, 6, 7, 9);
  const Frames<float> x = b.frames.cast<float>();
  Frames<float> slope(50, 6, 7);
  CTCWorkspace mine;
  for (CTCWorkspace* workspace : {static_cast<CTCWorkspace*>(nullptr), &mine}) {
    CTC<> loss;
    loss.zero_infinity = true;
    loss.workspace = workspace;
    float sum = 0;
    for (int i = 0; i < 2; ++i) {
      const long before = allocations::counted;
      sum += loss(x, b.concatenated, b.input_lengths, b.target_lengths);
      sum += loss.value_and_gradient(x, b.targets, b.input_lengths, b.target_lengths, slope);
      sum += loss.value_and_gradient(x, b.concatenated, b.input_lengths, b.target_lengths, slope);
      if (i == 1) CHECK(allocations::counted == before);
    }
    CHECK(std::isfinite(sum));
  }
}

TEST_CASE("CTC says which length, label or shape is wrong, and writes nothing before") {
  Labels targets(2, 3);
  targets.setValues({{1, 2, 0}, {2, 1, 1}});
  const Frames<double> x = two(false);
  const Ints frames = ints({4, 4}), labels = ints({2, 3});
  CTC<> loss;
  Frames<double> storage(1, 1, 1);
  const auto refuse = [&](const auto& a, const auto& b, const auto& c, const auto& d,
                          const std::string& expected) {
    CHECK(error_of([&] { loss.value_and_gradient(a, b, c, d, storage); }) ==
          "eigenloss::CTC: " + expected);
    CHECK(error_of([&] { loss(a, b, c, d); }) == "eigenloss::CTC: " + expected);
    CHECK(storage.size() == 1);
  };
  refuse(x, targets, frames, ints({3, 3}), "targets(0, 2) = 0 is the blank");
  Eigen::Tensor<std::uint64_t, 2> huge(2, 3);
  huge.setConstant(~std::uint64_t(0));
  refuse(x, huge, frames, labels,
         "targets(0, 0) = 18446744073709551615 is not a class of log_probs with shape (4, 2, 3)");
  targets(0, 1) = 3;
  refuse(x, targets, frames, labels,
         "targets(0, 1) = 3 is not a class of log_probs with shape (4, 2, 3)");
  targets(0, 1) = -1;
  refuse(x, targets, frames, labels,
         "targets(0, 1) = -1 is not a class of log_probs with shape (4, 2, 3)");
  refuse(x, ints({1, 2, 1, 0}), frames, ints({1, 3}), "targets(3) = 0 is the blank");
  refuse(x, targets, ints({4, 5}), labels,
         "input_lengths(1) = 5 is not between 0 and 4, the number of frames");
  refuse(x, targets, ints({-1, 5}), labels,
         "input_lengths(0) = -1 is not between 0 and 4, the number of frames");
  refuse(x, targets, frames, ints({2, 4}),
         "target_lengths(1) = 4 is not between 0 and 3, the number of columns of targets");
  refuse(x, ints({1, 2}), frames, ints({-1, 3}),
         "target_lengths(0) = -1 is not between 0 and 2, the number of labels in targets");
  refuse(x, ints({1, 2}), frames, ints({2, 2}),
         "targets has shape (2), expected (4), the sum of target_lengths");
  refuse(x, targets, ints({4}), labels,
         "input_lengths has shape (1), expected one number for each sequence: (2)");
  refuse(x, targets, frames, ints({1, 1, 1}),
         "target_lengths has shape (3), expected one number for each sequence: (2)");
  refuse(x, targets, 4, labels,
         "input_lengths has shape (), expected one number for each sequence: (2)");
  refuse(x, Labels(3, 2), frames, labels,
         "targets has shape (3, 2), expected one row of labels for each of 2 sequences");
  refuse(x, 1, frames, labels, "targets has shape (), expected one dimension or two");
  refuse(Frames<double>(0, 2, 3), targets, frames, labels,
         "log_probs has shape (0, 2, 3), expected at least one frame");
  refuse(Frames<double>(4, 2, 0), targets, frames, labels,
         "log_probs has shape (4, 2, 0), expected at least one class");
  loss.blank = 3;
  refuse(x, targets, frames, labels, "blank = 3 is not a class of log_probs with shape (4, 2, 3)");
  loss.blank = 0;
  const Table lp = log_softmax(z());
  CHECK(error_of([&] {
          loss(lp, vector({1, 2}), 5, 2);
        }) == "eigenloss::CTC: input_lengths = 5 is not between 0 and 4, the number of frames");
  CHECK(error_of([&] {
          loss(lp, vector({1, 2}), ints({4, 4}), 2);
        }) ==
        "eigenloss::CTC: input_lengths has shape (2), expected one number for the one sequence: () "
        "or (1)");
  const Eigen::Array2d weights(1, 1);
  CHECK(error_of([&] {
          loss.weighted(weights)(lp, vector({1, 2}), 4, 2);
        }).find("the weights have shape (2)") != std::string::npos);
}
