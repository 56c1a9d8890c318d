// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "element_walk.hpp"
#include "operands.hpp"

// The gradient of an input that is repeated along an axis: the sum of the slopes along it.
namespace eigenloss {
namespace detail {

// The sink of slopes that are added up: a buffer that begins with the slope of element `first`.
template <class T>
struct SlopeBuffer {};
template <class T>
class Sink<T, SlopeBuffer<T>> {
 public:
  Sink(T* buffer, Index first) : buffer_(buffer), first_(first) {}
  static constexpr bool in_place() { return false; }
  T* data() const { return nullptr; }
  T* place(Index first, T*) const { return buffer_ + (first - first_); }
  void write(Index, Index, const T*) const {}
  void add(Index, Index, const T*) const {}

 private:
  T* buffer_;
  Index first_;
};

// Computes the slopes once more, tile by tile, and adds them up in an order that depends on the
// shape alone. A tile covers `lines` runs of (size, inner) elements where several fit in a buffer;
// otherwise a part of one.
template <class Kernel, class T, class Gradients, class Weights, class Out, class Operands>
class RepeatedGradient {
  static constexpr Index chunk = 512;
  using Value = typename Total<T>::Value;

 public:
  RepeatedGradient(const Kernel& kernel, const Weights& weights, const T& scale, bool first_term,
                   const Sink<T, Out>& sink, const AxisCut& cut, const Operands& operands)
      : kernel_(kernel),
        weights_(weights),
        scale_(scale),
        first_term_(first_term),
        sink_(sink),
        cut_(cut),
        operands_(operands),
        width_((std::min)(cut.inner, chunk)),
        lines_((std::max)(Index(1),
                          chunk / (std::max)({Index(1), cut.inner, cut.size * cut.inner}))) {}

  Index tiles() const {
    if (cut_.inner == 0) return 0;
    return ((cut_.outer + lines_ - 1) / lines_) * tiles_of_a_line();
  }
  double cycles() const {
    return 24.0 / Vector<T>::lanes * double(cut_.size) * double(width_) * double(lines_);
  }

  void tile(Index index) const {
    const Index line = index / tiles_of_a_line() * lines_;
    const Index column = index % tiles_of_a_line() * width_;
    const Index lines = (std::min)(lines_, cut_.outer - line);
    const Index width = (std::min)(width_, cut_.inner - column);
    Total<T> sums[chunk];
    // Elements that follow one another: whole lines, or a few rows of one line, or a part of one
    // row.
    const Index rows = width == cut_.inner ? (std::max)(Index(1), chunk / width) : 1;
    T slopes[chunk];
    for (Index row = 0; row < cut_.size * lines; row += rows) {
      const Index here = (std::min)(rows, cut_.size * lines - row);
      compute(((line * cut_.size) + row) * cut_.inner + column, here * width, slopes);
      for (Index r = 0; r < here; ++r) {
        Total<T>* const of_line = sums + (row + r) / cut_.size * width;
        for (Index i = 0; i < width; ++i) of_line[i].add(Value(slopes[r * width + i]));
      }
    }
    for (Index l = 0; l < lines; ++l) {
      for (Index i = 0; i < width; ++i) {
        const Index entry = (line + l) * cut_.inner + column + i;
        const T sum = T(sums[l * width + i].value());
        sink_.set(entry, first_term_ ? sum : T(sink_.at(entry) + sum));
      }
    }
  }

 private:
  Index tiles_of_a_line() const { return (cut_.inner + width_ - 1) / width_; }

  // The weighted, scaled slopes of the elements [first, first + count).
  void compute(Index first, Index count, T* slopes) const {
    using Buffer = Sink<T, SlopeBuffer<T>>;
    const auto sinks = sinks_to(Buffer(slopes, first));
    const ElementWalk<false, Sum, Kernel, T, Gradients, Weights, std::decay_t<decltype(sinks)>,
                      Operands>
        elements(kernel_, weights_, scale_, true, sinks, operands_, 0);
    elements.block(first, count);
  }
  // The last of the gradients, no other, and no values.
  static auto sinks_to(const Sink<T, SlopeBuffer<T>>& last) {
    return std::tuple_cat(std::array<Sink<T, Skip>, Gradients::size() - 1>(),
                          std::make_tuple(last, Sink<T, Skip>()));
  }

  const Kernel& kernel_;
  const Weights& weights_;
  const T scale_;
  const bool first_term_;
  const Sink<T, Out>& sink_;
  const AxisCut cut_;
  const Operands& operands_;
  const Index width_, lines_;
};

template <class Kernel, class T, class Gradients, class Workers, class Weights, class Out,
          class Operands>
void repeated_gradient(const Workers& workers, const Kernel& kernel, const Weights& weights,
                       const T& scale, const Term& term, const Sink<T, Out>& sink,
                       const AxisCut& cut, const Operands& operands) {
  const RepeatedGradient<Kernel, T, Gradients, Weights, Out, Operands> gradient(
      kernel, weights, scale, term.first, sink, cut, operands);
  workers.template reduce<T>(gradient.tiles(), 1, gradient.cycles(), [&](Index index, Index) {
    gradient.tile(index);
    return Partial<T>();
  });
}

}  // namespace detail
}  // namespace eigenloss
