// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <eigenloss/engine/verbs.hpp>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "containers.hpp"
#include "foreign.hpp"
#include "plain.hpp"

// A loss with its types erased, so that a law is ordinary code over plain numbers, compiled once and applied to
// every loss, reduction, scalar, layout and container. `subject<Description>()` makes one.
namespace laws {

// ---- How a test describes its loss. ----

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
  static constexpr std::size_t input_batch = 0;    // the dimension of the input that counts the batch
  static constexpr bool refuses_nan = false;       // an error instead of NaN
  static constexpr bool nan_has_gradient = true;   // the gradient of a NaN is NaN
  static constexpr double largest = 1e4;           // predictions of this size give finite results (0: untried)
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

// ---- What comes of a call. ----

struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  Plain units;                    // of Unreduced
  std::vector<Plain> gradients;   // of every prediction
  bool inputs_untouched = true;
  long allocations = 0;
  std::string error;              // what was thrown; the gradients are then those before the call

  template <class V>
  void set(const V& result) {
    if constexpr (std::is_arithmetic<V>::value) {
      value = static_cast<double>(result);
    } else {
      units = to_plain(result);
    }
  }
};

using Call = Outcome (*)(const Inputs&, const Plain& weights, int threads);
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
  std::vector<Verbs> weighted;      // .weighted(w): Unreduced, Sum, Mean, WeightedMean, NonZeroMean
  Call masked;                      // .weighted(w) with a mask of bool, under Sum
  Call divisor, weighted_divisor;
  std::vector<Verbs> threaded;      // the call on a pool; `value` is the same on the default device
  std::vector<Verbs> pieces;        // Unreduced in both layouts and in float
  std::vector<Verbs> narrow;        // other scalar types; `value` is the same in double
  std::vector<Named> containers, fixed_containers, outputs;
  std::vector<Named> skipping;      // one for each prediction: all others are skipped
  std::vector<Named> ranks;         // element: ranks 0 and 4
  std::vector<Named> axes;          // row: the axis at 0, 1, 2 and -1 of rank 3, in both layouts
  Call lone_row = nullptr;          // row: rank 1
  Call owning, shared, swapped_adverbs;
};

// ---- Making one. ----

inline const Eigen::ThreadPoolDevice& pool(int threads) {
  static std::array<std::unique_ptr<Eigen::ThreadPool>, 8> pools;
  static std::array<std::unique_ptr<Eigen::ThreadPoolDevice>, 8> devices;
  const auto i = static_cast<std::size_t>(threads);
  if (!pools[i]) {
    pools[i] = std::make_unique<Eigen::ThreadPool>(threads);
    devices[i] = std::make_unique<Eigen::ThreadPoolDevice>(pools[i].get(), threads);
  }
  return *devices[i];
}

template <class Tuple>
struct PredictionsIn;
template <class... A>
struct PredictionsIn<std::tuple<A...>> {
  static constexpr std::size_t count = (std::size_t(A::predicted) + ...);
  static constexpr std::array<std::size_t, count> get() {
    std::array<std::size_t, count> which{};
    const bool predicted[] = {A::predicted...};
    std::size_t g = 0;
    for (std::size_t i = 0; i < sizeof...(A); ++i) {
      if (predicted[i]) which[g++] = i;
    }
    return which;
  }
};

// The adverbs: each calls `then` with the loss it makes.
struct Plainly {
  template <class Loss, class Then>
  void operator()(const Loss& loss, const Then& then) const {
    then(loss);
  }
};
struct OnPool {
  const Eigen::ThreadPoolDevice& device;
  template <class Loss, class Then>
  void operator()(const Loss& loss, const Then& then) const {
    then(loss.device(device));
  }
};
template <class W>
struct WithWeights {
  W weights;
  template <class Loss, class Then>
  void operator()(const Loss& loss, const Then& then) const {
    then(loss.weighted(weights));
  }
};
template <class W, bool DeviceFirst = true>
struct WithWeightsOnPool {
  W weights;
  const Eigen::ThreadPoolDevice& device;
  template <class Loss, class Then>
  void operator()(const Loss& loss, const Then& then) const {
    if constexpr (DeviceFirst) {
      then(loss.device(device).weighted(weights));
    } else {
      then(loss.weighted(weights).device(device));
    }
  }
};

