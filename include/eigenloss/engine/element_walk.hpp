// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

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
  using V = Vector<T>;
  static constexpr Index width = V::lanes;
  static constexpr Index chunk = 512;  // elements that are buffered at a time, where they must be
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
    if constexpr (values) in_place_ = in_place_ && value_sink.data() != nullptr;
    in_place_ = in_place_ && sinks_in_place();
  }

  // Lets gradients of that many elements bypass the cache, if they are large and aligned alike.
  void stream_outputs(Index elements) {
    if (!first_term_ || values || elements < stream_bytes / Index(sizeof(T)) || !sinks_in_place())
      return;
    streams_ = gradients > 0;
    std::size_t offset = 0;
    std::apply([&](const auto&... sink) { (align(sink, offset), ...); }, sinks_);
    head_ = static_cast<Index>((sizeof(V) - offset) % sizeof(V) / sizeof(T));
    if (offset % sizeof(T) != 0) streams_ = false;
  }

  Partial<T> block(Index first, Index count) const {
    Sums sums;
    Partial<T> partial;
    for (Index done = 0; done < count;) {
      const Index here = in_place_ ? count : (std::min)(chunk, count - done);
      piece(first + done, here, sums, partial);
      done += here;
    }
    if constexpr (ranges > 0) {
      if (any(sums.refused)) partial.refused = find_refused(first, count);
    }
    if constexpr (summed) {
      if (count >= width) partial.loss.add(sums.loss);
    }
    if constexpr (counted) partial.counted.add(sums.counted);
    if (streams_) end_streaming();
    return partial;
  }

  // Whether the numbers of element i are refused because of the k-th range.
  bool refuses(std::size_t k, Index i) const {
    return refuses(k, i, std::make_index_sequence<inputs>{});
  }

 private:
  struct Sums {
    CompensatedSum<V> loss, counted;
    typename V::M refused = V(0) < V(0);
  };
  struct Pointers {  // of one piece
    const T* in[inputs];
    const T* weight;
    T* out[gradients + 1];           // the values come last
    const T* before[gradients + 1];  // what earlier terms of a combination left in `out`
  };
  struct Buffers {
    alignas(64) T in[inputs + 1][chunk];
    alignas(64) T out[gradients + 1][chunk];
    alignas(64) T before[gradients + 1][chunk];
  };

  bool sinks_in_place() const {
    return std::apply([](const auto&... sink) { return (... && in_place(sink)); }, sinks_);
  }
  template <class Out>
  static bool in_place(const Sink<T, Out>& sink) {
    return sink.data() != nullptr;
  }
  static bool in_place(const Sink<T, Skip>&) { return true; }
  template <class Out>
  void align(const Sink<T, Out>& sink, std::size_t& offset) {
    const std::size_t here = reinterpret_cast<std::uintptr_t>(sink.data()) % sizeof(V);
    if (offset != 0 && here != offset) streams_ = false;
    offset = here;
  }
  void align(const Sink<T, Skip>&, std::size_t&) {}

  // ---- One run of elements, in place or in buffers. ----

  void piece(Index first, Index count, Sums& sums, Partial<T>& partial) const {
    Buffers buffers;
    Pointers at{};
    open(first, count, buffers, at, std::make_index_sequence<inputs>{},
         std::make_index_sequence<gradients>{});
    Index i = 0;
    if (streams_) {
      i = (std::min)(head_, count);
      part(at, 0, i, sums, partial);
      i = packs<true, false>(at, i, count, sums);
    } else {
      i = all_packs(at, 0, count, sums);
    }
    part(at, i, count - i, sums, partial);
    if constexpr (values) value_sink_.write(first, count, at.out[gradients]);
    close(first, count, at, std::make_index_sequence<gradients>{});
  }

  template <std::size_t... K, std::size_t... G>
  void open(Index first, Index count, Buffers& buffers, Pointers& at, std::index_sequence<K...>,
            std::index_sequence<G...>) const {
    ((at.in[K] = std::get<K>(operands_).read(first, count, buffers.in[K])), ...);
    if constexpr (Weights::given) at.weight = weights_.read(first, count, buffers.in[inputs]);
    open_sink(value_sink_, first, count, buffers, at, gradients);
    (open_sink(std::get<G>(sinks_), first, count, buffers, at, G), ...);
  }
  template <class Out>
  void open_sink(const Sink<T, Out>& sink, Index first, Index count, Buffers& buffers, Pointers& at,
                 std::size_t g) const {
    at.out[g] = sink.place(first, buffers.out[g]);
    if (!first_term_) at.before[g] = sink.read(first, count, buffers.before[g]);
  }
  static void open_sink(const Sink<T, Skip>&, Index, Index, Buffers&, Pointers& at, std::size_t g) {
    at.out[g] = nullptr;
  }
  template <std::size_t... G>
  void close(Index first, Index count, const Pointers& at, std::index_sequence<G...>) const {
    (close_sink(std::get<G>(sinks_), first, count, at.out[G]), ...);
    (void)first, (void)count, (void)at;
  }
  template <class Out>
  static void close_sink(const Sink<T, Out>& sink, Index first, Index count, const T* out) {
    sink.write(first, count, out);
  }
  static void close_sink(const Sink<T, Skip>&, Index, Index, const T*) {}

  // ---- Packs. ----

  // The full packs of [i, end); returns where they end.
  Index all_packs(const Pointers& at, Index i, Index end, Sums& sums) const {
    return first_term_ ? packs<false, false>(at, i, end, sums)
                       : packs<false, true>(at, i, end, sums);
  }
  // Two losses are added plainly before the compensated sum: that costs their sum half an ulp.
  // What the loop reads is copied, for the compiler to see that no store changes it; and a formula
  // that is called twice would not be inlined on its own.
  template <bool Streamed, bool Later>
  [[gnu::flatten]] Index packs(const Pointers& pointers, Index i, Index end, Sums& total) const {
    const std::conditional_t<std::is_trivially_copy_constructible<Kernel>::value, Kernel,
                             const Kernel&>
        kernel(kernel_);
    const Pointers at = pointers;
    const V scale(scale_);
    Sums sums = total;
    for (; i + 2 * width <= end; i += 2 * width) {
      const V a = step<Streamed, Later>(kernel, at, i, scale, sums);
      const V b = step<Streamed, Later>(kernel, at, i + width, scale, sums);
      if constexpr (summed) sums.loss.add(a + b);
      (void)a, (void)b;
    }
    if (i + width <= end) {
      const V a = step<Streamed, Later>(kernel, at, i, scale, sums);
      if constexpr (summed) sums.loss.add(a);
      (void)a;
      i += width;
    }
    total = sums;
    return i;
  }

  // The elements [i, i + width); returns their weighted losses.
  template <bool Streamed, bool Later>
  EIGEN_STRONG_INLINE V step(const Kernel& kernel, const Pointers& at, Index i, const V& scale,
                             Sums& sums) const {
    const auto e = compute(kernel, at, i, std::make_index_sequence<inputs>{});
    V w = V(1);
    if constexpr (Weights::given) w = V::load(at.weight + i);
    if constexpr (ranges > 0) sums.refused = sums.refused | (outside(at, i) & (w != V(0)));
    V loss = V(0);
    if constexpr (Value) loss = weigh(e.value, w);
    if constexpr (counted) sums.counted.add(where(w == V(0), V(0), R::count(e.value)));
    if constexpr (values) put<false, Later>(value_sink_, at, gradients, i, loss * scale);
    store_all<Streamed, Later>(at, i, e, scale, w, std::make_index_sequence<gradients>{});
    (void)sums;
    return loss;
  }
  template <std::size_t... K>
  static EIGEN_STRONG_INLINE auto compute(const Kernel& kernel, const Pointers& at, Index i,
                                          std::index_sequence<K...> all) {
    const std::array<V, inputs> x{{V::load(at.in[K] + i)...}};
    return element<Value>(kernel, x, all, Predictions{});
  }
  // A masked element counts nothing, whatever its numbers.
  static EIGEN_STRONG_INLINE V weigh(const V& number, const V& w) {
    if constexpr (Weights::given) {
      return where(w == V(0), V(0), number * w);
    } else {
      (void)w;
      return number;
    }
  }
  template <bool Streamed, bool Later, class E, std::size_t... G>
  EIGEN_STRONG_INLINE void store_all(const Pointers& at, Index i, const E& e, const V& scale,
                                     const V& w, std::index_sequence<G...>) const {
    (put<Streamed, Later>(std::get<G>(sinks_), at, G, i, weigh(e.slopes[G] * scale, w)), ...);
    (void)at, (void)i, (void)e, (void)scale, (void)w;
  }
  template <bool Streamed, bool Later, class Out>
  static EIGEN_STRONG_INLINE void put(const Sink<T, Out>&, const Pointers& at, std::size_t g,
                                      Index i, const V& result) {
    if constexpr (std::is_same<Out, Skip>::value) {
      (void)at, (void)g, (void)i, (void)result;
    } else if constexpr (Streamed) {
      stream(at.out[g] + i, result);
    } else if constexpr (Later) {
      (V::load(at.before[g] + i) + result).store(at.out[g] + i);
    } else {
      result.store(at.out[g] + i);
    }
  }

  // The elements [i, i + count) with count < width, at the ends: in copies that repeat the last of
  // them.
  void part(const Pointers& at, Index i, Index count, Sums& sums, Partial<T>& partial) const {
    if (count == 0) return;
    alignas(64) T in[inputs + 1][width];
    alignas(64) T out[gradients + 1][width];
    alignas(64) T before[gradients + 1][width];
    Pointers copy{};
    const auto repeat_last = [&](const T* from, T* to) {
      for (Index k = 0; k < width; ++k) to[k] = from[i + (std::min)(k, count - 1)];
      return to;
    };
    for (std::size_t k = 0; k < inputs; ++k) copy.in[k] = repeat_last(at.in[k], in[k]);
    if constexpr (Weights::given) copy.weight = repeat_last(at.weight, in[inputs]);
    for (std::size_t g = 0; g <= gradients; ++g) {
      copy.out[g] = out[g];
      if (!first_term_ && at.out[g]) copy.before[g] = repeat_last(at.before[g], before[g]);
    }
    Sums here;
    all_packs(copy, 0, width, here);
    for (std::size_t g = 0; g <= gradients; ++g) {
      if (at.out[g]) std::copy_n(out[g], count, at.out[g] + i);
    }
    if constexpr (summed) add_lanes(here.loss.sum, count, partial.loss);
    if constexpr (counted) add_lanes(here.counted.sum, count, partial.counted);
    if constexpr (ranges > 0) sums.refused = sums.refused | here.refused;
    (void)before, (void)sums, (void)partial;
  }
  static void add_lanes(const V& pack, Index count, Total<T>& total) {
    T lanes[width];
    pack.store(lanes);
    for (Index k = 0; k < count; ++k) total.add(typename Total<T>::Value(lanes[k]));
  }

  // ---- Refused numbers. ----

  template <class P>
  static EIGEN_STRONG_INLINE auto outside(const Range& range, const P& number) {
    const auto inside = (number >= P(range.low)) & (number <= P(range.high));
    return range.nan ? ~(inside | (number != number)) : ~inside;
  }
  static EIGEN_STRONG_INLINE auto outside(const Pointers& at, Index i) {
    auto found = V(0) < V(0);
    for (std::size_t k = 0; k < ranges; ++k) {
      const Range& range = RangesOf<Kernel>::value[k];
      found = found | outside(range, V::load(at.in[range.argument] + i));
    }
    return found;
  }
  template <std::size_t... K>
  bool refuses(std::size_t k, Index i, std::index_sequence<K...>) const {
    if constexpr (ranges > 0) {
      if constexpr (Weights::given) {
        if (weights_.at(i) == T(0)) return false;
      }
      const T numbers[] = {std::get<K>(operands_).at(i)...};
      const Range& range = RangesOf<Kernel>::value[k];
      return any(outside(range, Single<T>(numbers[range.argument])));
    }
    (void)k, (void)i;
    return false;
  }
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
  bool in_place_ = true;
  bool streams_ = false;
  Index head_ = 0;
};

}  // namespace detail
}  // namespace eigenloss
