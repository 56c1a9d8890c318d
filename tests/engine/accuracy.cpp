// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <eigenloss/eigenloss.hpp>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

// The accuracy that each header states, measured against the formula in long double, over dense and special inputs:
// in units of the last place of the result or, where the header says so, of the larger of the parts that are added.
using namespace eigenloss;
using Real = long double;
using Eigen::Index;

namespace {

// One unit in the last place of T at a number of that size.
template <class T>
Real ulp_of(Real size) {
  using Limits = std::numeric_limits<T>;
  const int exponent = size == 0 ? Limits::min_exponent : std::ilogb(size);
  return std::ldexp(Real(1), std::max(exponent, Limits::min_exponent - 1) - (Limits::digits - 1));
}

// What is exact, and what its error is counted in.
struct Exact {
  Real number, size;
  Exact(Real n) : number(n), size(std::abs(n)) {}
  Exact(Real n, Real s) : number(n), size(s) {}
};

template <class T, std::size_t N>
struct Worst {
  Real ulps = 0;
  std::array<T, N> at{};
  void include(T found, const Exact& exact, const std::array<T, N>& inputs) {
    using Limits = std::numeric_limits<T>;
    const Real most = Real(Limits::max());
    if (std::abs(exact.number) > most || exact.size > most)
      return;  // what overflows is a special value
    // What is smaller than every normal number may be 0.
    if (found == 0 && std::abs(exact.number) < Real(Limits::min())) return;
    Real error = std::abs(Real(found) - exact.number) / ulp_of<T>(exact.size);
    if (!std::isfinite(error)) error = HUGE_VALL;
    if (error > ulps) ulps = error, at = inputs;
  }
};

// Numbers of every size between 2^low and 2^high and of either sign, the ends of the range, and neighbours.
template <class T>
std::vector<T> sizes(int low, int high, bool negative = true) {
  std::vector<T> all{T(0)};
  std::uint64_t state = 12345;
  for (int k = low; k <= high; ++k) {
    for (int i = 0; i < 6; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const T mantissa = i == 0   ? T(1)
                         : i == 1 ? std::nextafter(T(1), T(0))
                                  : T(1 + double(state >> 11) * 0x1p-53);
      all.push_back(std::ldexp(mantissa, k));
    }
  }
  if (negative) {
    for (std::size_t i = all.size(); i-- > 0;) all.push_back(-all[i]);
  }
  return all;
}
// [0, 1], with both ends approached.
template <class T>
std::vector<T> probabilities(int depth) {
  std::vector<T> all = sizes<T>(-depth, -1, false);
  for (std::size_t i = all.size(); i-- > 0;) {
    if (T(1) - all[i] != T(1)) all.push_back(T(1) - all[i]);
  }
  all.push_back(T(1));
  return all;
}

// A kernel of elements over all combinations of the inputs, a pack at a time. exact(x...) gives the value and the
// slopes as an array of Exact.
template <class T, class Kernel, class F, std::size_t N>
void check_kernel(const char* name, const Kernel& kernel,
                  const std::array<std::vector<T>, N>& inputs, double value_ulps, double slope_ulps,
                  const F& exact) {
  using V = detail::Vector<T>;
  using Predictions = typename detail::PredictionsOf<Kernel>::type;
  constexpr std::size_t gradients = Predictions::size();
  std::size_t all = 1;
  for (const auto& list : inputs) all *= list.size();
  const auto input = [&](std::size_t i, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) i /= inputs[k].size();
    return inputs[n][i % inputs[n].size()];
  };
  Worst<T, N> value, fused, slope;
  for (std::size_t first = 0; first < all; first += V::lanes) {
    T in[N][V::lanes], values[V::lanes], both[V::lanes], slopes[gradients][V::lanes],
        alone[gradients][V::lanes];
    std::array<V, N> x;
    for (std::size_t n = 0; n < N; ++n) {
      for (int k = 0; k < V::lanes; ++k)
        in[n][k] = input(std::min(first + std::size_t(k), all - 1), n);
      x[n] = V::load(in[n]);
    }
    const auto order = std::make_index_sequence<N>{};
    detail::element<true>(kernel, x, order, std::index_sequence<>{}).value.store(values);
    const auto with_slopes = detail::element<true>(kernel, x, order, Predictions{});
    with_slopes.value.store(both);
    const auto only_slopes = detail::element<false>(kernel, x, order, Predictions{});
    for (std::size_t g = 0; g < gradients; ++g) {
      with_slopes.slopes[g].store(slopes[g]);
      only_slopes.slopes[g].store(alone[g]);
    }
    for (int k = 0; k < V::lanes; ++k) {
      std::array<T, N> at;
      for (std::size_t n = 0; n < N; ++n) at[n] = in[n][k];
      const std::array<Exact, gradients + 1> expected = exact(at);
      value.include(values[k], expected[0], at);
      fused.include(both[k], expected[0], at);
      for (std::size_t g = 0; g < gradients; ++g) {
        slope.include(slopes[g][k], expected[g + 1], at);
        slope.include(alone[g][k], expected[g + 1], at);
      }
    }
  }
  const auto report = [&](const char* what, const Worst<T, N>& worst, double bound) {
    INFO(name << (sizeof(T) == 4 ? ", float, " : ", double, ") << what << ": " << worst.ulps
              << " ulp at (" << worst.at[0] << ", " << worst.at[N - 1] << ")");
    CHECK(worst.ulps <= bound);
  };
  report("value", value, value_ulps);
  report("fused value", fused, value_ulps);
  report("slope", slope, slope_ulps);
}