// The calls of one loss with arguments and gradients of one container kind.
template <class D, class R, class T = double, class Kind = Tensors<Eigen::ColMajor>>
struct Calls {
  using Arguments = typename D::Arguments;
  static constexpr std::size_t inputs = std::tuple_size<Arguments>::value;
  static constexpr std::size_t gradients = PredictionsIn<Arguments>::count;
  static constexpr std::array<std::size_t, gradients> predicted = PredictionsIn<Arguments>::get();
  using All = std::make_index_sequence<inputs>;
  using Every = std::make_index_sequence<gradients>;
  template <std::size_t I>
  using Tag = std::tuple_element_t<I, Arguments>;

  static auto made(const Inputs& in) {
    auto loss = D::template loss<R>();
    D::fit(loss, D::features(in));
    return loss;
  }
  template <std::size_t... I>
  static auto held(const Inputs& in, std::index_sequence<I...>) {
    using Kept =
        std::tuple<typename ArgumentOf<typename Tag<I>::template Scalar<T>, Tag<I>::rank, I, Kind>::type...>;
    return std::make_unique<Kept>(in[I]...);
  }
  template <std::size_t... G>
  static auto storage(const Inputs& in, std::index_sequence<G...>) {
    using Kept = std::tuple<typename Kind::template Storage<T, Tag<predicted[G]>::rank>...>;
    const double before = std::numeric_limits<double>::quiet_NaN();
    return std::make_unique<Kept>(filled(in[predicted[G]].shape, before)...);
  }
  template <class Kept, std::size_t... I>
  static bool unchanged(const Kept& kept, const Inputs& in, std::index_sequence<I...>) {
    return (... && identical(std::get<I>(kept).plain(), in[I]));
  }

  // Calls body(loss, arguments...) with the loss that the adverb makes.
  template <class Adverb, class Body>
  static Outcome run(const Inputs& in, const Adverb& adverb, const Body& body) {
    Outcome outcome;
    const auto kept = held(in, All{});
    const auto loss = made(in);
    adverb(loss, [&](const auto& adverbial) {
      std::apply(
          [&](auto&... argument) {
            try {
              body(outcome, adverbial, argument.view()...);
            } catch (const std::invalid_argument& error) {
              outcome.error = error.what();
            }
          },
          *kept);
    });
    outcome.inputs_untouched = unchanged(*kept, in, All{});
    return outcome;
  }
  template <class Adverb>
  static Outcome value(const Inputs& in, const Adverb& adverb) {
    return run(in, adverb, [](Outcome& outcome, const auto& loss, auto&&... x) {
      const long before = allocations::counted;
      const auto result = loss(x...);
      outcome.allocations = allocations::counted - before;
      outcome.set(result);
    });
  }
  template <class Adverb>
  static Outcome gradient(const Inputs& in, const Adverb& adverb) {
    return into_storage(in, adverb, [](Outcome&, const auto& loss, auto&&... x) { loss.gradient(x...); });
  }
  template <class Adverb>
  static Outcome both(const Inputs& in, const Adverb& adverb) {
    return into_storage(in, adverb, [](Outcome& outcome, const auto& loss, auto&&... x) {
      const long before = allocations::counted;
      const auto result = loss.value_and_gradient(x...);
      outcome.allocations = allocations::counted - before;
      outcome.set(result);
    });
  }
  template <class Adverb, class Verb>
  static Outcome into_storage(const Inputs& in, const Adverb& adverb, const Verb& verb) {
    const auto outs = storage(in, Every{});
    Outcome outcome = run(in, adverb, [&](Outcome& result, const auto& loss, auto&&... x) {
      std::apply([&](auto&... out) { verb(result, loss, x..., out.view()...); }, *outs);
    });
    std::apply([&](const auto&... out) { (outcome.gradients.push_back(out.plain()), ...); }, *outs);
    return outcome;
  }

