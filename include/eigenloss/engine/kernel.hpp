// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/check.hpp"
#include "../detail/traits.hpp"

// What a kernel of any engine says of itself, with the defaults of a loss of (input, target).
namespace eigenloss {
namespace detail {

// Whether C has a member of some name, whatever its parameters: `Name` is a struct with one of that
// name, `Member<B>` the type of &B::name, which does not exist where a class has both.
template <class C, class Name>
struct WithName : C, Name {};
template <class C, class Name, template <class> class Member, class = void>
struct HasMember : std::true_type {};
template <class C, class Name, template <class> class Member>
struct HasMember<C, Name, Member, std::void_t<Member<WithName<C, Name>>>> : std::false_type {};

template <class Kernel, class = void>
struct InputsOf : std::integral_constant<std::size_t, 2> {};
template <class Kernel>
struct InputsOf<Kernel, std::void_t<decltype(Kernel::inputs)>>
    : std::integral_constant<std::size_t, std::size_t(Kernel::inputs)> {};

// The inputs that have a gradient.
template <class Kernel, class = void>
struct PredictionsOf {
  using type = std::index_sequence<0>;
};
template <class Kernel>
struct PredictionsOf<Kernel, std::void_t<typename Kernel::Predictions>> {
  using type = typename Kernel::Predictions;
};

template <class Kernel, class = void>
struct HasCheck : std::false_type {};
template <class Kernel>
struct HasCheck<Kernel, std::void_t<decltype(std::declval<const Kernel&>().check(Check<Kernel>()))>>
    : std::true_type {};

template <class Kernel>
void check_options(const Kernel& kernel) {
  if constexpr (HasCheck<Kernel>::value) kernel.check(Check<Kernel>());
  (void)kernel;
}

// The predictions but for those that are plain numbers, which have no gradient.
template <class Sequence, class... In>
struct WithoutNumbers;
template <class... In>
struct WithoutNumbers<std::index_sequence<>, In...> {
  using type = std::index_sequence<>;
};
template <std::size_t I, std::size_t... Rest, class... In>
struct WithoutNumbers<std::index_sequence<I, Rest...>, In...> {
  template <std::size_t... Tail>
  static auto join(std::index_sequence<Tail...>)
      -> std::conditional_t<is_number<std::tuple_element_t<I, std::tuple<In...>>>,
                            std::index_sequence<Tail...>, std::index_sequence<I, Tail...>>;
  using type = decltype(join(typename WithoutNumbers<std::index_sequence<Rest...>, In...>::type{}));
};
template <class Kernel, class... In>
using GradientsOf = typename WithoutNumbers<typename PredictionsOf<Kernel>::type, In...>::type;

// The type that a loss is computed in: the widest of its predictions.
template <class Sequence, class... In>
struct WidestOf;
template <std::size_t... I, class... In>
struct WidestOf<std::index_sequence<I...>, In...> {
  using type = std::common_type_t<
      Computed<typename Traits<std::tuple_element_t<I, std::tuple<In...>>>::Scalar>...>;
};
template <class Kernel, class... In>
using ComputedOf = typename WidestOf<GradientsOf<Kernel, In...>, In...>::type;

}  // namespace detail
}  // namespace eigenloss
