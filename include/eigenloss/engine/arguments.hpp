// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/blocks.hpp"
#include "../detail/output.hpp"
#include "../detail/view.hpp"
#include "kernel.hpp"

// The arguments of one call of a loss: views of its inputs, its weights and its outputs, all
// checked before anything is read or written.
namespace eigenloss {
namespace detail {

template <class First, class... In>
constexpr void check_layout() {
  check::storage_order<(... && (Traits<In>::rank < 2 || Traits<First>::rank < 2 ||
                                Traits<In>::row_major == Traits<First>::row_major))>();
}

// ---- Weights of the units. ----

// What the engines read them from.
struct Unweighted {
  static constexpr bool given = false;
  static std::nullptr_t data() { return nullptr; }
  static std::nullptr_t read(Index, Index, void*) { return nullptr; }
};
inline constexpr Unweighted unweighted{};
template <class T>
struct Weighted : Reader<T> {
  static constexpr bool given = true;
};

// The weights have the layout of the first input, as every argument.
template <class First, class W>
constexpr void check_weights() {
  if constexpr (!std::is_same<W, Unweighted>::value) check_layout<First, W>();
}

// The weights, broadcast to one number for each unit.
template <class Kernel, class T, class W, std::size_t UnitRank>
class UnitWeights {
  using Numbers = View<T, W>;
  // One row alone has rank 0; its weight may come in a vector of one.
  static constexpr bool one_in_a_vector = UnitRank == 0 && Numbers::rank == 1;
  static constexpr std::size_t rank = one_in_a_vector ? 1 : UnitRank;

 public:
  UnitWeights(const W& weights, const Shape<UnitRank>& units)
      : view_(weights),
        broadcast_(view_.reader(), view_.shape(), checked(view_, units), Numbers::row_major) {}
  UnitWeights(const UnitWeights&) = delete;
  Weighted<T> reader() const { return {broadcast_.reader()}; }

 private:
  static Shape<Numbers::rank> checked(const Numbers& view, const Shape<UnitRank>& units) {
    Shape<Numbers::rank> shape = view.shape();
    bool right = Numbers::rank == rank;
    if constexpr (one_in_a_vector) {
      right = shape[0] == 1;
    } else if constexpr (Numbers::rank == UnitRank) {
      for (std::size_t k = 0; k < UnitRank; ++k) {
        right = right && (shape[k] == units[k] || shape[k] == 1);
        shape[k] = units[k];
      }
    }
    if (!right) {
      Check<Kernel>::fail("the weights have shape ", view.shape(),
                          ", which is not that of the losses, ", units,
                          ", nor 1 in some of its dimensions");
    }
    return shape;
  }

  Numbers view_;
  Broadcast<T, Numbers::rank> broadcast_;
};
template <class Kernel, class T, std::size_t UnitRank>
class UnitWeights<Kernel, T, Unweighted, UnitRank> {
 public:
  UnitWeights(const Unweighted&, const Shape<UnitRank>&) {}
  const Unweighted& reader() const { return unweighted; }
};

// ---- The inputs. ----

// How many numbers an argument's own index type can count.
template <class A>
constexpr Index largest_count() {
  if constexpr (is_tensor<A>) {
    return Index((std::numeric_limits<typename Eigen::internal::traits<A>::Index>::max)());
  } else {
    return Index((std::numeric_limits<Eigen::Index>::max)());
  }
}

// ReadAs: the type that each input is read as, the loss's own or, for class labels, std::int64_t.
template <class Kernel, class ReadAs, class... In>
class Arguments;

template <class Kernel, class... ReadAs, class... In>
class Arguments<Kernel, std::tuple<ReadAs...>, In...> {
 public:
  using First = std::tuple_element_t<0, std::tuple<In...>>;
  using T = ComputedOf<Kernel, In...>;
  using Gradients = GradientsOf<Kernel, In...>;
  static constexpr std::size_t rank = Traits<First>::rank;
  static constexpr bool row_major = Traits<First>::row_major;

  explicit Arguments(const Kernel& kernel, const In&... in) : views_(in...) {
    check_layout<First, In...>();
    check_options(kernel);
    check_counts(std::make_index_sequence<sizeof...(In)>{});
  }
  Arguments(const Arguments&) = delete;

  template <std::size_t I>
  const auto& view() const {
    return std::get<I>(views_);
  }
  template <std::size_t I>
  auto reader() const {
    return view<I>().reader();
  }
  const Shape<rank>& shape() const { return view<0>().shape(); }
  Index size() const { return view<0>().size(); }

  template <std::size_t I, std::size_t Rank, class... Words>
  void check_shape(const Shape<Rank>& expected, const Words&... whose) const {
    bool same = std::decay_t<decltype(view<I>())>::rank == Rank;
    if constexpr (std::decay_t<decltype(view<I>())>::rank == Rank)
      same = same_shape(view<I>().shape(), expected);
    if (!same) {
      Check<Kernel>::fail(Check<Kernel>::argument(I), " has shape ", view<I>().shape(),
                          ", expected ", whose..., expected);
    }
  }

