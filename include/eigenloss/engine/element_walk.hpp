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
  // Four registers compute side by side, for one compensated sum; at the end of a run one by one.
  using V = Vector<T, 4>;
  using Last = Vector<T>;
  static constexpr Index chunk = buffered<T>;  // elements at a time, where they are buffered
  static constexpr std::size_t inputs = sizeof...(Operands);
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  using Inputs = std::make_index_sequence<inputs>;
  using Gradients = std::make_index_sequence<gradients>;
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
        operands_(operands...),
        start_{{operands.data()...}, weights.data(), {}} {
    const auto at = [&](const auto&... out) { start_.out = {{out.data()..., value_sink.data()}}; };
    std::apply(at, sinks);
    in_place_ = first_term && (... && (operands.data() != nullptr)) && outputs_in_place();
    if constexpr (Weights::given) in_place_ = in_place_ && start_.weight != nullptr;
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

  // One function, but for what is rare: to call more costs as much as a few elements.
  [[gnu::noinline, gnu::flatten]] Partial<T> block(Index first, Index count) const {
    Sums sums;
    Buffers buffers;
    Pointers opened;
    for (Index done = 0; done < count;) {
      const Index here = in_place_ ? count : (std::min)(chunk, count - done);
      if (!in_place_) opened = open(first + done, here, buffers, Inputs{}, Gradients{});
      // Not a copy of `start_`, whose vectors would wait for the stores of its parts.
      run(in_place_ ? start_ : opened, in_place_ ? first : 0, here, sums);
      if (!in_place_) close(first + done, here, opened, Gradients{});
      done += here;
    }
    Partial<T> partial;
    if constexpr (ranges > 0) {
      if (sums.refused) partial.refused = find_refused(first, count);
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
    bool refused = false;
  };
  struct Pointers {
    std::array<const T*, inputs> in;
    const T* weight;
    std::array<T*, gradients + 1> out;  // the values come last
  };
  struct Buffers {
    alignas(64) T in[inputs + 1][chunk];
    alignas(64) T out[gradients + 1][chunk];
  };

  bool outputs_in_place() const {
    return std::apply([](const auto&... sink) { return (... && sink.in_place()); }, sinks_) &&
           value_sink_.in_place();
  }

  // ---- Runs of elements that are not all in place. ----

  template <std::size_t... K, std::size_t... G>
  [[gnu::noinline]] Pointers open(Index first, Index count, Buffers& buffers,
                                  std::index_sequence<K...>, std::index_sequence<G...>) const {
    return {{{std::get<K>(operands_).read(first, count, buffers.in[K])...}},
            weights_.read(first, count, buffers.in[inputs]),
            {{open_sink(std::get<G>(sinks_), first, buffers.out[G])...,
              open_sink(value_sink_, first, buffers.out[gradients])}}};
  }
  template <class Out>
  T* open_sink(const Sink<T, Out>& sink, Index first, T* buffer) const {
    return first_term_ && !streams_buffers_ ? sink.place(first, buffer) : buffer;
  }
  static T* open_sink(const Sink<T, Skip>&, Index, T*) { return nullptr; }

  template <std::size_t... G>
  [[gnu::noinline]] void close(Index first, Index count, const Pointers& at,
                               std::index_sequence<G...>) const {
    close_sink(value_sink_, first, count, at.out[gradients]);
    (close_sink(std::get<G>(sinks_), first, count, at.out[G]), ...);
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

  // What the loop reads is copied, for the compiler to see that no store changes it.
  void run(const Pointers& pointers, Index first, Index count, Sums& total) const {
    const Held<Kernel> kernel(kernel_);
    const Pointers at = pointers;
    const T scale = scale_;
    const bool streams = streams_;
    const Index end = first + count;
    Sums sums = total;
    Index i = first;
    for (; i + V::lanes <= end; i += V::lanes) {
      step<V>(kernel, at, i, AllLanes{}, scale, streams, sums);
      for (const T* in : at.in) prefetch_next_page(in + i, V::lanes);  // last: it ends hoisting
    }
    for (; i + Last::lanes <= end; i += Last::lanes)
      step<Last>(kernel, at, i, AllLanes{}, scale, false, sums);
    if (i < end) step<Last>(kernel, at, i, end - i, scale, false, sums);
    total = sums;
  }

  // The elements of one pack P, or the first `lanes` of them. The losses of its registers are added
  // plainly before the compensated sum: that costs their sum an ulp.
  template <class P, class Lanes>
  EIGEN_STRONG_INLINE void step(const Kernel& kernel, const Pointers& at, Index i, Lanes lanes,
                                T scale, bool streams, [[maybe_unused]] Sums& sums) const {
    const auto x = load_all<P>(at, i, lanes, Inputs{});
    const auto e = element<Value>(kernel, x, Inputs{}, Predictions{});
    P w = P(1);
    if constexpr (Weights::given) w = load<P>(at.weight + i, lanes);
    if constexpr (ranges > 0) sums.refused |= any(any_outside<Kernel>(x) & (w != P(0)));
    if constexpr (Value) {
      const P loss = unmasked(Weights::given ? e.value * w : e.value, w);
      if constexpr (summed) sums.loss.add(sum_of_registers(only_first(loss, lanes)));
      if constexpr (values) store(loss * P(scale), at.out[gradients] + i, lanes);
    }
    if constexpr (counted) {
      const P count = where(w == P(0), P(0), R::count(e.value));
      sums.count.add(sum_of_registers(only_first(count, lanes)));
    }
    store_all(at, i, lanes, e, P(scale), w, streams, Gradients{});
  }
  template <class P, class Lanes, std::size_t... K>
  static EIGEN_STRONG_INLINE std::array<P, inputs> load_all(const Pointers& at, Index i,
                                                            Lanes lanes,
                                                            std::index_sequence<K...>) {
    return {{load<P>(at.in[K] + i, lanes)...}};
  }
  // A masked element counts nothing, whatever its numbers.
  template <class P>
  static EIGEN_STRONG_INLINE P unmasked(const P& number, const P& w) {
    return Weights::given ? where(w == P(0), P(0), number) : number;
  }
  template <class P, class Lanes, class E, std::size_t... G>
  EIGEN_STRONG_INLINE void store_all(const Pointers& at, Index i, Lanes lanes, const E& e,
                                     const P& scale, const P& w, bool streams,
                                     std::index_sequence<G...>) const {
    const P share = Weights::given ? scale * w : scale;  // a small weight meets a large scale first
    (put(std::get<G>(sinks_), at.out[G], i, lanes, unmasked(e.slopes[G] * share, w), streams), ...);
    (void)at, (void)i, (void)lanes, (void)e, (void)share, (void)streams;
  }
  template <class Out, class P, class Lanes>
  static EIGEN_STRONG_INLINE void put(const Sink<T, Out>&, T* out, Index i, Lanes lanes,
                                      const P& gradient, bool streams) {
    if constexpr (!std::is_same<Out, Skip>::value) {
      if (streams) return stream(out + i, gradient);
      store(gradient, out + i, lanes);
    }
    (void)out, (void)i, (void)lanes, (void)gradient, (void)streams;
  }

  // ---- Refused numbers. ----

  [[gnu::noinline]] Index find_refused(Index first, Index count) const {
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
  Pointers start_;  // where all is in place
  bool in_place_ = true, streams_ = false, streams_buffers_ = false;
};

}  // namespace detail
}  // namespace eigenloss
