// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "subject.hpp"

// What a law is, what it is tried on, and how results are compared.
namespace laws {

// ---- Tolerances, in epsilons of the scalar type that is tested. ----

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double single_epsilon = std::numeric_limits<float>::epsilon();
constexpr double exact = 0;
constexpr double fused_ulps = 4;  // the contract's, between fused and separate verbs
constexpr double rounding = 32;   // the same formula in another order or on another path
constexpr double narrow_rounding =
    64;  // between scalar types: of the narrower, with its inputs exact
constexpr double difference_error = 400;  // of a central difference, in units of epsilon^(2/3)

// ---- A law and what it is tried on. ----

struct Trial {
  const Subject& loss;
  std::uint64_t seed;
  Random random;

  Inputs inputs(Index batch, Index features) { return loss.inputs(random, batch, features); }
};
struct Law {
  const char* name;
  void (*holds)(Trial&);
};

// Predictions with digits down to the last, so that sums round.
inline Inputs rough(Trial& trial, Inputs in) {
  for (std::size_t i : trial.loss.predictions) {
    for (double& x : in[i].numbers)
      x *= 1 - std::ldexp(static_cast<double>(trial.random.next() >> 11), -73);
  }
  return in;
}

inline std::string text(const std::vector<Index>& shape) {
  std::string words = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    words += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return words + ")";
}
inline std::string text(const std::string& what, const Inputs& in) {
  return what + ", input of shape " + text(in[0].shape);
}

// ---- Comparisons. `scale` is what the tolerance is a multiple of. ----

inline bool near(double a, double b, double tolerance, double scale) {
  return identical(a, b) || a == b || std::abs(a - b) <= tolerance * scale;
}
inline double largest(const Plain& plain) {
  double most = 0;
  for (double number : plain.numbers) {
    if (std::isfinite(number)) most = std::max(most, std::abs(number));
  }
  return most;
}
inline void same(const std::string& what, double got, double expected, double epsilons,
                 double scale, double eps = epsilon) {
  INFO(what << ": " << got << " is not " << expected << " to " << epsilons << " epsilons of "
            << scale);
  CHECK(near(got, expected, epsilons * eps, scale));
}
inline void same(const std::string& what, double got, double expected, double epsilons) {
  same(what, got, expected, epsilons, std::abs(expected));
}
// Entry by entry; the tolerance is relative to the largest entry.
inline void same(const std::string& what, const Plain& got, const Plain& expected, double epsilons,
                 double eps = epsilon, double scale = 0) {
  INFO(what << " has shape " << text(got.shape) << ", expected " << text(expected.shape));
  REQUIRE(got.numbers.size() == expected.numbers.size());
  scale = std::max(scale, largest(expected));
  for (std::size_t i = 0; i < got.numbers.size(); ++i) {
    if (near(got.numbers[i], expected.numbers[i], epsilons * eps, scale)) continue;
    INFO("number " << i << " is " << got.numbers[i] << ", expected " << expected.numbers[i]);
    CHECK(near(got.numbers[i], expected.numbers[i], epsilons * eps, scale));
    return;
  }
}
inline void same_gradients(const Outcome& got, const Outcome& expected, double epsilons, double eps,
                           const Outcome& whole) {
  REQUIRE(got.gradients.size() == expected.gradients.size());
  for (std::size_t g = 0; g < got.gradients.size(); ++g) {
    same("gradient " + std::to_string(g), got.gradients[g], expected.gradients[g], epsilons, eps,
         largest(whole.gradients[g]));
  }
}
inline void same_shape(const std::string& what, const Plain& got,
                       const std::vector<Index>& expected) {
  INFO(what << " has shape " << text(got.shape));
  CHECK(got.shape == expected);
}
inline void same_gradients(const Outcome& got, const Outcome& expected, double epsilons,
                           double eps = epsilon) {
  REQUIRE(got.gradients.size() == expected.gradients.size());
  for (std::size_t g = 0; g < got.gradients.size(); ++g) {
    same("gradient " + std::to_string(g), got.gradients[g], expected.gradients[g], epsilons, eps);
  }
}
inline void same_outcome(const Outcome& got, const Outcome& expected, double epsilons,
                         double eps = epsilon) {
  CHECK(got.error == expected.error);
  same("value", got.value, expected.value, epsilons, std::abs(expected.value), eps);
  same("losses", got.units, expected.units, epsilons, eps);
  same_gradients(got, expected, epsilons, eps);
}
inline double ulp(double number) {
  return std::max(std::ldexp(epsilon, std::ilogb(number)),
                  std::numeric_limits<double>::denorm_min());
}
inline bool within_ulps(double a, double b, double ulps) {
  return identical(a, b) || a == b ||
         std::abs(a - b) <= ulps * ulp(std::max(std::abs(a), std::abs(b)));
}

// ---- Plain arithmetic. ----

inline Plain times(Plain plain, double factor) {
  for (double& number : plain.numbers) number *= factor;
  return plain;
}
inline Plain times(Plain plain, const Plain& factors) {
  for (std::size_t i = 0; i < plain.numbers.size(); ++i) plain.numbers[i] *= factors.numbers[i];
  return plain;
}
inline double total(const Plain& plain) {
  long double sum = 0;
  for (double number : plain.numbers) sum += static_cast<long double>(number);
  return static_cast<double>(sum);
}
inline double total_size(const Plain& plain) {
  double sum = 0;
  for (double number : plain.numbers) sum += std::abs(number);
  return sum;
}
inline std::size_t batch_dimension(const Subject& loss, std::size_t argument) {
  return argument == 0 ? loss.input_batch : 0;
}
inline Index batch_of(const Subject& loss, const Inputs& in) {
  return in[0].shape[loss.input_batch];
}
inline Inputs take(const Subject& loss, const Inputs& in, const std::vector<Index>& chosen) {
  Inputs taken;
  for (std::size_t i = 0; i < in.size(); ++i)
    taken.push_back(take(in[i], batch_dimension(loss, i), chosen));
  return taken;
}
// Part `chosen` of an outcome's losses and gradients.
inline Outcome take(const Subject& loss, Outcome outcome, const std::vector<Index>& chosen) {
  if (!outcome.units.numbers.empty()) outcome.units = take(outcome.units, 0, chosen);
  for (std::size_t g = 0; g < outcome.gradients.size(); ++g) {
    outcome.gradients[g] =
        take(outcome.gradients[g], batch_dimension(loss, loss.predictions[g]), chosen);
  }
  return outcome;
}
inline const Plain no_weights{};
inline Outcome now(Call call, const Inputs& in, const Plain& weights = no_weights,
                   int threads = 1) {
  Outcome outcome = call(in, weights, threads);
  INFO("thrown: " << outcome.error);
  CHECK(outcome.error.empty());
  return outcome;
}
inline Plain random_weights(Random& random, const std::vector<Index>& shape) {
  return on_grid(random, shape, 0, 2, true);
}

inline std::vector<Index> units_shape(const Subject& loss, const Inputs& in) {
  if (loss.unit == Unit::element) return in[0].shape;
  return {batch_of(loss, in)};
}
// A number for each member of the batch, given to each of its units.
inline Plain spread(const std::vector<double>& each, const std::vector<Index>& shape) {
  Plain weights = filled(shape, 0);
  for (std::size_t i = 0; i < weights.numbers.size(); ++i) {
    weights.numbers[i] = each[i * each.size() / weights.numbers.size()];
  }
  return weights;
}
// Puts `number` in all predictions of some members of the batch.
inline void spoil(const Subject& loss, Inputs& in, const std::vector<Index>& members,
                  double number) {
  for (std::size_t i : loss.predictions) {
    const std::vector<Index> whole = range(0, batch_of(loss, in));
    const std::size_t dimension = batch_dimension(loss, i);
    Index inner = 1;
    for (std::size_t k = dimension + 1; k < in[i].shape.size(); ++k) inner *= in[i].shape[k];
    for (std::size_t k = 0; k < in[i].numbers.size(); ++k) {
      const Index member = static_cast<Index>(k) / inner % in[i].shape[dimension];
      if (std::find(members.begin(), members.end(), member) != members.end())
        in[i].numbers[k] = number;
    }
  }
}

inline Plain ones_or(const Plain& shares, const std::vector<Index>& shape) {
  return shares.numbers.empty() ? filled(shape, 1) : shares;
}

}  // namespace laws
