// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>

#include "../detail/lanes.hpp"
#include "../detail/output.hpp"
#include "../detail/transpose.hpp"
#include "axis.hpp"
#include "row.hpp"

// Rows copied into tiles and back, where they do not lie side by side or their steps lie far apart:
// entry c of row k of a tile is number c·lanes + k of its copy, and tile follows upon tile.
namespace eigenloss {
namespace detail {

// to(c, r) = from(r, c), in squares of registers that overlap at the ends where they must.
template <class T>
void transpose(const T* from, Index rows, Index columns, Index from_stride, T* to,
               Index to_stride) {
  using V = Vector<T>;
  constexpr Index width = V::lanes;
  const Index high = (std::min)(rows, width), wide = (std::min)(columns, width);
  const Index narrow = (std::min)(high, wide);
  if (!V::simd || narrow < (loads_some ? (width + 2) / 3 : width)) {
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < columns; ++c) to[c * to_stride + r] = from[r * from_stride + c];
    }
    return;
  }
  if constexpr (V::simd) {
    for (Index r = 0; r < rows; r += width) {
      const Index row = (std::min)(r, rows - high);
      for (Index c = 0; c < columns; c += width) {
        const Index column = (std::min)(c, columns - wide);
        const T* const block = from + row * from_stride + column;
        T* const place = to + column * to_stride + row;
        if (high == width && wide == width) {
          copy_transposed(typename V::Register(), block, from_stride, place, to_stride);
        } else {
          copy_transposed(typename V::Register(), block, high, wide, from_stride, place, to_stride);
        }
      }
    }
  }
}

// Copies of the same tiles, one for each input or output; or none.
template <class T>
struct Copies {
  T* numbers = nullptr;
  Index each = 0;  // numbers in a copy

  explicit operator bool() const { return numbers; }
  T* at(std::size_t i) const { return numbers + Index(i) * each; }
  Copies from(Index number) const { return {numbers + number, each}; }
};

template <class T>
class TileCopy {
  using Tile = typename Across<T>::V;

 public:
  static constexpr Index lanes = Tile::lanes;
  // Numbers in all copies of the inputs of a tile: of rows of up to 200 entries altogether, as longer
  // ones cost less, as measured, one by one.
  static constexpr Index capacity =
      sizeof(T) <= 32 ? 200 * lanes : (std::min)(200 * lanes, 4 * buffered<T>);
  // Tiles that are copied at once: of each step, four cache lines.
  static constexpr Index group = (std::max)(Index(1), 4 * numbers_in_line<T> / lanes);

  explicit TileCopy(const AxisCut& cut) : cut_(cut) {}

  // Whether copies of groups, each of so many numbers, fit, and pay as measured for gradients: where
  // each step of a tile is another page, and not in a cache that is near.
  bool groups(Index each) const {
    constexpr Index far_apart = (Index(1) << 14) / Index(sizeof(T)), many = 256 * far_apart;
    return cut_.size * group * lanes <= each && cut_.inner >= far_apart &&
           cut_.outer * cut_.size * cut_.inner >= many;
  }

  // Copies the rows [row, row + count), at most a group. The lanes of missing rows repeat the last
  // one.
  template <class Source>
  void in(const Source& source, Index row, Index count, T* copy) const {
    const Index size = cut_.size;
    if (whole_group(row, count)) {
      T buffer[group * lanes];
      const Index first = cut_.first_of(row), tile = size * lanes;
      const Later later(size, cut_.inner);
      for (Index c = 0; c < size; ++c, copy += lanes) {
        if (source.data()) later.ask(c, source.data() + first + c * cut_.inner);
        const T* step = source.read(first + c * cut_.inner, group * lanes, buffer);
#pragma GCC unroll 8
        for (Index k = 0; k < group; ++k) Tile::load(step + k * lanes).store(copy + k * tile);
      }
      return;
    }
    for (; count > 0; row += lanes, count -= lanes, copy += size * lanes) {
      in_tile(source, row, (std::min)(count, lanes), copy);
    }
  }

