// SPDX-License-Identifier: BSL-1.0
#include "eigenloss/detail/ctc_sequence.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

using eigenloss::detail::CtcShape;
using eigenloss::detail::Index;
using Labels = std::vector<Index>;
using Long = long double;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class Scalar>
struct Problem {
  Index frames, classes, blank;
  Labels label;
  std::vector<Scalar> input;  // frames x classes

  Scalar& at(Index t, Index c) { return input[static_cast<std::size_t>(t * classes + c)]; }
  Scalar at(Index t, Index c) const { return input[static_cast<std::size_t>(t * classes + c)]; }
};

template <class Scalar>
struct Rows {
  Scalar* data;
  Index classes;
  Scalar* row(Index t) { return data + t * classes; }
  void done(Index) {}
};

template <class Scalar>
struct Answer {
  double value, value_alone;
  bool wide, wide_alone;
  std::vector<Scalar> gradient;
};

template <bool from_logits, class Scalar>
Answer<Scalar> run(const Problem<Scalar>& p, double scale = 1, bool zero_infinity = false) {
  using namespace eigenloss::detail;
  const CtcShape shape{p.frames, static_cast<Index>(p.label.size()), p.classes, p.blank};
  const auto label = [&](Index s) { return p.label[static_cast<std::size_t>(s)]; };
  const auto frames = [&](Index t) { return p.input.data() + t * p.classes; };
  Answer<Scalar> answer{};
  answer.gradient.assign(p.input.size(), Scalar(123));
  // Misaligned and filled with NaN: nothing may depend on what the workspace holds.
  const std::size_t bytes = ctc_workspace_bytes(p.frames, shape.labels, p.classes, true);
  std::vector<unsigned char> memory(bytes + 1, 0xff);
  const auto both = ctc_sequence<from_logits>(shape, label, frames,
                                              Rows<Scalar>{answer.gradient.data(), p.classes},
                                              scale, zero_infinity, memory.data() + 1);
  const std::size_t small = ctc_workspace_bytes(p.frames, shape.labels, p.classes, false);
  std::vector<unsigned char> memory_alone(small, 0xff);
  const auto alone = ctc_sequence<from_logits>(shape, label, frames, CtcNoGradient{}, scale,
                                               zero_infinity, memory_alone.data());
  answer.value = both.value;
  answer.wide = both.wide;
  answer.value_alone = alone.value;
  answer.wide_alone = alone.wide;
  return answer;
}

Long log_add(Long a, Long b) {
  if (a < b) std::swap(a, b);
  return b == -infinity ? a : a + std::log1p(std::exp(b - a));
}

template <class Scalar>
std::vector<Long> log_probabilities(const Problem<Scalar>& p, bool from_logits) {
  std::vector<Long> lp(p.input.begin(), p.input.end());
  for (Index t = 0; from_logits && t < p.frames; ++t) {
    Long* row = lp.data() + t * p.classes;
    const Long top = *std::max_element(row, row + p.classes);
    Long sum = 0;
    for (Index c = 0; c < p.classes; ++c) sum += std::exp(row[c] - top);
    for (Index c = 0; c < p.classes; ++c) row[c] -= top + std::log(sum);
  }
  return lp;
}

struct Reference {
  Long value;
  std::vector<Long> gradient;
};

