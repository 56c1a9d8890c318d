// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.hinge_embedding_loss, in double.
#include <eigenloss/losses/hinge_embedding.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Eigen::ArrayXd distances() { return list({.3, .2, 1.7, .4}); }
Eigen::ArrayXd labels() { return list({1, -1, -1, 0}); }
}  // namespace

TEST_CASE("HingeEmbedding has PyTorch's values with the default margin") {
  check_near(HingeEmbedding<Unreduced>{}(distances(), labels()), {0.3, 0.8, 0, 1});
  check_near(HingeEmbedding<>{}(distances(), labels()), 0.525);
  check_near(HingeEmbedding<>{}.gradient(distances(), labels()), {0.25, -0.25, 0, 0});
}

TEST_CASE("HingeEmbedding's margin is set in braces or as a member") {
  HingeEmbedding<Unreduced> loss;
  loss.margin = 0.35;
  check_near(loss(distances(), labels()), {0.3, 0.14999999999999997, 0, 0.4});
  check_near(HingeEmbedding<>{{0.35}}(distances(), labels()), 0.2125);
  check_near(HingeEmbedding<>{{0.35}}.gradient(distances(), labels()), {0.25, -0.25, 0, 0.25});
  check_near(HingeEmbedding<Sum>{{2.0}}(distances(), labels()), 4.4);
}

TEST_CASE(
    "HingeEmbedding's slope at the margin is -1, and 0 for a label that is neither 1 nor -1") {
  check_elements(HingeEmbedding<Unreduced>{{0.5}}, {0.5, 0.5, 0.5}, {-1, 0, 1}, {0, 0.5, 0.5},
                 {-1, 0, 1}, 0);
}

TEST_CASE("HingeEmbedding adds up both parts for any other label, NaN too") {
  check_elements(HingeEmbedding<Unreduced>{}, {0.25, 3, 0.25}, {0.5, 2, NaN}, {1, 3, 1}, {0, 1, 0},
                 0);
}

TEST_CASE("HingeEmbedding takes negative distances and a negative margin") {
  check_elements(HingeEmbedding<Unreduced>{{-1.0}}, {-2, -2, 0}, {1, -1, -1}, {-2, 1, 0},
                 {1, -1, 0}, 0);
}

TEST_CASE("HingeEmbedding never swallows NaN of the input") {
  check_elements(HingeEmbedding<Unreduced>{}, {NaN, NaN, NaN}, {1, -1, 0}, {NaN, NaN, NaN},
                 {NaN, NaN, NaN});
}

TEST_CASE("HingeEmbedding has PyTorch's values at infinity") {
  check_elements(HingeEmbedding<Unreduced>{}, {inf, -inf, -inf, inf, -inf, inf},
                 {1, 1, -1, -1, 0, 0}, {inf, -inf, inf, 0, NaN, inf}, {1, 1, -1, 0, 0, 1});
}
