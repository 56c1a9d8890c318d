// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <type_traits>
#include <utility>

// Reductions: how the losses of the units become one value, and how much each unit counts in the
// gradient.
//
// A unit is the smallest piece that has one loss number l: an element, a row or a sequence. w is
// its weight from .weighted(w), 1 without.
//
// | policy       | value                     | gradient / slope             |
// |--------------|---------------------------|------------------------------|
// | Unreduced    | w·l, unit by unit         | w                            |
// | Sum          | sum of w·l                | w                            |
// | Mean         | sum of w·l / D            | w / D                        |
// | BatchMean    | sum of w·l / batch size   | w / batch size               |
// | WeightedMean | sum of w·l / sum of w·d   | w / sum of w·d               |
// | RootMean     | square root of Mean       | w / (2·D·RootMean)           |
//
// D is what PyTorch's `mean` divides by, and it is not always the number of units: CrossEntropy and
// NLL with class targets add up the class weights of the targets that are not ignored. d is one
// unit's share of D. The batch size is the size of dimension 0; of dimension 1 where `axis` is 0, of
// the sequences for CTC; 1 for a number or a row alone.
//
// Your own: copy `Sum`. A policy has two static functions of the totals of a batch,
//   value(totals): the reduced loss;
//   scale(totals): the factor of every unit's slope, so that gradient = scale·w·slope;
// and, where it needs them,
//   static constexpr bool needs_losses = true: scale reads totals.loss or totals.counted, so the
//     losses are computed before the gradient;
//   count(loss): a number for each unit, from its loss; totals.counted is the sum of w'·count(l)
//     with w' = 0 for masked units and 1 for others;
//   static constexpr bool averages = false: not a mean over units. CTC divides each sequence by its
//     target's length where a reduction averages.
namespace eigenloss {

/// What a reduction may use. T is double for float and double losses, else the loss's own number
/// type.
template <class T>
struct Totals {
  T loss;     ///< sum of w·l
  T divisor;  ///< D: sum of d
  T weights;  ///< sum of w·d
  T batch;    ///< the batch size
  T counted;  ///< sum of count(l) over the units that are not masked
};

/// The sum of w·l over the units. The one to copy for a reduction of your own.
struct Sum {
  static constexpr bool averages = false;
  template <class T>
  static T value(const Totals<T>& totals) {
    return totals.loss;
  }
  template <class T>
  static T scale(const Totals<T>&) {
    return T(1);
  }
};

/// The losses themselves, weighted, unit by unit. Its gradient is that of their sum.
struct Unreduced : Sum {};

/// The mean, D as PyTorch's `mean`: not always the number of units.
/// NaN where there is nothing to average, as in PyTorch; the gradient is 0 there.
struct Mean {
  template <class T>
  static T value(const Totals<T>& totals) {
    return totals.loss / totals.divisor;
  }
  template <class T>
  static T scale(const Totals<T>& totals) {
    return totals.divisor == T(0) ? T(0) : T(T(1) / totals.divisor);
  }
};

/// The sum of w·l divided by the batch size, as KLDiv's `batchmean`, for every loss.
struct BatchMean {
  static constexpr bool averages = false;
  template <class T>
  static T value(const Totals<T>& totals) {
    return totals.loss / totals.batch;
  }
  template <class T>
  static T scale(const Totals<T>& totals) {
    return totals.batch == T(0) ? T(0) : T(T(1) / totals.batch);
  }
};

/// The mean over what a mask leaves: 0 where every weight is 0.
struct WeightedMean {
  template <class T>
  static T value(const Totals<T>& totals) {
    return totals.weights == T(0) ? T(0) : T(totals.loss / totals.weights);
  }
  template <class T>
  static T scale(const Totals<T>& totals) {
    return totals.weights == T(0) ? T(0) : T(T(1) / totals.weights);
  }
};

/// MSE<RootMean> is RMSE. The gradient at 0 is 0, also where all d² underflow to it.
struct RootMean {
  static constexpr bool needs_losses = true;
  template <class T>
  static T value(const Totals<T>& totals) {
    using std::sqrt;
    return sqrt(T(totals.loss / totals.divisor));
  }
  template <class T>
  static T scale(const Totals<T>& totals) {
    const T root = value(totals);
    return root == T(0) || totals.divisor == T(0) ? T(0) : T(T(1) / (T(2) * root * totals.divisor));
  }
};

namespace detail {

template <class R>
constexpr bool is_unreduced = std::is_same<R, Unreduced>::value;

// Whether a policy may read totals.weights, which takes a pass over the weights.
template <class R>
struct ReadsWeights
    : std::integral_constant<
          bool, !std::is_same<R, Sum>::value && !std::is_same<R, Unreduced>::value &&
                    !std::is_same<R, Mean>::value && !std::is_same<R, BatchMean>::value &&
                    !std::is_same<R, RootMean>::value> {};

template <class R, class = void>
struct IsReduction : std::false_type {};
template <class R>
struct IsReduction<R, std::void_t<decltype(R::value(std::declval<const Totals<double>&>())),
                                  decltype(R::scale(std::declval<const Totals<double>&>()))>>
    : std::true_type {};

template <class R, class = void>
struct NeedsLosses : std::false_type {};
template <class R>
struct NeedsLosses<R, std::void_t<decltype(R::needs_losses)>>
    : std::integral_constant<bool, R::needs_losses> {};

template <class R, class = void>
struct Averages : std::true_type {};
template <class R>
struct Averages<R, std::void_t<decltype(R::averages)>> : std::integral_constant<bool, R::averages> {
};

template <class R, class V, class = void>
struct Counts : std::false_type {};
template <class R, class V>
struct Counts<R, V, std::void_t<decltype(R::count(std::declval<V>()))>> : std::true_type {};

}  // namespace detail
}  // namespace eigenloss
