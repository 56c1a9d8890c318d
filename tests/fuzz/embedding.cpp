// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"

// Losses of two or three vectors, whose unit is a row.
namespace {

using namespace fuzz;

template <class Reduction>
using TripletMarginWithCosine = TripletMarginWithDistance<Reduction, Cosine>;

template <class Place, class Inputs, class Gradients, class Make>
void verbs_of(Bytes& bytes, const char* name, Place, const Shape<Place::rank>& all,
              std::int64_t where, const Inputs& inputs, const Gradients& gradients,
              const Make& make) {
  using Family = typename Place::Family;
  using S = typename Place::S;
  constexpr int rank = Place::rank - 1;
  const Shape<rank> units = without<Place::rank>(all, where);
  const Input<Family, S, rank> weights(bytes, perhaps_smaller<rank>(bytes, units), Numbers::signs);
  Output<Family, S, rank> values(bytes, perhaps_wrong<rank>(bytes, units));
  const Verbs verbs(name, inputs, weights, gradients, values);
  for_each(Place::reductions, [&](auto reduction) {
    auto loss = make(reduction);
    loss.axis = where;
    verbs.run(loss);
  });
}

void cosine_embedding(Bytes& bytes) {
  const double margin = option(bytes);
  choose(bytes, [&](auto place) {
    using Place = decltype(place);
    constexpr int rank = Place::rank;
    using In = Input<typename Place::Family, typename Place::S, rank>;
    using Out = Output<typename Place::Family, typename Place::S, rank>;
    const Shape<rank> all = shape<rank>(bytes);
    const std::int64_t where = bytes.rarely(2) ? axis(bytes, rank) : -1;
    const In a(bytes, all, Numbers::any), b(bytes, perhaps_wrong<rank>(bytes, all), Numbers::any);
    const Input<typename Place::Family, float, rank - 1> y(
        bytes, perhaps_wrong<rank - 1>(bytes, without<rank>(all, where)), Numbers::signs);
    Out of_a(bytes, perhaps_wrong<rank>(bytes, all)), of_b(bytes, perhaps_wrong<rank>(bytes, all));
    verbs_of(bytes, "CosineEmbedding", place, all, where, std::tie(a, b, y), std::tie(of_a, of_b),
             [&](auto reduction) {
               CosineEmbedding<decltype(reduction)> loss;
               loss.margin = margin;
               return loss;
             });
  });
}

template <class Make>
void triplet(Bytes& bytes, const char* name, const Make& make) {
  choose(bytes, [&](auto place) {
    using Place = decltype(place);
    constexpr int rank = Place::rank;
    using In = Input<typename Place::Family, typename Place::S, rank>;
    using Out = Output<typename Place::Family, typename Place::S, rank>;
    const Shape<rank> all = shape<rank>(bytes);
    const std::int64_t where = bytes.rarely(2) ? axis(bytes, rank) : -1;
    const In a(bytes, all, Numbers::any), p(bytes, perhaps_wrong<rank>(bytes, all), Numbers::any),
        n(bytes, perhaps_wrong<rank>(bytes, all), Numbers::any);
    Out of_a(bytes, perhaps_wrong<rank>(bytes, all)), of_p(bytes, perhaps_wrong<rank>(bytes, all)),
        of_n(bytes, perhaps_wrong<rank>(bytes, all));
    verbs_of(bytes, name, place, all, where, std::tie(a, p, n), std::tie(of_a, of_p, of_n), make);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const int loss = bytes.below(3);
  if (loss == 0) return cosine_embedding(bytes), 0;
  const double margin = option(bytes), eps = bytes.rarely(4) ? option(bytes) : 1e-6;
  const double powers[] = {1,
                           2,
                           3,
                           0.5,
                           0,
                           -1,
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(),
                           2.5,
                           special<double>(bytes.below(specials))};
  const double power = powers[bytes.below(10)];
  const bool swap = bytes.rarely(2);
  if (loss == 1) {
    triplet(bytes, "TripletMargin", [&](auto reduction) {
      TripletMargin<decltype(reduction)> l;
      l.margin = margin, l.p = power, l.eps = eps, l.swap = swap;
      return l;
    });
  } else {
    triplet(bytes, "TripletMarginWithDistance", [&](auto reduction) {
      TripletMarginWithCosine<decltype(reduction)> l;
      l.margin = margin, l.swap = swap;
      return l;
    });
  }
  return 0;
}
