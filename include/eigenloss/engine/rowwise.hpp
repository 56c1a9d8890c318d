// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "axis.hpp"
#include "row_algorithms.hpp"
#include "verbs.hpp"

// The engine of losses whose unit is a row: the entries along the class or feature axis.
//
// A kernel is a struct of options, `axis` the last of them, with one function template
//   row(rows..., slopes...) const -> the loss of each row (V)
// over the algorithms of row_algorithms.hpp. It is given its inputs in the order of the call, then a slope for
// each prediction, which it fills with d loss / d entry by `transform`. Optional members:
//   role<Scalar>(i)   what input i is: see Role. The default: integers are labels, others rows.
//   ignores(label)    whether a row with this label counts nothing, e.g. ignore_index
//   share(label)      the row's share of what Mean divides by (default 1)
//   accepts(number), expected   for Role::number: which numbers are right, and those in words
//   check(check, classes)       of the options, given the length of a row
//   along_only        the kernel takes one row at a time
//   takes_classes, takes_probabilities   whether the second input must be classes, or may be probabilities too
//   accepts_rank_0    an input of rank 0 is a row of one entry
namespace eigenloss {

/// What an input of a row kernel is.
enum class Role {
  row,        // numbers, in the shape of the input
  label,      // a class for each row
  number,     // a number for each row
  label_row,  // classes in the shape of the input, -1 for none
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

template <class Kernel, class Input, class Target, class... More>
constexpr bool right_kind_of_target() {
  if constexpr (!TakesClasses<Kernel>::value || std::is_integral<typename Traits<Target>::Scalar>::value) {
    return true;
  } else {
    return TakesProbabilities<Kernel>::value && Traits<Target>::rank == Traits<Input>::rank;
  }
}

template <class Kernel, class = void>
struct AlongOnly : std::false_type {};
template <class Kernel>
struct AlongOnly<Kernel, std::void_t<decltype(Kernel::along_only)>>
    : std::integral_constant<bool, Kernel::along_only> {};

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
struct Ignores<Kernel, std::void_t<decltype(std::declval<const Kernel&>().ignores(std::int64_t()))>> {
  static bool label(const Kernel& kernel, std::int64_t label) { return kernel.ignores(label); }
};

template <class Kernel, class = void>
struct Share {
  static bool differs(const Kernel&) { return false; }  // from 1, for some label
  static double of(const Kernel&, std::int64_t) { return 1.0; }
};
template <class Kernel>
struct Share<Kernel, std::void_t<decltype(std::declval<const Kernel&>().share(std::int64_t()))>> {
  static bool differs(const Kernel& kernel) { return kernel.weight.size() != 0; }
  static double of(const Kernel& kernel, std::int64_t label) { return kernel.share(label); }
};

template <class Kernel, class = void>
struct HasClassCheck : std::false_type {};
template <class Kernel>
struct HasClassCheck<
    Kernel, std::void_t<decltype(std::declval<const Kernel&>().check(Check<Kernel>(), Index()))>>
    : std::true_type {};

// A row of labels: only for kernels that take one row at a time.
template <class Source>
class LabelRow {
 public:
  LabelRow(const Source& source, Index size, Index first, Index step)
      : source_(source), size_(size), first_(first), step_(step) {}
  Index size() const { return size_; }
  std::int64_t at(Index entry) const { return source_.at(first_ + entry * step_); }

 private:
  const Source& source_;
  Index size_, first_, step_;
};

// to(c, r) = from(r, c), in squares of registers that overlap at the ends where they must.
template <class T>
void transpose(const T* from, Index rows, Index columns, Index from_stride, T* to, Index to_stride) {
  constexpr Index width = Vector<T>::lanes;
  if (rows < width || columns < width) {
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < columns; ++c) to[c * to_stride + r] = from[r * from_stride + c];
    }
    return;
  }
  for (Index r = 0; r < rows; r += width) {
    const Index row = (std::min)(r, rows - width);
    for (Index c = 0; c < columns; c += width) {
      const Index column = (std::min)(c, columns - width);
      transpose_square(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                       to_stride);
    }
  }
}

// ---- One pass over the rows. ----