// The recursion of Graves et al. in the log domain, in long double, one state at a time.
template <class Scalar>
Reference reference(const Problem<Scalar>& p, bool from_logits) {
  const std::vector<Long> lp = log_probabilities(p, from_logits);
  const Index length = static_cast<Index>(p.label.size()), states = 2 * length + 1, T = p.frames;
  const auto symbol = [&](Index s) {
    return s % 2 == 0 ? p.blank : p.label[static_cast<std::size_t>(s / 2)];
  };
  const auto skips = [&](Index s) {
    return s >= 2 && s % 2 == 1 && (s < 3 || symbol(s) != symbol(s - 2));
  };
  const auto cell = [&](Index t, Index s) { return static_cast<std::size_t>(t * states + s); };
  const auto emission = [&](Index t, Index s) {
    return lp[static_cast<std::size_t>(t * p.classes + symbol(s))];
  };
  const Long none = -std::numeric_limits<Long>::infinity();
  std::vector<Long> alpha(static_cast<std::size_t>(T * states), none), beta = alpha;
  for (Index t = 0; t < T; ++t) {
    for (Index s = 0; s < states; ++s) {
      Long sum = t == 0 ? (s < 2 ? 0 : none) : alpha[cell(t - 1, s)];
      if (t > 0 && s > 0) sum = log_add(sum, alpha[cell(t - 1, s - 1)]);
      if (t > 0 && skips(s)) sum = log_add(sum, alpha[cell(t - 1, s - 2)]);
      alpha[cell(t, s)] = sum == none ? none : sum + emission(t, s);
    }
  }
  for (Index t = T - 1; t >= 0; --t) {
    for (Index s = 0; s < states; ++s) {
      const auto next = [&](Index to) {
        const Long b = beta[cell(t + 1, to)];
        return b == none ? none : b + emission(t + 1, to);
      };
      Long sum = s + 2 >= states ? 0 : none;
      if (t + 1 < T) {
        sum = next(s);
        if (s + 1 < states) sum = log_add(sum, next(s + 1));
        if (s + 2 < states && skips(s + 2)) sum = log_add(sum, next(s + 2));
      }
      beta[cell(t, s)] = sum;
    }
  }
  Long total = alpha[cell(T - 1, states - 1)];
  if (length > 0) total = log_add(total, alpha[cell(T - 1, states - 2)]);
  Reference result{-total, std::vector<Long>(lp.size(), 0)};
  for (Index t = 0; t < T; ++t) {
    for (Index s = 0; s < states; ++s) {
      const Long joint = alpha[cell(t, s)] + beta[cell(t, s)];
      if (joint > none) {
        result.gradient[static_cast<std::size_t>(t * p.classes + symbol(s))] -=
            std::exp(joint - total);
      }
    }
  }
  for (std::size_t i = 0; from_logits && i < lp.size(); ++i) result.gradient[i] += std::exp(lp[i]);
  return result;
}

// -log of the sum over all sequences of classes that collapse to the label, by enumeration
template <class Scalar>
Long by_enumeration(const Problem<Scalar>& p, bool from_logits) {
  const std::vector<Long> lp = log_probabilities(p, from_logits);
  Long sum = 0;
  std::vector<Index> path(static_cast<std::size_t>(p.frames));
  const std::function<void(Index, Long)> extend = [&](Index t, Long log_p) {
    if (t < p.frames) {
      for (Index c = 0; c < p.classes; ++c) {
        path[static_cast<std::size_t>(t)] = c;
        extend(t + 1, log_p + lp[static_cast<std::size_t>(t * p.classes + c)]);
      }
      return;
    }
    Labels collapsed;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] != p.blank && (i == 0 || path[i] != path[i - 1])) collapsed.push_back(path[i]);
    }
    if (collapsed == p.label) sum += std::exp(log_p);
  };
  extend(0, 0);
  return -std::log(sum);
}

template <class Scalar>
Problem<Scalar> random_problem(unsigned seed, Index frames, Index classes, Index blank,
                               Index length, double spread, double shift = 0) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(shift, spread);
  Problem<Scalar> p{frames, classes, blank, {}, {}};
  for (Index s = 0; s < length; ++s) {
    const auto c = static_cast<Index>(generator() % static_cast<unsigned>(classes - 1));
    p.label.push_back(c < blank ? c : c + 1);
  }
  for (Index i = 0; i < frames * classes; ++i) {
    p.input.push_back(static_cast<Scalar>(normal(generator)));
  }
  return p;
}

template <class Scalar>
struct Tolerance;
template <>
struct Tolerance<float> {
  static constexpr double value = 3e-7, gradient = 1e-6;
};
template <>
struct Tolerance<double> {
  static constexpr double value = 1e-14, gradient = 1e-12;
};

template <bool from_logits, class Scalar>
void check_against_reference(const Problem<Scalar>& p, double slack = 1) {
  using Bound = Tolerance<Scalar>;
  const Reference expected = reference(p, from_logits);
  const Answer<Scalar> actual = run<from_logits>(p);
  Long largest = 0;  // what the loss sums up, and what may cancel in it
  for (Scalar x : p.input) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(static_cast<Long>(x)));
  }
  const Long cancelled = static_cast<Long>(p.frames) * largest * 0x1p-53L;
  const Long bound = Bound::value * slack * (1 + std::abs(expected.value)) + cancelled;
  CHECK(std::abs(actual.value - expected.value) <= bound);
  CHECK(std::abs(actual.value_alone - expected.value) <= bound);
  Long worst = 0;
  for (std::size_t i = 0; i < actual.gradient.size(); ++i) {
    const Long error = std::abs(static_cast<Long>(actual.gradient[i]) - expected.gradient[i]);
    worst = std::max(worst, error / (from_logits ? 1 : std::abs(expected.gradient[i]) + 1e-30L));
    if (!(error >= 0)) worst = infinity;
  }
  CHECK(worst <= Bound::gradient * slack);
}