template <class T>
std::array<std::vector<T>, 2> pairs() {  // far and near each other, so that differences cancel
  return {{sizes<T>(-30, 30), sizes<T>(-12, 12)}};
}
Real sign_of(Real x) { return x < 0 ? -1 : x > 0 ? 1 : 0; }
Real softplus_of(Real x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }
Real sigmoid_of(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
template <class T>
using At2 = std::array<T, 2>;
template <class T>
using At3 = std::array<T, 3>;
using One = std::array<Exact, 2>;  // value and slope
using Two = std::array<Exact, 3>;  // value and two slopes

}  // namespace

TEMPLATE_TEST_CASE("accuracy: L1, MSE, SmoothL1 and Huber", "", float, double) {
  using T = TestType;
  const auto difference = [](const At2<T>& at) { return Real(at[0]) - Real(at[1]); };
  check_kernel<T>("L1", kernel::L1{}, pairs<T>(), 1, 0, [&](const At2<T>& at) {
    const Real d = difference(at);
    return One{{std::abs(d), sign_of(d)}};
  });
  check_kernel<T>("MSE", kernel::MSE{}, pairs<T>(), 2, 1, [&](const At2<T>& at) {
    const Real d = difference(at);
    return One{{d * d, 2 * d}};
  });
  for (const double beta : {1.0, 0.7, 1e-3, 300.0, 0.0}) {
    check_kernel<T>("SmoothL1", kernel::SmoothL1{beta}, pairs<T>(), 4, 3, [&](const At2<T>& at) {
      const Real d = difference(at), b = Real(beta), a = std::abs(d);
      return a < b ? One{{d * d / (2 * b), d / b}} : One{{a - b / 2, sign_of(d)}};
    });
  }
  for (const double delta : {1.0, 0.7, 1e-3, 300.0}) {
    check_kernel<T>("Huber", kernel::Huber{delta}, pairs<T>(), 3, 3, [&](const At2<T>& at) {
      const Real d = difference(at), b = Real(delta), a = std::abs(d);
      return a < b ? One{{d * d / 2, d}} : One{{b * (a - b / 2), b * sign_of(d)}};
    });
  }
}

