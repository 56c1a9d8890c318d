// SPDX-License-Identifier: BSL-1.0
// GaussianNLL against PyTorch: data/reference.txt.
#include <eigenloss/losses/gaussian_nll.hpp>

#include "support/reference.hpp"

using namespace reference;

namespace {

// The variance has the rank of the input, or is without its last dimension, or a number. The first of them has the
// most checks: see check_reductions.
struct Gaussian {
  template <class T, int Layout, int R, class Wrt, class Variance>
  static void with(const Case& c, Wrt wrt, const Variance& variance) {
    constexpr bool main_rank = R == 2 && std::is_same<Variance, Eigen::Tensor<T, R, Layout>>::value;
    check_reductions<eigenloss::GaussianNLL, T, Layout, R, main_rank>(
        c, wrt, tensor<T, R, Layout>(c.arguments[0]), tensor<T, R, Layout>(c.arguments[1]),
        variance);
  }
  template <class T, int Layout>
  static void run(const Case& c) {
    const Array& variance = c.arguments[2];
    with_rank<0, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value;
      if (variance.kind == Kind::number) {
        return with<T, Layout, R>(c, std::index_sequence<0>{}, static_cast<T>(variance.values[0]));
      }
      if constexpr (R > 0) {
        if (variance.rank() < c.input().rank()) {
          return with<T, Layout, R>(c, std::index_sequence<0, 2>{},
                                    tensor<T, R - 1, Layout>(variance));
        }
      }
      with<T, Layout, R>(c, std::index_sequence<0, 2>{}, tensor<T, R, Layout>(variance));
    });
  }
};

}  // namespace

TEST_CASE("GaussianNLL gives PyTorch's numbers") { check_loss<Gaussian>("GaussianNLL"); }