  // Where number i of an input stands.
  template <std::size_t I>
  auto place(Index i) const {
    const auto& shape = view<I>().shape();
    return Place<std::tuple_size<std::decay_t<decltype(shape)>>::value>{
        position(i, shape, row_major)};
  }
  template <std::size_t I>
  [[noreturn]] void refuse(Index i, const char* expected) const {
    Check<Kernel>::fail(Check<Kernel>::argument(I), place<I>(i), " = ", view<I>().at(i), " is not ",
                        expected);
  }

  // ---- The outputs: `outs` is a tuple of references, one for each gradient. ----

  template <class Outs>
  void check_gradients(const Outs& outs) const {
    check_gradients(outs, Gradients{}, std::make_index_sequence<Gradients::size()>{});
    check_overlaps(outs, std::make_index_sequence<sizeof...(In)>{}, Gradients{});
  }
  template <class Outs>
  void resize_gradients(const Outs& outs) const {
    resize_gradients(outs, Gradients{}, std::make_index_sequence<Gradients::size()>{});
  }

 private:
  // Maps can claim any size. An extent of 0 counts as 1, since the others may have to be counted
  // without it.
  template <std::size_t... I>
  void check_counts(std::index_sequence<I...>) const {
    (check_count(I, view<I>().shape(), largest_count<In>()), ...);
  }
  template <std::size_t Rank>
  static void check_count(std::size_t i, const Shape<Rank>& shape, Index most) {
    const Index memory = (std::numeric_limits<Index>::max)() / Index(sizeof(T));
    Index count = 1;
    bool too_large = false;
    for (Index extent : shape) {
      too_large |= __builtin_mul_overflow(count, (std::max)(extent, Index(1)), &count);
    }
    too_large |= count > memory;
    if (too_large || count > most) {
      Check<Kernel>::fail(Check<Kernel>::argument(i), " has shape ", shape, ", more numbers than ",
                          too_large ? "memory can hold" : "its index type can count");
    }
  }

  template <class Outs, std::size_t... I, std::size_t... K>
  void check_gradients(const Outs& outs, std::index_sequence<I...>,
                       std::index_sequence<K...>) const {
    (check_gradient<I>(std::get<K>(outs)), ...);
    (void)outs;
  }
  template <std::size_t I, class Out>
  void check_gradient(const Out& out) const {
    if constexpr (!is_skip<Out>) {
      check_layout<First, Out>();
      if (!fits(out, view<I>().shape())) {
        Check<Kernel>::fail("the storage for the gradient of ", Check<Kernel>::argument(I),
                            " has shape ", shape_of(out), ", expected ", view<I>().shape());
      }
    }
    (void)out;
  }
  // An output would change what is still to be read or, of another gradient, was written.
  template <class Outs, std::size_t... I, std::size_t... G>
  void check_overlaps(const Outs& outs, std::index_sequence<I...>,
                      std::index_sequence<G...>) const {
    const Bytes inputs[] = {view<I>().bytes()...};
    const auto bytes = [](const auto&... out) {
      return std::array<Bytes, sizeof...(G)>{{bytes_of(out)...}};
    };
    const std::array<Bytes, sizeof...(G)> outputs = std::apply(bytes, outs);
    const std::array<std::size_t, sizeof...(G)> gradients{{G...}};
    for (std::size_t k = 0; k < sizeof...(G); ++k) {
      for (std::size_t i = 0; i < sizeof...(I); ++i) {
        if (inputs[i].overlap(outputs[k])) refuse_overlap(gradients[k], "", i);
      }
      for (std::size_t m = 0; m < k; ++m) {
        if (outputs[m].overlap(outputs[k])) refuse_overlap(gradients[k], "that of ", gradients[m]);
      }
    }
  }
  [[noreturn]] static void refuse_overlap(std::size_t gradient, const char* what, std::size_t i) {
    Check<Kernel>::fail("the storage for the gradient of ", Check<Kernel>::argument(gradient),
                        " overlaps ", what, Check<Kernel>::argument(i));
  }
  template <class Outs, std::size_t... I, std::size_t... K>
  void resize_gradients(const Outs& outs, std::index_sequence<I...>,
                        std::index_sequence<K...>) const {
    (resize_gradient<I>(std::get<K>(outs)), ...);
    (void)outs;
  }
  template <std::size_t I, class Out>
  void resize_gradient(Out& out) const {
    if constexpr (!is_skip<Out>) resize(out, view<I>().shape());
    (void)out;
  }

  std::tuple<View<ReadAs, In>...> views_;
};

}  // namespace detail
}  // namespace eigenloss