TEMPLATE_TEST_CASE("accuracy: BCE and BCEWithLogits", "", float, double) {
  using T = TestType;
  const std::vector<T> labels{T(0), T(1), T(0.25), T(0.5), T(0.9), T(1e-5)};
  check_kernel<T>("BCE", kernel::BCE{},
                  std::array<std::vector<T>, 2>{{probabilities<T>(40), labels}}, 4, 4,
                  [](const At2<T>& at) {
                    const Real p = at[0], y = at[1];
                    const Real logs[] = {std::max(std::log(p), Real(-100)),
                                         std::max(std::log1p(-p), Real(-100))};
                    const Real least = Real(9.999999960041972e-13);
                    return One{{-(y == 0 ? 0 : y * logs[0]) - (y == 1 ? 0 : (1 - y) * logs[1]),
                                (p - y) / std::max(p * (1 - p), least)}};
                  });
  const auto exact = [](Real x, Real y, Real p) {
    const Real positive = softplus_of(-x), negative = softplus_of(x);
    const Real slope = (1 - y) * sigmoid_of(x) - p * y * sigmoid_of(-x);
    const Real part = std::max((1 - y) * sigmoid_of(x), p * y * sigmoid_of(-x));
    return One{{p * y * positive + (1 - y) * negative, Exact(slope, part)}};
  };
  check_kernel<T>("BCEWithLogits", kernel::BCEWithLogits{},
                  std::array<std::vector<T>, 2>{{sizes<T>(-30, 6), labels}}, 4, 4,
                  [&](const At2<T>& at) { return exact(Real(at[0]), Real(at[1]), 1); });
}

TEMPLATE_TEST_CASE("accuracy: SoftMargin, HingeEmbedding and MarginRanking", "", float, double) {
  using T = TestType;
  const std::vector<T> signs{T(1), T(-1), T(0.5), T(-3)};
  check_kernel<T>("SoftMargin", kernel::SoftMargin{},
                  std::array<std::vector<T>, 2>{{sizes<T>(-30, 5), signs}}, 4, 4,
                  [](const At2<T>& at) {
                    // What the formula sees is z rounded: e^-z turns half an ulp of z into z halves of its own.
                    const Real z = Real(T(at[0] * at[1])), y = at[1];
                    return One{{softplus_of(-z), -y * sigmoid_of(-z)}};
                  });
  for (const double margin : {1.0, 0.3, -2.0}) {
    const std::vector<T> ys{T(1), T(-1), T(0)};
    check_kernel<T>(
        "HingeEmbedding", kernel::HingeEmbedding{margin},
        std::array<std::vector<T>, 2>{{sizes<T>(-30, 12), ys}}, 1, 0, [&](const At2<T>& at) {
          const Real x = at[0], y = at[1], m = Real(T(margin)), hinge = std::max(m - x, Real(0));
          const Real part = std::max(std::abs(m), std::abs(x)), inside = x <= m ? -1 : 0;
          if (y == 1) return One{{x, 1}};
          if (y == -1) return One{{Exact(hinge, part), inside}};
          return One{{Exact(hinge + x, part), inside + 1}};
        });
    const std::vector<T> order{T(1), T(-1)};
    check_kernel<T>(
        "MarginRanking", kernel::MarginRanking{margin},
        std::array<std::vector<T>, 3>{{sizes<T>(-8, 8), sizes<T>(-4, 4), order}}, 2, 0,
        [&](const At3<T>& at) {
          const Real y = at[2], m = Real(T(margin)), z = m - y * (Real(at[0]) - Real(at[1]));
          const Real part = std::max(std::abs(m), std::abs(y * (Real(at[0]) - Real(at[1]))));
          // The slope at the kink is that of the rounded z.
          const T rounded = T(margin) - at[2] * (at[0] - at[1]);
          const Real slope = rounded < 0 ? 0 : y;
          return Two{{Exact(std::max(z, Real(0)), part), -slope, slope}};
        });
  }
}