  // Writes the rows [row, row + count), past the cache where that `streams`, or adds them to what
  // stands in the storage.
  template <class Out>
  void out(const Sink<T, Out>& sink, Index row, Index count, bool add, bool streams,
           const T* copy) const {
    const Index size = cut_.size;
    if (whole_group(row, count)) {
      alignas(64) T buffer[group * lanes];
      const Index first = cut_.first_of(row), tile = size * lanes;
      T* const data = add || streams ? nullptr : sink.data();
      const Later later(size, cut_.inner);
      for (Index c = 0; c < size; ++c, copy += lanes) {
        const Index start = first + c * cut_.inner;
        if (data) later.template ask<true>(c, data + start);
        T* step = data ? data + start : buffer;
#pragma GCC unroll 8
        for (Index k = 0; k < group; ++k) Tile::load(copy + k * tile).store(step + k * lanes);
        if (!data) put(sink, start, group * lanes, add, streams, buffer);
      }
      return;
    }
    for (; count > 0; row += lanes, count -= lanes, copy += size * lanes) {
      out_tile(sink, row, (std::min)(count, lanes), add, streams, copy);
    }
  }

 private:
  // Numbers that are read or written at a time: a tile or, if that is more, a register of rows.
  static constexpr Index some = (std::max)(4 * buffered<T>, capacity / Tile::registers);
  Index rows_in_some() const { return cut_.size * lanes <= some ? lanes : Index(Tile::width); }
  using Later = LaterSteps<T, group * lanes>;
  bool whole_group(Index row, Index count) const {
    return count == group * lanes && cut_.inner - row % cut_.inner >= count;
  }

  template <class Source>
  void in_tile(const Source& source, Index row, Index count, T* copy) const {
    const Index size = cut_.size;
    if (cut_.inner == 1) {
      // A block is read across, which no processor foresees as it does numbers in sequence: where
      // rows come from memory, those of the next tile are asked for, which may outgrow the nearest
      // cache.
      const bool asks = !foresees_pages && outlasts_cache<T>(cut_.outer * size);
      T buffer[some];
      Index k = 0;
      do {
        const Index rows = (std::min)(rows_in_some(), count - k), first = (row + k) * size;
        if (asks && source.data()) {
          prefetch<false, 2>(source.data() + first + lanes * size, rows * size);
        }
        transpose(source.read(first, rows * size, buffer), rows, size, size, copy + k, lanes);
        k += rows;
      } while (k < count);
    } else {
      runs(row, count, [&](Index lane, Index rows, Index first) {
        T buffer[lanes];
        for (Index c = 0; c < size; ++c) {
          copy_few<lanes>(source.read(first + c * cut_.inner, rows, buffer), rows,
                          copy + c * lanes + lane);
        }
      });
    }
    for (Index c = 0; count < lanes && c < size; ++c) {
      std::fill(copy + c * lanes + count, copy + (c + 1) * lanes, copy[c * lanes + count - 1]);
    }
  }
  template <class Out>
  void out_tile(const Sink<T, Out>& sink, Index row, Index count, bool add, bool streams,
                const T* copy) const {
    const Index size = cut_.size;
    if (cut_.inner == 1) {
      alignas(64) T buffer[some];
      Index k = 0;
      do {
        const Index rows = (std::min)(rows_in_some(), count - k), first = (row + k) * size;
        T* to = add || streams ? buffer : sink.place(first, buffer);
        transpose(copy + k, size, rows, lanes, to, size);
        put(sink, first, rows * size, add, streams, to);
        k += rows;
      } while (k < count);
    } else {
      runs(row, count, [&](Index lane, Index rows, Index first) {
        T buffer[lanes];
        for (Index c = 0; c < size; ++c) {
          T* to = add ? buffer : sink.place(first + c * cut_.inner, buffer);
          copy_few<lanes>(copy + c * lanes + lane, rows, to);
          put(sink, first + c * cut_.inner, rows, add, false, to);
        }
      });
    }
  }
  // The rows of a tile lie side by side in runs: run(lane of its first row, its rows, where the
  // first entries of those lie).
  template <class Run>
  void runs(Index row, Index count, const Run& run) const {
    for (Index lane = 0; lane < count;) {
      const Index rows = (std::min)(count - lane, cut_.inner - (row + lane) % cut_.inner);
      run(lane, rows, cut_.first_of(row + lane));
      lane += rows;
    }
  }
  template <class Out>
  static void put(const Sink<T, Out>& sink, Index first, Index count, bool add, bool streams,
                  T* numbers) {
    if (streams && sink.data()) {
      stream(numbers, count, sink.data() + first);
    } else if (add) {
      sink.add(first, count, numbers);
    } else {
      sink.write(first, count, numbers);
    }
  }

  const AxisCut& cut_;
};

}  // namespace detail
}  // namespace eigenloss
