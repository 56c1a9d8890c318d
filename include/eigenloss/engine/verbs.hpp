// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/pack.hpp"
#include "../reductions.hpp"
#include "arguments.hpp"

// The verbs of every loss (value, gradient, both at once, into the caller's storage) and its
// adverbs (.device, .weighted), written once. An engine supplies what differs: the walk over the
// units.
namespace eigenloss {
namespace detail {

inline const Eigen::DefaultDevice& default_device() {
  static const Eigen::DefaultDevice device;
  return device;
}

// How a term of a combination is added to the terms before it.
struct Term {
  double factor = 1.0;  // of the value and the gradients
  bool first = true;    // results overwrite their storage; otherwise they are added to it
};

// The divisor of WeightedMean: the sum of w·d over the units.
template <class N, class Problem, class Weights>
N weighted_divisor(const Problem& problem, const Weights& weights) {
  using T = typename Problem::T;
  constexpr Index chunk = 256;
  T w_buffer[chunk], shares[chunk];
  const Index units = problem.number_of_units();
  Total<T> total;
  for (Index first = 0; first < units; first += chunk) {
    const Index count = (std::min)(chunk, units - first);
    const T* w = weights.read(first, count, w_buffer);
    problem.shares(first, count, shares);
    for (Index i = 0; i < count; ++i) {
      using Value = typename Total<T>::Value;
      total.add(Value(w[i]) * Value(shares[i]));
    }
  }
  return total.value();
}

// What a pass over the units knows of a reduction, so that most reductions share the code of one.
template <class R, class T>
using PassOf = std::conditional_t<Counts<R, Vector<T>>::value, R,
                                  std::conditional_t<Averages<R>::value, Mean, Sum>>;

// One evaluation of a loss. A problem is an engine's view of the arguments of one call; it provides
//   T, unit_rank, units(), divisor(), batch(), share(first, count, buffer), arguments(),
//   pass<Value, Gradient, PassOf<Reduction, T>>(workers, weights, scale, term, value sink, outs).
template <bool Value, bool Gradient, class R, class Problem, class Workers, class W, class ValueOut,
          class Outs>
auto run(const Problem& problem, const Workers& workers, const W& w, const Term& term,
         ValueOut& value_out, const Outs& outs) {
  using T = typename Problem::T;
  using N = typename Total<T>::Value;
  using First = typename std::decay_t<decltype(problem.arguments())>::First;
  check_weights<First, W>();
  const UnitWeights<typename Problem::Kernel, T, W, Problem::unit_rank> unit_weights(
      w, problem.units());
  const auto weights = unit_weights.reader();
  check_and_resize_values<typename Problem::Kernel, First>(value_out, problem.units(), true);
  problem.check_units(weights);
  if constexpr (Gradient) problem.arguments().check_gradients(outs);
  if (term.first) {
    check_and_resize_values<typename Problem::Kernel, First>(value_out, problem.units(), false);
    if constexpr (Gradient) problem.arguments().resize_gradients(outs);
  }

  Totals<N> totals{N(0), N(problem.divisor()), N(problem.divisor()), N(problem.batch()), N(0)};
  if constexpr (!std::is_same<W, Unweighted>::value && ReadsWeights<R>::value) {
    totals.weights = weighted_divisor<N>(problem, weights);
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
constexpr void check_floating(std::index_sequence<I...>) {
  (check::floating_input<typename Traits<std::tuple_element_t<I, std::tuple<In...>>>::Scalar>(),
   ...);
}
template <class Kernel, class... In>
constexpr void check_inputs() {
  check_floating<In...>(GradientsOf<Kernel, In...>{});
}

// A loss with its device and weights: what .device(d) and .weighted(w) return. It refers to the
// loss, the device and the weights, and copies none of them: use it while they live.
template <class L, class Device, class Weights>
class Bound {
  using Kernel = typename L::Kernel;
  static constexpr std::size_t inputs = InputsOf<Kernel>::value;

 public:
  Bound(const L& loss, const Device& device, const Weights& weights)
      : loss_(loss), device_(device), weights_(weights) {}

  // ---- The adverbs. ----
  template <class D>
  Bound<L, D, Weights> device(const D& other) const {
    return {loss_, other, weights_};
  }
  template <class W>
  Bound<L, Device, W> weighted(const W& weights) const {
    return {loss_, device_, weights};
  }

  // ---- The verbs. ----
  template <class... In>
  auto operator()(const In&... in) const {
    constexpr bool counted = check::number_of_arguments<sizeof...(In), inputs, 0, false>();
    if constexpr (counted && takes<In...>()) {
      return evaluate<true, false>(std::tuple<>(), in...);
    }
  }

  template <class... Args>
  auto gradient(Args&&... args) const {
    return with_gradients<false>(std::forward_as_tuple(args...));
  }
  template <class... Args>
  auto value_and_gradient(Args&&... args) const {
    return with_gradients<true>(std::forward_as_tuple(args...));
  }

  template <class Storage, class... In>
  void value_into(Storage&& storage, const In&... in) const {
    check::values_are_unreduced<is_unreduced<typename L::Reduction>>();
    constexpr bool counted = check::number_of_arguments<sizeof...(In), inputs, 0, false>();
    constexpr bool writable = IsWritable<std::remove_reference_t<Storage>>::value;
    check::writable_storage<writable>();
    if constexpr (is_unreduced<typename L::Reduction> && counted && writable && takes<In...>()) {
      L::Engine::template evaluate<true, false>(loss_, Workers<Device>(device_), weights_, Term{},
                                                storage, std::tuple<>(), in...);
    }
  }

  template <class... In>
  auto divisor(const In&... in) const {
    constexpr bool counted = check::number_of_arguments<sizeof...(In), inputs, 0, false>();
    if constexpr (counted && takes<In...>()) {
      return L::Engine::divisor(loss_, weights_, in...);
    }
  }

 private:
  // Whether these can be inputs at all; otherwise a sentence of the compiler says why not.
  template <class... In>
  static constexpr bool takes() {
    constexpr bool known = (... && Traits<In>::known) &&
                           (Traits<Weights>::known || std::is_same<Weights, Unweighted>::value);
    check::known_containers<known>();
    check::reduction<IsReduction<typename L::Reduction>::value>();
    return known && IsReduction<typename L::Reduction>::value &&
           L::Engine::template accepts<Kernel>();
  }

  // Splits the arguments into inputs and storage.
  template <bool Value, class Args>
  auto with_gradients(const Args& args) const {
    constexpr std::size_t given = std::tuple_size<Args>::value;
    if constexpr (given < inputs) {
      constexpr bool counted = check::number_of_arguments<given, inputs, 0, true>();
      (void)counted;
    } else {
      return split<Value>(args, std::make_index_sequence<inputs>{},
                          std::make_index_sequence<given - inputs>{});
    }
  }
  template <bool Value, class Args, std::size_t... I, std::size_t... K>
  auto split(const Args& args, std::index_sequence<I...>, std::index_sequence<K...>) const {
    using Gradients = GradientsOf<Kernel, std::decay_t<std::tuple_element_t<I, Args>>...>;
    constexpr bool counted =
        check::number_of_arguments<sizeof...(I) + sizeof...(K), inputs, Gradients::size(), true>();
    (void)counted;
    constexpr bool usable = takes<std::decay_t<std::tuple_element_t<I, Args>>...>();
    constexpr bool writable =
        (IsWritable<std::remove_reference_t<std::tuple_element_t<inputs + K, Args>>>::value && ...);
    check::writable_storage<writable>();
    if constexpr (sizeof...(K) == Gradients::size() && writable && usable) {
      return evaluate<Value, true>(std::forward_as_tuple(std::get<inputs + K>(args)...),
                                   std::get<I>(args)...);
    } else if constexpr (sizeof...(K) == 0 && usable) {
      return owning<Value>(Gradients{}, std::get<I>(args)...);
    }
  }
  template <bool Value, std::size_t... G, class... In>
  auto owning(std::index_sequence<G...>, const In&... in) const {
    std::tuple<PlainOf<std::tuple_element_t<G, std::tuple<In...>>>...> gradients;
    const auto outs = std::apply([](auto&... out) { return std::tie(out...); }, gradients);
    if constexpr (Value) {
      auto value = evaluate<true, true>(outs, in...);
      if constexpr (sizeof...(G) == 1) {
        return std::make_pair(std::move(value), std::move(std::get<0>(gradients)));
      } else {
        return std::make_pair(std::move(value), std::move(gradients));
      }
    } else {
      evaluate<false, true>(outs, in...);
      if constexpr (sizeof...(G) == 1) {
        return std::move(std::get<0>(gradients));
      } else {
        return gradients;
      }
    }
  }

  template <bool Value, bool Gradient, class Outs, class... In>
  auto evaluate(const Outs& outs, const In&... in) const {
    using Engine = typename L::Engine;
    const Workers<Device> workers(device_);
    if constexpr (Value && is_unreduced<typename L::Reduction>) {
      typename Engine::template Values<L, In...> values;
      Engine::template evaluate<Value, Gradient>(loss_, workers, weights_, Term{}, values, outs,
                                                 in...);
      return values;
    } else {
      const Skip no_values;
      return Engine::template evaluate<Value, Gradient>(loss_, workers, weights_, Term{}, no_values,
                                                        outs, in...);
    }
  }

  const L& loss_;
  const Device& device_;
  const Weights& weights_;
};

}  // namespace detail

/// A loss: a kernel (the maths of one unit, and its options), a reduction, and the engine that
///   walks the units.
template <class Kernel_, class Reduction_, class Engine_>
struct Loss : Kernel_ {
  using Kernel = Kernel_;
  using Reduction = Reduction_;
  using Engine = Engine_;

  /// The value.
  template <class... In>
  auto operator()(const In&... in) const {
    return bound()(in...);
  }
  /// The gradient, owning or into storage that follows the inputs.
  template <class... Args>
  auto gradient(Args&&... args) const {
    return bound().gradient(args...);
  }
  /// Both in one pass: a pair, or the value where storage for the gradient follows the inputs.
  template <class... Args>
  auto value_and_gradient(Args&&... args) const {
    return bound().value_and_gradient(args...);
  }
  /// The unreduced losses, into storage of the caller.
  template <class Storage, class... In>
  void value_into(Storage&& storage, const In&... in) const {
    bound().value_into(storage, in...);
  }
  /// What Mean divides by (with .weighted(w), what WeightedMean divides by).
  template <class... In>
  auto divisor(const In&... in) const {
    return bound().divisor(in...);
  }
  /// The same verbs on an Eigen device.
  template <class Device>
  auto device(const Device& device) const {
    return bound().device(device);
  }
  /// The same verbs with a weight for each unit, or a mask.
  template <class Weights>
  auto weighted(const Weights& unit_weights) const {
    return bound().weighted(unit_weights);
  }

 private:
  auto bound() const {
    return detail::Bound<Loss, Eigen::DefaultDevice, detail::Unweighted>(
        *this, detail::default_device(), detail::unweighted);
  }
};

namespace detail {

// An engine of one kernel: each call is one problem.
template <class Kernel>
struct AnyKernel {
  static constexpr bool holds() { return true; }
};
template <template <class Kernel, class... In> class Problem,
          template <class Kernel> class IsKernel = AnyKernel>
struct SingleEngine {
  // Whether it has the members of a kernel; otherwise a sentence of the compiler names them.
  template <class Kernel>
  static constexpr bool accepts() {
    return IsKernel<Kernel>::holds();
  }

  template <class L, class... In>
  using Values = UnitsOf<std::tuple_element_t<0, std::tuple<In...>>,
                         typename Problem<typename L::Kernel, In...>::T,
                         Problem<typename L::Kernel, In...>::dimensions_of_a_unit>;

  template <bool Value, bool Gradient, class L, class Workers, class W, class ValueOut, class Outs,
            class... In>
  static auto evaluate(const L& loss, const Workers& workers, const W& weights, const Term& term,
                       ValueOut& values, const Outs& outs, const In&... in) {
    check_inputs<typename L::Kernel, In...>();
    const Problem<typename L::Kernel, In...> problem(loss, in...);
    return run<Value, Gradient, typename L::Reduction>(problem, workers, weights, term, values,
                                                       outs);
  }

  // Every run-time error of the inputs and the weights, and nothing else.
  template <class L, class W, class... In>
  static void check(const L& loss, const W& w, const In&... in) {
    check_inputs<typename L::Kernel, In...>();
    check_weights<std::tuple_element_t<0, std::tuple<In...>>, W>();
    using P = Problem<typename L::Kernel, In...>;
    const P problem(loss, in...);
    const UnitWeights<typename L::Kernel, typename P::T, W, P::unit_rank> weights(w,
                                                                                  problem.units());
    problem.check_units(weights.reader());
  }

  // The shape of the unreduced losses.
  template <class L, class... In>
  static auto units(const L& loss, const In&... in) {
    return Problem<typename L::Kernel, In...>(loss, in...).units();
  }

  template <class L, class W, class... In>
  static auto divisor(const L& loss, const W& w, const In&... in) {
    check_inputs<typename L::Kernel, In...>();
    check_weights<std::tuple_element_t<0, std::tuple<In...>>, W>();
    using P = Problem<typename L::Kernel, In...>;
    using N = typename Total<typename P::T>::Value;
    const P problem(loss, in...);
    const UnitWeights<typename L::Kernel, typename P::T, W, P::unit_rank> weights(w,
                                                                                  problem.units());
    if constexpr (std::is_same<W, Unweighted>::value) {
      return N(problem.divisor());
    } else {
      return weighted_divisor<N>(problem, weights.reader());
    }
  }
};

}  // namespace detail
}  // namespace eigenloss