TEMPLATE_TEST_CASE("accuracy: PoissonNLL, GaussianNLL and KLDiv", "", float, double) {
  using T = TestType;
  const Real half_log_2_pi = 0.918938533204672741780329736405617640L;
  const std::vector<T> counts{T(0), T(0.5), T(1), T(1.5), T(2), T(7), T(1000), T(123456)};
  for (const bool full : {false, true}) {
    const auto constant = [&](Real t) {
      return full && t > 1 ? t * std::log(t) - t + half_log_2_pi + std::log(t) / 2 : 0;
    };
    const auto part = [&](Real t) { return full && t > 1 ? std::max(t * std::log(t), t) : 0; };
    check_kernel<T>(
        "PoissonNLL of logarithms", kernel::PoissonNLL{true, full, 1e-8},
        std::array<std::vector<T>, 2>{{sizes<T>(-30, 5), counts}}, 4, 4, [&](const At2<T>& at) {
          const Real x = at[0], t = at[1], e = std::exp(x);
          return One{{Exact(e - t * x + constant(t), std::max({e, t * std::abs(x), part(t)})),
                      Exact(e - t, std::max(e, t))}};
        });
    check_kernel<T>(
        "PoissonNLL of rates", kernel::PoissonNLL{false, full, 1e-8},
        std::array<std::vector<T>, 2>{{sizes<T>(-20, 12, false), counts}}, 4, 4,
        [&](const At2<T>& at) {
          const Real x = at[0], t = at[1], sum = Real(T(at[0] + T(1e-8))), log_sum = std::log(sum);
          return One{
              {Exact(x - t * log_sum + constant(t), std::max({x, t * std::abs(log_sum), part(t)})),
               Exact(1 - t / sum, std::max(Real(1), t / sum))}};
        });
    const std::vector<T> means{T(0), T(1), T(-2.5), T(1e-3), T(1000)};
    check_kernel<T>(
        "GaussianNLL", kernel::GaussianNLL{full, 1e-6},
        std::array<std::vector<T>, 3>{{sizes<T>(-20, 12), means, sizes<T>(-25, 12, false)}}, 6, 6,
        [&](const At3<T>& at) {
          const Real d = Real(at[0]) - Real(at[1]), v = std::max(Real(at[2]), Real(T(1e-6)));
          const Real square = d * (d / v), log_v = std::log(v);
          const Real inverse = 1 / v, s = d / v;
          const Real most =
              std::max({std::abs(log_v) / 2, square / 2, full ? half_log_2_pi : Real(0)});
          return Two{{Exact((log_v + square) / 2 + (full ? half_log_2_pi : 0), most), s,
                      Exact((inverse - s * s) / 2, std::max(inverse, s * s) / 2)}};
        });
  }
  const std::vector<T> logs = sizes<T>(-20, 8);
  check_kernel<T>(
      "KLDiv", kernel::KLDiv{}, std::array<std::vector<T>, 2>{{logs, probabilities<T>(40)}}, 4, 0,
      [](const At2<T>& at) {
        const Real x = at[0], t = at[1];
        if (t == 0) return One{{0, 0}};
        return One{
            {Exact(t * (std::log(t) - x), t * std::max(std::abs(std::log(t)), std::abs(x))), -t}};
      });
  check_kernel<T>("KLDiv of logarithms", kernel::KLDiv{true},
                  std::array<std::vector<T>, 2>{{logs, sizes<T>(-20, 5)}}, 5, 4,
                  [](const At2<T>& at) {
                    const Real x = at[0], t = at[1], e = std::exp(t);
                    return One{{Exact(e * (t - x), e * std::max(std::abs(t), std::abs(x))), -e}};
                  });
}

namespace {

// Rows of classes or features for the losses of rows: every size of spread, and rows that one entry rules.
template <class T>
std::vector<T> row_of(Index size, int kind, std::uint64_t seed) {
  std::vector<T> row(static_cast<std::size_t>(size));
  std::uint64_t state = seed * 977 + 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double unit = double(state >> 11) * 0x1p-52 - 1;  // [-1, 1)
    row[i] = T(unit * (kind == 0   ? 1
                       : kind == 1 ? 30
                       : kind == 2 ? 1e-4
                                   : 1) +
               (kind == 3 ? 1000 : 0));
  }
  return row;
}
template <class T>
using Rows = Eigen::Tensor<T, 2, Eigen::RowMajor>;
template <class T>
Rows<T> as_rows(const std::vector<T>& row) {
  Rows<T> tensor(1, Index(row.size()));
  std::copy(row.begin(), row.end(), tensor.data());
  return tensor;
}
// The error of a sum of so many terms in two levels (four packs, chunks of 512), in ulp of the sum of their sizes.
Real sum_ulps(Index terms) { return 1 + std::sqrt(Real(terms)) / 2; }

}  // namespace

