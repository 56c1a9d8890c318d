// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "element.hpp"
#include "kernel.hpp"
#include "pointwise.hpp"
#include "ranges.hpp"

// Terms of a combination that run as one pass.
namespace eigenloss {
namespace kernel {

/// Kernels of elements as one: the sum of factor·kernel.
template <class... Kernels>
struct Fused {
  using First = std::tuple_element_t<0, std::tuple<Kernels...>>;
  using Predictions = typename detail::PredictionsOf<First>::type;
  static constexpr std::size_t inputs = detail::InputsOf<First>::value;
  static constexpr auto ranges = detail::joined(detail::RangesOf<Kernels>::value...);

  std::tuple<detail::Held<Kernels>...> kernels;
  std::array<double, sizeof...(Kernels)> factors;

  template <class T, class... More>
  T value(const T& x, const More&... more) const {
    T sum(0);
    for_each([&](const auto& kernel, double factor) {
      sum = sum + T(factor) * kernel.value(x, more...);
    });
    return sum;
  }
  template <class T, class... More>
  auto value_and_slope(const T& x, const More&... more) const {
    constexpr std::size_t all = sizeof...(More) + 1;
    const std::array<T, all> in{{x, more...}};
    std::pair<T, std::array<T, Predictions::size()>> sum;
    sum.first = T(0);
    for (auto& slope : sum.second) slope = T(0);
    for_each([&](const auto& kernel, double factor) {
      const auto term =
          detail::element<true>(kernel, in, std::make_index_sequence<all>{}, Predictions{});
      sum.first = sum.first + T(factor) * term.value;
      for (std::size_t g = 0; g < Predictions::size(); ++g) {
        sum.second[g] = sum.second[g] + T(factor) * term.slopes[g];
      }
    });
    return sum;
  }

 private:
  template <class Visit>
  EIGEN_STRONG_INLINE void for_each(const Visit& visit) const {
    std::apply(
        [&](const auto&... kernel) {
          std::size_t k = 0;
          (visit(kernel, factors[k++]), ...);
        },
        kernels);
  }
};

}  // namespace kernel

namespace detail {

template <class... Kernels>
struct check::NameOf<kernel::Fused<Kernels...>, void> {
  static std::string get() {
    std::string names;
    ((names += (names.empty() ? "" : " + ") + NameOf<Kernels>::get()), ...);
    return names;
  }
};

template <class... Kernels>
struct check::ArgumentNames<kernel::Fused<Kernels...>, void>
    : ArgumentNames<typename kernel::Fused<Kernels...>::First> {};

// Whether the value of a sum of losses is the sum of their values: it is where no scale depends on
// the losses.
template <class R>
constexpr bool is_linear = !NeedsLosses<R>::value && !Counts<R, Vector<float>>::value;

template <class A, class B>
constexpr bool can_fuse() {
  return std::is_same<typename A::Engine, PointwiseEngine>::value &&
         std::is_same<typename B::Engine, PointwiseEngine>::value &&
         std::is_same<typename A::Reduction, typename B::Reduction>::value &&
         is_linear<typename A::Reduction> && BroadcastOf<typename A::Kernel>::value == no_input &&
         BroadcastOf<typename B::Kernel>::value == no_input;
}

}  // namespace detail
}  // namespace eigenloss
