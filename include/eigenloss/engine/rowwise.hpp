// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "label_check.hpp"
#include "row_walk.hpp"

// The engine of losses whose unit is a row: the entries along the class or feature axis.
//
// A kernel is a struct of options, `axis` the last of them, with one function template
//   row(rows..., slopes...) const -> the loss of each row (V)
// over the algorithms of row_algorithms.hpp. It is given its inputs in the order of the call, then
// a slope for each prediction, which it fills with d loss / d entry by `transform`. Optional
// members:
//   inputs, Predictions, arguments   as those of elements have them: see pointwise.hpp
//   role<Scalar>(i)   what input i is: see Role. The default: integers are labels, others rows.
//   ignores(label)    whether a row with this label counts nothing, e.g. ignore_index
//   share(label)      the row's share of what Mean divides by (default 1)
//   shares_are_one()  whether it is 1 for every label: then nobody asks for it
//   accepts(number), expected   for Role::number: which numbers are right, and those in words
//   check(check, classes)       of the options, given the length of a row
//   most_labels       of Role::label_row: rows with more labels come one at a time, not in tiles
//   only_at_label     the kernel reads no entry of a row but that at its label, and its slope is 0
//                     at the others: it writes it by `replace`, from 0
//   takes_classes, takes_probabilities   the second input must be classes, or may be probabilities
//   check_with_probabilities(check)      of the options, where it is probabilities
//   accepts_rank_0    an input of rank 0 is a row of one entry
// Rows, labels and slopes have types of the engine's: take them as template parameters.
namespace eigenloss {
namespace detail {

template <class Kernel_, class... In>
class RowwiseProblem {
 public:
  using Kernel = Kernel_;
  using T = ComputedOf<Kernel, In...>;
  static constexpr std::size_t inputs = sizeof...(In);
  template <std::size_t I>
  static constexpr Role role() {
    using Scalar = typename Traits<std::tuple_element_t<I, std::tuple<In...>>>::Scalar;
    return RoleOf<Kernel, Scalar>::get(I);
  }

 private:
  template <std::size_t I>
  static constexpr bool labels = role<I>() == Role::label || role<I>() == Role::label_row;
  template <std::size_t... I>
  static constexpr bool labels_are_integers(std::index_sequence<I...>) {
    return (... && (!labels<I> || std::is_integral<typename Traits<In>::Scalar>::value));
  }
  template <std::size_t... I>
  static auto arguments_type(std::index_sequence<I...>)
      -> Arguments<Kernel, std::tuple<std::conditional_t<labels<I>, std::int64_t, T>...>, In...>;
  using All = std::make_index_sequence<inputs>;
  using Inputs = decltype(arguments_type(All{}));

 public:
  static constexpr std::size_t dimensions_of_a_unit = 1;
  static constexpr std::size_t unit_rank = Inputs::rank > 0 ? Inputs::rank - 1 : 0;

  RowwiseProblem(const Kernel& kernel, const In&... in)
      : kernel_(kernel),
        inputs_(kernel, in...),
        axis_(axis_of(kernel, inputs_.shape())),
        cut_(inputs_.shape(), axis_, Inputs::row_major),
        units_(without(inputs_.shape(), axis_)) {
    check::class_targets<right_kind_of_target<Kernel, In...>(),
                         TakesProbabilities<Kernel>::value>();
    check::integer_labels<!right_kind_of_target<Kernel, In...>() || labels_are_integers(All{})>();
    if constexpr (HasClassCheck<Kernel>::value) kernel.check(Check<Kernel>(), cut_.size);
    if constexpr (HasProbabilitiesCheck<Kernel>::value) {
      if constexpr (role<1>() == Role::row) kernel.check_with_probabilities(Check<Kernel>());
    }
    check_inputs(All{});
  }

  const Inputs& arguments() const { return inputs_; }
  template <std::size_t I>
  const auto& view() const {
    return inputs_.template view<I>();
  }
  const Shape<unit_rank>& units() const { return units_; }
  Index number_of_units() const { return cut_.outer * cut_.inner; }
  double divisor() const { return divisor_; }
  double batch() const {
    if constexpr (Inputs::rank < 2)
      return 1.0;
    else
      return double(inputs_.shape()[axis_ == 0 ? 1 : 0]);
  }
  void shares(Index first, Index count, T* to) const {
    for (Index k = 0; k < count; ++k) to[k] = T(share(first + k, All{}));
  }
  bool shares_are_0_or_1() const { return !Share<Kernel>::differs(kernel_); }
  // Of the numbers that come one a row; those of masked rows are not looked at.
  template <class Weights>
  void check_units(const Weights& weights) const {
    check_numbers(weights, All{});
  }

