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
namespace kernel {

template <class F>
struct Formula {
  F formula;

  static constexpr const char* name = "pointwise";
  using Number = detail::Vector<float>;
  static constexpr std::size_t inputs = std::is_invocable<const F&, Number, Number>::value ? 2
                                        : std::is_invocable<const F&, Number>::value       ? 1
                                                                                           : 3;
  template <class T, class... More>
  T value(const T& x, const More&... more) const {
    return formula(x, more...);
  }
};

}  // namespace kernel

/// A loss from a formula, e.g. pointwise<Mean>([](auto x, auto t) { return log(cosh(x - t)); }).
template <class Reduction = Mean, class F>
Pointwise<kernel::Formula<F>, Reduction> pointwise(F formula) {
  return {{std::move(formula)}};
}

}  // namespace eigenloss
