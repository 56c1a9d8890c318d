// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/blocks.hpp"
#include "../detail/lanes.hpp"
#include "../detail/pack.hpp"
#include "../reductions.hpp"
#include "unit_weights.hpp"

// One evaluation of a loss, from checked arguments to the reduced value, whatever the engine.
namespace eigenloss {
namespace detail {

// How a term of a combination is added to the terms before it.
struct Term {
  double factor = 1.0;  // of the value and the gradients
  bool first = true;    // results overwrite their storage; otherwise they are added to it
};

// The shape of storage for unreduced losses. Those of one row alone have rank 0; matrices hold them in
// a vector of one.
template <class Out, std::size_t UnitRank>
auto shape_of_values(const Shape<UnitRank>& units) {
  if constexpr (UnitRank == 0 && Traits<Out>::rank == 1) {
    return Shape<1>{{1}};
  } else {
    return units;
  }
}
template <class Kernel, class First, class Out, std::size_t UnitRank>
void check_values([[maybe_unused]] const Out& out, [[maybe_unused]] const Shape<UnitRank>& units) {
  if constexpr (!is_skip<Out>) {
    check_layout<First, Out>();
    if (!fits(out, shape_of_values<Out>(units))) {
      Check<Kernel>::fail("the storage for the values has shape ", shape_of(out), ", expected ",
                          units);
    }
  }
}
template <class Out, std::size_t UnitRank>
void resize_values([[maybe_unused]] Out& out, [[maybe_unused]] const Shape<UnitRank>& units) {
  if constexpr (!is_skip<Out>) resize(out, shape_of_values<Out>(units));
}

template <class Problem, class W>
using WeightsOf = UnitWeights<typename Problem::Kernel, typename Problem::T, W, Problem::unit_rank>;

// The divisor of WeightedMean: the sum of w·d over the units.
template <class N, class Problem, class Workers, class Weights>
N weighted_divisor(const Problem& problem, const Workers& workers, const Weights& weights) {
  using T = typename Problem::T;
  using V = Vector<T, 4>;
  constexpr Index chunk = buffered<T>, block = 32 * chunk;
  const auto sum_of_block = [&](Index first, Index count) {
    T w_buffer[chunk], shares[chunk + V::lanes];
    CompensatedSum<V> sum;
    Partial<T> partial;
    for (const Index end = first + count; first < end; first += chunk) {
      const Index here = (std::min)(chunk, end - first);
      const T* w = weights.read(first, here, w_buffer);
      problem.shares(first, here, shares);
      if (!problem.shares_are_0_or_1()) {  // their products need more digits
        using Value = typename Total<T>::Value;
        for (Index k = 0; k < here; ++k)
          if (w[k] != T(0) && shares[k] != T(0)) partial.loss.add(Value(w[k]) * Value(shares[k]));
        continue;
      }
      std::fill_n(shares + here, V::lanes, T(0));
      const auto add = [&](Index i, const V& weight) {
        const V share = V::load(shares + i);
        sum.add(where(share == V(0), V(0), weight));
      };
      Index i = 0;
      for (; i + V::lanes <= here; i += V::lanes) add(i, V::load(w + i));
      if (i < here) add(i, load<V>(w + i, here - i));
    }
    partial.loss.add(Total<T>(sum));
    return partial;
  };
  return workers
      .template reduce<T>(problem.number_of_units(), block, 64.0 / V::lanes * block, sum_of_block)
      .loss.value();
}

// What a pass over the units knows of a reduction, so that most reductions share the code of one.
template <class R, class T>
using PassOf = std::conditional_t<Counts<R, Vector<T>>::value, R,
                                  std::conditional_t<Averages<R>::value, Mean, Sum>>;

// One evaluation of a loss. A problem is an engine's view of the arguments of one call; it provides
//   Kernel, T, unit_rank, dimensions_of_a_unit, units(), number_of_units(), divisor(), batch(),
//   shares(first, count, to), shares_are_0_or_1(), arguments(),
//   check_units(weights): errors of single units, those of weight 0 excepted,
//   pass<Value, Gradient, PassOf<Reduction, T>>(workers, weights, scale, term, storage of values, outs).
template <bool Value, bool Gradient, class R, class Problem, class Workers, class W, class ValueOut,
          class Outs>
auto run(const Problem& problem, const Workers& workers, const W& w, const Term& term,
         ValueOut& value_out, const Outs& outs) {
  using T = typename Problem::T;
  using N = typename Total<T>::Value;
  using First = typename std::decay_t<decltype(problem.arguments())>::First;
  check_weights<First, W>();
  const WeightsOf<Problem, W> unit_weights(w, problem.units());
  const auto weights = unit_weights.reader();
  check_values<typename Problem::Kernel, First>(value_out, problem.units());
  problem.check_units(weights);
  if constexpr (Gradient) problem.arguments().check_gradients(outs);
  if constexpr (Gradient || !is_skip<ValueOut>)
    problem.arguments().check_overlaps(w, value_out, outs);
  if (term.first) {
    resize_values(value_out, problem.units());
    if constexpr (Gradient) problem.arguments().resize_gradients(outs);
  }

  Totals<N> totals{N(0), N(problem.divisor()), N(problem.divisor()), N(problem.batch()), N(0)};
  if constexpr (!std::is_same<W, Unweighted>::value && ReadsWeights<R>::value) {
    totals.weights = weighted_divisor<N>(problem, workers, weights);
  }
  const auto pass = [&](auto value, auto gradient, const N& scale) {
    constexpr bool with_gradient = decltype(gradient)::value;
    const auto partial = problem.template pass<decltype(value)::value, with_gradient, PassOf<R, T>>(
        workers, weights, scale, term, value_out, outs);
    totals.loss = partial.loss.value();
    totals.counted = partial.counted.value();
  };
  using Yes = std::true_type;
  using No = std::false_type;
  const N factor = N(term.factor);
  if constexpr (Gradient && NeedsLosses<R>::value) {
    pass(Yes{}, No{}, N(1));
    const Totals<N> losses = totals;
    pass(No{}, Yes{}, N(R::scale(losses) * factor));
    totals = losses;
  } else {
    pass(std::integral_constant<bool, Value>{}, std::integral_constant<bool, Gradient>{},
         N(R::scale(totals) * factor));
  }
  if constexpr (Value && !is_unreduced<R>) {
    const N value = R::value(totals) * factor;
    return T(value);
  }
}

// ---- Arguments of the verbs: the inputs, then the storage. ----

template <class... In, std::size_t... I>
constexpr bool are_floating(std::index_sequence<I...>) {
  constexpr bool right =
      (... && !std::is_integral<
                  typename Traits<std::tuple_element_t<I, std::tuple<In...>>>::Scalar>::value);
  check::floating_input<right>();
  return right;
}

// An engine of one kernel: each call is one problem.
template <class Kernel>
struct AnyKernel {
  template <class... In>
  static constexpr bool holds() {
    return true;
  }
};
template <template <class Kernel, class... In> class Problem,
          template <class Kernel> class IsKernel = AnyKernel>
struct SingleEngine {
  // Whether it has the members of a kernel, and takes such inputs; otherwise a sentence of the compiler
  // says why not.
  template <class Kernel, class... In>
  static constexpr bool accepts() {
    return IsKernel<Kernel>::template holds<In...>();
  }