  template <bool Value, bool Gradient, class R, class Workers, class Weights, class N,
            class ValueOut, class Outs>
  Partial<T> pass(const Workers& workers, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    if constexpr (!right_kind_of_target<Kernel, In...>()) {
      return Partial<T>();
    } else {
      const auto value_sink = sink_of<T, Value>(value_out);
      const auto sinks =
          sinks_of<Gradient>(outs, std::make_index_sequence<Inputs::Gradients::size()>{});
      const auto row_inputs = readers(All{});
      const RowWalk<Value, R, std::decay_t<decltype(row_inputs)>, Weights,
                    std::decay_t<decltype(value_sink)>, std::decay_t<decltype(sinks)>>
          walk(row_inputs, weights, T(scale), term.first, value_sink, sinks);
      const Index block = walk.rows_in_a_block();
      return workers.template reduce<T>(
          number_of_units(), block, walk.cycles(block),
          [&walk](Index first, Index count) { return walk.block(first, count); });
    }
  }

 private:
  template <bool Gradient, class Outs, std::size_t... G>
  static auto sinks_of([[maybe_unused]] const Outs& outs, std::index_sequence<G...>) {
    if constexpr (Gradient) {
      return std::make_tuple(sink_of<T, true>(std::get<G>(outs))...);
    } else {
      return no_sinks<T>(std::index_sequence<G...>{});
    }
  }

  template <std::size_t... I>
  auto readers(std::index_sequence<I...>) const {
    return RowInputs<Kernel, T, role<I>()...>(kernel_, cut_, ignores_some_,
                                              inputs_.template reader<I>()...);
  }

  static std::size_t axis_of(const Kernel& kernel, const Shape<Inputs::rank>& shape) {
    if (Inputs::rank == 0 && !AcceptsRank0<Kernel>::value) {
      Check<Kernel>::fail(Check<Kernel>::argument(0),
                          " has shape (), expected at least one dimension");
    }
    return checked_axis<Kernel>(kernel.axis, shape);
  }

  template <std::size_t... I>
  void check_inputs(std::index_sequence<I...>) {
    (check_input<I>(), ...);
  }
  template <std::size_t I>
  void check_input() {
    constexpr Role r = role<I>();
    if constexpr (I == 0 && r == Role::row) {
      // the others have its shape
    } else if constexpr (r == Role::row || r == Role::label_row) {
      inputs_.template check_shape<I>(inputs_.shape(), "that of the ", Check<Kernel>::argument(0),
                                      ", ");
    } else if constexpr (unit_rank == 0 && std::decay_t<decltype(view<I>())>::rank == 1) {
      inputs_.template check_shape<I>(Shape<1>{{1}}, "one number for the one row: () or ");
    } else {
      inputs_.template check_shape<I>(units_, "one number for each row: ");
    }
    if constexpr (labels<I>) {
      constexpr std::int64_t lowest = r == Role::label_row ? -1 : 0;
      const LabelSums sums = check_labels<I, lowest>(kernel_, inputs_, cut_.size);
      if (r == Role::label) {
        ignores_some_ = sums.ignored > 0;
        divisor_ = sums.shares;
      }
    }
  }
  template <class Weights, std::size_t... I>
  void check_numbers([[maybe_unused]] const Weights& weights, std::index_sequence<I...>) const {
    (check_numbers<I>(weights), ...);
  }
  template <std::size_t I, class Weights>
  void check_numbers(const Weights& weights) const {
    if constexpr (role<I>() == Role::number && Accepts<Kernel, T>::value) {
      for (Index row = 0; row < number_of_units(); ++row) {
        if (Kernel::accepts(view<I>().at(row))) continue;
        if constexpr (Weights::given) {
          if (weights.at(row) == T(0)) continue;
        }
        inputs_.template refuse<I>(row, Kernel::expected);
      }
    }
    (void)weights;
  }

  template <std::size_t... I>
  double share(Index row, std::index_sequence<I...>) const {
    double share = 1.0;
    const auto take = [&](auto i) {
      if constexpr (role<i>() == Role::label) share = share_of(kernel_, view<i>().at(row));
    };
    (take(std::integral_constant<std::size_t, I>{}), ...);
    return share;
  }

  const Kernel& kernel_;
  const Inputs inputs_;
  const std::size_t axis_;
  const AxisCut cut_;
  const Shape<unit_rank> units_;
  double divisor_ = double(number_of_units());
  bool ignores_some_ = false;
};

}  // namespace detail

/// A loss whose unit is a row, from a kernel of your own: a struct with options and row(rows...,
/// slopes...).
template <class Kernel, class Reduction = Mean>
using Rowwise =
    Loss<Kernel, Reduction, detail::SingleEngine<detail::RowwiseProblem, detail::IsRowwiseKernel>>;

}  // namespace eigenloss
