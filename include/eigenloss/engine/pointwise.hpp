// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/dual.hpp"
#include "../detail/stream.hpp"
#include "verbs.hpp"

// The engine of losses whose unit is an element.
//
// A kernel is a struct of options with
//   template <class T> T value(T input, T target) const;     the loss of one element
// and, where it has better than what dual numbers give,
//   template <class T> T slope(T input, T target) const;     d value / d input
//   template <class T> std::pair<T, T> value_and_slope(T input, T target) const;   where they share work
// T is a pack of numbers: where(condition, a, b) takes the place of if. With several predictions, slopes are
// a std::array<T, n>. Optional members: `inputs`, `Predictions`, `arguments` (their names), `ranges`
// (values that are refused), `check` (of the options), `broadcasts` (an input that may be smaller).
namespace eigenloss {
namespace detail {

// Numbers of argument `argument` below `low` or above `high` are refused, NaN too unless `nan`.
struct Range {
  std::size_t argument;
  double low, high;
  bool nan;
  const char* expected;
};

template <class Kernel, class = void>
struct RangesOf {
  static constexpr std::array<Range, 0> value{};
};
template <class Kernel>
struct RangesOf<Kernel, std::void_t<decltype(Kernel::ranges)>> {
  static constexpr auto value = Kernel::ranges;
};

template <class Kernel, class = void>
struct BroadcastOf : std::integral_constant<std::size_t, std::size_t(-1)> {};
template <class Kernel>
struct BroadcastOf<Kernel, std::void_t<decltype(Kernel::broadcasts)>>
    : std::integral_constant<std::size_t, std::size_t(Kernel::broadcasts)> {};

// ---- Values and slopes of a kernel. ----

template <class Void, class Kernel, class... V>
struct HasSlope : std::false_type {};
template <class Kernel, class... V>
struct HasSlope<std::void_t<decltype(std::declval<const Kernel&>().slope(std::declval<V>()...))>,
                Kernel, V...> : std::true_type {};
template <class Void, class Kernel, class... V>
struct HasBoth : std::false_type {};
template <class Kernel, class... V>
struct HasBoth<
    std::void_t<decltype(std::declval<const Kernel&>().value_and_slope(std::declval<V>()...))>,
    Kernel, V...> : std::true_type {};

template <class V, std::size_t G>
struct Element {
  V value;
  std::array<V, G> slopes;
};

template <class V>
EIGEN_STRONG_INLINE std::array<V, 1> slopes_of(const V& slope) {
  return {{slope}};
}
template <class V, std::size_t G>
EIGEN_STRONG_INLINE std::array<V, G> slopes_of(const std::array<V, G>& slopes) {
  return slopes;
}

// The formula on dual numbers, the I-th of which is the variable.
template <std::size_t I, class Kernel, class V, std::size_t... K>
EIGEN_STRONG_INLINE Dual<V> differentiate(const Kernel& kernel, const std::array<V, sizeof...(K)>& x,
                                          std::index_sequence<K...>) {
  return kernel.value(Dual<V>(x[K], V(K == I ? 1 : 0))...);
}

template <bool Value, class Kernel, class V, std::size_t N, std::size_t... K, std::size_t... I>
EIGEN_STRONG_INLINE Element<V, sizeof...(I)> element(const Kernel& kernel, const std::array<V, N>& x,
                                                     std::index_sequence<K...> all,
                                                     std::index_sequence<I...>) {
  Element<V, sizeof...(I)> result;
  if constexpr (sizeof...(I) == 0) {
    result.value = kernel.value(x[K]...);
  } else if constexpr (HasBoth<void, Kernel, decltype(x[K])...>::value &&
                       (Value || !HasSlope<void, Kernel, decltype(x[K])...>::value)) {
    const auto both = kernel.value_and_slope(x[K]...);
    result.value = both.first;
    result.slopes = slopes_of(both.second);
  } else if constexpr (HasSlope<void, Kernel, decltype(x[K])...>::value) {
    if constexpr (Value) result.value = kernel.value(x[K]...);
    result.slopes = slopes_of(kernel.slope(x[K]...));
  } else {
    const std::array<Dual<V>, sizeof...(I)> duals{{differentiate<I>(kernel, x, all)...}};
    result.value = duals[0].value;
    for (std::size_t g = 0; g < sizeof...(I); ++g) result.slopes[g] = duals[g].slope;
  }
  (void)all;
  return result;
}

// ---- The walk. ----

// A number for each element that runs along one axis: pos_weight of BCEWithLogits.
template <class T>
class AlongAxis {
 public:
  AlongAxis(const Eigen::ArrayXd& numbers, Index inner) : numbers_(numbers), inner_(inner) {}
  const T* data() const { return nullptr; }
  T at(Index i) const { return T(numbers_[index(i)]); }
  const T* read(Index first, Index count, T* buffer) const {
    for (Index done = 0; done < count;) {
      const Index here = (std::min)(count - done, inner_ - (first + done) % inner_);
      std::fill_n(buffer + done, here, at(first + done));
      done += here;
    }
    return buffer;
  }

