// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>
#include <utility>

#include "pointwise.hpp"

// A loss from a formula alone: a function of one, two or three inputs of an element, usually a
// generic lambda.
//   auto loss = pointwise<Mean>([](auto x, auto t) { return log(cosh(x - t)); });
// The formula runs on several numbers at once: operators, comparisons, abs exp log log1p expm1 sqrt
// pow sin cos sinh cosh tanh softplus sigmoid min max, called without std::, and where(condition,
// a, b) in the place of if; & | ~ in the place of && || !. After using namespace eigenloss, or
// using eigenloss::where, it runs on a plain number too. The gradient, for the first input, is
// exact, from dual numbers; at a kink it is that of the branch chosen, and min and max share a tie
// half and half.
namespace eigenloss {
namespace detail {

// How many, or 0.
template <class F>
constexpr std::size_t inputs_of_formula() {
  using Number = Vector<float>;
  if constexpr (std::is_invocable<const F&, Number, Number>::value) {
    return 2;
  } else if constexpr (std::is_invocable<const F&, Number>::value) {
    return 1;
  } else {
    return std::is_invocable<const F&, Number, Number, Number>::value ? 3 : 0;
  }
}
// Takes the place of one that cannot be called, for the compiler to say no more than that.
struct NoFormula {
  template <class T>
  T operator()(const T& x, const T&) const {
    return x;
  }
};

}  // namespace detail

namespace kernel {

template <class F>
struct Formula {
  F formula;

  static constexpr const char* name = "pointwise";
  static constexpr std::size_t inputs = detail::inputs_of_formula<F>();
  template <class T, class... More>
  T value(const T& x, const More&... more) const {
    return formula(x, more...);
  }
};

}  // namespace kernel

/// A loss from a formula, e.g. pointwise<Mean>([](auto x, auto t) { return log(cosh(x - t)); }).
template <class Reduction = Mean, class F>
auto pointwise(F formula) {
  constexpr bool right = detail::inputs_of_formula<F>() > 0;
  detail::check::formula<right>();
  if constexpr (right)
    return Pointwise<kernel::Formula<F>, Reduction>{{std::move(formula)}};
  else
    return Pointwise<kernel::Formula<detail::NoFormula>, Reduction>{};
}

}  // namespace eigenloss
