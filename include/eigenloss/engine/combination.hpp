// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "fused.hpp"
#include "pointwise.hpp"

// Weighted sums of losses: auto loss = 0.7 * L1<Mean>{} + 0.3 * MSE<Mean>{};
//
// A combination is a loss with the same verbs and adverbs; all its terms take the same arguments.
// `terms` and `weights` are in the order of the sum, and may change between calls. Pointwise terms of
// one reduction run as one pass over memory, unless its scale depends on the losses, as RootMean's;
// others one after the other, each adding its gradients to those before it. Terms are all Unreduced
// or none of them is.
namespace eigenloss {
namespace kernel {

template <class... Terms>
struct Combination {
  using First = std::tuple_element_t<0, std::tuple<Terms...>>;
  using Predictions = typename detail::PredictionsOf<typename First::Kernel>::type;
  static constexpr std::size_t inputs = detail::InputsOf<typename First::Kernel>::value;

  std::tuple<Terms...> terms;
  std::array<double, sizeof...(Terms)> weights;
};

}  // namespace kernel

namespace detail {

// A combination whose terms are evaluated in groups: those that can be fused with an earlier one
// belong to it.
struct CombinationEngine {
  template <class Kernel, class... In>
  static constexpr bool accepts() {
    return true;  // each term sees to its own
  }

  template <class L, class... In>
  using Values =
      typename L::Kernel::First::Engine::template Values<typename L::Kernel::First, In...>;

  template <bool Value, bool Gradient, class L, class Workers, class W, class ValueOut, class Outs,
            class... In>
  static auto evaluate(const L& loss, const Workers& workers, const W& weights, const Term& term,
                       ValueOut& values, const Outs& outs, const In&... in) {
    constexpr std::size_t terms = std::tuple_size<decltype(loss.terms)>::value;
    return evaluate_groups<Value, Gradient>(std::make_index_sequence<terms>{}, loss, workers,
                                            weights, term, values, outs, in...);
  }

  // The divisor of the terms, if they have one in common.
  template <class L, class Workers, class W, class... In>
  static auto divisor(const L& loss, const Workers& workers, const W& weights, const In&... in) {
    return std::apply(
        [&](const auto& first, const auto&... more) {
          const auto of = [&](const auto& term) {
            return std::decay_t<decltype(term)>::Engine::divisor(term, workers, weights, in...);
          };
          const auto common = of(first);
          const auto compare = [&](const auto& other) {
            const auto own = of(other);
            if (own == common || (own != own && common != common)) return;
            Check<typename L::Kernel>::fail("its terms have different divisors, ", common, " and ",
                                            own);
          };
          (compare(more), ...);
          return common;
        },
        loss.terms);
  }

 private:
  // The first term of the group that term I belongs to.
  template <class Terms, std::size_t I, std::size_t... J>
  static constexpr std::size_t leader(std::index_sequence<J...>) {
    std::size_t first = I;
    ((J < first && can_fuse<std::tuple_element_t<J, Terms>, std::tuple_element_t<I, Terms>>()
          ? void(first = J)
          : void()),
     ...);
    return first;
  }

  template <class L, class W, class... In>
  static void check_arguments(const L& loss, const W& w, const In&... in) {
    L::Engine::check(loss, w, in...);
  }

  // Losses that are added unit by unit have the same units.
  template <class First, class L, class... In>
  static void check_units(const First& first, const L& loss, const In&... in) {
    const auto expected = First::Engine::units(first, in...);
    const auto found = L::Engine::units(loss, in...);
    if constexpr (std::is_same<decltype(expected), decltype(found)>::value) {
      if (same_shape(expected, found)) return;
    }
    Check<typename L::Kernel>::fail("its losses have shape ", found,
                                    ", but those of the first term of the sum ", expected);
  }

  // Whether a term's formula has no argument beyond the inputs in this call, and its batch lies along
  // the first of their dimensions.
  template <class L>
  static bool is_plain([[maybe_unused]] const L& loss, [[maybe_unused]] std::int64_t dimensions) {
    if constexpr (HasAlongAxis<typename L::Kernel>::value) {
      if (dimensions > 1 && (loss.axis == 0 || loss.axis == -dimensions)) return false;
      return loss.along_axis().size() == 0;
    }
    return true;
  }

  // Term J as a tuple of one reference, if term I leads its group.
  template <std::size_t I, std::size_t J, class Terms>
  static auto member(const Terms& terms) {
    if constexpr (leader<Terms, J>(std::make_index_sequence<J>{}) == I) {
      return std::tie(std::get<J>(terms));
    } else {
      (void)terms;
      return std::tuple<>();
    }
  }