// What a pass reads: the inputs of a kernel, each in its role, whatever their containers.
template <class Kernel_, class T_, Role... Roles>
class RowInputs {
 public:
  using Kernel = Kernel_;
  using T = T_;
  static constexpr std::size_t inputs = sizeof...(Roles);
  template <std::size_t I>
  static constexpr Role role() {
    constexpr Role roles[] = {Roles...};
    return roles[I];
  }
  // Which input holds the labels of the rows; none: `inputs`.
  static constexpr std::size_t label_input() {
    std::size_t index = 0;
    for (const Role role : {Roles...}) {
      if (role == Role::label) break;
      ++index;
    }
    return index;
  }
  template <Role role>
  using Number = std::conditional_t<role == Role::label || role == Role::label_row, std::int64_t, T>;

  RowInputs(const Kernel& kernel, const AxisCut& cut, const Reader<Number<Roles>>&... readers)
      : kernel_(kernel), cut_(cut), readers_(readers...) {}
  const Kernel& kernel() const { return kernel_; }
  const AxisCut& cut() const { return cut_; }
  template <std::size_t I>
  const auto& view() const {
    return std::get<I>(readers_);
  }
  bool ignored(Index row) const {
    if constexpr (label_input() < inputs) {
      return Ignores<Kernel>::label(kernel_, view<label_input()>().at(row));
    }
    (void)row;
    return false;
  }

 private:
  const Kernel& kernel_;
  const AxisCut cut_;
  const std::tuple<Reader<Number<Roles>>...> readers_;
};

template <bool Value, class R, class Problem, class Weights, class ValueSink, class Sinks>
class RowWalk {
  using Kernel = typename Problem::Kernel;
  using T = typename Problem::T;
  using VA = typename Across<T>::V;
  static constexpr Index lanes = VA::lanes;
  static constexpr Index tile_size = 2048;  // numbers in a tile that is copied
  static constexpr std::size_t inputs = Problem::inputs;
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  static constexpr bool values = !std::is_same<ValueSink, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  using Inputs = std::make_index_sequence<inputs>;
  using Gradients = std::make_index_sequence<gradients>;

 public:
  RowWalk(const Problem& problem, const Weights& weights, T scale, bool first_term,
          const ValueSink& value_sink, const Sinks& sinks)
      : problem_(problem), cut_(problem.cut()), weights_(weights), scale_(scale),
        first_term_(first_term), value_sink_(value_sink), sinks_(sinks) {
    if (AlongOnly<Kernel>::value) {
      mode_ = Mode::along;
    } else if (cut_.inner >= lanes) {
      mode_ = Mode::across;
    } else if (cut_.size * lanes <= tile_size) {
      mode_ = Mode::copied;
    } else if (2 * cut_.inner >= lanes) {
      mode_ = Mode::across;
    }
  }

  // Rows in a block: about 16384 numbers, in whole tiles.
  Index rows_in_a_block() const {
    const Index rows = (std::max)(Index(1), 16384 / (std::max)(cut_.size, Index(1)));
    return mode_ == Mode::along ? rows : (rows + lanes - 1) / lanes * lanes;
  }

  Partial<T> block(Index first, Index count) const {
    Sums sums;
    for (Index row = first; row < first + count;) {
      Index here = (std::min)(lanes, first + count - row);
      if (mode_ == Mode::across) here = (std::min)(here, cut_.inner - row % cut_.inner);
      if constexpr (!AlongOnly<Kernel>::value) {
        // A tile that is nearly empty costs more than its rows one by one.
        if (mode_ != Mode::along && here > (mode_ == Mode::copied ? lanes / 4 : 0)) {
          tile(row, here, sums);
          row += here;
          continue;
        }
      }
      for (Index k = 0; k < here; ++k) one(row + k, sums);
      row += here;
    }
    Partial<T> partial;
    if constexpr (summed) {
      if (sums.tiles) partial.loss.add(sums.across);
      partial.loss.add(sums.along);
    }
    if constexpr (counted) {
      partial.counted.add(sums.counted_across);
      partial.counted.add(sums.counted_along);
    }
    return partial;
  }

 private:
  enum class Mode { along, across, copied };
  struct Sums {
    CompensatedSum<VA> across, counted_across;
    CompensatedSum<Single<T>> along, counted_along;
    bool tiles = false;
  };

  Index first_of(Index row) const {
    return row / cut_.inner * cut_.size * cut_.inner + row % cut_.inner;
  }

  // The weight of a row: 0 where it counts nothing.
  T weight(Index row) const {
    if (problem_.ignored(row)) return T(0);
    if constexpr (Weights::given) return weights_.at(row);
    return T(1);
  }