 private:
  Eigen::Index index(Index i) const {
    return static_cast<Eigen::Index>(numbers_.size() == 1 ? 0 : (i / inner_) % Index(numbers_.size()));
  }
  const Eigen::ArrayXd& numbers_;
  Index inner_;
};

// One pass over the elements. Operands, weights and sinks read and write blocks in storage order.
template <bool Value, class R, class Kernel, class T, class Predictions, class Weights, class ValueSink,
          class Sinks, class... Operands>
class ElementWalk {
  using V = Vector<T>;
  static constexpr Index width = V::lanes;
  static constexpr Index chunk = 512;  // elements that are buffered at a time, where they must be
  static constexpr std::size_t inputs = sizeof...(Operands);
  static constexpr std::size_t gradients = std::tuple_size<Sinks>::value;
  static constexpr bool values = !std::is_same<ValueSink, Sink<T, Skip>>::value;
  static constexpr bool summed = Value && !values;
  static constexpr bool counted = summed && Counts<R, V>::value;

 public:
  ElementWalk(const Kernel& kernel, const Weights& weights, const T& scale, bool first_term,
              const ValueSink& value_sink, const Sinks& sinks, const Operands&... operands)
      : kernel_(kernel), weights_(weights), scale_(scale), first_term_(first_term),
        value_sink_(value_sink), sinks_(sinks), operands_(operands...) {
    in_place_ = (... && (operands.data() != nullptr));
    if constexpr (Weights::given) in_place_ = in_place_ && weights.data() != nullptr;
    if constexpr (values) in_place_ = in_place_ && value_sink.data() != nullptr;
    std::apply([&](const auto&... sink) { in_place_ = in_place_ && (... && in_place(sink)); }, sinks);
  }

  // Whether the gradients may bypass the cache; then their blocks begin at an aligned address.
  void stream_outputs(Index elements) {
    if (!in_place_ || !first_term_ || values || elements * Index(sizeof(T)) < stream_bytes) return;
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
      const bool refused = piece(first + done, here, sums);
      if (refused && partial.refused < 0) partial.refused = find_refused(first + done, here);
      done += here;
    }
    if constexpr (summed) {
      partial.loss.add(sums.loss[0]);
      partial.loss.add(sums.loss[1]);
    }
    if constexpr (counted) partial.counted.add(sums.counted);
    return partial;
  }

  // Whether the numbers of element i are refused because of the k-th range.
  bool refuses(std::size_t k, Index i) const {
    return refuses(k, i, std::make_index_sequence<inputs>{});
  }

 private:
  struct Sums {
    CompensatedSum<V> loss[2], counted;
  };
  struct Pointers {  // of one piece
    const T* in[inputs];
    const T* weight;
    T* value;
    T* out[gradients + 1];
    const T* before[gradients + 1];  // what earlier terms of a combination left in `out`
    const T* value_before;
  };
  struct Buffers {
    alignas(64) T in[inputs + 1][chunk];
    alignas(64) T out[gradients + 1][chunk];
    alignas(64) T before[gradients + 1][chunk];
  };

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

