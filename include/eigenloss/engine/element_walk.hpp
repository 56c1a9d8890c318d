// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/lanes.hpp"
#include "../detail/stream.hpp"
#include "element.hpp"
#include "verbs.hpp"

namespace eigenloss {
namespace detail {

// One pass over the elements. Operands, weights and sinks read and write runs of elements in
// storage order.
template <bool Value, class R, class Kernel, class T, class Predictions, class Weights,
          class ValueSink, class Sinks, class... Operands>
class ElementWalk {
  using V = Vector<T, 2>;  // two registers: one computes while the other waits for itself
  static constexpr Index width = V::lanes;
  static constexpr Index chunk = buffered<T>;  // elements at a time, where they are buffered
  static constexpr std::size_t inputs = sizeof...(Operands);
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  static constexpr std::size_t ranges = RangesOf<Kernel>::value.size();
  static constexpr bool values = !std::is_same<ValueSink, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  static constexpr bool counted = summed && Counts<R, V>::value;

 public:
  ElementWalk(const Kernel& kernel, const Weights& weights, const T& scale, bool first_term,
              const ValueSink& value_sink, const Sinks& sinks, const Operands&... operands)
      : kernel_(kernel),
        weights_(weights),
        scale_(scale),
        first_term_(first_term),
        value_sink_(value_sink),
        sinks_(sinks),
        operands_(operands...) {
    in_place_ = (... && (operands.data() != nullptr));
    if constexpr (Weights::given) in_place_ = in_place_ && weights.data() != nullptr;
    in_place_ = in_place_ && first_term && outputs_in_place();
  }

  // Lets gradients of that many elements bypass the cache, if they are too large to stay in it:
  // straight away where that is possible, else from buffers.
  void stream_outputs(Index elements) {
    if constexpr (wanted < Sinks >> 0 && !values) {
      const bool streams =
          first_term_ && outlasts_cache<T>(elements * wanted<Sinks>) && outputs_in_place();
      const auto can = [](const auto&... sink) { return (... && can_stream<V>(sink.data())); };
      streams_ = streams && std::apply(can, sinks_);
      streams_buffers_ = streams && !streams_;
      in_place_ = in_place_ && !streams_buffers_;
    }
    (void)elements;
  }

  Partial<T> block(Index first, Index count) const {
    Sums sums;
    if constexpr (ranges > 0) sums.refused = V(0) < V(0);
    for (Index done = 0; done < count;) {
      const Index here = in_place_ ? count : (std::min)(chunk, count - done);
      piece(first + done, here, sums);
      done += here;
    }
    Partial<T> partial;
    if constexpr (ranges > 0) {
      if (any(sums.refused)) partial.refused = find_refused(first, count);
    }
    if constexpr (summed) partial.loss = Total<T>(sums.loss);
    if constexpr (counted) partial.counted = Total<T>(sums.count);
    if (streams_ || streams_buffers_) end_streaming();
    return partial;
  }

  // Whether the numbers of element i are refused because of the k-th range.
  bool refuses(std::size_t k, Index i) const {
    if constexpr (ranges > 0) {
      if constexpr (Weights::given) {
        if (weights_.at(i) == T(0)) return false;
      }
      const auto at_i = [i](const auto&... operand) { return std::array{T(operand.at(i))...}; };
      const Range& range = RangesOf<Kernel>::value[k];
      return any(outside(range, Single<T>(std::apply(at_i, operands_)[range.argument])));
    }
    (void)k, (void)i;
    return false;
  }

 private:
  struct Sums {
    std::conditional_t<summed, CompensatedSum<Vector<T>>, Skip> loss;
    std::conditional_t<counted, CompensatedSum<Vector<T>>, Skip> count;
    std::conditional_t<(ranges > 0), typename V::M, Skip> refused;
  };
  struct Pointers {  // of one piece
    const T* in[inputs];
    const T* weight;
    T* out[gradients + 1];  // the values come last
  };
  struct Buffers {
    alignas(64) T in[inputs + 1][chunk];
    alignas(64) T out[gradients + 1][chunk];
  };

  bool outputs_in_place() const {
    return std::apply([](const auto&... sink) { return (... && sink.in_place()); }, sinks_) &&
           value_sink_.in_place();
  }

  // ---- One run of elements, in place or in buffers. ----

  void piece(Index first, Index count, Sums& sums) const {
    Buffers buffers;
    Pointers at{};
    open(first, count, buffers, at, std::make_index_sequence<inputs>{},
         std::make_index_sequence<gradients>{});
    run(at, count, sums);
    close_sink(value_sink_, first, count, at.out[gradients]);
    close(first, count, at, std::make_index_sequence<gradients>{});
  }

