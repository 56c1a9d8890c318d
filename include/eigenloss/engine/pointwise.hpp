// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "element_walk.hpp"
#include "operands.hpp"
#include "ranges.hpp"
#include "repeated_gradient.hpp"

// The engine of losses whose unit is an element.
//
// A kernel is a struct of options with
//   template <class T> T value(T input, T target) const;   the loss of one element
// and, where it has better than what dual numbers give,
//   template <class T> T slope(T input, T target) const;   d value / d input
// and, where these two share work,
//   template <class T> std::pair<T, T> value_and_slope(T input, T target) const;
// T is a pack of numbers: where(condition, a, b) takes the place of if. With several predictions,
// slopes are a std::array<T, n>. Optional members:
//   check(check)      of the options
//   inputs            how many, if not 2
//   Predictions       a std::index_sequence of those that have a gradient, if not only the first
//   arguments         an array of their names, if not "input", "target"
//   name              of the loss in errors, if not that of the kernel's type
//   signs             of the values, where they are known: see Signs. Sums need not find out then
//   ranges            a std::array of Range: the numbers that are not refused
//   broadcasts        the last input, if it may be smaller than the first: see broadcast_shape
//   along_axis(), axis, axis_option   numbers along an axis, which axis, and their name: they are
//                     the last argument of the formulas
namespace eigenloss {
namespace detail {

template <class Kernel_, class... In>
class PointwiseProblem {
 public:
  using Kernel = Kernel_;
  using T = ComputedOf<Kernel, In...>;
  template <class>
  using ReadAs = T;
  using Inputs = Arguments<Kernel, std::tuple<ReadAs<In>...>, In...>;
  static constexpr std::size_t dimensions_of_a_unit = 0;
  static constexpr std::size_t unit_rank = Inputs::rank;

  PointwiseProblem(const Kernel& kernel, const In&... in)
      : kernel_(kernel), inputs_(kernel, in...) {
    check_shapes(std::make_index_sequence<sizeof...(In)>{});
    if constexpr (HasAlongAxis<Kernel>::value) check_along_axis(kernel, inputs_.shape());
  }

  const Inputs& arguments() const { return inputs_; }
  const Shape<unit_rank>& units() const { return inputs_.shape(); }
  Index number_of_units() const { return inputs_.size(); }
  double divisor() const { return double(inputs_.size()); }
  double batch() const {
    if constexpr (unit_rank == 0) {
      return 1.0;
    } else {
      std::size_t dimension = 0;
      if constexpr (HasAlongAxis<Kernel>::value && unit_rank > 1) {
        if (checked_axis<Kernel>(kernel_.axis, inputs_.shape()) == 0) dimension = 1;
      }
      return double(inputs_.shape()[dimension]);
    }
  }
  template <class Weights>
  void check_units(const Weights&) const {}
  void shares(Index, Index count, T* to) const { std::fill_n(to, count, T(1)); }
  static constexpr bool shares_are_0_or_1() { return true; }

  template <bool Value, bool Gradient, class R, class Workers, class Weights, class N,
            class ValueOut, class Outs>
  Partial<T> pass(const Workers& workers, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    const auto sinks = sinks_of<Value, Gradient>(value_out, outs);
    return with_operands([&](const AxisCut* repeated, const auto& operands) {
      if constexpr (repeats_last<Gradient, Outs>()) {
        constexpr std::size_t last = std::tuple_size<Outs>::value - 1;
        if (repeated) {
          const auto others = without(std::make_index_sequence<last>{}, sinks);
          const Partial<T> total = walk<Value, R, Gradients>(workers, weights, T(scale), term,
                                                             others, repeated, operands);
          repeated_gradient<Kernel, T, Gradients>(workers, kernel_, weights, T(scale), term,
                                                  std::get<last>(sinks), *repeated, operands);
          return total;
        }
      }
      return walk<Value, R, std::conditional_t<Gradient, Gradients, std::index_sequence<>>>(
          workers, weights, T(scale), term, sinks, repeated, operands);
    });
  }

 private:
  using Gradients = typename Inputs::Gradients;
  static constexpr Index block = 16384;
  static constexpr std::size_t ranges = RangesOf<Kernel>::value.size();
  static constexpr std::size_t inputs = sizeof...(In);
  static constexpr bool broadcasts =
      BroadcastOf<Kernel>::value + 1 == inputs &&
      !is_number<std::tuple_element_t<inputs - 1, std::tuple<In...>>>;

  template <std::size_t... I>
  void check_shapes(std::index_sequence<I...>) const {
    (check_shape<I>(), ...);
  }
  template <std::size_t I>
  void check_shape() const {
    if constexpr (I != BroadcastOf<Kernel>::value) {
      inputs_.template check_shape<I>(inputs_.shape(), "that of the ", Check<Kernel>::argument(0),
                                      ", ");
    } else if constexpr (broadcasts) {
      broadcast_shape<Kernel, I>(inputs_.template view<I>(), inputs_.shape());
    }
  }