  // One run of elements that are all in memory: in place or in buffers. True if one is out of range.
  bool piece(Index first, Index count, Sums& sums) const {
    Buffers buffers;
    Pointers at;
    open(first, count, buffers, at, std::make_index_sequence<inputs>{},
         std::make_index_sequence<gradients>{});
    bool refused = false;
    Index i = 0;
    if (streams_) {
      i = (std::min)(head_, count);
      refused = part(at, 0, i, sums) || refused;
      for (; i + 2 * width <= count; i += 2 * width) {
        refused = step<true>(at, i, sums.loss[0], sums.counted) || refused;
        refused = step<true>(at, i + width, sums.loss[1], sums.counted) || refused;
      }
    }
    for (; i + 2 * width <= count; i += 2 * width) {
      refused = step<false>(at, i, sums.loss[0], sums.counted) || refused;
      refused = step<false>(at, i + width, sums.loss[1], sums.counted) || refused;
    }
    for (; i + width <= count; i += width) {
      refused = step<false>(at, i, sums.loss[0], sums.counted) || refused;
    }
    refused = part(at, i, count - i, sums) || refused;
    close(first, count, at, std::make_index_sequence<gradients>{});
    return refused;
  }

  template <std::size_t... K, std::size_t... G>
  void open(Index first, Index count, Buffers& buffers, Pointers& at, std::index_sequence<K...>,
            std::index_sequence<G...>) const {
    ((at.in[K] = std::get<K>(operands_).read(first, count, buffers.in[K])), ...);
    if constexpr (Weights::given) at.weight = weights_.read(first, count, buffers.in[inputs]);
    if constexpr (values) {
      at.value = value_sink_.place(first, buffers.out[gradients]);
      at.value_before = at.value;
      if (!first_term_) at.value_before = value_sink_.read(first, count, buffers.before[gradients]);
    }
    (open_sink(std::get<G>(sinks_), first, count, buffers.out[G], buffers.before[G], at.out[G],
               at.before[G]),
     ...);
    (void)buffers;
  }
  template <class Out>
  void open_sink(const Sink<T, Out>& sink, Index first, Index count, T* out_buffer, T* before_buffer,
                 T*& out, const T*& before) const {
    if constexpr (!std::is_same<Out, Skip>::value) {
      out = sink.place(first, out_buffer);
      before = first_term_ ? out : sink.read(first, count, before_buffer);
    }
    (void)sink, (void)first, (void)count, (void)out_buffer, (void)before_buffer, (void)out,
        (void)before;
  }
  template <std::size_t... G>
  void close(Index first, Index count, const Pointers& at, std::index_sequence<G...>) const {
    if constexpr (values) value_sink_.write(first, count, at.value);
    (close_sink(std::get<G>(sinks_), first, count, at.out[G]), ...);
    (void)first, (void)count, (void)at;
  }
  template <class Out>
  static void close_sink(const Sink<T, Out>& sink, Index first, Index count, const T* out) {
    if constexpr (!std::is_same<Out, Skip>::value) sink.write(first, count, out);
    (void)sink, (void)first, (void)count, (void)out;
  }

  // The elements [i, i + width).
  template <bool Streamed>
  EIGEN_STRONG_INLINE bool step(const Pointers& at, Index i, CompensatedSum<V>& loss,
                                CompensatedSum<V>& count) const {
    const auto e = compute(at, i, std::make_index_sequence<inputs>{});
    bool refused = false;
    V w = V(1);
    if constexpr (Weights::given) w = V::load(at.weight + i);
    if constexpr (has_ranges) refused = any(outside(at, i) & (w != V(0)));
    const V value = weigh(e.value, w);
    if constexpr (summed) loss.add(value);
    if constexpr (counted) count.add(where(w == V(0), V(0), R::count(e.value)));
    if constexpr (values) add_before(value * V(scale_), at.value_before + i).store(at.value + i);
    (void)value, (void)loss, (void)count;
    store_all<Streamed>(at, i, e, w, std::make_index_sequence<gradients>{});
    return refused;
  }

