// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "evaluation.hpp"

// The verbs of every loss (value, gradient, both at once, into the caller's storage) and its
// adverbs (.device, .weighted), written once. An engine supplies what differs: the walk over the
// units.
namespace eigenloss {
namespace detail {

inline const Eigen::DefaultDevice& default_device() {
  static const Eigen::DefaultDevice device;
  return device;
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
    check::device<IsDevice<D>::value>();
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
    if constexpr (counted) {
      if constexpr (takes<In...>()) return evaluate<true, false>(std::tuple<>(), in...);
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
    constexpr bool writable = !is_skip<Storage> && are_storage<Storage>();
    check::writable_storage<!is_skip<Storage>>();
    if constexpr (is_unreduced<typename L::Reduction> && counted && writable) {
      if constexpr (takes<In...>()) {
        L::Engine::template evaluate<true, false>(loss_, Workers<Device>(device_), weights_, Term{},
                                                  as_storage(storage), std::tuple<>(), in...);
      }
    }
  }

  template <class... In>
  auto divisor(const In&... in) const {
    constexpr bool counted = check::number_of_arguments<sizeof...(In), inputs, 0, false>();
    if constexpr (counted) {
      if constexpr (takes<In...>())
        return L::Engine::divisor(loss_, Workers<Device>(device_), weights_, in...);
    }
  }

 private:
  // Whether these can be inputs at all; otherwise a sentence of the compiler says why not.
  template <class First, class... More>
  static constexpr bool takes() {
    constexpr bool known = Traits<First>::known && (... && Traits<More>::known) &&
                           (Traits<Weights>::known || std::is_same<Weights, Unweighted>::value);
    constexpr bool real =
        !(IsComplex<First>::value || ... || IsComplex<More>::value) && !IsComplex<Weights>::value;
    check::known_containers<known>();
    check::array_input<!is_number<First>>();
    check::real_numbers<real>();
    check::reduction<IsReduction<typename L::Reduction>::value>();
    if constexpr (known && real && !is_number<First> && IsReduction<typename L::Reduction>::value) {
      return are_floating<First, More...>(GradientsOf<Kernel, First, More...>{}) &&
             L::Engine::template accepts<Kernel, First, More...>();
    }
    return false;
  }

  // Whether results can be written there; otherwise a sentence of the compiler says why not.
  template <class... Storage>
  static constexpr bool are_storage() {
    constexpr bool writable = (IsWritable<StorageOf<Storage>>::value && ...);
    constexpr bool floating = (HoldsFractions<std::decay_t<Storage>>::value && ...);
    check::writable_storage<writable>();
    check::floating_storage<floating || !writable>();
    return writable && floating;
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
    constexpr bool writable = are_storage<std::tuple_element_t<inputs + K, Args>...>();
    if constexpr (sizeof...(K) == Gradients::size() && writable && usable) {
      return evaluate<Value, true>(std::tie(as_storage(std::get<inputs + K>(args))...),
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
  /// The gradient, owning or into storage that follows the inputs. It is an error that storage overlaps
  /// an input, the weights or other storage; what an expression reads is not looked at.
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
  /// The same verbs with a weight for each unit, or a mask. What this and `device` return refers to
  /// this loss and to their argument: it must not outlive them.
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

}  // namespace eigenloss
