// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../detail/check.hpp"
#include "../detail/view.hpp"
#include "kernel.hpp"

// What a row kernel says of itself: see rowwise.hpp.
namespace eigenloss {

/// What an input of a row kernel is.
enum class Role {
  row,        ///< numbers, in the shape of the input
  label,      ///< a class for each row; at most one input is
  number,     ///< a number for each row
  label_row,  ///< classes in the shape of the input: each row's labels, up to the first -1
};

namespace detail {

// ---- What a row kernel says of itself. ----

template <class Kernel, class Scalar, class = void>
struct RoleOf {
  static constexpr Role get(std::size_t i) {
    return i > 0 && std::is_integral<Scalar>::value ? Role::label : Role::row;
  }
};
template <class Kernel, class Scalar>
struct RoleOf<Kernel, Scalar, std::void_t<decltype(Kernel::template role<Scalar>(0))>> {
  static constexpr Role get(std::size_t i) { return Kernel::template role<Scalar>(i); }
};

// Whether the second input holds classes, and whether probabilities may take their place.
template <class Kernel, class = void>
struct TakesClasses : std::false_type {};
template <class Kernel>
struct TakesClasses<Kernel, std::void_t<decltype(Kernel::takes_classes)>>
    : std::integral_constant<bool, Kernel::takes_classes> {};
template <class Kernel, class = void>
struct TakesProbabilities : std::false_type {};
template <class Kernel>
struct TakesProbabilities<Kernel, std::void_t<decltype(Kernel::takes_probabilities)>>
    : std::integral_constant<bool, Kernel::takes_probabilities> {};

template <class Kernel, class Input, class Target = Input, class... More>
constexpr bool right_kind_of_target() {
  if constexpr (!TakesClasses<Kernel>::value ||
                std::is_integral<typename Traits<Target>::Scalar>::value) {
    return true;
  } else {
    return TakesProbabilities<Kernel>::value && Traits<Target>::rank == Traits<Input>::rank;
  }
}

template <class Kernel, class = void>
struct MostLabels : std::integral_constant<Index, 0> {};
template <class Kernel>
struct MostLabels<Kernel, std::void_t<decltype(Kernel::most_labels)>>
    : std::integral_constant<Index, Kernel::most_labels> {};

template <class Kernel, class = void>
struct OnlyAtLabel : std::false_type {};
template <class Kernel>
struct OnlyAtLabel<Kernel, std::void_t<decltype(Kernel::only_at_label)>>
    : std::integral_constant<bool, Kernel::only_at_label> {};

template <class Kernel, class = void>
struct AcceptsRank0 : std::false_type {};
template <class Kernel>
struct AcceptsRank0<Kernel, std::void_t<decltype(Kernel::accepts_rank_0)>>
    : std::integral_constant<bool, Kernel::accepts_rank_0> {};

template <class Kernel, class = void>
struct Ignores {
  static bool label(const Kernel&, std::int64_t) { return false; }
};
template <class Kernel>
struct Ignores<Kernel,
               std::void_t<decltype(std::declval<const Kernel&>().ignores(std::int64_t()))>> {
  static bool label(const Kernel& kernel, std::int64_t label) { return kernel.ignores(label); }
};

template <class Kernel, class = void>
struct SharesAreOne {
  static bool hold(const Kernel&) { return false; }
};
template <class Kernel>
struct SharesAreOne<Kernel, std::void_t<decltype(std::declval<const Kernel&>().shares_are_one())>> {
  static bool hold(const Kernel& kernel) { return kernel.shares_are_one(); }
};

template <class Kernel, class = void>
struct Share {
  static bool differs(const Kernel&) { return false; }  // from 1, for some label
  static double of(const Kernel&, std::int64_t) { return 1.0; }
};
template <class Kernel>
struct Share<Kernel, std::void_t<decltype(std::declval<const Kernel&>().share(std::int64_t()))>> {
  static bool differs(const Kernel& kernel) { return !SharesAreOne<Kernel>::hold(kernel); }
  static double of(const Kernel& kernel, std::int64_t label) {
    return differs(kernel) ? kernel.share(label) : 1.0;
  }
};

// Whether the kernel says which numbers of Role::number are right.
template <class Kernel, class Number, class = void>
struct Accepts : std::false_type {};
template <class Kernel, class Number>
struct Accepts<Kernel, Number,
               std::void_t<decltype(Kernel::accepts(std::declval<const Number&>()))>>
    : std::true_type {};

template <class Kernel, class = void>
struct HasClassCheck : std::false_type {};
template <class Kernel>
struct HasClassCheck<
    Kernel, std::void_t<decltype(std::declval<const Kernel&>().check(Check<Kernel>(), Index()))>>
    : std::true_type {};
template <class Kernel, class = void>
struct HasProbabilitiesCheck : std::false_type {};
template <class Kernel>
struct HasProbabilitiesCheck<
    Kernel,
    std::void_t<decltype(std::declval<const Kernel&>().check_with_probabilities(Check<Kernel>()))>>
    : std::true_type {};

struct RowName {
  int row;
};
template <class K>
using RowMember = decltype(&K::row);
template <class Kernel>
struct IsRowwiseKernel {
  template <class K>
  static std::true_type has_axis(decltype(std::declval<const K&>().axis)*);
  template <class K>
  static std::false_type has_axis(...);

  template <class... In>
  static constexpr bool holds() {
    constexpr bool right =
        HasMember<Kernel, RowName, RowMember>::value && decltype(has_axis<Kernel>(nullptr))::value;
    check::rowwise_kernel<right>();
    if constexpr (right_kind_of_target<Kernel, In...>()) {
      return right && rows_are_arrays<In...>(std::index_sequence_for<In...>{});
    } else {
      return right;  // which another sentence is said of
    }
  }

 private:
  template <class... In, std::size_t... I>
  static constexpr bool rows_are_arrays(std::index_sequence<I...>) {
    constexpr bool arrays =
        (... &&
         (!is_number<In> || RoleOf<Kernel, typename Traits<In>::Scalar>::get(I) != Role::row));
    check::rows_are_arrays<arrays>();
    return arrays;
  }
};

}  // namespace detail
}  // namespace eigenloss