  // The elements [i, i + count) with count < width, at the ends: in copies that repeat the last of them.
  bool part(const Pointers& at, Index i, Index count, Sums& sums) const {
    if (count == 0) return false;
    alignas(64) T in[inputs + 1][width];
    alignas(64) T out[gradients + 1][width];
    alignas(64) T before[gradients + 1][width];
    Pointers copy;
    const auto repeat_last = [&](const T* from, T* to) {
      for (Index k = 0; k < width; ++k) to[k] = from[i + (std::min)(k, count - 1)];
      return to;
    };
    for (std::size_t k = 0; k < inputs; ++k) copy.in[k] = repeat_last(at.in[k], in[k]);
    if constexpr (Weights::given) copy.weight = repeat_last(at.weight, in[inputs]);
    for (std::size_t g = 0; g < gradients; ++g) {
      copy.out[g] = out[g];
      copy.before[g] = out[g];
      if (!first_term_ && wanted(g)) copy.before[g] = repeat_last(at.before[g], before[g]);
    }
    if constexpr (values) {
      copy.value = out[gradients];
      copy.value_before = copy.value;
      if (!first_term_) copy.value_before = repeat_last(at.value_before, before[gradients]);
    }
    CompensatedSum<V> loss, counts;
    const bool refused = step<false>(copy, 0, loss, counts);
    if constexpr (summed) sums.loss[0].add(first_lanes(loss.sum, count));
    if constexpr (counted) sums.counted.add(first_lanes(counts.sum, count));
    if constexpr (values) std::copy_n(copy.value, count, at.value + i);
    for (std::size_t g = 0; g < gradients; ++g) {
      if (wanted(g)) std::copy_n(copy.out[g], count, at.out[g] + i);
    }
    (void)sums, (void)before;
    return refused;
  }
  static V first_lanes(const V& pack, Index count) {
    T lanes[width];
    pack.store(lanes);
    for (Index k = count; k < width; ++k) lanes[k] = T(0);
    return V::load(lanes);
  }

  template <std::size_t... K>
  EIGEN_STRONG_INLINE auto compute(const Pointers& at, Index i, std::index_sequence<K...> all) const {
    const std::array<V, inputs> x{{V::load(at.in[K] + i)...}};
    return element<Value>(kernel_, x, all, Predictions{});
  }
  static EIGEN_STRONG_INLINE V weigh(const V& number, const V& w) {
    if constexpr (Weights::given) {
      return where(w == V(0), V(0), number * w);
    } else {
      (void)w;
      return number;
    }
  }
  EIGEN_STRONG_INLINE V add_before(const V& number, const T* before) const {
    if (first_term_) return number;
    return V::load(before) + number;
  }
  template <bool Streamed, class E, std::size_t... G>
  EIGEN_STRONG_INLINE void store_all(const Pointers& at, Index i, const E& e, const V& w,
                                     std::index_sequence<G...>) const {
    (store_one<Streamed>(std::get<G>(sinks_), weigh(e.slopes[G] * V(scale_), w), at.before[G] + i,
                         at.out[G] + i),
     ...);
    (void)at, (void)i, (void)e, (void)w;
  }
  template <bool Streamed, class Out>
  EIGEN_STRONG_INLINE void store_one(const Sink<T, Out>&, const V& gradient, const T* before,
                                     T* out) const {
    if constexpr (!std::is_same<Out, Skip>::value) {
      if constexpr (Streamed) {
        stream(out, gradient);
      } else {
        add_before(gradient, before).store(out);
      }
    }
    (void)gradient, (void)before, (void)out;
  }
  bool wanted(std::size_t g) const {
    bool is_wanted = false;
    std::size_t k = 0;
    std::apply([&](const auto&... sink) { ((is_wanted = is_wanted || (k++ == g && !is_skipped(sink))), ...); },
               sinks_);
    return is_wanted;
  }
  template <class Out>
  static constexpr bool is_skipped(const Sink<T, Out>&) {
    return std::is_same<Out, Skip>::value;
  }

  // ---- Refused numbers. ----
  static constexpr std::size_t ranges = RangesOf<Kernel>::value.size();
  static constexpr bool has_ranges = ranges > 0;

