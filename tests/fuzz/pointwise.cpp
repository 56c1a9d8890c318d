// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"

// Losses whose unit is an element.
namespace {

using namespace fuzz;

// Fewer places than for rows, since there are more losses to compile; elements may stand alone, too.
template <class F>
void choose_elements(Bytes& bytes, const F& f) {
  switch (bytes.below(6)) {
    case 0:
      return f(On<Columns, double, 0, Mean>());
    case 1:
    case 2:
      return f(On<Columns, double, 2, Mean, RootMean, Unreduced>());
    case 3:
      return f(On<Matrices, float, 2, BatchMean>());
    default:
      return f(On<Rows, float, 3, Sum, WeightedMean>());
  }
}

template <template <class> class L, class Place, class Set, class Inputs, class Gradients>
void verbs_of(Bytes& bytes, const char* name, Place, const Shape<Place::rank>& units,
              const Set& set, const Inputs& inputs, const Gradients& gradients) {
  using Family = typename Place::Family;
  using S = typename Place::S;
  constexpr int rank = Place::rank;
  const Input<Family, S, rank> weights(bytes, perhaps_smaller<rank>(bytes, units), Numbers::signs);
  Output<Family, S, rank> values(bytes, perhaps_wrong<rank>(bytes, units));
  const Verbs verbs(name, inputs, weights, gradients, values);
  for_each(Place::reductions, [&](auto reduction) {
    L<decltype(reduction)> loss;
    set(loss);
    verbs.run(loss);
  });
}

// Losses of (input, target).
template <template <class> class L, class Set>
void two(Bytes& bytes, const char* name, Numbers of_input, Numbers of_target, const Set& set) {
  choose_elements(bytes, [&](auto place) {
    using Place = decltype(place);
    using In = Input<typename Place::Family, typename Place::S, Place::rank>;
    using Out = Output<typename Place::Family, typename Place::S, Place::rank>;
    constexpr int rank = Place::rank;
    const Shape<rank> units = shape<rank>(bytes);
    const In x(bytes, units, of_input), t(bytes, perhaps_wrong<rank>(bytes, units), of_target);
    Out gradient(bytes, perhaps_wrong<rank>(bytes, units));
    verbs_of<L>(bytes, name, place, units, set, std::tie(x, t), std::tie(gradient));
  });
}

void margin_ranking(Bytes& bytes) {
  const double margin = option(bytes);
  choose_elements(bytes, [&](auto place) {
    using Place = decltype(place);
    using In = Input<typename Place::Family, typename Place::S, Place::rank>;
    using Out = Output<typename Place::Family, typename Place::S, Place::rank>;
    constexpr int rank = Place::rank;
    const Shape<rank> units = shape<rank>(bytes);
    const In a(bytes, units, Numbers::any),
        b(bytes, perhaps_wrong<rank>(bytes, units), Numbers::any);
    const Input<typename Place::Family, int, rank> y(
        bytes, perhaps_wrong<rank>(bytes, units),
        [&](std::vector<int>& signs) { fill_labels(bytes, 2, signs, -1); });
    Out of_a(bytes, perhaps_wrong<rank>(bytes, units)),
        of_b(bytes, perhaps_wrong<rank>(bytes, units));
    verbs_of<MarginRanking>(
        bytes, "MarginRanking", place, units, [&](auto& loss) { loss.margin = margin; },
        std::tie(a, b, y), std::tie(of_a, of_b));
  });
}

void gaussian_nll(Bytes& bytes) {
  const double eps = option(bytes);
  const bool full = bytes.rarely(2);
  const auto set = [&](auto& loss) { loss.eps = eps, loss.full = full; };
  choose_elements(bytes, [&](auto place) {
    using Place = decltype(place);
    using Family = typename Place::Family;
    using S = typename Place::S;
    constexpr int rank = Place::rank;
    using In = Input<Family, S, rank>;
    using Out = Output<Family, S, rank>;
    const Shape<rank> units = shape<rank>(bytes);
    const In x(bytes, units, Numbers::any),
        t(bytes, perhaps_wrong<rank>(bytes, units), Numbers::any);
    Out of_x(bytes, perhaps_wrong<rank>(bytes, units));
    if constexpr (rank > 1) {
      if (bytes.rarely(3)) {  // without the last dimension
        Shape<rank - 1> shorter{};
        std::copy_n(units.begin(), rank - 1, shorter.begin());
        const Input<Family, S, rank - 1> variance(bytes, perhaps_wrong<rank - 1>(bytes, shorter),
                                                  Numbers::positive);
        Output<Family, S, rank - 1> of_variance(bytes, perhaps_wrong<rank - 1>(bytes, shorter));
        return verbs_of<GaussianNLL>(bytes, "GaussianNLL", place, units, set,
                                     std::tie(x, t, variance), std::tie(of_x, of_variance));
      }
    }
    Shape<rank> own = units;
    if constexpr (rank > 0) {
      if (bytes.rarely(2)) own[std::size_t(bytes.below(rank))] = 1;
    }
    own = perhaps_wrong<rank>(bytes, own);
    const In variance(bytes, own, Numbers::positive);
    Out of_variance(bytes, perhaps_wrong<rank>(bytes, own));
    verbs_of<GaussianNLL>(bytes, "GaussianNLL", place, units, set, std::tie(x, t, variance),
                          std::tie(of_x, of_variance));
  });
}

void bce_with_logits(Bytes& bytes) {
  const std::int64_t where = axis(bytes, 2);
  const Eigen::ArrayXd positive = class_weights(bytes, bytes.rarely(3) ? 1 : 1 + bytes.below(8));
  two<BCEWithLogits>(bytes, "BCEWithLogits", Numbers::any, Numbers::probabilities,
                     [&](auto& loss) { loss.axis = where, loss.pos_weight = positive; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const int loss = bytes.below(13);
  const double number = option(bytes);
  const bool flag = bytes.rarely(2), other_flag = bytes.rarely(2);
  const auto none = [](auto&) {};
  switch (loss) {
    case 0:
      two<L1>(bytes, "L1", Numbers::any, Numbers::any, none);
      break;
    case 1:
      two<MSE>(bytes, "MSE", Numbers::any, Numbers::any, none);
      break;
    case 2:
      two<SmoothL1>(bytes, "SmoothL1", Numbers::any, Numbers::any,
                    [&](auto& l) { l.beta = number; });
      break;
    case 3:
      two<Huber>(bytes, "Huber", Numbers::any, Numbers::any, [&](auto& l) { l.delta = number; });
      break;
    case 4:
      two<BCE>(bytes, "BCE", Numbers::probabilities, Numbers::probabilities, none);
      break;
    case 5:
      bce_with_logits(bytes);
      break;
    case 6:
      two<PoissonNLL>(bytes, "PoissonNLL", Numbers::positive, Numbers::positive,
                      [&](auto& l) { l.log_input = flag, l.full = other_flag, l.eps = number; });
      break;
    case 7:
      gaussian_nll(bytes);
      break;
    case 8:
      two<KLDiv>(bytes, "KLDiv", Numbers::any, Numbers::probabilities,
                 [&](auto& l) { l.log_target = flag; });
      break;
    case 9:
      two<HingeEmbedding>(bytes, "HingeEmbedding", Numbers::any, Numbers::signs,
                          [&](auto& l) { l.margin = number; });
      break;
    case 10:
      two<SoftMargin>(bytes, "SoftMargin", Numbers::any, Numbers::signs, none);
      break;
    case 11:
      margin_ranking(bytes);
      break;
    default:  // a combination, in one pass
      choose_elements(bytes, [&](auto place) {
        using Place = decltype(place);
        constexpr int rank = Place::rank;
        using In = Input<typename Place::Family, typename Place::S, rank>;
        const Shape<rank> units = shape<rank>(bytes);
        const In x(bytes, units, Numbers::probabilities);
        const In t(bytes, perhaps_wrong<rank>(bytes, units), Numbers::probabilities);
        Output<typename Place::Family, typename Place::S, rank> gradient(
            bytes, perhaps_wrong<rank>(bytes, units));
        const In weights(bytes, perhaps_smaller<rank>(bytes, units), Numbers::any);
        Output<typename Place::Family, typename Place::S, rank> values(
            bytes, perhaps_wrong<rank>(bytes, units));
        const auto in = std::tie(x, t);
        const auto out = std::tie(gradient);
        const Verbs verbs("number * Huber + L1", in, weights, out, values);
        Huber<Sum> huber;
        huber.delta = number;
        verbs.run(number * huber + L1<Sum>());
      });
  }
  return 0;
}
