// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>

#include "../detail/lanes.hpp"
#include "../detail/output.hpp"
#include "axis.hpp"
#include "row.hpp"

// Rows that do not lie side by side, copied into a tile and back: entry c of row k of the tile is
// number c·lanes + k of the copy.
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
          transpose_registers(typename V::Register(), block, from_stride, place, to_stride);
        } else {
          transpose_registers(typename V::Register(), block, high, wide, from_stride, place,
                              to_stride);
        }
      }
    }
  }
}

template <class T>
class TileCopy {
 public:
  static constexpr Index lanes = Across<T>::V::lanes;
  static constexpr Index capacity = 4 * buffered<T>;  // numbers in a copy

  explicit TileCopy(const AxisCut& cut) : cut_(cut) {}

  // Copies the rows [row, row + count). The lanes of missing rows repeat the last one.
  template <class Source>
  void in(const Source& source, Index row, Index count, T* copy) const {
    const Index size = cut_.size;
    if (cut_.inner == 1) {
      T buffer[capacity];
      transpose(source.read(row * size, count * size, buffer), count, size, size, copy, lanes);
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

  // Writes the rows [row, row + count), or adds them to what stands in the storage.
  template <class Out>
  void out(const Sink<T, Out>& sink, Index row, Index count, bool add, const T* copy) const {
    const Index size = cut_.size;
    if (cut_.inner == 1) {
      T buffer[capacity];
      T* to = add ? buffer : sink.place(row * size, buffer);
      transpose(copy, size, count, lanes, to, size);
      put(sink, row * size, count * size, add, to);
    } else {
      runs(row, count, [&](Index lane, Index rows, Index first) {
        T buffer[lanes];
        for (Index c = 0; c < size; ++c) {
          T* to = add ? buffer : sink.place(first + c * cut_.inner, buffer);
          copy_few<lanes>(copy + c * lanes + lane, rows, to);
          put(sink, first + c * cut_.inner, rows, add, to);
        }
      });
    }
  }

 private:
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
  static void put(const Sink<T, Out>& sink, Index first, Index count, bool add, T* numbers) {
    if (add) {
      sink.add(first, count, numbers);
    } else {
      sink.write(first, count, numbers);
    }
  }

  const AxisCut& cut_;
};

}  // namespace detail
}  // namespace eigenloss