  // Calls f with the axis that the last argument of the kernel's formulas is repeated along
  // (nullptr: it is not), and a reader for each argument.
  template <class F>
  auto with_operands(const F& f) const {
    if constexpr (HasAlongAxis<Kernel>::value) {
      if (kernel_.along_axis().size() > 0) {
        const auto along = along_axis<T>(kernel_, inputs_.shape(), Inputs::row_major);
        return with_views(std::make_index_sequence<inputs>{}, f, nullptr, along.reader());
      }
    }
    if constexpr (broadcasts) {
      const auto& view = inputs_.template view<inputs - 1>();
      const Shape<unit_rank> own = broadcast_shape<Kernel, inputs - 1>(view, inputs_.shape());
      const Broadcast<T, unit_rank> numbers(view.reader(), own, inputs_.shape(), Inputs::row_major);
      const AxisCut cut(inputs_.shape(), repeated_axis(own, inputs_.shape()), Inputs::row_major);
      return with_views(std::make_index_sequence<inputs - 1>{}, f,
                        numbers.repeats() ? &cut : nullptr, numbers.reader());
    } else {
      return with_views(std::make_index_sequence<inputs>{}, f, nullptr);
    }
  }
  template <std::size_t... I, class F, class... More>
  auto with_views(std::index_sequence<I...>, const F& f, const AxisCut* repeated,
                  const More&... more) const {
    return f(repeated, std::make_tuple(inputs_.template reader<I>()..., more...));
  }

  template <bool Value, bool Gradient, class ValueOut, class Outs>
  static auto sinks_of(ValueOut& value_out, const Outs& outs) {
    if constexpr (Gradient) {
      const auto sinks = [&](auto&... out) {
        return std::make_tuple(sink_of<T, true>(out)..., sink_of<T, Value>(value_out));
      };
      return std::apply(sinks, outs);
    } else {
      (void)outs;
      return std::make_tuple(sink_of<T, Value>(value_out));
    }
  }
  // Whether the gradient of the input that may be repeated is wanted.
  template <bool Gradient, class Outs>
  static constexpr bool repeats_last() {
    if constexpr (Gradient && broadcasts) {
      return !is_skip<std::tuple_element_t<std::tuple_size<Outs>::value - 1, Outs>>;
    } else {
      return false;
    }
  }
  template <std::size_t... G, class Sinks>
  static auto without(std::index_sequence<G...>, const Sinks& sinks) {
    return std::make_tuple(std::get<G>(sinks)..., Sink<T, Skip>(),
                           std::get<sizeof...(G) + 1>(sinks));
  }

  template <bool Value, class R, class G, class Workers, class Weights, class Sinks, class Operands>
  Partial<T> walk(const Workers& workers, const Weights& weights, const T& scale, const Term& term,
                  const Sinks& sinks, const AxisCut* repeated, const Operands& operands) const {
    const Index count = inputs_.size();
    const ElementWalk<Value, R, Kernel, T, G, Weights, Sinks, Operands> elements(
        kernel_, weights, scale, term.first, sinks, operands, count);
    const Partial<T> total = workers.template reduce<T>(
        count, block, 16.0 / Vector<T>::lanes * block,
        [&elements](Index first, Index n) { return elements.block(first, n); });
    if constexpr (ranges > 0) {
      for (Index i = total.refused; 0 <= i && i < count; ++i)
        check_ranges(i, weights, operands, repeated, std::make_index_sequence<ranges>{});
    }
    (void)repeated;
    return total;
  }
  template <class Weights, class Operands, std::size_t... K>
  void check_ranges(Index i, const Weights& weights, const Operands& operands,
                    const AxisCut* repeated, std::index_sequence<K...>) const {
    constexpr auto& all = RangesOf<Kernel>::value;
    ((refuses<T>(all[K], i, weights, operands)
          ? refuse<all[K].argument>(i, repeated, all[K].expected)
          : void()),
     ...);
  }
  // Names the number of input I that stands at element i.
  template <std::size_t I>
  void refuse(Index i, const AxisCut* repeated, const char* expected) const {
    if (std::decay_t<decltype(inputs_.template view<I>())>::rank == 0) i = 0;
    if (I + 1 == inputs && repeated) {
      i = i / (repeated->size * repeated->inner) * repeated->inner + i % repeated->inner;
    }
    inputs_.template refuse<I>(i, expected);
  }

  const Kernel& kernel_;
  const Inputs inputs_;
};

struct ValueName {
  int value;
};
template <class K>
using ValueMember = decltype(&K::value);
template <class Kernel>
struct IsPointwiseKernel {
  template <class... In>
  static constexpr bool holds() {
    constexpr bool right = HasMember<Kernel, ValueName, ValueMember>::value;
    check::pointwise_kernel<right>();
    return right;
  }
};

using PointwiseEngine = SingleEngine<PointwiseProblem, IsPointwiseKernel>;

}  // namespace detail

/// A loss whose unit is an element, from a kernel of your own: a struct with options and
/// value(input, target).
template <class Kernel, class Reduction = Mean>
using Pointwise = Loss<Kernel, Reduction, detail::PointwiseEngine>;

}  // namespace eigenloss
