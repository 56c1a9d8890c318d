// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>

#include "plain.hpp"

// How a test describes its loss to the laws: its arguments, its options, inputs to try.
namespace laws {

enum class Unit { element, row, sequence };

// Arguments: predictions have a gradient; numbers (targets) and labels (integers) have none.
template <int Rank>
struct Prediction {
  static constexpr bool predicted = true;
  static constexpr int rank = Rank;
  template <class T>
  using Scalar = T;
  template <int Other>
  using WithRank = Prediction<Other>;
};
template <int Rank>
struct Number : Prediction<Rank> {
  static constexpr bool predicted = false;
  template <int Other>
  using WithRank = Number<Other>;
};
template <int Rank>
struct Label : Number<Rank> {
  template <class T>
  using Scalar = int;
  template <int Other>
  using WithRank = Label<Other>;
};

// What is true of most losses. A description states what differs.
template <class... Argument>
struct Description {
  using Arguments = std::tuple<Argument...>;
  static constexpr std::size_t input_batch = 0;  // the dimension of the input that counts the batch
  static constexpr bool refuses_nan = false;     // an error instead of NaN
  static constexpr bool nan_has_gradient = true;  // the gradient of a NaN is NaN
  static constexpr bool all_containers = false;   // tried in every container in the quick run too
  static constexpr double largest =
      1e4;  // predictions of this size give finite results (0: untried)
  // Options whose size is the number of classes or features.
  template <class Loss>
  static void fit(Loss&, Index) {}
  static Index features(const Inputs& in) { return in[0].shape.empty() ? 1 : in[0].shape.back(); }
  // What each unit is multiplied by where a reduction averages: empty, nothing.
  static Plain averaging(const Inputs&) { return {}; }
};
template <class... Argument>
struct Elements : Description<Argument...> {
  static constexpr Unit unit = Unit::element;
  static constexpr int unit_rank = 2;
  static Inputs inputs(Random& random, Index batch, Index features) {
    return {(Argument::predicted ? predictions(random, {batch, features})
                                 : targets(random, {batch, features}))...};
  }
};
template <class... Argument>
struct Rows : Description<Argument...> {
  static constexpr Unit unit = Unit::row;
  static constexpr int unit_rank = 1;
};
template <class... Argument>
struct Sequences : Description<Argument...> {
  static constexpr Unit unit = Unit::sequence;
  static constexpr int unit_rank = 1;
  static constexpr std::size_t input_batch = 1;
};

// ---- The same loss on arguments of other ranks. ----

template <class Tuple, int Less, int More>
struct Reranked;
template <class... A, int Less, int More>
struct Reranked<std::tuple<A...>, Less, More> {
  using type = std::tuple<typename A::template WithRank<A::rank - Less + More>...>;
};

template <class D, int Rank>
struct WithRank : D {
  using Arguments = typename Reranked<typename D::Arguments, 2, Rank>::type;
  static constexpr int unit_rank = Rank;
};
template <class D>
struct LoneRow : D {
  using Arguments = typename Reranked<typename D::Arguments, 1, 0>::type;
  static constexpr int unit_rank = 0;
};
template <class D, int Axis>
struct WithAxis : D {
  using Arguments = typename Reranked<typename D::Arguments, 0, 1>::type;
  static constexpr int unit_rank = 2;
  template <class R>
  static auto loss() {
    auto made = D::template loss<R>();
    made.axis = Axis;
    return made;
  }
  static Index features(const Inputs& in) { return in[0].shape[Axis < 0 ? Axis + 3 : Axis]; }
};

}  // namespace laws