template <bool from_logits, class Scalar>
void check_constant(const Problem<Scalar>& p, double value, double slope,
                    bool zero_infinity = false) {
  const Answer<Scalar> actual = run<from_logits>(p, 1, zero_infinity);
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  CHECK(same(actual.value, value));
  CHECK(same(actual.value_alone, value));
  for (Scalar g : actual.gradient) CHECK(same(static_cast<double>(g), slope));
}

}  // namespace

TEMPLATE_TEST_CASE("CTC: equals the sum over all alignments", "[ctc]", float, double) {
  const std::vector<Labels> labels = {{}, {1}, {1, 2}, {1, 1}, {2, 1, 2}, {1, 1, 2}, {2, 2, 2}};
  for (Index blank = 0; blank < 3; ++blank) {
    for (Labels label : labels) {
      for (Index& c : label) c = (c + blank) % 3;
      for (Index frames = 1; frames <= 6; ++frames) {
        auto p = random_problem<TestType>(7, frames, 3, blank, 0, 2, 1);  // not normalised
        p.label = label;
        for (bool masked : {false, true}) {
          if (masked) p.at(frames / 2, blank) = static_cast<TestType>(-infinity);
          const auto expected = static_cast<double>(by_enumeration(p, false));
          const auto expected_logits = static_cast<double>(by_enumeration(p, true));
          if (std::isinf(expected)) {
            check_constant<false>(p, infinity, not_a_number);
            check_constant<true>(p, infinity, not_a_number);
            check_constant<false>(p, 0, 0, true);
          } else {
            CHECK(run<false>(p).value == Approx(expected).epsilon(1e-12));
            CHECK(run<true>(p).value ==
                  Approx(expected_logits).epsilon(sizeof(TestType) == 4 ? 1e-6 : 1e-12));
            check_against_reference<false>(p);
            check_against_reference<true>(p);
          }
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("CTC: equals the log domain at any length", "[ctc]", float, double) {
  unsigned seed = 1;
  for (Index frames : {20, 33, 64, 500}) {
    for (Index length : {Index(1), Index(7), frames / 5, frames / 3, frames / 2}) {
      for (Index classes : {2, 5, 40}) {
        for (double spread : {0.5, 3.0}) {
          ++seed;
          const auto p =
              random_problem<TestType>(seed, frames, classes, seed % classes, length, spread, -1);
          Index needed = length;
          for (std::size_t s = 1; s < p.label.size(); ++s) needed += p.label[s] == p.label[s - 1];
          if (needed > frames) continue;
          INFO(frames << " frames, " << length << " labels, " << classes << " classes");
          check_against_reference<false>(p, frames > 100 ? 4 : 1);
          check_against_reference<true>(p, frames > 100 ? 4 : 1);
          CHECK(!run<true>(p).wide);
          CHECK(!run<true>(p).wide_alone);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("CTC: is right where scaled doubles are not", "[ctc]", float, double) {
  // Peaked frames at +-1000, in an order that has nothing to do with the label.
  for (unsigned seed = 1; seed <= 6; ++seed) {
    auto p = random_problem<TestType>(seed, 60, 6, 0, 15, 1);
    for (TestType& x : p.input) x = x > TestType(1) ? TestType(1000) : TestType(x - 1000);
    check_against_reference<false>(p, 8);
    check_against_reference<true>(p, 8);
  }
  // The model is sure of the labels in reverse: the forward states that reach the end are the least
  // likely ones.
  auto p = random_problem<TestType>(3, 400, 12, 0, 0, 1);
  for (Index s = 0; s < 100; ++s) p.label.push_back(1 + s % 11);
  for (Index t = 0; t < 400; ++t) {
    p.at(t, t % 4 == 0 ? p.label[static_cast<std::size_t>(99 - t / 4)] : 0) += TestType(300);
  }
  const auto answer = run<true>(p);
  CHECK(answer.value > 400 * 2.302585092994046);
  check_against_reference<true>(p, 20);
  check_against_reference<false>(p, 20);
}

TEMPLATE_TEST_CASE("CTC: takes the wide numbers where forward and backward hardly overlap", "[ctc]",
                   float, double) {
  // First half: only blanks are likely. Second half: only the last label is. Every complete path is
  // far from both.
  const Index frames = 80;
  auto p = random_problem<TestType>(5, frames, 8, 0, 0, 1);
  p.label = {1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7};
  for (Index t = 0; t < frames; ++t)
    p.at(t, t < frames / 2 ? 7 : 1) += TestType(t % 3 == 0 ? 1000 : 400);
  check_against_reference<false>(p, 8);
  check_against_reference<true>(p, 8);
  const auto answer = run<true>(p);
  CHECK(answer.value > 4000 * 2.302585092994046);
  CHECK(answer.wide);
  CHECK(answer.wide_alone);
}

TEMPLATE_TEST_CASE("CTC: one frame far below its largest number is enough", "[ctc]", float,
                   double) {
  for (Index far : {0, 1, 6, 7, 8, 11}) {  // wherever among the frames whose range is found at once
    auto p = random_problem<TestType>(9, 12, 4, 0, 0, 1);
    p.label = {1, 2};  // class 3 is on no path
    auto above = p, below = p;
    above.at(far, 3) += TestType(1000);
    for (Index c = 0; c < 3; ++c) below.at(far, c) -= TestType(1000);
    for (const auto& each : {above, below}) {
      check_against_reference<false>(each);
      check_against_reference<true>(each);
      CHECK(run<true>(each).value > 900);
    }
  }
}

TEMPLATE_TEST_CASE("CTC: takes masks of any size for log-probabilities", "[ctc]", float, double) {
  for (double mask : {-1e4, -1e9, -1e20, -1e30, -3.4e38}) {
    auto p = random_problem<TestType>(11, 30, 4, 0, 8, 1);
    auto barred = p;
    for (Index t = 0; t < 30; t += 3) {
      p.at(t, t % 4) = static_cast<TestType>(mask);
      barred.at(t, t % 4) = static_cast<TestType>(-infinity);
    }
    check_against_reference<false>(barred);
    check_against_reference<true>(barred);
    const auto masked = run<false>(p), expected = run<false>(barred);
    CHECK(masked.value == Approx(expected.value).epsilon(1e-12));
    for (std::size_t i = 0; i < masked.gradient.size(); ++i) {
      CHECK(masked.gradient[i] == Approx(expected.gradient[i]).margin(1e-12).epsilon(1e-6));
    }
    // A mask that no path avoids joins the value and leaves the posterior.
    for (Index c = 0; c < 4; ++c) barred.at(4, c) = p.at(4, c) = static_cast<TestType>(mask);
    const auto forced = run<false>(p);
    CHECK(forced.value == Approx(-static_cast<double>(static_cast<TestType>(mask))).epsilon(1e-2));
    // Two masked frames out of three on every path: only their number decides.
    for (Index t = 0; t < 30; ++t) p.at(t, 0) = static_cast<TestType>(mask);
    const auto labels_only = run<false>(p);
    CHECK(std::isfinite(labels_only.value));
    for (Index t = 0; t < 30; ++t) {
      double sum = 0;
      for (Index c = 0; c < 4; ++c)
        sum -= static_cast<double>(labels_only.gradient[static_cast<std::size_t>(4 * t + c)]);
      CHECK(sum == Approx(1).epsilon(1e-6));
    }
  }
}

TEMPLATE_TEST_CASE("CTC: NaN, infinity and empty cases", "[ctc]", float, double) {
  const auto p = random_problem<TestType>(2, 5, 4, 1, 2, 1);
  for (Index t = 0; t < 5; ++t) {
    auto q = p;
    q.at(t, 1) = static_cast<TestType>(not_a_number);
    check_constant<false>(q, not_a_number, not_a_number);
    check_constant<true>(q, not_a_number, not_a_number);
    q.at(t, 1) = static_cast<TestType>(infinity);
    check_constant<false>(q, not_a_number, not_a_number);
    check_constant<true>(q, not_a_number, not_a_number);
  }
  auto unused = p;
  unused.label = {2, 0};
  unused.at(2, 3) = static_cast<TestType>(not_a_number);
  CHECK(std::isfinite(run<false>(unused).value));
  check_constant<true>(unused, not_a_number, not_a_number);
  auto infeasible = p;
  infeasible.label = {2, 2, 0, 0, 3};
  check_constant<false>(infeasible, infinity, not_a_number);
  check_constant<true>(infeasible, 0, 0, true);
  Problem<TestType> none{0, 4, 0, {}, {}};
  CHECK(run<true>(none).value == 0);
  none.label = {1};
  CHECK(run<true>(none).value == infinity);
  CHECK(run<true>(none, 1, true).value == 0);
  auto barred = p;
  for (Index c = 0; c < 4; ++c) barred.at(3, c) = static_cast<TestType>(-infinity);
  check_constant<false>(barred, infinity, not_a_number);
  check_constant<true>(barred, not_a_number, not_a_number);
}

TEMPLATE_TEST_CASE("CTC: no loss of logits is negative", "[ctc]", float, double) {
  for (unsigned seed = 1; seed < 200; ++seed) {
    auto p = random_problem<TestType>(seed, 9, 5, 0, 3, 1);
    p.label = {1, 2, 3};
    for (Index t = 0; t < 9; ++t) p.at(t, t % 3 == 1 ? 1 + t / 3 : 0) += TestType(seed);
    CHECK(run<true>(p).value >= 0);
    check_against_reference<true>(p);
  }
}

TEST_CASE("CTC: the gradient is the central difference", "[ctc]") {
  const auto p = random_problem<double>(21, 12, 4, 2, 5, 2);
  const auto answer = run<false>(p, 0.25), logits = run<true>(p, 0.25);
  const double h = 1e-5;
  for (std::size_t i = 0; i < p.input.size(); ++i) {
    auto up = p, down = p;
    up.input[i] += h;
    down.input[i] -= h;
    const auto slope = [&](bool from_logits) {
      const Long rise = reference(up, from_logits).value - reference(down, from_logits).value;
      return 0.25 * static_cast<double>(rise / (2 * h));
    };
    CHECK(answer.gradient[i] == Approx(slope(false)).margin(1e-9));
    CHECK(logits.gradient[i] == Approx(slope(true)).margin(1e-9));
  }
}

// PyTorch 2.13.0: F.ctc_loss(F.log_softmax(z, 1), [1, 2], 4, 2), and its posterior by enumeration
TEST_CASE("CTC: golden numbers", "[ctc]") {
  Problem<double> p{4, 3, 0, {1, 2}, {.5, -.2, .1, .3, .3, -.4, 0, 1, .2, -.6, .1, .4}};
  const double gradient[] = {-0.09065893328653662, -0.06401326919086747, 0.1546722024774042,
                             0.039933716482470544, -0.11945714968174251, 0.07952343319927202,
                             0.0186080981200432,   0.006108780328881569, -0.024716878448924784,
                             0.04373560695975841,  0.17565776120571833,  -0.2193933681654768};
  const auto answer = run<true>(p, 0.5);
  CHECK(answer.value == Approx(1.4969185538321503).epsilon(1e-14));
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(answer.gradient[i] == Approx(gradient[i]).epsilon(1e-9));
  Index i = 0;
  for (Long lp : log_probabilities(p, true))
    p.input[static_cast<std::size_t>(i++)] = static_cast<double>(lp);
  const double slope[] = {-0.642805489961799,
                          -0.3571945100382008,
                          0,
                          -0.3206796656987263,
                          -0.6394613980271525,
                          -0.039858936274120974,
                          -0.16522587925372842,
                          -0.5380770544726073,
                          -0.29669706627366405,
                          -0.08698691150380412,
                          0,
                          -0.9130130884961957};
  const auto log_answer = run<false>(p);
  for (std::size_t k = 0; k < 12; ++k)
    CHECK(log_answer.gradient[k] == Approx(slope[k]).epsilon(1e-13));
  p.label = {1, 1};
  CHECK(run<false>(p).value == Approx(2.9419698089351782).epsilon(1e-14));
  p.label = {};
  CHECK(run<false>(p).value == Approx(5.031595978709717).epsilon(1e-14));
  p.label = {1, 0};
  p.blank = 2;
  CHECK(run<false>(p).value == Approx(2.353713893405531).epsilon(1e-14));
}
