// SPDX-License-Identifier: BSL-1.0
// The losses whose unit is a row: class losses on matrices and batches of images, embedding losses.
#include "eigenloss_side.hpp"

namespace benchmark {
namespace {

// Calls `make(T{}, layout)` with the scalar and the layout of the cell.
template <class Make>
Runner dispatch(const Cell& cell, const Make& make) {
  const std::integral_constant<int, Eigen::RowMajor> row;
  const std::integral_constant<int, Eigen::ColMajor> col;
  if (cell.scalar == Scalar::kFloat) return cell.row_major ? make(0.0f, row) : make(0.0f, col);
  if (cell.scalar == Scalar::kDouble) return cell.row_major ? make(0.0, row) : make(0.0, col);
  return {};
}

// The target is a T, or an integer where T is void, of a rank that is lower by `Lower`.
template <class Loss, class Target, int Lower>
Runner make_class(const Cell& cell, const Arguments& a) {
  return dispatch(cell, [&](auto scalar, auto layout) -> Runner {
    using T = decltype(scalar);
    using Label = std::conditional_t<std::is_void<Target>::value, T, Target>;
    constexpr int kLayout = layout;
    Loss loss;
    loss.axis = 1;
    const auto make = [&](auto rank) {
      constexpr int kRank = rank;
      return make_runner(cell, loss,
                         std::make_tuple(numbers<T, kRank, kLayout>(a[0]),
                                         numbers<Label, kRank - Lower, kLayout>(a[1])),
                         std::make_tuple(gradient<T, kRank, kLayout>(a[0])));
    };
    if (cell.shape.size() == 2) return make(std::integral_constant<int, 2>());
    return make(std::integral_constant<int, 4>());
  });
}

template <class Loss>
Runner make_cosine(const Cell& cell, const Arguments& a) {
  return dispatch(cell, [&](auto scalar, auto layout) {
    using T = decltype(scalar);
    constexpr int kLayout = layout;
    const auto x = [&](std::size_t i) { return numbers<T, 2, kLayout>(a[i]); };
    const auto g = [&](std::size_t i) { return gradient<T, 2, kLayout>(a[i]); };
    return make_runner(cell, Loss{}, std::make_tuple(x(0), x(1), numbers<T, 1, kLayout>(a[2])),
                       std::make_tuple(g(0), g(1)));
  });
}

template <class Loss>
Runner make_triplet(const Cell& cell, const Arguments& a) {
  return dispatch(cell, [&](auto scalar, auto layout) {
    using T = decltype(scalar);
    constexpr int kLayout = layout;
    const auto x = [&](std::size_t i) { return numbers<T, 2, kLayout>(a[i]); };
    const auto g = [&](std::size_t i) { return gradient<T, 2, kLayout>(a[i]); };
    return make_runner(cell, Loss{}, std::make_tuple(x(0), x(1), x(2)),
                       std::make_tuple(g(0), g(1), g(2)));
  });
}

}  // namespace

void add_rowwise(Losses& losses) {
#if __has_include(<eigenloss/losses/cross_entropy.hpp>)
  losses["CrossEntropy"] = make_class<eigenloss::CrossEntropy<>, std::int64_t, 1>;
#endif
#if __has_include(<eigenloss/losses/nll.hpp>)
  losses["NLL"] = make_class<eigenloss::NLL<>, std::int64_t, 1>;
#endif
#if __has_include(<eigenloss/losses/multi_margin.hpp>)
  losses["MultiMargin"] = make_class<eigenloss::MultiMargin<>, std::int64_t, 1>;
#endif
#if __has_include(<eigenloss/losses/multi_label_margin.hpp>)
  losses["MultiLabelMargin"] = make_class<eigenloss::MultiLabelMargin<>, std::int64_t, 0>;
#endif
#if __has_include(<eigenloss/losses/multi_label_soft_margin.hpp>)
  losses["MultiLabelSoftMargin"] = make_class<eigenloss::MultiLabelSoftMargin<>, void, 0>;
#endif
#if __has_include(<eigenloss/losses/cosine_embedding.hpp>)
  losses["CosineEmbedding"] = make_cosine<eigenloss::CosineEmbedding<>>;
#endif
#if __has_include(<eigenloss/losses/triplet_margin.hpp>)
  losses["TripletMargin"] = make_triplet<eigenloss::TripletMargin<>>;
#endif
#if __has_include(<eigenloss/losses/triplet_margin_with_distance.hpp>)
  losses["TripletMarginWithDistance"] = make_triplet<eigenloss::TripletMarginWithDistance<>>;
#endif
}

}  // namespace benchmark
