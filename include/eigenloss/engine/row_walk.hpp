// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

#include "row_algorithms.hpp"
#include "row_inputs.hpp"
#include "slope.hpp"
#include "tile_copy.hpp"
#include "verbs.hpp"

// One pass over the rows of a problem.
namespace eigenloss {
namespace detail {

template <bool Value, class R, class Problem, class Weights, class ValueSink, class Sinks>
class RowWalk {
  using Kernel = typename Problem::Kernel;
  using T = typename Problem::T;
  using VA = typename Across<T>::V;
  static constexpr Index lanes = VA::lanes;
  static constexpr Index tile_size = TileCopy<T>::capacity;
  static constexpr std::size_t inputs = Problem::inputs;
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  static constexpr bool values = !std::is_same<ValueSink, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  using Inputs = std::make_index_sequence<inputs>;
  using Gradients = std::make_index_sequence<gradients>;

 public:
  RowWalk(const Problem& problem, const Weights& weights, T scale, bool first_term,
          const ValueSink& value_sink, const Sinks& sinks)
      : problem_(problem),
        cut_(problem.cut()),
        weights_(weights),
        scale_(scale),
        first_term_(first_term),
        value_sink_(value_sink),
        sinks_(sinks) {
    if (AlongOnly<Kernel>::value) {
      mode_ = Mode::along;
    } else if (OnlyAtLabel<Kernel>::value ||
               (cut_.inner < lanes && cut_.size * lanes <= tile_size)) {
      mode_ = Mode::copied;  // which is any rows as a tile; of entries at labels, nothing is copied
    } else if (2 * cut_.inner >= lanes) {
      mode_ = Mode::across;
    }
    streams_ = first_term && outlasts_cache<T>(cut_.outer * cut_.size * cut_.inner * wanted<Sinks>);
  }

  // Rows in a block: about 16384 numbers, in whole tiles; enough tiles for those at the ends not to
  // matter.
  Index rows_in_a_block() const {
    const Index rows = (std::max)(Index(1), 16384 / (std::max)(cut_.size, Index(1)));
    if (mode_ == Mode::along) return rows;
    const Index tiles = (rows + lanes - 1) / lanes;
    const bool in_columns = mode_ == Mode::across || (OnlyAtLabel<Kernel>::value && cut_.inner > 1);
    return lanes * (in_columns ? (std::max)(tiles, Index(4)) : tiles);
  }

  // What so many rows cost, about.
  double cycles(Index rows) const {
    const bool one_entry = OnlyAtLabel<Kernel>::value && wanted<Sinks> == 0;
    return one_entry ? 16.0 * double(rows) : 4.0 * double(rows * cut_.size);
  }