  template <class L, class... In>
  using Values = UnitsOf<std::tuple_element_t<0, std::tuple<In...>>,
                         typename Problem<typename L::Kernel, In...>::T,
                         Problem<typename L::Kernel, In...>::dimensions_of_a_unit>;

  template <bool Value, bool Gradient, class L, class Workers, class W, class ValueOut, class Outs,
            class... In>
  static auto evaluate(const L& loss, const Workers& workers, const W& weights, const Term& term,
                       ValueOut& values, const Outs& outs, const In&... in) {
    const Problem<typename L::Kernel, In...> problem(loss, in...);
    return run<Value, Gradient, typename L::Reduction>(problem, workers, weights, term, values,
                                                       outs);
  }

  // Every run-time error of the inputs and the weights, and nothing else.
  template <class L, class W, class... In>
  static void check(const L& loss, const W& w, const In&... in) {
    check_weights<std::tuple_element_t<0, std::tuple<In...>>, W>();
    using P = Problem<typename L::Kernel, In...>;
    const P problem(loss, in...);
    const WeightsOf<P, W> weights(w, problem.units());
    problem.check_units(weights.reader());
  }

  // The shape of the unreduced losses.
  template <class L, class... In>
  static auto units(const L& loss, const In&... in) {
    return Problem<typename L::Kernel, In...>(loss, in...).units();
  }

  template <class L, class Workers, class W, class... In>
  static auto divisor(const L& loss, [[maybe_unused]] const Workers& workers, const W& w,
                      const In&... in) {
    check_weights<std::tuple_element_t<0, std::tuple<In...>>, W>();
    using P = Problem<typename L::Kernel, In...>;
    using N = typename Total<typename P::T>::Value;
    const P problem(loss, in...);
    const WeightsOf<P, W> weights(w, problem.units());
    if constexpr (std::is_same<W, Unweighted>::value) {
      return N(problem.divisor());
    } else {
      return weighted_divisor<N>(problem, workers, weights.reader());
    }
  }
};

}  // namespace detail
}  // namespace eigenloss
