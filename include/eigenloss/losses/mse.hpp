// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {
struct MSE {
  template <class T>
  T value(const T& input, const T& target) const {
    return detail::square(input - target);
  }
  template <class T>
  T slope(const T& input, const T& target) const {
    return T(2) * (input - target);
  }
};
}  // namespace kernel

template <class Reduction = Mean>
using MSE = Pointwise<kernel::MSE, Reduction>;
}  // namespace eigenloss
