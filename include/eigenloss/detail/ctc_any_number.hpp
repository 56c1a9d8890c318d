// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include "ctc_sequence.hpp"
#include "pack.hpp"

// CTC of one sequence for numbers other than float and double (long double, an
// automatic-differentiation number): the recursion of Graves et al. in the log domain, state by
// state. It needs exp, log and comparisons.
namespace eigenloss::detail {

// log(e^a + e^b); -inf is the logarithm of 0.
template <class T>
T ctc_log_add(const T& a, const T& b) {
  using std::exp;
  const T none(-std::numeric_limits<double>::infinity());
  if (a == none) return b;
  if (b == none) return a;
  return a < b ? T(b + log1p_of_any(T(exp(T(a - b))))) : T(a + log1p_of_any(T(exp(T(b - a)))));
}

// The log-probabilities of a frame's states; false if there is a NaN or +inf.
template <bool from_logits, class T, class Symbol>
bool ctc_log_emissions(const T* frame, const CtcShape& shape, const Symbol& symbol, T* to,
                       T* log_mass) {
  const T infinity(std::numeric_limits<double>::infinity());
  bool right = true;
  const auto check = [&](const T& x) { right = right && x < infinity; };
  *log_mass = T(0);
  if constexpr (from_logits) {
    *log_mass = T(-infinity);
    for (Index c = 0; c < shape.classes; ++c) {
      check(frame[c]);
      *log_mass = ctc_log_add(*log_mass, frame[c]);
    }
    right = right && -infinity < *log_mass;
  }
  for (Index s = 0; s < 2 * shape.labels + 1; ++s) {
    const T& x = frame[symbol(s)];
    check(x);
    to[s] = x - *log_mass;
  }
  return right;
}

// As ctc_sequence; T is anything that the log domain can be written in.
template <bool from_logits, class T, class Label, class Frames, class Gradient>
T ctc_any_number(const CtcShape& shape, Label label, Frames frames, Gradient&& gradient,
                 const T& scale, bool zero_infinity) {
  using std::exp;
  constexpr bool wanted = !std::is_same_v<std::decay_t<Gradient>, CtcNoGradient>;
  const T infinity(std::numeric_limits<double>::infinity()), none(-infinity),
      nan(infinity - infinity);
  const Index states = 2 * shape.labels + 1, T_ = shape.frames;
  if (T_ == 0) return shape.labels == 0 || zero_infinity ? T(0) : infinity;
  const auto symbol = [&](Index s) { return s % 2 == 0 ? shape.blank : Index(label(s / 2)); };
  const auto skips = [&](Index s) { return s % 2 == 1 && s >= 3 && symbol(s) != symbol(s - 2); };
  const auto constant = [&](const T& value, const T& slope) {
    if constexpr (wanted) ctc_fill(shape, gradient, slope);
    (void)slope;
    return value;
  };
  const auto cells = static_cast<std::size_t>(T_ * states);
  std::vector<T> emission(cells, none), alpha(cells, none),
      log_mass(static_cast<std::size_t>(T_), T(0));
  const auto row = [states](std::vector<T>& table, Index t) { return table.data() + t * states; };
  bool right = true;
  for (Index t = 0; t < T_; ++t) {
    right = ctc_log_emissions<from_logits>(frames(t), shape, symbol, row(emission, t),
                                           log_mass.data() + t) &&
            right;
  }
  if (!right) return constant(nan, nan);

  for (Index t = 0; t < T_; ++t) {
    const T* from = t > 0 ? row(alpha, t - 1) : nullptr;
    for (Index s = 0; s < states; ++s) {
      T sum = s < 2 && t == 0 ? T(0) : none;  // a path starts in the first two states
      if (from) sum = from[s];
      if (from && s > 0) sum = ctc_log_add(sum, from[s - 1]);
      if (from && skips(s)) sum = ctc_log_add(sum, from[s - 2]);
      row(alpha, t)[s] = sum + row(emission, t)[s];
    }
  }
  T total = row(alpha, T_ - 1)[states - 1];
  if (states > 1) total = ctc_log_add(total, row(alpha, T_ - 1)[states - 2]);
  if (total == none) return zero_infinity ? constant(T(0), T(0)) : constant(infinity, nan);

  if constexpr (wanted) {
    std::vector<T> beta(static_cast<std::size_t>(states), none),
        next = beta;  // next: with its emission
    for (Index t = T_ - 1; t >= 0; --t) {
      T* out = gradient.row(t);
      const T* frame = frames(t);
      for (Index c = 0; c < shape.classes; ++c) {
        out[c] = from_logits ? T(scale * exp(T(frame[c] - log_mass[static_cast<std::size_t>(t)])))
                             : T(0);
      }
      for (Index s = 0; s < states; ++s) {
        const auto at = [&](Index k) -> T& { return next[static_cast<std::size_t>(k)]; };
        T sum = t == T_ - 1 ? (s + 2 >= states ? T(0) : none) : at(s);
        if (t < T_ - 1 && s + 1 < states) sum = ctc_log_add(sum, at(s + 1));
        if (t < T_ - 1 && s + 2 < states && skips(s + 2)) sum = ctc_log_add(sum, at(s + 2));
        beta[static_cast<std::size_t>(s)] = sum + row(emission, t)[s];
        const T joint = row(alpha, t)[s] + sum;
        if (none < joint) out[symbol(s)] = out[symbol(s)] - scale * exp(T(joint - total));
      }
      gradient.done(t);
      beta.swap(next);
    }
  }
  return from_logits && T(0) < total ? T(0) : T(-total);  // a probability above 1 is rounding
}

}  // namespace eigenloss::detail
