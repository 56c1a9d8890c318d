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
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "containers.hpp"
#include "description.hpp"

// The verbs of a loss as functions of plain numbers.
namespace laws {

// ---- What comes of a call. ----

struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  Plain units;                   // of Unreduced
  std::vector<Plain> gradients;  // of every prediction
  bool inputs_untouched = true;
  long allocations = 0;
  std::string error;  // what was thrown; the gradients are then those before the call

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
    using Kept = std::tuple<
        typename ArgumentOf<typename Tag<I>::template Scalar<T>, Tag<I>::rank, I, Kind>::type...>;
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
    return into_storage(in, adverb,
                        [](Outcome&, const auto& loss, auto&&... x) { loss.gradient(x...); });
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
  static Outcome plain_gradient(const Inputs& in, const Plain&, int) {
    return gradient(in, Plainly{});
  }
  static Outcome plain_both(const Inputs& in, const Plain&, int) { return both(in, Plainly{}); }
  template <class W>
  static WithWeights<W> with(const Plain& w) {
    return {to_tensor<typename W::Scalar, D::unit_rank, layout_of<Kind>>(w)};
  }
  using W = Eigen::Tensor<T, D::unit_rank, layout_of<Kind>>;
  using Mask = Eigen::Tensor<bool, D::unit_rank, layout_of<Kind>>;
  static Outcome weighted_both(const Inputs& in, const Plain& w, int) {
    return both(in, with<W>(w));
  }
  static Outcome masked_both(const Inputs& in, const Plain& w, int) {
    return both(in, with<Mask>(w));
  }
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
    return run(in, Plainly{},
               [](Outcome& out, const auto& loss, auto&&... x) { out.set(loss.divisor(x...)); });
  }
  static Outcome weighted_divisor(const Inputs& in, const Plain& w, int) {
    return run(in, with<W>(w),
               [](Outcome& out, const auto& loss, auto&&... x) { out.set(loss.divisor(x...)); });
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
  static void call_only(Outcome& outcome, const Loss& loss, Outs& outs, std::index_sequence<K...>,
                        X&... x) {
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
  // One functor and its arguments on four threads at once: the outcome of the last one that
  // differs.
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
                std::apply(
                    [&](auto&... out) {
                      outcome.set(loss.value_and_gradient(x.tensor..., out.view()...));
                    },
                    *outs);
              },
              *kept);
        }
        std::apply([&](const auto&... out) { (outcome.gradients.push_back(out.plain()), ...); },
                   *outs);
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

}  // namespace laws
