// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/blocks.hpp"
#include "../detail/output.hpp"
#include "../detail/view.hpp"
#include "kernel.hpp"

// The arguments of one call of a loss, views of its inputs and its outputs: all checked before
// anything is read or written.
namespace eigenloss {
namespace detail {

template <class First, class... In>
constexpr void check_layout() {
  check::storage_order<(... && (Traits<In>::rank < 2 || Traits<First>::rank < 2 ||
                                Traits<In>::row_major == Traits<First>::row_major))>();
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
    check_counts(All{});
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
    Check<Kernel>::fail(Check<Kernel>::argument(I), place<I>(i), " = ", view<I>().original(i),
                        " is not ", expected);
  }

  // ---- The outputs: `outs` is a tuple of references, one for each gradient. ----

  template <class Outs>
  void check_gradients(const Outs& outs) const {
    check_gradients(outs, Gradients{}, std::make_index_sequence<Gradients::size()>{});
  }
  // An output must not change what is still to be read or, of another output, was written: nor free
  // it, where it is resized. `outs` may be empty.
  template <class W, class Values, class Outs>
  void check_overlaps(const W& weights, const Values& values, const Outs& outs) const {
    using Given = std::make_index_sequence<std::tuple_size<Outs>::value>;
    if (!are_apart(weights, values, outs, All{}, Given{}))
      refuse_overlaps(weights, values, outs, All{}, Given{});
  }
  template <class Outs>
  void resize_gradients(const Outs& outs) const {
    resize_gradients(outs, Gradients{}, std::make_index_sequence<Gradients::size()>{});
  }

 private:
  using All = std::make_index_sequence<sizeof...(In)>;

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
    bool too_large = false, negative = false;
    for (Index extent : shape) {
      too_large |= __builtin_mul_overflow(count, (std::max)(extent, Index(1)), &count);
      negative |= extent < 0;
    }
    too_large |= count > memory;
    if (negative || too_large || count > most) {
      Check<Kernel>::fail(Check<Kernel>::argument(i), " has shape ", shape,
                          negative    ? ", a size below 0"
                          : too_large ? ", more numbers than memory can hold"
                                      : ", more numbers than its index type can count");
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
  template <class W, class Values, class Outs, std::size_t... I, std::size_t... K>
  bool are_apart(const W& w, const Values& values, [[maybe_unused]] const Outs& outs,
                 std::index_sequence<I...>, std::index_sequence<K...>) const {
    const Hull inputs[] = {view<I>().hull()..., hull_of(w)};
    const Hull outputs[] = {hull_of(std::get<K>(outs))..., hull_of(values)};
    const void* const containers[] = {container_of(std::get<K>(outs))..., container_of(values)};
    bool apart = true;
    for (std::size_t k = 0; k <= sizeof...(K); ++k) {
      for (const Hull& input : inputs) apart = apart && !outputs[k].overlaps(input);
      for (std::size_t m = 0; m < k; ++m) {
        apart = apart && !outputs[k].overlaps(outputs[m]) &&
                (!containers[k] || containers[k] != containers[m]);
      }
    }
    return apart;
  }
  template <class W, class Values, class Outs, std::size_t... I, std::size_t... K>
  [[gnu::noinline]] void refuse_overlaps(const W& w, const Values& values,
                                         [[maybe_unused]] const Outs& outs,
                                         std::index_sequence<I...>,
                                         std::index_sequence<K...>) const {
    const Area inputs[] = {{view<I>().hull(), view<I>().grid(), nullptr}...,
                           {hull_of(w), grid_of(w), nullptr}};
    const Area outputs[] = {area_of(std::get<K>(outs))..., area_of(values)};
    for (std::size_t k = 0; k <= sizeof...(K); ++k) {
      const bool gradient = k < sizeof...(K);
      const auto refuse = [&](const char* what, const char* name) {
        Check<Kernel>::fail("the storage for the ", gradient ? "gradient of " : "values",
                            gradient ? Check<Kernel>::argument(predicted(k)) : "", " overlaps ",
                            what, name);
      };
      for (std::size_t i = 0; i <= sizeof...(I); ++i) {
        if (outputs[k].meets(inputs[i]))
          refuse("", i < sizeof...(I) ? Check<Kernel>::argument(i) : "the weights");
      }
      for (std::size_t m = 0; m < k; ++m) {
        if (outputs[k].meets(outputs[m])) refuse("that of ", Check<Kernel>::argument(predicted(m)));
      }
    }
  }
  // Which input the k-th gradient is of.
  static constexpr std::size_t predicted(std::size_t k) { return predicted(k, Gradients{}); }
  template <std::size_t... G>
  static constexpr std::size_t predicted(std::size_t k, std::index_sequence<G...>) {
    constexpr std::size_t all[] = {G..., sizeof...(In)};
    return all[k];
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
