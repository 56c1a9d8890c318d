// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <tuple>
#include <type_traits>

#include "../detail/mask.hpp"
#include "../detail/pack.hpp"

// The numbers that a kernel does not take: its `ranges`.
namespace eigenloss {
namespace detail {

enum class NaN { taken, refused };

// Numbers of argument `argument` below `low` or above `high` are refused.
struct Range {
  std::size_t argument;
  double low, high;
  NaN nan;
  const char* expected;
};

template <class P>
EIGEN_STRONG_INLINE auto outside(const Range& range, const P& number) {
  const auto inside = (number >= P(range.low)) & (number <= P(range.high));
  return range.nan == NaN::taken ? ~(inside | (number != number)) : ~inside;
}

template <class Kernel, class = void>
struct RangesOf {
  static constexpr std::array<Range, 0> value{};
};
template <class Kernel>
struct RangesOf<Kernel, std::void_t<decltype(Kernel::ranges)>> {
  static constexpr auto value = Kernel::ranges;
};

// The elements of a pack of which a number is refused.
template <class Kernel, class P, std::size_t N>
EIGEN_STRONG_INLINE auto any_outside(const std::array<P, N>& x) {
  auto found = P(0) < P(0);
  for (std::size_t k = 0; k < RangesOf<Kernel>::value.size(); ++k) {
    const Range& range = RangesOf<Kernel>::value[k];
    found = found | outside(range, x[range.argument]);
  }
  return found;
}

template <std::size_t... N>
constexpr auto joined(const std::array<Range, N>&... parts) {
  std::array<Range, (N + ... + 0)> all{};
  std::size_t k = 0;
  const auto append = [&](const auto& part) {
    for (std::size_t i = 0; i < part.size(); ++i) all[k++] = part[i];
  };
  (append(parts), ...);
  return all;
}

// Whether the numbers of element i are refused because of a range; not those of a masked element.
template <class T, class Weights, class Operands>
bool refuses(const Range& range, Index i, const Weights& weights, const Operands& operands) {
  if constexpr (Weights::given) {
    if (weights.at(i) == T(0)) return false;
  }
  const auto at_i = [i](const auto&... operand) { return std::array{T(operand.at(i))...}; };
  return any(outside(range, Single<T>(std::apply(at_i, operands)[range.argument])));
}

}  // namespace detail
}  // namespace eigenloss
