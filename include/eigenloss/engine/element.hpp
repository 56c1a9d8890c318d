// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <type_traits>
#include <utility>

#include "../detail/dual.hpp"

// The value and the slopes of a kernel at one pack of elements, and what a kernel may say of its
// inputs.
namespace eigenloss {

/// What is known of a kernel's values: that none is below 0, that many are, or nothing.
enum class Signs { one, both, unknown };

namespace detail {

template <class Kernel, class = void>
struct SignsOf {
  static constexpr Signs value = Signs::unknown;
};
template <class Kernel>
struct SignsOf<Kernel, std::void_t<decltype(Kernel::signs)>> {
  static constexpr Signs value = Kernel::signs;
};

// The input that may be smaller than the others.
inline constexpr std::size_t no_input = std::size_t(-1);
template <class Kernel, class = void>
struct BroadcastOf : std::integral_constant<std::size_t, no_input> {};
template <class Kernel>
struct BroadcastOf<Kernel, std::void_t<decltype(Kernel::broadcasts)>>
    : std::integral_constant<std::size_t, std::size_t(Kernel::broadcasts)> {};

// Whether the kernel has an option along_axis(): numbers along its `axis`, the last argument of its
// formula.
template <class Kernel, class = void>
struct HasAlongAxis : std::false_type {};
template <class Kernel>
struct HasAlongAxis<Kernel, std::void_t<decltype(std::declval<const Kernel&>().along_axis())>>
    : std::true_type {};

// A copy where its options are plain numbers, which a loop can keep in registers. (A std::tuple of
// them is trivially copy-constructible, and not trivially copyable.)
template <class Kernel>
using Held =
    std::conditional_t<std::is_trivially_copy_constructible<Kernel>::value, Kernel, const Kernel&>;

template <class Void, class Kernel, class... V>
struct HasSlope : std::false_type {};
template <class Kernel, class... V>
struct HasSlope<std::void_t<decltype(std::declval<const Kernel&>().slope(std::declval<V>()...))>,
                Kernel, V...> : std::true_type {};
template <class Void, class Kernel, class... V>
struct HasBoth : std::false_type {};
template <class Kernel, class... V>
struct HasBoth<
    std::void_t<decltype(std::declval<const Kernel&>().value_and_slope(std::declval<V>()...))>,
    Kernel, V...> : std::true_type {};

template <class V, std::size_t G>
struct Element {
  V value;
  std::array<V, G> slopes;
};

template <class V>
EIGEN_STRONG_INLINE std::array<V, 1> slopes_of(const V& slope) {
  return {{slope}};
}
template <class V, std::size_t G>
EIGEN_STRONG_INLINE std::array<V, G> slopes_of(const std::array<V, G>& slopes) {
  return slopes;
}

// The first slopes of a kernel: an input that is a plain number comes last and has no gradient.
template <class V, std::size_t All, std::size_t G>
EIGEN_STRONG_INLINE void copy_slopes(const std::array<V, All>& from, std::array<V, G>& to) {
  for (std::size_t g = 0; g < G; ++g) to[g] = from[g];
}

// The formula on dual numbers, the I-th of which is the variable.
template <std::size_t I, class Kernel, class V, std::size_t... K>
EIGEN_STRONG_INLINE Dual<V> differentiate(const Kernel& kernel,
                                          const std::array<V, sizeof...(K)>& x,
                                          std::index_sequence<K...>) {
  return kernel.value(Dual<V>(x[K], V(K == I ? 1 : 0))...);
}

// At the inputs x, with slopes for the inputs I; a kernel with slopes of its own gives exactly
// those.
template <bool Value, class Kernel, class V, std::size_t N, std::size_t... K, std::size_t... I>
EIGEN_STRONG_INLINE Element<V, sizeof...(I)> element(const Kernel& kernel,
                                                     const std::array<V, N>& x,
                                                     std::index_sequence<K...> all,
                                                     std::index_sequence<I...>) {
  constexpr bool has_slope = HasSlope<void, Kernel, decltype(x[K])...>::value;
  constexpr bool has_both = HasBoth<void, Kernel, decltype(x[K])...>::value;
  Element<V, sizeof...(I)> result;
  if constexpr (sizeof...(I) == 0) {
    result.value = kernel.value(x[K]...);
  } else if constexpr (has_both && (Value || !has_slope)) {
    const auto both = kernel.value_and_slope(x[K]...);
    result.value = both.first;
    copy_slopes(slopes_of(both.second), result.slopes);
  } else if constexpr (has_slope) {
    if constexpr (Value) result.value = kernel.value(x[K]...);
    copy_slopes(slopes_of(kernel.slope(x[K]...)), result.slopes);
  } else {
    const std::array<Dual<V>, sizeof...(I)> duals{{differentiate<I>(kernel, x, all)...}};
    result.value = duals[0].value;
    for (std::size_t g = 0; g < sizeof...(I); ++g) result.slopes[g] = duals[g].slope;
  }
  (void)all;
  return result;
}

}  // namespace detail
}  // namespace eigenloss
