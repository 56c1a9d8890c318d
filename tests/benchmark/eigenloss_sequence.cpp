// SPDX-License-Identifier: BSL-1.0
// CTC: (T, N, C) row-major, padded targets.
#include "eigenloss_side.hpp"

namespace benchmark {
namespace {

template <class T, class Loss>
Runner make_typed(const Cell& cell, const Arguments& a) {
  return make_runner(cell, Loss{},
                     std::make_tuple(numbers<T, 3, Eigen::RowMajor>(a[0]),
                                     numbers<std::int64_t, 2, Eigen::RowMajor>(a[1]),
                                     numbers<std::int64_t, 1, Eigen::RowMajor>(a[2]),
                                     numbers<std::int64_t, 1, Eigen::RowMajor>(a[3])),
                     std::make_tuple(gradient<T, 3, Eigen::RowMajor>(a[0])));
}

template <class Loss>
Runner make(const Cell& cell, const Arguments& a) {
  if (cell.scalar == Scalar::kFloat) return make_typed<float, Loss>(cell, a);
  if (cell.scalar == Scalar::kDouble) return make_typed<double, Loss>(cell, a);
  return {};
}

}  // namespace

void add_sequence([[maybe_unused]] Losses& losses) {
#if __has_include(<eigenloss/losses/ctc.hpp>)
  losses["CTC"] = make<eigenloss::CTC<>>;
#endif
#if __has_include(<eigenloss/losses/ctc_with_logits.hpp>)
  losses["CTCWithLogits"] = make<eigenloss::CTCWithLogits<>>;
#endif
}

}  // namespace benchmark