  // ---- One row. ----
  void one(Index row, Sums& sums) const {
    const T w = weight(row);
    Single<T> value(T(0));
    if (w == T(0)) {
      fill_zero(row, Gradients{});
    } else {
      value = evaluate_one(row, T(scale_ * w), Inputs{}, Gradients{});
      if constexpr (counted) sums.counted_along.add(R::count(value));
      value = value * Single<T>(w);
    }
    if constexpr (summed) sums.along.add(value);
    if constexpr (values) {
      const T number = value.parts[0] * scale_;
      value_sink_.set(row, first_term_ ? number : T(value_sink_.at(row) + number));
    }
    (void)sums;
  }
  template <std::size_t... I, std::size_t... G>
  Single<T> evaluate_one(Index row, T scale, std::index_sequence<I...>,
                         std::index_sequence<G...>) const {
    return problem_.kernel().row(input_along<I>(row)...,
                                 slope_along(std::get<G>(sinks_), row, scale)...);
  }
  template <std::size_t I>
  auto input_along(Index row) const {
    const auto& view = problem_.template view<I>();
    using View_ = std::decay_t<decltype(view)>;
    constexpr Role role = Problem::template role<I>();
    if constexpr (role == Role::row) {
      return Row<Along<T>, View_>(view, cut_.size, first_of(row), cut_.inner);
    } else if constexpr (role == Role::label) {
      return Label<Along<T>>{{Index(view.at(row))}};
    } else if constexpr (role == Role::number) {
      return Single<T>(view.at(row));
    } else {
      return LabelRow<View_>(view, cut_.size, first_of(row), cut_.inner);
    }
  }
  template <class Out>
  auto slope_along(const Sink<T, Out>& sink, Index row, T scale) const {
    if constexpr (std::is_same<Out, Skip>::value) {
      (void)sink, (void)row, (void)scale;
      return NoSlope();
    } else {
      return Slope<Along<T>, Sink<T, Out>>(sink, cut_.size, first_of(row), cut_.inner, !first_term_,
                                           scale);
    }
  }
  template <std::size_t... G>
  void fill_zero(Index row, std::index_sequence<G...>) const {
    (fill_zero(std::get<G>(sinks_), row), ...);
    (void)row;
  }
  template <class Out>
  void fill_zero(const Sink<T, Out>& sink, Index row) const {
    if constexpr (!std::is_same<Out, Skip>::value) {
      if (!first_term_) return;
      for (Index c = 0; c < cut_.size; ++c) sink.set(first_of(row) + c * cut_.inner, T(0));
    }
    (void)sink, (void)row;
  }

  // ---- A tile: the rows [row, row + count), one a lane. ----
  template <std::size_t Copies>
  struct Copied {
    alignas(64) T numbers[Copies][tile_size];
  };

