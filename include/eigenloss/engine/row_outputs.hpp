// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "../detail/output.hpp"
#include "../detail/stream.hpp"
#include "axis.hpp"
#include "entry_at_label.hpp"
#include "row_kernel.hpp"
#include "slope.hpp"
#include "tile_copy.hpp"

// The outputs of a row kernel, whatever their containers.
namespace eigenloss {
namespace detail {

// Numbers between `data` and the cache line before it, or -1 where the steps of a tile differ in
// that.
template <class T>
Index past_line(const AxisCut& cut, const T* data) {
  if (!data || cut.inner % numbers_in_line<T> != 0 || !std::is_arithmetic<T>::value) return -1;
  return Index(reinterpret_cast<std::uintptr_t>(data) % 64 / sizeof(T));
}

// What a pass writes: the slopes of a kernel, each times the scale of its row, into a sink for each
// gradient. With `add`, they are added to what stands there; with `streams`, they bypass the cache.
template <class Kernel, class T, class Sinks>
class RowOutputs {
  using VA = typename Across<T>::V;
  static constexpr bool only_at_label = OnlyAtLabel<Kernel>::value;
  template <class Out>
  static constexpr bool skipped = std::is_same<Out, Sink<T, Skip>>::value;

 public:
  RowOutputs(const Sinks& sinks, const AxisCut& cut, bool add, bool streams)
      : sinks_(sinks), cut_(cut), add_(add), streams_(streams) {}

  // The slopes of one row for gradient G.
  template <std::size_t G>
  auto along(Index row, T scale, bool streams) const {
    const auto& sink = std::get<G>(sinks_);
    using Out = std::decay_t<decltype(sink)>;
    if constexpr (skipped<Out>) {
      (void)row, (void)scale, (void)streams;
      return NoSlope();
    } else {
      return Slope<Along<T>, Out>(sink, cut_.size, cut_.first_of(row), cut_.inner, add_, streams,
                                  scale);
    }
  }

  // The slopes of a tile, in place or in its copies.
  template <std::size_t G, class Labels>
  auto across(Index row, Index count, const VA& scale, const Labels& labels,
              const Copies<T>& copies) const {
    const auto& sink = std::get<G>(sinks_);
    using Out = std::decay_t<decltype(sink)>;
    (void)row, (void)count, (void)scale, (void)labels, (void)copies;
    if constexpr (skipped<Out>) {
      return NoSlope();
    } else if constexpr (only_at_label) {
      return SlopeAtLabel<Across<T>, Out>(sink, labels, count, add_, scale);
    } else {
      using S = Slope<Across<T>, Out>;
      constexpr Index lanes = VA::lanes;
      if (copies) {
        return S(sink, cut_.size, 0, 0, lanes, copies.at(G), lanes, false, false, scale);
      }
      const Index first = cut_.first_of(row);
      T* data = sink.data() ? sink.data() + first : nullptr;
      const bool streams = streams_ && count == lanes && past_line(cut_, data) == 0;
      return S(sink, cut_.size, first, cut_.inner, count, data, cut_.inner, add_, streams, scale);
    }
  }
  // Writes gradient G of tiles from its copy.
  template <std::size_t G>
  void copy_out(Index row, Index count, const T* copy) const {
    const auto& sink = std::get<G>(sinks_);
    if constexpr (!skipped<std::decay_t<decltype(sink)>>) {
      TileCopy<T>(cut_).out(sink, row, count, add_, streams_, copy);
    }
    (void)sink, (void)row, (void)count, (void)copy;
  }

  // Gradients of 0, of rows that count nothing or whose slopes are 0 but at the label.
  void clear(Index row, Index count) const {
    if (add_) return;
    std::apply([&](const auto&... sink) { (clear(sink, row, count), ...); }, sinks_);
  }

 private:
  void clear(const Sink<T, Skip>&, Index, Index) const {}
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

  const Sinks& sinks_;
  const AxisCut& cut_;
  const bool add_, streams_;
};

}  // namespace detail
}  // namespace eigenloss
