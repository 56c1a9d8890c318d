// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <eigenloss/reductions.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../examples/own_reduction.hpp"
#include "calls.hpp"
#include "foreign.hpp"

// A loss with its types erased, so that a law is ordinary code over plain numbers, compiled once
// and applied to every loss, reduction, scalar, layout and container. `subject<Description>()`
// makes one.
namespace laws {

struct Verbs {
  std::string what;  // "Mean, double, ColMajor"
  Call value = nullptr, gradient = nullptr, both = nullptr;
};
struct Named {
  std::string what;
  Call call;
};

struct Subject {
  std::string name;
  Unit unit;
  std::size_t input_batch;
  bool refuses_nan, nan_has_gradient;
  double largest;
  std::vector<std::size_t> predictions;  // which arguments have a gradient
  std::vector<bool> labels;              // which arguments are integers
  Inputs (*inputs)(Random&, Index batch, Index features);
  Plain (*averaging)(const Inputs&);

  // Reductions in double, ColMajor.
  Verbs unreduced, sum, mean, batch_mean, weighted_mean, root_mean, average, non_zero_mean;
  std::vector<Verbs> weighted;  // .weighted(w): Unreduced, Sum, Mean, WeightedMean, NonZeroMean
  Call masked;                  // .weighted(w) with a mask of bool, under Sum
  Call divisor, weighted_divisor;
  std::vector<Verbs> threaded;  // the call on a pool; `value` is the same on the default device
  std::vector<Verbs> pieces;    // Unreduced in both layouts and in float
  std::vector<Verbs> narrow;    // other scalar types; `value` is the same in double
  std::vector<Named> containers, fixed_containers, outputs;
  std::vector<Named> skipping;  // one for each prediction: all others are skipped
  std::vector<Named> ranks;     // element: ranks 0 and 4
  std::vector<Named> axes;      // row: the axis at 0, 1, 2 and -1 of rank 3, in both layouts
  Call lone_row = nullptr;      // row: rank 1
  Call owning, shared, swapped_adverbs;
};

// ---- Filling in a subject. ----

template <class D, class R>
Verbs verbs(const char* what) {
  using C = Calls<D, R>;
  return {what + std::string(", double, ColMajor"), &C::plain_value, &C::plain_gradient,
          &C::plain_both};
}
template <class D, class R>
Verbs weighted_verbs(const char* what) {
  using C = Calls<D, R>;
  return {what + std::string(" weighted, double, ColMajor"), nullptr, nullptr, &C::weighted_both};
}
template <class D, class First, class Other, class Out, class R = eigenloss::Unreduced>
Named container() {
  using Kind = Mixed<First, Other, Out>;
  const bool reduced = !std::is_same<R, eigenloss::Unreduced>::value;
  return {Kind::name() + (reduced ? ", Mean" : ""), &Calls<D, R, double, Kind>::plain_both};
}
template <class D, class Kind>
Named output() {
  return {Kind::name, &Calls<D, eigenloss::Unreduced, double, Kind>::value_into};
}
template <class D, std::size_t... G>
std::vector<Named> skipping(std::index_sequence<G...>) {
  return {
      {"gradient " + std::to_string(G) + " alone", &Calls<D, eigenloss::Sum>::template only<G>}...};
}

template <class Tuple>
constexpr int highest_rank = 0;
template <class... A>
constexpr int highest_rank<std::tuple<A...>> = std::max({A::rank...});

// Containers and axes are the engines' business, the same code for every loss of an engine: one loss of each is
// tried in all of them (`all_containers`), and with EIGENLOSS_FULL_LAWS every loss is.
#if !defined(EIGENLOSS_FULL_LAWS)
#define EIGENLOSS_FULL_LAWS 0
#endif
template <class D>
constexpr bool everywhere = D::all_containers || EIGENLOSS_FULL_LAWS;

// Every kind of container as an input and, where it can be written to, as a gradient.
template <class D>
void add_containers(Subject& s) {
  using Col = Tensors<Eigen::ColMajor>;
  using Row = Tensors<Eigen::RowMajor>;
  s.containers = {container<D, ConstTensorMaps, Row, Row>(),
                  container<D, TensorExpressions, TensorMaps, TensorMaps, eigenloss::Mean>()};
  s.outputs = {output<D, Col>()};
  if constexpr (everywhere<D> && highest_rank<typename D::Arguments> <= 2) {
    using Matrix = Matrices<Eigen::ColMajor>;
    s.fixed_containers = {container<D, FixedSizeTensors, FixedSizeTensors, FixedSizeTensors>()};
    const std::vector<Named> dense = {
        container<D, Matrix, MatrixExpressions, Blocks>(),
        container<D, Matrices<Eigen::RowMajor>, Transposes, Transposes>(),
        container<D, ArrayExpressions, Arrays, Arrays>(), container<D, Maps, StridedMaps, Refs>(),
        container<D, Blocks, Refs, StridedMaps, eigenloss::Mean>()};
    s.containers.insert(s.containers.end(), dense.begin(), dense.end());
  }
}

template <class D>
void add_ranks(Subject& s) {
  using eigenloss::Unreduced;
  if constexpr (D::unit == Unit::element) {
    s.ranks = {{"rank 0", &Calls<WithRank<D, 0>, Unreduced>::plain_both},
               {"rank 4, RowMajor",
                &Calls<WithRank<D, 4>, Unreduced, double, Tensors<Eigen::RowMajor>>::plain_both}};
  } else if constexpr (D::unit == Unit::row) {
    s.lone_row = &Calls<LoneRow<D>, Unreduced>::plain_both;
    if constexpr (!everywhere<D>) return;
    using Row = Tensors<Eigen::RowMajor>;
    s.axes = {{"0", &Calls<WithAxis<D, 0>, Unreduced>::plain_both},
              {"1", &Calls<WithAxis<D, 1>, Unreduced>::plain_both},
              {"2", &Calls<WithAxis<D, -1>, Unreduced>::plain_both},
              {"0, RowMajor", &Calls<WithAxis<D, -3>, Unreduced, double, Row>::plain_both},
              {"1, RowMajor", &Calls<WithAxis<D, -2>, Unreduced, double, Row>::plain_both},
              {"2, RowMajor", &Calls<WithAxis<D, 2>, Unreduced, double, Row>::plain_both}};
  }
}

template <class D, class R, class T, int Layout = Eigen::ColMajor>
Verbs narrow(const char* what) {
  return {what, &Calls<D, R>::plain_both, nullptr, &Calls<D, R, T, Tensors<Layout>>::plain_both};
}

template <class... A>
std::vector<bool> which_are_labels(std::tuple<A...>*) {
  return {std::is_same<typename A::template Scalar<double>, int>::value...};
}

template <class D>
Subject subject() {
  using namespace eigenloss;
  using Row = Tensors<Eigen::RowMajor>;
  Subject s{};
  s.name = D::name;
  s.unit = D::unit;
  s.input_batch = D::input_batch;
  s.refuses_nan = D::refuses_nan;
  s.nan_has_gradient = D::nan_has_gradient;
  s.largest = D::largest;
  s.inputs = &D::inputs;
  s.averaging = &D::averaging;
  s.predictions.assign(Calls<D, Mean>::predicted.begin(), Calls<D, Mean>::predicted.end());
  s.labels = which_are_labels(static_cast<typename D::Arguments*>(nullptr));
  s.unreduced = verbs<D, Unreduced>("Unreduced");
  s.sum = verbs<D, Sum>("Sum");
  s.mean = verbs<D, Mean>("Mean");
  s.batch_mean = verbs<D, BatchMean>("BatchMean");
  s.weighted_mean = verbs<D, WeightedMean>("WeightedMean");
  s.root_mean = verbs<D, RootMean>("RootMean");
  s.average = verbs<D, foreign::Average>("a user's mean");
  s.non_zero_mean = verbs<D, NonZeroMean>("a user's mean over non-zero losses");
  s.weighted = {weighted_verbs<D, Unreduced>("Unreduced"), weighted_verbs<D, Sum>("Sum"),
                weighted_verbs<D, Mean>("Mean"), weighted_verbs<D, WeightedMean>("WeightedMean"),
                weighted_verbs<D, NonZeroMean>("a user's mean over non-zero losses")};
  s.masked = &Calls<D, Sum>::masked_both;
  s.divisor = &Calls<D, Mean>::divisor;
  s.weighted_divisor = &Calls<D, Mean>::weighted_divisor;
  s.threaded = {
      {"Mean, double, ColMajor", &Calls<D, Mean>::plain_both, nullptr,
       &Calls<D, Mean>::threaded_both},
      {"Unreduced, double, ColMajor", &Calls<D, Unreduced>::plain_both, nullptr,
       &Calls<D, Unreduced>::threaded_both},
      {"a user's mean over non-zero losses, double, ColMajor", &Calls<D, NonZeroMean>::plain_both,
       nullptr, &Calls<D, NonZeroMean>::threaded_both},
      {"Sum weighted, double, ColMajor", &Calls<D, Sum>::weighted_both, nullptr,
       &Calls<D, Sum>::weighted_threaded_both},
      {"WeightedMean weighted, double, ColMajor", &Calls<D, WeightedMean>::weighted_both, nullptr,
       &Calls<D, WeightedMean>::weighted_threaded_both},
  };
  if constexpr (everywhere<D>) {
    s.threaded.push_back({"Mean, float, RowMajor", &Calls<D, Mean, float, Row>::plain_both, nullptr,
                          &Calls<D, Mean, float, Row>::threaded_both});
  }
  s.swapped_adverbs = &Calls<D, Sum>::swapped_both;
  s.pieces = {
      s.unreduced,
      {"Unreduced, double, RowMajor", nullptr, nullptr,
       &Calls<D, Unreduced, double, Row>::plain_both},
      {"Unreduced, float, ColMajor", nullptr, nullptr, &Calls<D, Unreduced, float>::plain_both}};
  s.narrow = {narrow<D, Unreduced, float>("Unreduced, float"),
              narrow<D, Mean, Eigen::bfloat16, Eigen::RowMajor>("Mean, bfloat16, RowMajor")};
  if constexpr (everywhere<D>) {
    s.narrow.push_back(narrow<D, Mean, float, Eigen::RowMajor>("Mean, float, RowMajor"));
    s.narrow.push_back(narrow<D, Unreduced, Eigen::half>("Unreduced, half"));
  }
  s.skipping = skipping<D>(typename Calls<D, Sum>::Every{});
  s.owning = &Calls<D, Mean>::owning_both;
  s.shared = &Calls<D, Mean>::shared_both;
  add_containers<D>(s);
  add_ranks<D>(s);
  return s;
}

}  // namespace laws
