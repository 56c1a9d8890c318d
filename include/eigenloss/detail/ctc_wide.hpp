// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "shape.hpp"

// CTC's recursion without a limit of range, for the rare sequence whose states a scaled double
// cannot hold. A logarithm per state would cost an exponential per sum and the digits that a large
// logarithm takes up; a number with an exponent of its own costs neither, and is as accurate at
// 10^-6000 as at 1.
namespace eigenloss::detail {

inline constexpr double ctc_ln2 = 0.693147180559945309417;

// 2^k for -1022 <= k <= 1023
inline double ctc_power_of_two(int k) {
  const std::uint64_t bits = static_cast<std::uint64_t>(k + 1023) << 52;
  double result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

// floor(log2(x)) of a positive normal number
inline int ctc_exponent(double x) {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return static_cast<int>(bits >> 52) - 1023;
}

// mantissa 2^exponent e^huge with 1 <= mantissa < 2 and an integer exponent, or 0 with mantissa 0.
// `huge` collects log-probabilities that were meant as a mask (-1e30, say), apart from the others,
// which they would swallow.
struct CtcWide {
  double mantissa, exponent, huge;
};

inline CtcWide ctc_normalised(const CtcWide& x) {
  const int k = ctc_exponent(x.mantissa);
  return {x.mantissa * ctc_power_of_two(-k), x.exponent + k, x.huge};
}

// e^x = 2^n e^r, x = n ln 2 + r. Past -2^40, n would lose its last digit in a sum over frames;
// cutting x to 32 bits there keeps such sums exact, so that paths through equally many masks
// compare equal.
inline CtcWide ctc_wide_exp(double x) {
  if (x == -std::numeric_limits<double>::infinity()) return {0, 0, 0};
  if (x < -0x1p40) {
    const double unit = ctc_power_of_two((std::max)(ctc_exponent(-x) - 31, -1022));
    return {1, 0, std::nearbyint(x / unit) * unit};
  }
  const double n = std::nearbyint(x * 1.4426950408889634);
  const double r = std::fma(-n, 2.3190468138462996e-17, std::fma(-n, 0x1.62e42fefa39efp-1, x));
  return ctc_normalised({std::exp(r), n, 0});
}

// log(mantissa 2^exponent). Where that is a double, its logarithm is accurate near 1, too.
inline double ctc_log(double mantissa, double exponent) {
  if (std::abs(exponent) > 1000) return std::log(mantissa) + exponent * ctc_ln2;
  return std::log(mantissa * ctc_power_of_two(static_cast<int>(exponent)));
}

// log(x / y) without the mantissas; exact in units of 2 where no mask differs
inline double ctc_log_gap(const CtcWide& x, const CtcWide& y) {
  return (x.huge - y.huge) + (x.exponent - y.exponent) * ctc_ln2;
}

// x / y as a double, x at most a few times y
inline double ctc_ratio(const CtcWide& x, const CtcWide& y) {
  const double gap = ctc_log_gap(x, y), quotient = x.mantissa / y.mantissa;
  if (gap < -700) return 0;
  if (x.huge != y.huge) return quotient * std::exp(gap);
  return quotient * ctc_power_of_two(static_cast<int>(x.exponent - y.exponent));
}

inline CtcWide operator*(const CtcWide& x, const CtcWide& y) {
  if (x.mantissa == 0 || y.mantissa == 0) return {0, 0, 0};
  return ctc_normalised({x.mantissa * y.mantissa, x.exponent + y.exponent, x.huge + y.huge});
}

inline CtcWide operator+(const CtcWide& x, const CtcWide& y) {
  if (y.mantissa == 0) return x;
  if (x.mantissa == 0) return y;
  const bool swap = ctc_log_gap(y, x) > 0;
  const CtcWide &greater = swap ? y : x, &lesser = swap ? x : y;
  const double sum = greater.mantissa + greater.mantissa * ctc_ratio(lesser, greater);
  return ctc_normalised({sum, greater.exponent, greater.huge});
}

// The extended label of one sequence, blank l_0 blank l_1 ... blank, and its log-probabilities, per
// frame and distinct symbol, relative to the frame's largest one (log_emission, `symbols` used of
// `pitch`).
struct CtcLattice {
  Index frames, labels, symbols, pitch, blank;
  const std::int32_t* slot;     // labels: symbol of a label
  const double* log_emission;   // frames x pitch
  CtcWide *forward, *backward;  // frames (two without a gradient) and two rows of states
  CtcWide* emission;            // symbols

  Index states() const { return 2 * labels + 1; }
  Index symbol(Index state) const { return state % 2 == 0 ? blank : slot[state / 2]; }
  // whether a path may step from state - 2 to this one: between different labels
  bool skips(Index state) const {
    return state % 2 == 1 && state >= 3 && slot[state / 2] != slot[state / 2 - 1];
  }
  void load(Index t) const {
    for (Index k = 0; k < symbols; ++k) emission[k] = ctc_wide_exp(log_emission[t * pitch + k]);
  }
};

// The probability of the label, with the forward variables in row t % rows of `forward`.
inline CtcWide ctc_wide_forward(const CtcLattice& lattice, Index rows) {
  const Index states = lattice.states();
  const CtcWide zero{0, 0, 0};
  for (Index t = 0; t < lattice.frames; ++t) {
    lattice.load(t);
    CtcWide* to = lattice.forward + (t % rows) * states;
    const CtcWide* from = lattice.forward + ((t + rows - 1) % rows) * states;
    for (Index s = states - 1; s >= 0; --s) {
      CtcWide sum =
          s < 2 ? CtcWide{1, 0, 0} : zero;  // at t = 0, a path starts in the first two states
      if (t > 0) {
        sum = from[s];
        if (s > 0) sum = sum + from[s - 1];
        if (lattice.skips(s)) sum = sum + from[s - 2];
      }
      to[s] = sum * lattice.emission[lattice.symbol(s)];
    }
  }
  const CtcWide* last = lattice.forward + ((lattice.frames - 1) % rows) * states;
  return states == 1 ? last[0] : last[states - 1] + last[states - 2];
}

// Frame by frame from the last, hands the posterior of every symbol to visit(t, occupancy, its
// sum). Dividing by the frame's own largest product, not by the total, keeps a rounded mask out of
// the quotient.
template <class Visit>
void ctc_wide_backward(const CtcLattice& lattice, double* occupancy, Visit visit) {
  const Index states = lattice.states();
  CtcWide *beta = lattice.backward,
          *next = beta + states;  // next: beta times emission, one frame later
  for (Index t = lattice.frames - 1; t >= 0; --t) {
    const CtcWide* alpha = lattice.forward + t * states;
    CtcWide largest{0, 0, 0};
    for (Index s = 0; s < states; ++s) {
      CtcWide sum{s + 2 >= states ? 1.0 : 0.0, 0, 0};  // a path ends in the last two states
      if (t + 1 < lattice.frames) {
        sum = next[s];
        if (s + 1 < states) sum = sum + next[s + 1];
        if (s + 2 < states && lattice.skips(s + 2)) sum = sum + next[s + 2];
      }
      beta[s] = sum;
      const CtcWide product = alpha[s] * sum;
      const bool first = largest.mantissa == 0;
      if (product.mantissa > 0 && (first || ctc_log_gap(product, largest) > 0)) largest = product;
    }
    double total = 0;
    std::fill(occupancy, occupancy + lattice.symbols, 0.0);
    lattice.load(t);
    for (Index s = 0; s < states; ++s) {
      const CtcWide product = alpha[s] * beta[s];
      const double share = product.mantissa > 0 ? ctc_ratio(product, largest) : 0;
      occupancy[lattice.symbol(s)] += share;
      total += share;
      beta[s] = beta[s] * lattice.emission[lattice.symbol(s)];
    }
    visit(t, occupancy, total);
    std::swap(beta, next);
  }
}

}  // namespace eigenloss::detail