  // ---- As `Call`s. ----
  static Outcome plain_value(const Inputs& in, const Plain&, int) { return value(in, Plainly{}); }
  static Outcome plain_gradient(const Inputs& in, const Plain&, int) { return gradient(in, Plainly{}); }
  static Outcome plain_both(const Inputs& in, const Plain&, int) { return both(in, Plainly{}); }
  template <class W>
  static WithWeights<W> with(const Plain& w) {
    return {to_tensor<typename W::Scalar, D::unit_rank, layout_of<Kind>>(w)};
  }
  using W = Eigen::Tensor<T, D::unit_rank, layout_of<Kind>>;
  using Mask = Eigen::Tensor<bool, D::unit_rank, layout_of<Kind>>;
  static Outcome weighted_both(const Inputs& in, const Plain& w, int) { return both(in, with<W>(w)); }
  static Outcome masked_both(const Inputs& in, const Plain& w, int) { return both(in, with<Mask>(w)); }
  static Outcome threaded_both(const Inputs& in, const Plain&, int threads) {
    return both(in, OnPool{pool(threads)});
  }
  static Outcome weighted_threaded_both(const Inputs& in, const Plain& w, int threads) {
    return both(in, WithWeightsOnPool<W>{with<W>(w).weights, pool(threads)});
  }
  static Outcome swapped_both(const Inputs& in, const Plain& w, int threads) {
    return both(in, WithWeightsOnPool<W, false>{with<W>(w).weights, pool(threads)});
  }
  static Outcome divisor(const Inputs& in, const Plain&, int) {
    return run(in, Plainly{}, [](Outcome& out, const auto& loss, auto&&... x) { out.set(loss.divisor(x...)); });
  }
  static Outcome weighted_divisor(const Inputs& in, const Plain& w, int) {
    return run(in, with<W>(w), [](Outcome& out, const auto& loss, auto&&... x) { out.set(loss.divisor(x...)); });
  }
  // The owning form of the fused verb.
  static Outcome owning_both(const Inputs& in, const Plain&, int) {
    return run(in, Plainly{}, [](Outcome& out, const auto& loss, auto&&... x) {
      const auto result = loss.value_and_gradient(x...);
      out.set(result.first);
      if constexpr (gradients == 1) {
        out.gradients = {to_plain(result.second)};
      } else {
        std::apply([&](const auto&... g) { out.gradients = {to_plain(g)...}; }, result.second);
      }
    });
  }
  // Unreduced losses into storage of the same container kind.
  static Outcome value_into(const Inputs& in, const Plain& units, int) {
    typename Kind::template Storage<T, D::unit_rank> storage(
        filled(units.shape, std::numeric_limits<double>::quiet_NaN()));
    Outcome outcome = run(in, Plainly{}, [&](Outcome& out, const auto& loss, auto&&... x) {
      const long before = allocations::counted;
      loss.value_into(storage.view(), x...);
      out.allocations = allocations::counted - before;
    });
    outcome.units = storage.plain();
    return outcome;
  }
  // Gradient G alone; the others are skipped.
  template <std::size_t G>
  static Outcome only(const Inputs& in, const Plain&, int) {
    const auto outs = storage(in, Every{});
    Outcome outcome = run(in, Plainly{}, [&](Outcome& out, const auto& loss, auto&&... x) {
      call_only<G>(out, loss, *outs, Every{}, x...);
    });
    outcome.gradients.push_back(std::get<G>(*outs).plain());
    return outcome;
  }
  template <std::size_t G, class Loss, class Outs, std::size_t... K, class... X>
  static void call_only(Outcome& outcome, const Loss& loss, Outs& outs, std::index_sequence<K...>, X&... x) {
    outcome.set(loss.value_and_gradient(x..., skip_unless<K == G>(std::get<K>(outs))...));
  }
  template <bool Wanted, class Out>
  static auto& skip_unless(Out& out) {
    if constexpr (Wanted) {
      return out.view();
    } else {
      return eigenloss::skip;
    }
  }
  // One functor and its arguments on four threads at once: the outcome of the last one that differs.
  static Outcome shared_both(const Inputs& in, const Plain&, int) {
    const auto kept = held(in, All{});
    const auto loss = made(in);
    std::array<Outcome, 4> outcomes;
    std::vector<std::thread> threads;
    for (Outcome& outcome : outcomes) {
      threads.emplace_back([&outcome, &in, &loss, &kept] {
        const auto outs = storage(in, Every{});
        for (int i = 0; i < 20; ++i) {
          std::apply(
              [&](const auto&... x) {
                std::apply([&](auto&... out) { outcome.set(loss.value_and_gradient(x.tensor..., out.view()...)); },
                           *outs);
              },
              *kept);
        }
        std::apply([&](const auto&... out) { (outcome.gradients.push_back(out.plain()), ...); }, *outs);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 1; i < outcomes.size(); ++i) {
      if (!identical(outcomes[i].value, outcomes[0].value)) return outcomes[i];
      for (std::size_t g = 0; g < gradients; ++g) {
        if (!identical(outcomes[i].gradients[g], outcomes[0].gradients[g])) return outcomes[i];
      }
    }
    return outcomes[0];
  }
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

// ---- Filling in a subject. ----

template <class D, class R>
Verbs verbs(const char* what) {
  using C = Calls<D, R>;
  return {what + std::string(", double, ColMajor"), &C::plain_value, &C::plain_gradient, &C::plain_both};
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
  return {{"gradient " + std::to_string(G) + " alone", &Calls<D, eigenloss::Sum>::template only<G>}...};
}

template <class Tuple>
constexpr int highest_rank = 0;
template <class... A>
constexpr int highest_rank<std::tuple<A...>> = std::max({A::rank...});

// Every kind of container as an input and, where it can be written to, as a gradient.
template <class D>
void add_containers(Subject& s) {
  using Col = Tensors<Eigen::ColMajor>;
  using Row = Tensors<Eigen::RowMajor>;
  s.containers = {container<D, ConstTensorMaps, Row, Row>(),
                  container<D, TensorExpressions, TensorMaps, TensorMaps, eigenloss::Mean>()};
  s.outputs = {output<D, Col>()};
  if constexpr (highest_rank<typename D::Arguments> <= 2) {
    using Matrix = Matrices<Eigen::ColMajor>;
    s.fixed_containers = {container<D, FixedSizeTensors, FixedSizeTensors, FixedSizeTensors>()};
    const std::vector<Named> dense = {container<D, Matrix, MatrixExpressions, Blocks>(),
                                      container<D, Matrices<Eigen::RowMajor>, Transposes, Transposes>(),
                                      container<D, ArrayExpressions, Arrays, Arrays>(),
                                      container<D, Maps, StridedMaps, Refs>(),
                                      container<D, Blocks, Refs, StridedMaps, eigenloss::Mean>()};
    s.containers.insert(s.containers.end(), dense.begin(), dense.end());
  }
}

template <class D>
void add_ranks(Subject& s) {
  using eigenloss::Unreduced;
  if constexpr (D::unit == Unit::element) {
    s.ranks = {{"rank 0", &Calls<WithRank<D, 0>, Unreduced>::plain_both},
               {"rank 4, RowMajor", &Calls<WithRank<D, 4>, Unreduced, double, Tensors<Eigen::RowMajor>>::plain_both}};
  } else if constexpr (D::unit == Unit::row) {
    s.lone_row = &Calls<LoneRow<D>, Unreduced>::plain_both;
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
  s.non_zero_mean = verbs<D, foreign::NonZeroMean>("a user's mean over non-zero losses");
  s.weighted = {weighted_verbs<D, Unreduced>("Unreduced"), weighted_verbs<D, Sum>("Sum"),
                weighted_verbs<D, Mean>("Mean"), weighted_verbs<D, WeightedMean>("WeightedMean"),
                weighted_verbs<D, foreign::NonZeroMean>("a user's mean over non-zero losses")};
  s.masked = &Calls<D, Sum>::masked_both;
  s.divisor = &Calls<D, Mean>::divisor;
  s.weighted_divisor = &Calls<D, Mean>::weighted_divisor;
  s.threaded = {
      {"Mean, double, ColMajor", &Calls<D, Mean>::plain_both, nullptr, &Calls<D, Mean>::threaded_both},
      {"Unreduced, double, ColMajor", &Calls<D, Unreduced>::plain_both, nullptr, &Calls<D, Unreduced>::threaded_both},
      {"a user's mean over non-zero losses, double, ColMajor", &Calls<D, foreign::NonZeroMean>::plain_both, nullptr,
       &Calls<D, foreign::NonZeroMean>::threaded_both},
      {"Sum weighted, double, ColMajor", &Calls<D, Sum>::weighted_both, nullptr, &Calls<D, Sum>::weighted_threaded_both},
      {"Mean, float, RowMajor", &Calls<D, Mean, float, Row>::plain_both, nullptr, &Calls<D, Mean, float, Row>::threaded_both}};
  s.swapped_adverbs = &Calls<D, Sum>::swapped_both;
  s.pieces = {s.unreduced,
              {"Unreduced, double, RowMajor", nullptr, nullptr, &Calls<D, Unreduced, double, Row>::plain_both},
              {"Unreduced, float, ColMajor", nullptr, nullptr, &Calls<D, Unreduced, float>::plain_both}};
  s.narrow = {narrow<D, Unreduced, float>("Unreduced, float"), narrow<D, Mean, float, Eigen::RowMajor>("Mean, float, RowMajor"),
              narrow<D, Unreduced, Eigen::half>("Unreduced, half"),
              narrow<D, Mean, Eigen::bfloat16, Eigen::RowMajor>("Mean, bfloat16, RowMajor")};
  s.skipping = skipping<D>(typename Calls<D, Sum>::Every{});
  s.owning = &Calls<D, Mean>::owning_both;
  s.shared = &Calls<D, Mean>::shared_both;
  add_containers<D>(s);
  add_ranks<D>(s);
  return s;
}

}  // namespace laws