  void tile(Index row, Index count, Sums& sums) const {
    Label<Across<T>> label{};
    const VA w = open_tile(row, count, label);
    VA value;
    if (mode_ == Mode::copied) {
      Copied<inputs> in;
      Copied<gradients> out;
      (void)in, (void)out;
      value = evaluate_tile(row, count, w * VA(scale_), label, in.numbers, out.numbers, Inputs{},
                            Gradients{});
      copy_out(row, count, out.numbers, Gradients{});
    } else {
      T(*const none)[tile_size] = nullptr;
      value = evaluate_tile(row, count, w * VA(scale_), label, none, none, Inputs{}, Gradients{});
    }
    if constexpr (counted) sums.counted_across.add(where(w == VA(0), VA(0), R::count(value)));
    value = where(w == VA(0), VA(0), value * w);
    if constexpr (summed) sums.across.add(value);
    sums.tiles = true;
    if constexpr (values) {
      T buffer[lanes], before[lanes];
      value = value * VA(scale_);
      if (!first_term_) value = value + load_first<VA>(value_sink_.read(row, count, before), count);
      value.store(buffer);
      T* to = value_sink_.place(row, buffer);
      if (to != buffer) std::copy_n(buffer, count, to);
      value_sink_.write(row, count, buffer);
    }
  }
  template <std::size_t... I, std::size_t... G>
  VA evaluate_tile(Index row, Index count, const VA& scale, const Label<Across<T>>& label,
                   T (*in)[tile_size], T (*out)[tile_size], std::index_sequence<I...>,
                   std::index_sequence<G...>) const {
    return problem_.kernel().row(
        input_across<I>(row, count, label, in ? in[I] : nullptr)...,
        slope_across(std::get<G>(sinks_), row, count, scale, out ? out[G] : nullptr)...);
  }
  // The labels of the rows and their weights, which are 0 where a row counts nothing or is missing.
  VA open_tile(Index row, Index count, Label<Across<T>>& label) const {
    T weights[lanes];
    for (Index k = 0; k < lanes; ++k) weights[k] = T(k < count ? 1 : 0);
    if constexpr (Weights::given) {
      const T* read = weights_.read(row, count, weights);
      if (read != weights) std::copy_n(read, count, weights);
    }
    if constexpr (Problem::label_input() < inputs) {
      std::int64_t buffer[lanes];
      const std::int64_t* read = problem_.template view<Problem::label_input()>().read(row, count, buffer);
      for (Index k = 0; k < lanes; ++k) {
        const std::int64_t y = read[(std::min)(k, count - 1)];
        const bool ignored = Ignores<Kernel>::label(problem_.kernel(), y);
        label.classes[k] = ignored ? 0 : Index(y);
        if (ignored) weights[k] = T(0);
      }
    }
    (void)row, (void)label;
    return VA::load(weights);
  }
  template <std::size_t I>
  auto input_across(Index row, Index count, const Label<Across<T>>& label, T* copy) const {
    (void)label;
    const auto& view = problem_.template view<I>();
    using View_ = std::decay_t<decltype(view)>;
    constexpr Role role = Problem::template role<I>();
    if constexpr (role == Role::row) {
      const T* data = view.data() && count == lanes ? view.data() + first_of(row) : nullptr;
      Index stride = cut_.inner;
      if (copy) {
        copy_in(view, row, count, copy);
        data = copy;
        stride = lanes;
      }
      return Row<Across<T>, View_>(view, cut_.size, first_of(row), cut_.inner, count, data, stride);
    } else if constexpr (role == Role::label) {
      return label;
    } else {
      T numbers[lanes];
      for (Index k = 0; k < lanes; ++k) numbers[k] = view.at(row + (std::min)(k, count - 1));
      return VA::load(numbers);
    }
  }
  template <class Out>
  auto slope_across(const Sink<T, Out>& sink, Index row, Index count, const VA& scale, T* copy) const {
    if constexpr (std::is_same<Out, Skip>::value) {
      (void)sink, (void)row, (void)count, (void)scale, (void)copy;
      return NoSlope();
    } else {
      T* data = sink.data() && count == lanes ? sink.data() + first_of(row) : nullptr;
      return Slope<Across<T>, Sink<T, Out>>(sink, cut_.size, first_of(row), cut_.inner, count,
                                            copy ? copy : data, copy ? lanes : cut_.inner,
                                            !first_term_ && !copy, scale);
    }
  }

  // Rows become columns: entry c of row k goes to copy[c·lanes + k]. Missing rows repeat the last one.
  template <class Source>
  void copy_in(const Source& view, Index row, Index count, T* copy) const {
    const Index size = cut_.size;
    if (cut_.inner == 1) {
      T buffer[tile_size];
      const T* rows = view.read(row * size, count * size, buffer);
      if (count == lanes) return transpose(rows, lanes, size, size, copy, lanes);
      for (Index k = 0; k < lanes; ++k) {
        for (Index c = 0; c < size; ++c) copy[c * lanes + k] = rows[(std::min)(k, count - 1) * size + c];
      }
    } else {
      for (Index k = 0; k < lanes; ++k) {
        const Index first = first_of(row + (std::min)(k, count - 1));
        for (Index c = 0; c < size; ++c) copy[c * lanes + k] = view.at(first + c * cut_.inner);
      }
    }
  }
  template <std::size_t... G>
  void copy_out(Index row, Index count, const T (*copies)[tile_size], std::index_sequence<G...>) const {
    (copy_out(std::get<G>(sinks_), row, count, copies[G]), ...);
    (void)row, (void)count, (void)copies;
  }
  template <class Out>
  void copy_out(const Sink<T, Out>& sink, Index row, Index count, const T* copy) const {
    if constexpr (!std::is_same<Out, Skip>::value) {
      const Index size = cut_.size;
      if (cut_.inner == 1 && first_term_) {
        T buffer[tile_size];
        T* rows = sink.place(row * size, buffer);
        if (count == lanes) {
          transpose(copy, size, lanes, lanes, rows, size);
        } else {
          for (Index k = 0; k < count; ++k) {
            for (Index c = 0; c < size; ++c) rows[k * size + c] = copy[c * lanes + k];
          }
        }
        sink.write(row * size, count * size, rows);
      } else {
        for (Index k = 0; k < count; ++k) {
          for (Index c = 0; c < size; ++c) {
            const Index i = first_of(row + k) + c * cut_.inner;
            sink.set(i, first_term_ ? copy[c * lanes + k] : T(sink.at(i) + copy[c * lanes + k]));
          }
        }
      }
    }
    (void)sink, (void)row, (void)count, (void)copy;
  }

