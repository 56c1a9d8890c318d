// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "row_algorithms.hpp"
#include "row_inputs.hpp"
#include "row_outputs.hpp"
#include "row_sums.hpp"
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
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  static constexpr bool values = !std::is_same<ValueSink, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  static constexpr bool counted = summed && Counts<R, VA>::value;
  using Sums = RowSums<T, summed, counted>;
  using Inputs = std::make_index_sequence<Problem::inputs>;
  using Gradients = std::make_index_sequence<gradients>;

 public:
  RowWalk(const Problem& problem, const Weights& weights, T scale, bool first_term,
          const ValueSink& value_sink, const Sinks& sinks)
      : problem_(problem),
        cut_(problem.cut()),
        weights_(weights),
        scale_(scale),
        first_term_(first_term),
        streams_(bypasses_cache(OnlyAtLabel<Kernel>::value)),
        streams_alone_(bypasses_cache(Problem::labelled)),
        sinks_(sinks),
        value_sink_(value_sink) {
    if (Problem::along_only) {
      mode_ = Mode::along;
    } else if (OnlyAtLabel<Kernel>::value ||
               (cut_.inner < lanes && cut_.size <= Problem::longest_copied)) {
      mode_ = Mode::copied;  // which is any rows as a tile; of entries at labels, nothing is copied
      if (OnlyAtLabel<Kernel>::value) tiles_ = rows_in_a_block() / lanes;
    } else if (wanted<Sinks> > 0 && TileCopy<T>(cut_).groups(Problem::copy_capacity)) {
      mode_ = Mode::copied;
      tiles_ = TileCopy<T>::group;
    } else if (2 * cut_.inner >= lanes) {
      mode_ = Mode::across;
    }
  }

  // Rows in a block: about 16384 numbers, in whole tiles; enough tiles for those at the ends not to
  // matter, and for zeros to be written in long runs.
  Index rows_in_a_block() const {
    if (OnlyAtLabel<Kernel>::value && (wanted<Sinks> == 0 || cut_.inner > 1))
      return wanted<Sinks> > 0 && cut_.size > 128 ? 4096 : 512;
    const Index rows = (std::max)(Index(1), 16384 / (std::max)(cut_.size, Index(1)));
    if (mode_ == Mode::along) return rows;
    const Index tiles = (rows + tiles_ * lanes - 1) / (tiles_ * lanes) * tiles_;
    return lanes * (mode_ == Mode::across ? (std::max)(tiles, least_tiles()) : tiles);
  }

  // What so many rows cost, about.
  double cycles(Index rows) const {
    constexpr bool at_label = OnlyAtLabel<Kernel>::value;
    constexpr double pack = !at_label ? 24.0 : wanted<Sinks> != 0 ? 4.0 : 0.0;
    return double(rows) * ((at_label ? 8.0 : 0.0) + pack / Vector<T>::lanes * double(cut_.size));
  }

  Partial<T> block(Index first, Index count) const {
    Sums sums;
    if constexpr (OnlyAtLabel<Kernel>::value) outputs().clear(first, count);
    for (Index row = first; row < first + count;) {
      Index here = (std::min)(tiles_ * lanes, first + count - row);
      if (here > lanes) here -= here % lanes;
      if (mode_ == Mode::across) here = (std::min)(here, rows_across(row));
      if constexpr (!Problem::along_only) {
        if (mode_ != Mode::along && here > rows_alone() && !problem_.all_long(row, here)) {
          if constexpr (OnlyAtLabel<Kernel>::value)
            tiles_at_labels(row, here, sums);
          else
            tiles(row, here, sums, Inputs{}, Gradients{});
          row += here;
          continue;
        }
      }
      for (const Index end = row + here; row < end; ++row) one(row, sums);
    }
    if (streams_) end_streaming();
    Partial<T> partial;
    if constexpr (summed) partial.loss = sums.loss.total();
    if constexpr (counted) partial.counted = sums.counts.total();
    return partial;
  }

 private:
  enum class Mode { along, across, copied };
  // Gradients bypass the cache if they are too large to stay in it; where a slope at a label is
  // written again, which would wait for memory, those of long rows alone.
  bool bypasses_cache(bool written_again) const {
    const bool long_rows = cut_.size >= 16384 / Index(sizeof(T));
    return first_term_ && (long_rows || !written_again) &&
           outlasts_cache<T>(cut_.outer * cut_.size * cut_.inner * wanted<Sinks>);
  }
  // So many rows cost less one by one than as a tile that is nearly empty, as measured.
  Index rows_alone() const {
    return mode_ == Mode::copied ? (std::min)(3 * lanes / 4, 3 + cut_.size * lanes / 256) : 0;
  }
  // One in a block where there are few: blocks are what threads share.
  Index least_tiles() const { return cut_.outer * cut_.inner < 16 * lanes ? 1 : 4; }
  // How many rows from `row` on lie side by side; where these are many tiles, a tile ends with a
  // cache line.
  Index rows_across(Index row) const {
    const bool few = cut_.inner < 4 * lanes || least_tiles() == 1;
    const T* data = few ? nullptr : problem_.template view<0>().data();
    const Index past = data ? past_line(cut_, data + cut_.first_of(row)) : 0;
    return (std::min)(past > 0 ? numbers_in_line<T> - past : lanes, cut_.inner - row % cut_.inner);
  }

  // The weight of a row: 0 where it counts nothing.
  T weight(Index row, std::int64_t label) const {
    if (problem_.ignored(label)) return T(0);
    if constexpr (Weights::given) return weights_.at(row);
    return T(1);
  }

  RowOutputs<Kernel, T, Sinks> outputs() const { return {sinks_, cut_, !first_term_, streams_}; }

  // ---- One row. ----

  void one(Index row, [[maybe_unused]] Sums& sums) const {
    const std::int64_t label = problem_.label(row);
    const T w = weight(row, label);
    Single<T> value(T(0));
    if (w == T(0)) {
      if constexpr (!OnlyAtLabel<Kernel>::value) outputs().clear(row, 1);
    } else {
      value = evaluate_one(row, label, T(scale_ * w), Inputs{}, Gradients{});
      if constexpr (counted) sums.counts.add(R::count(value));
      value = value * Single<T>(w);
    }
    if constexpr (summed) sums.loss.add(value);
    if constexpr (values) {
      const T number = value.parts[0] * scale_;
      value_sink_.set(row, first_term_ ? number : T(value_sink_.at(row) + number));
    }
  }
  template <std::size_t... I, std::size_t... G>
  Single<T> evaluate_one(Index row, std::int64_t label, T scale, std::index_sequence<I...>,
                         std::index_sequence<G...>) const {
    return problem_.kernel().row(problem_.template along<I>(row, label)...,
                                 outputs().template along<G>(row, scale, streams_alone_)...);
  }

  // ---- Tiles: the rows [row, row + count), one a lane. ----

  // The labels of the rows and their weights, which are 0 where a row counts nothing or is missing.
  struct OpenTile {
    typename Problem::TileLabels label;
    VA weight;
  };
  template <std::size_t... I, std::size_t... G>
  void tiles(Index row, Index count, Sums& sums, std::index_sequence<I...>,
             std::index_sequence<G...>) const {
    const bool copied = mode_ == Mode::copied;
    constexpr Index all = (Problem::copied + Index(gradients)) * Problem::copy_capacity;
    alignas(64) T numbers[all];
    const Copies<T> in{copied ? numbers : nullptr, copied ? cut_.size * tiles_ * lanes : 0};
    const Copies<T> out = in.from(Problem::copied * in.each);
    if (copied) (problem_.template copy_in<I>(row, count, in), ...);
    bool leaves_out = false;
    for (Index k = 0; k < count; k += lanes) {
      OpenTile open;
      open_tile(row + k, (std::min)(lanes, count - k), open);
      leaves_out |= tile(row + k, (std::min)(lanes, count - k), open, in.from(k * cut_.size),
                         out.from(k * cut_.size), sums);
    }
    if (copied) (outputs().template copy_out<G>(row, count, out.at(G)), ...);
    if constexpr (Problem::takes_lists) {
      for (Index k = 0; leaves_out && k < count; ++k)
        if (problem_.is_long(row + k)) one(row + k, sums);
    }
  }
  // Of entries at labels. The next tile is opened before one is walked, and asked for meanwhile.
  void tiles_at_labels(Index row, Index count, Sums& sums) const {
    OpenTile open[2];
    open_tile(row, (std::min)(lanes, count), open[0]);
    for (Index k = 0, now = 0; k < count; k += lanes, now = 1 - now) {
      if (const Index next = k + lanes; next < count) {
        open_tile(row + next, (std::min)(lanes, count - next), open[1 - now]);
        open[now].label.ask_for(open[1 - now].label, cut_);
      }
      tile(row + k, (std::min)(lanes, count - k), open[now], {}, {}, sums);
    }
  }
  // Whether it leaves out rows, which then count nothing.
  bool tile(Index row, Index count, const OpenTile& open, const Copies<T>& in, const Copies<T>& out,
            Sums& sums) const {
    const VA w = open.weight;
    const VA scale = where(w == VA(0), VA(0), w * VA(scale_));  // which may be infinite or NaN
    VA value = evaluate_tile(row, count, scale, open.label, in, out, Inputs{}, Gradients{});
    // Each row's number is in the same lane wherever a tile begins: sums do not depend on where an
    // array lies in memory.
    if constexpr (counted) {
      sums.counts.add(rotated(row % lanes, where(w == VA(0), VA(0), R::count(value))));
    }
    value = where(w == VA(0), VA(0), value * w);
    if constexpr (summed) sums.loss.add(rotated(row % lanes, value));
    if constexpr (values) {
      T buffer[lanes];
      T* to = first_term_ ? value_sink_.place(row, buffer) : buffer;
      store(value * VA(scale_), to, count);
      first_term_ ? value_sink_.write(row, count, to) : value_sink_.add(row, count, to);
    }
    return Problem::leaves_out(open.label);
  }
  template <std::size_t... I, std::size_t... G>
  VA evaluate_tile(Index row, Index count, const VA& scale,
                   const typename Problem::TileLabels& label, const Copies<T>& in,
                   const Copies<T>& out, std::index_sequence<I...>,
                   std::index_sequence<G...>) const {
    return problem_.kernel().row(problem_.template across<I>(row, count, label, in)...,
                                 outputs().template across<G>(row, count, scale, label, out)...);
  }
  void open_tile(Index row, Index count, OpenTile& open) const {
    VA weight(1);
    if constexpr (Weights::given) {
      T buffer[lanes];
      weight = detail::load<VA>(weights_.read(row, count, buffer), count);
    }
    if (count < lanes) weight = only_first(weight, count);
    problem_.read_labels(row, count, open.label, weight);
    open.weight = weight;
  }

  const Problem& problem_;
  const AxisCut& cut_;
  const Weights& weights_;
  const T scale_;
  const bool first_term_, streams_, streams_alone_;
  const Sinks& sinks_;
  const ValueSink& value_sink_;
  Mode mode_ = Mode::along;
  Index tiles_ = 1;  // that are walked at once
};

}  // namespace detail
}  // namespace eigenloss