  template <std::size_t... K, std::size_t... G>
  void open(Index first, Index count, Buffers& buffers, Pointers& at, std::index_sequence<K...>,
            std::index_sequence<G...>) const {
    ((at.in[K] = std::get<K>(operands_).read(first, count, buffers.in[K])), ...);
    if constexpr (Weights::given) at.weight = weights_.read(first, count, buffers.in[inputs]);
    at.out[gradients] = open_sink(value_sink_, first, buffers.out[gradients]);
    ((at.out[G] = open_sink(std::get<G>(sinks_), first, buffers.out[G])), ...);
  }
  template <class Out>
  T* open_sink(const Sink<T, Out>& sink, Index first, T* buffer) const {
    return first_term_ && !streams_buffers_ ? sink.place(first, buffer) : buffer;
  }
  static T* open_sink(const Sink<T, Skip>&, Index, T*) { return nullptr; }
  template <std::size_t... G>
  void close(Index first, Index count, const Pointers& at, std::index_sequence<G...>) const {
    (close_sink(std::get<G>(sinks_), first, count, at.out[G]), ...);
    (void)first, (void)count, (void)at;
  }
  template <class Out>
  void close_sink(const Sink<T, Out>& sink, Index first, Index count, T* out) const {
    if (streams_buffers_) {
      stream(out, count, sink.data() + first);
    } else if (first_term_) {
      sink.write(first, count, out);
    } else {
      sink.add(first, count, out);
    }
  }
  static void close_sink(const Sink<T, Skip>&, Index, Index, T*) {}

  // ---- Packs. ----

  // What the loop reads is copied, for the compiler to see that no store changes it; and a formula
  // that is called twice would not be inlined on its own.
  [[gnu::flatten]] void run(const Pointers& pointers, Index count, Sums& total) const {
    const Held<Kernel> kernel(kernel_);
    const Pointers at = pointers;
    const V scale(scale_);
    const bool streams = streams_;
    Sums sums = total;
    Index i = 0;
    for (; i + width <= count; i += width) {
      step(kernel, at, i, AllLanes{}, scale, streams, sums);
      for (const T* in : at.in) prefetch_next_page(in + i, width);  // last: it ends GCC's hoisting
    }
    if (i < count) step(kernel, at, i, count - i, scale, false, sums);
    total = sums;
  }

  // The elements of one pack, or the first `lanes` of them. The losses of its registers are added
  // plainly before the compensated sum: that costs their sum half an ulp.
  template <class Lanes>
  EIGEN_STRONG_INLINE void step(const Kernel& kernel, const Pointers& at, Index i, Lanes lanes,
                                const V& scale, bool streams, [[maybe_unused]] Sums& sums) const {
    const auto all = std::make_index_sequence<inputs>{};
    const auto x = load_all(at, i, lanes, all);
    const auto e = element<Value>(kernel, x, all, Predictions{});
    V w = V(1);
    if constexpr (Weights::given) w = load<V>(at.weight + i, lanes);
    if constexpr (ranges > 0) sums.refused = sums.refused | (any_outside<Kernel>(x) & (w != V(0)));
    if constexpr (Value) {
      const V loss = unmasked(Weights::given ? e.value * w : e.value, w);
      if constexpr (summed) sums.loss.add(sum_of_registers(only_first(loss, lanes)));
      if constexpr (values) store(loss * scale, at.out[gradients] + i, lanes);
    }
    if constexpr (counted) {
      const V count = where(w == V(0), V(0), R::count(e.value));
      sums.count.add(sum_of_registers(only_first(count, lanes)));
    }
    store_all(at, i, lanes, e, scale, w, streams, std::make_index_sequence<gradients>{});
  }
  template <class Lanes, std::size_t... K>
  static EIGEN_STRONG_INLINE std::array<V, inputs> load_all(const Pointers& at, Index i,
                                                            Lanes lanes,
                                                            std::index_sequence<K...>) {
    return {{load<V>(at.in[K] + i, lanes)...}};
  }
  // A masked element counts nothing, whatever its numbers.
  static EIGEN_STRONG_INLINE V unmasked(const V& number, const V& w) {
    return Weights::given ? where(w == V(0), V(0), number) : number;
  }
  template <class Lanes, class E, std::size_t... G>
  EIGEN_STRONG_INLINE void store_all(const Pointers& at, Index i, Lanes lanes, const E& e,
                                     const V& scale, const V& w, bool streams,
                                     std::index_sequence<G...>) const {
    const V share = Weights::given ? scale * w : scale;  // a small weight meets a large scale first
    (put(std::get<G>(sinks_), at.out[G], i, lanes, unmasked(e.slopes[G] * share, w), streams), ...);
    (void)at, (void)i, (void)lanes, (void)e, (void)share, (void)streams;
  }
  template <class Out, class Lanes>
  static EIGEN_STRONG_INLINE void put(const Sink<T, Out>&, T* out, Index i, Lanes lanes,
                                      const V& gradient, bool streams) {
    if constexpr (!std::is_same<Out, Skip>::value) {
      if (streams) return stream(out + i, gradient);
      store(gradient, out + i, lanes);
    }
    (void)out, (void)i, (void)lanes, (void)gradient, (void)streams;
  }

  // ---- Refused numbers. ----

  Index find_refused(Index first, Index count) const {
    for (Index i = first; i < first + count; ++i) {
      for (std::size_t k = 0; k < ranges; ++k) {
        if (refuses(k, i)) return i;
      }
    }
    return -1;
  }

  const Kernel& kernel_;
  const Weights& weights_;
  const T scale_;
  const bool first_term_;
  const ValueSink& value_sink_;
  const Sinks& sinks_;
  const std::tuple<const Operands&...> operands_;
  bool in_place_ = true, streams_ = false, streams_buffers_ = false;
};

}  // namespace detail
}  // namespace eigenloss