  template <bool Value, bool Gradient, std::size_t... I, class L, class Workers, class W,
            class ValueOut, class Outs, class... In>
  static auto evaluate_groups(std::index_sequence<I...>, const L& loss, const Workers& workers,
                              const W& w, const Term& term, ValueOut& values, const Outs& outs,
                              const In&... in) {
    using R = typename L::Reduction;
    using T = ComputedOf<typename L::Kernel, In...>;
    T value(0);
    bool first = term.first;
    const auto evaluate_one = [&](const auto& part, double factor) {
      using Part = std::decay_t<decltype(part)>;
      const Term next{term.factor * factor, first};
      if constexpr (Value && !is_unreduced<R> && !is_unreduced<typename Part::Reduction>) {
        value = value + Part::Engine::template evaluate<Value, Gradient>(part, workers, w, next,
                                                                         values, outs, in...);
      } else {
        Part::Engine::template evaluate<Value, Gradient>(part, workers, w, next, values, outs,
                                                         in...);
      }
      first = false;
    };
    // Nothing is written before the arguments are right for every term.
    (check_arguments(std::get<I>(loss.terms), w, in...), ...);
    if constexpr (Value && is_unreduced<R>) {
      (check_units(std::get<0>(loss.terms), std::get<I>(loss.terms), in...), ...);
    }
    constexpr std::size_t rank = Traits<std::tuple_element_t<0, std::tuple<In...>>>::rank;
    (evaluate_group<I, rank>(loss, evaluate_one, std::index_sequence<I...>{}), ...);
    if constexpr (Value && !is_unreduced<R>) return value;
  }

  // Does nothing where term I belongs to the group of an earlier one.
  template <std::size_t I, std::size_t rank, class L, class Evaluate, std::size_t... J>
  static void evaluate_group(const L& loss, const Evaluate& evaluate_one,
                             std::index_sequence<J...>) {
    const auto members = std::tuple_cat(member<I, J>(loss.terms)...);
    constexpr std::size_t size = std::tuple_size<std::decay_t<decltype(members)>>::value;
    std::array<double, size> factors{};
    std::size_t k = 0;
    ((leader<decltype(loss.terms), J>(std::make_index_sequence<J>{}) == I
          ? void(factors[k++] = loss.weights[J])
          : void()),
     ...);
    std::apply(
        [&](const auto&... part) {
          if constexpr (size > 1) {
            if ((... && is_plain(part, std::int64_t(rank)))) {
              using First = std::tuple_element_t<I, decltype(loss.terms)>;
              const Loss<kernel::Fused<typename std::decay_t<decltype(part)>::Kernel...>,
                         typename First::Reduction, typename First::Engine>
                  fused{{{part...}, factors}};
              return evaluate_one(fused, 1.0);
            }
          }
          std::size_t p = 0;
          (evaluate_one(part, factors[p++]), ...);
        },
        members);
  }
};

template <class... Terms>
using Combined =
    Loss<kernel::Combination<Terms...>,
         typename std::tuple_element_t<0, std::tuple<Terms...>>::Reduction, CombinationEngine>;

template <class K, class R, class E>
auto as_combination(const Loss<K, R, E>& loss) {
  return Combined<Loss<K, R, E>>{{{loss}, {{1.0}}}};
}
template <class... Terms, class R>
auto as_combination(const Loss<kernel::Combination<Terms...>, R, CombinationEngine>& loss) {
  return loss;
}

template <class... A, class RA, class... B, class RB>
auto join(const Loss<kernel::Combination<A...>, RA, CombinationEngine>& a,
          const Loss<kernel::Combination<B...>, RB, CombinationEngine>& b) {
  using First = typename kernel::Combination<A...>::First::Kernel;
  check::same_kind_of_terms<(... && (is_unreduced<typename B::Reduction> == is_unreduced<RA>))>();
  constexpr bool same_arguments =
      (... && (InputsOf<typename B::Kernel>::value == InputsOf<First>::value &&
               std::is_same<typename PredictionsOf<typename B::Kernel>::type,
                            typename PredictionsOf<First>::type>::value));
  check::same_arguments_of_terms<same_arguments>();
  if constexpr (!same_arguments) {
    return a;  // the compiler has said enough
  } else {
    Combined<A..., B...> sum{{std::tuple_cat(a.terms, b.terms), {}}};
    std::copy(a.weights.begin(), a.weights.end(), sum.weights.begin());
    std::copy(b.weights.begin(), b.weights.end(), sum.weights.begin() + sizeof...(A));
    return sum;
  }
}

}  // namespace detail

/// A weighted loss, or a combination with all its weights multiplied.
template <class K, class R, class E>
auto operator*(double weight, const Loss<K, R, E>& loss) {
  auto product = detail::as_combination(loss);
  for (double& w : product.weights) w *= weight;
  return product;
}
/// A weighted loss, or a combination with all its weights multiplied.
template <class K, class R, class E>
auto operator*(const Loss<K, R, E>& loss, double weight) {
  return weight * loss;
}
/// The sum of two losses, a loss itself.
template <class KA, class RA, class EA, class KB, class RB, class EB>
auto operator+(const Loss<KA, RA, EA>& a, const Loss<KB, RB, EB>& b) {
  return detail::join(detail::as_combination(a), detail::as_combination(b));
}
/// The difference of two losses, a loss itself.
template <class KA, class RA, class EA, class KB, class RB, class EB>
auto operator-(const Loss<KA, RA, EA>& a, const Loss<KB, RB, EB>& b) {
  return a + (-1.0) * b;
}

}  // namespace eigenloss