  static constexpr bool counted = summed && Counts<R, VA>::value;

  const Problem& problem_;
  const AxisCut cut_;
  const Weights& weights_;
  const T scale_;
  const bool first_term_;
  const ValueSink& value_sink_;
  const Sinks& sinks_;
  Mode mode_ = Mode::along;
};

// ---- The problem. ----

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
  static auto arguments_type(std::index_sequence<I...>)
      -> Arguments<Kernel, std::tuple<std::conditional_t<labels<I>, std::int64_t, T>...>, In...>;
  using All = std::make_index_sequence<inputs>;
  using Inputs = decltype(arguments_type(All{}));

 public:
  static constexpr std::size_t dimensions_of_a_unit = 1;
  static constexpr std::size_t unit_rank = Inputs::rank > 0 ? Inputs::rank - 1 : 0;

  RowwiseProblem(const Kernel& kernel, const In&... in)
      : kernel_(kernel), inputs_(kernel, in...),
        axis_(axis_of(kernel, inputs_.shape())),
        cut_(inputs_.shape(), axis_, Inputs::row_major),
        units_(without(inputs_.shape(), axis_)) {
    check::class_targets<right_kind_of_target<Kernel, In...>(), TakesProbabilities<Kernel>::value>();
    if constexpr (HasClassCheck<Kernel>::value) kernel.check(Check<Kernel>(), cut_.size);
    divisor_ = double(number_of_units());
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
    if (Inputs::rank < 2) return 1.0;
    return double(inputs_.shape()[axis_ == 0 ? 1 % inputs_.shape().size() : 0]);
  }
  void shares(Index first, Index count, T* to) const {
    for (Index k = 0; k < count; ++k) to[k] = T(share(first + k, All{}));
  }
  // Of the numbers that come one a row; those of masked rows are not looked at.
  template <class Weights>
  void check_units(const Weights& weights) const {
    check_numbers(weights, All{});
  }

  template <bool Value, bool Gradient, class R, class Device, class Weights, class N, class ValueOut,
            class Outs>
  Partial<T> pass(const Device& device, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    if constexpr (!right_kind_of_target<Kernel, In...>()) return Partial<T>();
    else return walk_rows<Value, Gradient, R>(device, weights, scale, term, value_out, outs);
  }

 private:
  template <bool Value, bool Gradient, class R, class Device, class Weights, class N, class ValueOut,
            class Outs>
  Partial<T> walk_rows(const Device& device, const Weights& weights, const N& scale, const Term& term,
                       ValueOut& value_out, const Outs& outs) const {
    const auto value_sink = sink_of<T, Value>(value_out);
    const auto sinks = sinks_of<Gradient>(outs, std::make_index_sequence<Inputs::Gradients::size()>{});
    const auto row_inputs = readers(All{});
    const RowWalk<Value, R, std::decay_t<decltype(row_inputs)>, Weights, std::decay_t<decltype(value_sink)>,
                  std::decay_t<decltype(sinks)>>
        walk(row_inputs, weights, T(scale), term.first, value_sink, sinks);
    const Index rows = walk.rows_in_a_block(), all = number_of_units();
    return reduce_blocks<T>(device, (all + rows - 1) / rows, 4.0 * double(rows * cut_.size),
                            [&](Index b) {
                              return walk.block(b * rows, (std::min)(rows, all - b * rows));
                            });
  }

  template <bool Gradient, class Outs, std::size_t... G>
  static auto sinks_of(const Outs& outs, std::index_sequence<G...>) {
    if constexpr (Gradient) {
      return std::make_tuple(sink_of<T, true>(std::get<G>(outs))...);
    } else {
      (void)outs;
      return std::make_tuple(((void)G, Sink<T, Skip>())...);
    }
  }

  template <std::size_t... I>
  auto readers(std::index_sequence<I...>) const {
    return RowInputs<Kernel, T, role<I>()...>(kernel_, cut_, inputs_.template reader<I>()...);
  }

  static std::size_t axis_of(const Kernel& kernel, const Shape<Inputs::rank>& shape) {
    if (Inputs::rank == 0 && !AcceptsRank0<Kernel>::value) {
      Check<Kernel>::fail("input has shape (), expected at least one dimension");
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
    if constexpr (r == Role::row || r == Role::label_row) {
      inputs_.template check_shape<I>(inputs_.shape(), "that of the input, ");
    } else if constexpr (unit_rank == 0 && std::decay_t<decltype(view<I>())>::rank == 1) {
      inputs_.template check_shape<I>(Shape<1>{{1}}, "one number for the one row: () or ");
    } else {
      inputs_.template check_shape<I>(units_, "one number for each row: ");
    }
    if constexpr (labels<I>) check_labels<I>();
  }
  // Labels are read once: checked, and their shares added up.
  template <std::size_t I>
  void check_labels() {
    constexpr Index chunk = 256;
    const bool counts_rows = !Share<Kernel>::differs(kernel_);
    const std::int64_t lowest = role<I>() == Role::label_row ? -1 : 0;
    const auto& all = view<I>();
    CompensatedSum<double> shares;
    Index ignored = 0;
    std::int64_t buffer[chunk];
    for (Index first = 0; first < all.size(); first += chunk) {
      const Index count = (std::min)(chunk, all.size() - first);
      const std::int64_t* read = all.read(first, count, buffer);
      for (Index k = 0; k < count; ++k) {
        if (Ignores<Kernel>::label(kernel_, read[k])) {
          ++ignored;
        } else if (read[k] < lowest || read[k] >= cut_.size) {
          Check<Kernel>::fail(Check<Kernel>::argument(I), index_text(all, first + k), " = ", read[k],
                              " is not a class of input with shape ", inputs_.shape());
        } else if (!counts_rows) {
          shares.add(Share<Kernel>::of(kernel_, read[k]));
        }
      }
    }
    if (role<I>() == Role::label) {
      divisor_ = counts_rows ? double(all.size() - ignored) : shares.sum + shares.lost;
    }
  }
  template <class V>
  static std::string index_text(const V& view, Index i) {
    return V::rank == 0 ? "" : check::text(position(i, view.shape(), Inputs::row_major));
  }

  template <class Weights, std::size_t... I>
  void check_numbers(const Weights& weights, std::index_sequence<I...>) const {
    (check_numbers<I>(weights), ...);
    (void)weights;
  }
  template <std::size_t I, class Weights>
  void check_numbers(const Weights& weights) const {
    if constexpr (role<I>() == Role::number) {
      for (Index row = 0; row < number_of_units(); ++row) {
        if (Kernel::accepts(view<I>().at(row))) continue;
        if constexpr (Weights::given) {
          if (weights.at(row) == T(0)) continue;
        }
        if constexpr (std::is_arithmetic<T>::value) {
          Check<Kernel>::fail(Check<Kernel>::argument(I), index_text(view<I>(), row), " = ",
                              view<I>().at(row), " is not ", Kernel::expected);
        } else {
          Check<Kernel>::fail(Check<Kernel>::argument(I), index_text(view<I>(), row), " is not ",
                              Kernel::expected);
        }
      }
    }
    (void)weights;
  }

  template <std::size_t I>
  std::int64_t label_at(Index row) const {
    if constexpr (role<I>() == Role::label) return view<I>().at(row);
    else return (void)row, 0;
  }
  template <std::size_t... I>
  double share(Index row, std::index_sequence<I...>) const {
    double share = 1.0;
    ((role<I>() == Role::label ? void(share = share_of(label_at<I>(row))) : void()), ...);
    return share;
  }
  double share_of(std::int64_t label) const {
    return Ignores<Kernel>::label(kernel_, label) ? 0.0 : Share<Kernel>::of(kernel_, label);
  }

  const Kernel& kernel_;
  const Inputs inputs_;
  const std::size_t axis_;
  const AxisCut cut_;
  const Shape<unit_rank> units_;
  double divisor_ = 0.0;
};

}  // namespace detail

/// A loss whose unit is a row, from a kernel of your own: a struct with options and row(rows..., slopes...).
template <class Kernel, class Reduction = Mean>
using Rowwise = Loss<Kernel, Reduction, detail::SingleEngine<detail::RowwiseProblem>>;

}  // namespace eigenloss
