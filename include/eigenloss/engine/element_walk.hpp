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
#include "element_sums.hpp"
#include "ranges.hpp"
#include "verbs.hpp"

namespace eigenloss {
namespace detail {

// One pass over the elements, in storage order. Operands is a tuple of readers, Sinks one of sinks: of
// each gradient and, last, of the values.
template <bool Value, class R, class Kernel, class T, class Predictions, class Weights, class Sinks,
          class Operands, Signs Known = SignsOf<Kernel>::value>
class ElementWalk {
  // Four registers compute side by side; at the end of a run one by one.
  using V = Vector<T, 4>;
  using Last = Vector<T>;
  static constexpr Index chunk = buffered<T>;  // elements at a time, where they are buffered
  static constexpr std::size_t inputs = std::tuple_size<Operands>::value;
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value - 1;
  using Inputs = std::make_index_sequence<inputs>;
  using Gradients = std::make_index_sequence<gradients>;
  using Outputs = std::make_index_sequence<gradients + 1>;
  static constexpr std::size_t ranges = RangesOf<Kernel>::value.size();
  static constexpr bool values =
      !std::is_same<std::tuple_element_t<gradients, Sinks>, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  static constexpr bool counted = summed && Counts<R, V>::value;
  // Weights may be below 0. Sums of numbers that are not builtin are not compensated.
  static constexpr Signs found = Weights::given && Known == Signs::one ? Signs::unknown : Known;
  static constexpr Signs signs = Total<T>::builtin ? found : Signs::one;

 public:
  // Gradients of `elements` numbers bypass the cache if they are too large to stay in it: straight
  // away where that is possible, else from buffers.
  ElementWalk(const Kernel& kernel, const Weights& weights, const T& scale, bool first_term,
              const Sinks& sinks, const Operands& operands, Index elements)
      : kernel_(kernel),
        weights_(weights),
        sinks_(sinks),
        operands_(operands),
        scale_(scale),
        first_term_(first_term) {
    const Pointers start = in_place(Inputs{}, Outputs{});
    bool out = true, in = !Weights::given || start.weight != nullptr, aligned = true;
    const auto look = [&](const auto& sink) {
      out = out && sink.in_place();
      aligned = aligned && can_stream<V>(sink.data());
    };
    std::apply([&](const auto&... sink) { (look(sink), ...); }, sinks_);
    for (const T* data : start.in) in = in && data != nullptr;
    if (first_term && out && !values && outlasts_cache<T>(elements * wanted<Sinks>))
      past_cache_ = aligned ? PastCache::straight : PastCache::from_buffers;
    in_place_ = first_term && in && out && past_cache_ != PastCache::from_buffers;
  }

  // One function, but for what is rare: to call more costs as much as a few elements. Calls overlap
  // where they store little: a processor holds some 60 stores back.
  [[gnu::noinline, gnu::flatten]] Partial<T> block(Index first, Index count) const {
    Sums sums;
    Buffers buffers;
    for (Index done = 0; done < count;) {
      const Index here = in_place_ ? count : (std::min)(chunk, count - done);
      Pointers at = in_place(Inputs{}, Outputs{});
      if (!in_place_) at = open(first + done, here, buffers, Inputs{}, Outputs{});
      run(at, in_place_ ? first : 0, here, sums);
      if (!in_place_) close(first + done, here, at, Outputs{});
      done += here;
    }
    Partial<T> partial;
    if constexpr (ranges > 0) {
      if (sums.refused) partial.refused = first;
    }
    if constexpr (summed) partial.loss = Total<T>(sums.loss);
    if constexpr (summed && signs == Signs::unknown) {
      if (sums.lowest.is_negative()) partial.loss = sum_of_both_signs(first, count);
    }
    if constexpr (counted) partial.counted = Total<T>(sums.count);
    if (past_cache_ != PastCache::no) end_streaming();
    return partial;
  }

 private:
  using Sums = ElementSums<T, summed, counted, signs>;
  enum class PastCache { no, straight, from_buffers };  // how gradients are stored
  struct Pointers {
    std::array<const T*, inputs> in;
    const T* weight;
    std::array<T*, gradients + 1> out;  // the values come last
  };
  struct Buffers {
    alignas(64) T in[inputs + 1][chunk];
    alignas(64) T out[gradients + 1][chunk];
  };

  // The numbers in place; nullptr where they are not.
  template <std::size_t... K, std::size_t... G>
  Pointers in_place(std::index_sequence<K...>, std::index_sequence<G...>) const {
    return {
        {{std::get<K>(operands_).data()...}}, weights_.data(), {{std::get<G>(sinks_).data()...}}};
  }

  // ---- Runs of elements that are not all in place. ----

  template <std::size_t... K, std::size_t... G>
  [[gnu::noinline]] Pointers open(Index first, Index count, Buffers& buffers,
                                  std::index_sequence<K...>, std::index_sequence<G...>) const {
    return {{{std::get<K>(operands_).read(first, count, buffers.in[K])...}},
            weights_.read(first, count, buffers.in[inputs]),
            {{open_sink(std::get<G>(sinks_), first, buffers.out[G])...}}};
  }
  template <class Out>
  T* open_sink(const Sink<T, Out>& sink, Index first, T* buffer) const {
    return first_term_ && past_cache_ != PastCache::from_buffers ? sink.place(first, buffer)
                                                                 : buffer;
  }
  static T* open_sink(const Sink<T, Skip>&, Index, T*) { return nullptr; }

  template <std::size_t... G>
  [[gnu::noinline]] void close(Index first, Index count, const Pointers& at,
                               std::index_sequence<G...>) const {
    (close_sink(std::get<G>(sinks_), first, count, at.out[G]), ...);
  }
  template <class Out>
  void close_sink(const Sink<T, Out>& sink, Index first, Index count, T* out) const {
    if (past_cache_ == PastCache::from_buffers) {
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
    const bool streams = past_cache_ == PastCache::straight;
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

  // The elements of one pack P, or the first `lanes` of them.
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
      if constexpr (summed) sums.add_losses(only_first(loss, lanes));
      if constexpr (values) store(loss * P(scale), at.out[gradients] + i, lanes);
    }
    if constexpr (counted) {
      const P count = where(w == P(0), P(0), R::count(e.value));
      sums.add_counts(only_first(count, lanes));
    }
    store_all(at, i, lanes, e, P(scale), w, streams, Gradients{});
  }
  // The sum of the losses once more, of terms of both signs.
  [[gnu::noinline]] Total<T> sum_of_both_signs(Index first, Index count) const {
    const auto nothing = no_sinks<T>(Outputs{});
    const ElementWalk<true, Sum, Kernel, T, Predictions, Weights, std::decay_t<decltype(nothing)>,
                      Operands, Signs::both>
        walk(kernel_, weights_, scale_, true, nothing, operands_, count);
    return walk.block(first, count).loss;
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

  const Kernel& kernel_;
  const Weights& weights_;
  const Sinks& sinks_;
  const Operands& operands_;
  const T scale_;
  const bool first_term_;
  bool in_place_;
  PastCache past_cache_ = PastCache::no;
};

}  // namespace detail
}  // namespace eigenloss