  Partial<T> block(Index first, Index count) const {
    Sums sums;
    if constexpr (OnlyAtLabel<Kernel>::value) clear(first, count, Gradients{});
    for (Index row = first; row < first + count;) {
      Index here = (std::min)(lanes, first + count - row);
      if (mode_ == Mode::across) here = (std::min)(here, rows_across(row));
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
    if (streams_) end_streaming();
    Partial<T> partial;
    if constexpr (summed) {
      partial.loss = total_of(sums.across, sums.along, sums.tiles);
    }
    if constexpr (counted) {
      partial.counted = total_of(sums.counted_across, sums.counted_along, sums.tiles);
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

  static Total<T> total_of(const CompensatedSum<VA>& across, const CompensatedSum<Single<T>>& along,
                           bool tiles) {
    if (!tiles) return Total<T>(along);
    Total<T> total(across);
    total.add(Total<T>(along));
    return total;
  }

  static constexpr Index line = numbers_in_line<T>;
  // Numbers between `data` and the cache line before it, or -1 where steps differ in that.
  Index past_line(const T* data) const {
    if (!data || cut_.inner % line != 0 || !std::is_arithmetic<T>::value) return -1;
    return Index(reinterpret_cast<std::uintptr_t>(data) % 64 / sizeof(T));
  }
  // How many rows from `row` on lie side by side; where these are many tiles, a tile ends with a
  // cache line.
  Index rows_across(Index row) const {
    const T* data = cut_.inner < 4 * lanes ? nullptr : problem_.template view<0>().data();
    const Index past = data ? past_line(data + cut_.first_of(row)) : 0;
    return (std::min)(past > 0 ? line - past : lanes, cut_.inner - row % cut_.inner);
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
      if constexpr (!OnlyAtLabel<Kernel>::value) clear(row, 1, Gradients{});
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
    if constexpr (role == Role::row && OnlyAtLabel<Kernel>::value) {
      return EntryAtLabel<Along<T>, View_>(view, cut_, row, 1);
    } else if constexpr (role == Role::row) {
      return Row<Along<T>, View_>(view, cut_.size, cut_.first_of(row), cut_.inner);
    } else if constexpr (role == Role::label) {
      return Label<Along<T>>{{Index(view.at(row))}};
    } else if constexpr (role == Role::number) {
      return Single<T>(view.at(row));
    } else {
      return LabelRow<View_>(view, cut_.size, cut_.first_of(row), cut_.inner);
    }
  }
  template <class Out>
  auto slope_along(const Sink<T, Out>& sink, Index row, T scale) const {
    if constexpr (std::is_same<Out, Skip>::value) {
      (void)sink, (void)row, (void)scale;
      return NoSlope();
    } else if constexpr (OnlyAtLabel<Kernel>::value) {
      return SlopeAtLabel<Along<T>, Sink<T, Out>>(sink, cut_, row, 1, !first_term_, scale);
    } else {
      return Slope<Along<T>, Sink<T, Out>>(sink, cut_.size, cut_.first_of(row), cut_.inner,
                                           !first_term_, streams_, scale);
    }
  }

  // ---- Gradients of 0, of rows that count nothing or whose slopes are 0 but at the label. ----
  template <std::size_t... G>
  void clear(Index row, Index count, std::index_sequence<G...>) const {
    if (first_term_) (clear(std::get<G>(sinks_), row, count), ...);
    (void)row, (void)count;
  }
  static void clear(const Sink<T, Skip>&, Index, Index) {}
  void clear(const Sink<T, Stored>& sink, Index row, Index count) const {
    for (const Index end = row + count; row < end;) {
      const Index inside = row % cut_.inner, first = cut_.first_of(row);
      Index rows = end - row - (end - row) % cut_.inner;
      if (inside == 0 && rows > 0) {
        clear_run(sink, first, rows * cut_.size);
      } else {
        rows = (std::min)(end - row, cut_.inner - inside);
        for (Index c = 0; c < cut_.size; ++c) clear_run(sink, first + c * cut_.inner, rows);
      }
      row += rows;
    }
  }
  void clear_run(const Sink<T, Stored>& sink, Index first, Index count) const {
    constexpr Index chunk = 512;
    if (sink.data() && (!streams_ || count < chunk)) {
      std::fill_n(sink.data() + first, count, T(0));
      return;
    }
    alignas(64) T zeros[chunk];
    std::fill_n(zeros, (std::min)(chunk, count), T(0));
    for (Index done = 0; done < count; done += chunk) {
      const Index here = (std::min)(chunk, count - done);
      if (sink.data()) {
        stream(zeros, here, sink.data() + first + done);
      } else {
        sink.write(first + done, here, zeros);
      }
    }
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
    if constexpr (counted) {
      sums.counted_across.add(in_lanes(row, where(w == VA(0), VA(0), R::count(value))));
    }
    value = where(w == VA(0), VA(0), value * w);
    if constexpr (summed) sums.across.add(in_lanes(row, value));
    sums.tiles = true;
    if constexpr (values) {
      T buffer[lanes], before[lanes];
      value = value * VA(scale_);
      if (!first_term_)
        value = value + detail::load<VA>(value_sink_.read(row, count, before), count);
      value.store(buffer);
      T* to = value_sink_.place(row, buffer);
      if (to != buffer) std::copy_n(buffer, count, to);
      value_sink_.write(row, count, buffer);
    }
  }
  // The numbers of the rows from `row` on, each in the lane that is its row's wherever a tile begins:
  // sums do not depend on where an array lies in memory.
  static VA in_lanes(Index row, const VA& value) {
    const Index rotation = row % lanes;
    if (rotation == 0) return value;
    T twice[2 * lanes];
    value.store(twice);
    value.store(twice + lanes);
    return VA::load(twice + (lanes - rotation));
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
      const std::int64_t* read =
          problem_.template view<Problem::label_input()>().read(row, count, buffer);
      for (Index k = 0; k < count; ++k) {
        const bool ignored = Ignores<Kernel>::label(problem_.kernel(), read[k]);
        label.classes[k] = ignored ? 0 : Index(read[k]);
        weights[k] = ignored ? T(0) : weights[k];
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
    if constexpr (role == Role::row && OnlyAtLabel<Kernel>::value) {
      return EntryAtLabel<Across<T>, View_>(view, cut_, row, count);
    } else if constexpr (role == Role::row) {
      if (copy) {
        TileCopy<T>(cut_).in(view, row, count, copy);
        return Row<Across<T>, View_>(view, cut_.size, 0, 0, lanes, copy, lanes);
      }
      const Index first = cut_.first_of(row), registers = (count + VA::width - 1) / VA::width;
      return Row<Across<T>, View_>(view, cut_.size, first, cut_.inner,
                                   (std::min)(registers * VA::width, cut_.inner - row % cut_.inner),
                                   view.data() ? view.data() + first : nullptr, cut_.inner);
    } else if constexpr (role == Role::label) {
      return label;
    } else {
      T numbers[lanes];
      for (Index k = 0; k < lanes; ++k) numbers[k] = view.at(row + (std::min)(k, count - 1));
      return VA::load(numbers);
    }
  }
  template <class Out>
  auto slope_across(const Sink<T, Out>& sink, Index row, Index count, const VA& scale,
                    T* copy) const {
    if constexpr (std::is_same<Out, Skip>::value) {
      (void)sink, (void)row, (void)count, (void)scale, (void)copy;
      return NoSlope();
    } else if constexpr (OnlyAtLabel<Kernel>::value) {
      return SlopeAtLabel<Across<T>, Sink<T, Out>>(sink, cut_, row, count, !first_term_, scale);
    } else {
      if (copy) {
        return Slope<Across<T>, Sink<T, Out>>(sink, cut_.size, 0, 0, lanes, copy, lanes, false,
                                              false, scale);
      }
      const Index first = cut_.first_of(row);
      T* data = sink.data() ? sink.data() + first : nullptr;
      return Slope<Across<T>, Sink<T, Out>>(
          sink, cut_.size, first, cut_.inner, count, data, cut_.inner, !first_term_,
          streams_ && count == lanes && past_line(data) == 0, scale);
    }
  }

  template <std::size_t... G>
  void copy_out(Index row, Index count, const T (*copies)[tile_size],
                std::index_sequence<G...>) const {
    (copy_out(std::get<G>(sinks_), row, count, copies[G]), ...);
    (void)row, (void)count, (void)copies;
  }
  template <class Out>
  void copy_out(const Sink<T, Out>& sink, Index row, Index count, const T* copy) const {
    if constexpr (!std::is_same<Out, Skip>::value && !OnlyAtLabel<Kernel>::value) {
      TileCopy<T>(cut_).out(sink, row, count, !first_term_, copy);
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
  bool streams_ = false;
};

}  // namespace detail
}  // namespace eigenloss