  template <class P>
  static EIGEN_STRONG_INLINE auto outside(const Range& range, const P& number) {
    const auto inside = (number >= P(range.low)) & (number <= P(range.high));
    return range.nan ? ~(inside | (number != number)) : ~inside;
  }
  EIGEN_STRONG_INLINE auto outside(const Pointers& at, Index i) const {
    auto found = outside(RangesOf<Kernel>::value[0], V::load(at.in[RangesOf<Kernel>::value[0].argument] + i));
    for (std::size_t k = 1; k < ranges; ++k) {
      const Range& range = RangesOf<Kernel>::value[k];
      found = found | outside(range, V::load(at.in[range.argument] + i));
    }
    return found;
  }
  template <std::size_t... K>
  bool refuses(std::size_t k, Index i, std::index_sequence<K...>) const {
    if constexpr (has_ranges) {
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

template <class Kernel, class = void>
struct HasAxisWeights : std::false_type {};
template <class Kernel>
struct HasAxisWeights<Kernel, std::void_t<decltype(std::declval<const Kernel&>().axis_weights())>>
    : std::true_type {};

template <class Kernel_, class... In>
class PointwiseProblem {
 public:
  using Kernel = Kernel_;
  using T = ComputedOf<Kernel, In...>;
  template <class>
  using ReadAs = T;
  using Inputs = Arguments<Kernel, std::tuple<ReadAs<In>...>, In...>;
  static constexpr std::size_t dimensions_of_a_unit = 0;
  static constexpr std::size_t unit_rank = Inputs::rank;

  PointwiseProblem(const Kernel& kernel, const In&... in) : kernel_(kernel), inputs_(kernel, in...) {
    check_shapes(std::make_index_sequence<sizeof...(In)>{});
  }

  const Inputs& arguments() const { return inputs_; }
  const Shape<unit_rank>& units() const { return inputs_.shape(); }
  Index number_of_units() const { return inputs_.size(); }
  double divisor() const { return double(inputs_.size()); }
  double batch() const { return unit_rank == 0 ? 1.0 : double(inputs_.shape()[0]); }
  template <class Weights>
  void check_units(const Weights&) const {}
  void shares(Index, Index count, T* to) const { std::fill_n(to, count, T(1)); }

  template <bool Value, bool Gradient, class R, class Device, class Weights, class N, class ValueOut,
            class Outs>
  Partial<T> pass(const Device& device, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    using Gradients = std::conditional_t<Gradient, typename Inputs::Gradients, std::index_sequence<>>;
    const auto value_sink = sink_of<T, Value>(value_out);
    return with_operands(
        [&](const auto&... operands) {
          const auto sinks = sinks_of(outs, Gradients{}, operands...);
          auto walk = make_walk<Value, R, Gradients>(weights, T(scale), term.first, value_sink, sinks,
                                                     operands...);
          walk.stream_outputs(inputs_.size());
          const Partial<T> total = reduce_blocks<T>(
              device, (inputs_.size() + block - 1) / block, 4.0 * block, [&](Index b) {
                return walk.block(b * block, (std::min)(block, inputs_.size() - b * block));
              });
          end_streaming();
          if (total.refused >= 0) report(walk, total.refused, std::make_index_sequence<ranges>{});
          return total;
        },
        std::make_index_sequence<sizeof...(In)>{});
  }

 private:
  static constexpr Index block = 16384;
  static constexpr std::size_t ranges = RangesOf<Kernel>::value.size();

  template <std::size_t... I>
  void check_shapes(std::index_sequence<I...>) const {
    (inputs_.template check_shape<I>(inputs_.shape(), "that of the input, "), ...);
  }

  template <class F, std::size_t... I>
  auto with_operands(const F& f, std::index_sequence<I...>) const {
    return f(inputs_.template view<I>()...);
  }
  template <class Outs, std::size_t... G, class... Operands>
  static auto sinks_of(const Outs& outs, std::index_sequence<G...>, const Operands&...) {
    return std::apply(
        [](auto&... out) { return std::make_tuple(sink_of<T, (sizeof...(G) > 0)>(out)...); },
        outs);
  }
  template <bool Value, class R, class Gradients, class Weights, class ValueSink, class Sinks,
            class... Operands>
  auto make_walk(const Weights& weights, const T& scale, bool first_term, const ValueSink& value_sink,
                 const Sinks& sinks, const Operands&... operands) const {
    return ElementWalk<Value, R, Kernel, T, Gradients, Weights, ValueSink, Sinks, Operands...>(
        kernel_, weights, scale, first_term, value_sink, sinks, operands...);
  }
  template <class Walk, std::size_t... K>
  void report(const Walk& walk, Index i, std::index_sequence<K...>) const {
    ((walk.refuses(K, i) ? inputs_.template refuse<RangesOf<Kernel>::value[K].argument>(
                               i, RangesOf<Kernel>::value[K].expected)
                         : void()),
     ...);
    (void)walk, (void)i;
  }

  const Kernel& kernel_;
  const Inputs inputs_;
};

}  // namespace detail

template <class Kernel, class Reduction = Mean>
using Pointwise = Loss<Kernel, Reduction, detail::SingleEngine<detail::PointwiseProblem>>;

}  // namespace eigenloss