TEMPLATE_TEST_CASE(
    "accuracy: CrossEntropy, NLL, MultiMargin, MultiLabelMargin and MultiLabelSoftMargin", "",
    float, double) {
  using T = TestType;
  for (const Index classes : {2, 3, 10, 100, 1000}) {
    for (int kind = 0; kind < 4; ++kind) {
      for (std::uint64_t seed = 0; seed < 6; ++seed) {
        INFO((sizeof(T) == 4 ? "float, " : "double, ")
             << classes << " classes, kind " << kind << ", seed " << seed);
        const std::vector<T> row = row_of<T>(classes, kind, seed),
                             other = row_of<T>(classes, 0, seed + 50);
        const auto x = as_rows(row);
        const int y = int(seed * 31 % std::uint64_t(classes));
        Eigen::Tensor<int, 1, Eigen::RowMajor> label(1);
        label(0) = y;
        const Real x_y = row[std::size_t(y)], top = *std::max_element(row.begin(), row.end());
        const Real bound = sum_ulps(classes);

        {  // CrossEntropy: 4 ulp of max(1, |top - x_y|), and those of the sum
          Real total = 0;
          for (T entry : row) total += std::exp(Real(entry) - top);
          const auto [value, gradient] = CrossEntropy<Sum>{}.value_and_gradient(x, label);
          const Real ulp = ulp_of<T>(std::max(Real(1), std::abs(top - x_y)));
          CHECK(std::abs(Real(value) - (std::log(total) - (x_y - top))) <= (4 + bound) * ulp);
          Real worst = 0;
          for (Index c = 0; c < classes; ++c) {
            const Real exact = std::exp(Real(row[std::size_t(c)]) - top) / total - (c == y);
            worst = std::max(worst, std::abs(Real(gradient(0, c)) - exact));
          }
          CHECK(worst <= (4 + bound) * ulp);
        }
        {  // NLL: half an ulp, with a class weight
          NLL<Sum> loss;
          loss.weight = Eigen::ArrayXd::Constant(classes, 1.75);
          const Real exact = -1.75L * x_y;
          CHECK(std::abs(Real(loss(x, label)) - exact) <= 0.5L * ulp_of<T>(std::abs(exact)));
        }
        for (const std::int64_t p :
             {1, 2}) {  // MultiMargin: 3 ulp of the largest term; slopes within 2 ulp
          MultiMargin<Sum> loss;
          loss.p = p;
          Real sum = 0, largest = 0, sum_of_slopes = 0;
          for (Index c = 0; c < classes; ++c) {
            const Real z = std::max(Real(0), 1 - x_y + Real(row[std::size_t(c)]));
            if (c == y) continue;
            sum += p == 1 ? z : z * z;
            sum_of_slopes += p == 1 ? (z > 0) : 2 * z;
            largest = std::max(largest, p == 1 ? z : z * z);
          }
          // z itself is exact to an ulp of its parts.
          const Real parts = std::max({Real(1), std::abs(x_y), std::abs(top)});
          const Real size =
              p == 1 ? std::max(largest, parts) : std::max(largest, parts * std::sqrt(largest));
          const auto [value, gradient] = loss.value_and_gradient(x, label);
          CHECK(std::abs(Real(value) * Real(classes) - sum) <=
                3 * Real(classes) * ulp_of<T>(size) + bound * ulp_of<T>(sum));
          CHECK(std::abs(Real(gradient(0, y)) * Real(classes) + sum_of_slopes) <=
                2 * Real(classes) * ulp_of<T>(2 * parts) + bound * ulp_of<T>(sum_of_slopes));
        }
        {  // MultiLabelMargin: each pair within an ulp of max(|x_j|, |x_i|, 1)
          Eigen::Tensor<int, 2, Eigen::RowMajor> targets(1, classes);
          targets.setConstant(-1);
          const Index listed = std::min<Index>(classes - 1, 1 + Index(seed) * 60);
          for (Index k = 0; k < listed; ++k) targets(0, k) = int(k);
          Real sum = 0, pair_ulps = 0;
          for (Index j = 0; j < listed; ++j) {
            for (Index i = listed; i < classes; ++i) {
              const Real a = row[std::size_t(j)], b = row[std::size_t(i)];
              sum += std::max(Real(0), 1 - a + b);
              pair_ulps += ulp_of<T>(std::max({std::abs(a), std::abs(b), Real(1)}));
            }
          }
          const Real value = Real(MultiLabelMargin<Sum>{}(x, targets)) * Real(classes);
          CHECK(std::abs(value - sum) <= pair_ulps + (1 + bound) * ulp_of<T>(sum));
        }
        {  // MultiLabelSoftMargin: each term within 4 ulp, the slope within 4 of its larger part
          Rows<T> labels(1, classes);
          Real sum = 0, term_ulps = 0;
          for (Index c = 0; c < classes; ++c)
            labels(0, c) = other[std::size_t(c)] > 0 ? T(1) : c % 3 == 0 ? T(0.75) : T(0);
          const auto [value, gradient] = MultiLabelSoftMargin<Sum>{}.value_and_gradient(x, labels);
          Real worst = 0;  // in ulp
          for (Index c = 0; c < classes; ++c) {
            const Real z = row[std::size_t(c)], t = labels(0, c);
            const Real term = t * softplus_of(-z) + (1 - t) * softplus_of(z);
            sum += term;
            term_ulps += 4 * ulp_of<T>(term);
            const Real up = (1 - t) * sigmoid_of(z), down = t * sigmoid_of(-z);
            const Real error = std::abs(Real(gradient(0, c)) - (up - down) / Real(classes));
            worst = std::max(worst, error / ulp_of<T>(std::max(up, down) / Real(classes)));
          }
          CHECK(std::abs(Real(value) * Real(classes) - sum) <=
                term_ulps + (1 + bound) * ulp_of<T>(sum));
          CHECK(worst <= 4);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("accuracy: CosineEmbedding, TripletMargin and its distances", "", float,
                   double) {
  using T = TestType;
  for (const Index features : {1, 2, 3, 17, 128, 1000}) {
    for (int kind = 0; kind < 3; ++kind) {
      for (std::uint64_t seed = 0; seed < 8; ++seed) {
        INFO((sizeof(T) == 4 ? "float, " : "double, ")
             << features << " features, kind " << kind << ", seed " << seed);
        const std::vector<T> a = row_of<T>(features, kind, seed),
                             b = row_of<T>(features, kind, seed + 100),
                             c = row_of<T>(features, kind, seed + 200);
        const Real bound = sum_ulps(features), unit = ulp_of<T>(1);
        {  // cos within 4 ulp of 1, and those of three sums
          Real ab = 0, aa = 9.999999960041972e-13, bb = aa, sizes_of_ab = 0;
          for (std::size_t i = 0; i < a.size(); ++i) {
            ab += Real(a[i]) * Real(b[i]), aa += Real(a[i]) * Real(a[i]),
                bb += Real(b[i]) * Real(b[i]);
            sizes_of_ab += std::abs(Real(a[i]) * Real(b[i]));
          }
          Eigen::Tensor<int, 1, Eigen::RowMajor> alike(1);
          alike(0) = 1;
          const Real value = CosineEmbedding<Sum>{}(as_rows(a), as_rows(b), alike);
          CHECK(std::abs(value - (1 - ab / std::sqrt(aa * bb))) <=
                (4 + bound + bound * sizes_of_ab / std::sqrt(aa * bb)) * unit);
        }
        for (const double p :
             {1.0, 2.0, 3.0, 0.5, HUGE_VAL}) {  // each distance within 4 ulp, and those of a sum
          TripletMargin<Sum> loss;
          loss.p = p;
          loss.margin = 1e4;  // nothing is cut off
          const auto distance = [&](const std::vector<T>& u, const std::vector<T>& v) {
            Real sum = 0, most = 0;
            for (std::size_t i = 0; i < u.size(); ++i) {
              // The difference and eps are added in T: what is below is right for the numbers that come out.
              const Real r = std::abs(Real(T(T(u[i] - v[i]) + T(1e-6))));
              most = std::max(most, r);
              sum += std::isinf(p) ? 0 : std::pow(r, Real(p));
            }
            return std::isinf(p) ? most : std::pow(sum, 1 / Real(p));
          };
          const Real of_p = distance(a, b), of_n = distance(a, c);
          if (!(of_p < 1e9L && of_n < 9e3L)) continue;
          const Real value = loss(as_rows(a), as_rows(b), as_rows(c));
          const Real power = p < 1 ? Real(1) / Real(p) : 1;  // of an error of the sum
          CHECK(std::abs(value - (1e4L + of_p - of_n)) <=
                (4 + power * bound) * (ulp_of<T>(of_p) + ulp_of<T>(of_n)) +
                    2 * ulp_of<T>(1e4L + of_p));
        }
      }
    }
  }
}
