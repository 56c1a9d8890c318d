// SPDX-License-Identifier: BSL-1.0
// Every loss with value and gradients, for one number type and storage order. It is compiled with all
// warnings, at -O2 and -O3, where GCC finds most that are false (.ci/run warnings).
#include <eigenloss/eigenloss.hpp>

using namespace eigenloss;

namespace {

using T = NUMBER;
template <int Rank>
using Numbers = Eigen::Tensor<T, Rank, Eigen::ORDER>;
using Classes = Eigen::Tensor<int, 1>;

struct Calls {
  Numbers<2> x{8, 5}, y{8, 5}, z{8, 5}, dx{8, 5}, dy{8, 5}, dz{8, 5};
  Classes label{8}, sign{8};
  Eigen::Tensor<int, 2, Eigen::ORDER> labels{8, 5};
  Numbers<3> frames{6, 8, 5}, dframes{6, 8, 5};
  Eigen::Tensor<T, 1> each{8};
  double sum = 0;

  template <class L, class In, class Out>
  void verbs(const L& loss, const In& in, const Out& out) {
    const auto with_storage = std::tuple_cat(in, out);
    sum += double(std::apply(loss, in));
    std::apply([&](auto&... all) { loss.gradient(all...); }, with_storage);
    sum += double(
        std::apply([&](auto&... all) { return loss.value_and_gradient(all...); }, with_storage));
  }
  template <class L>
  void pair(const L& loss) {
    verbs(loss, std::tie(x, y), std::tie(dx));
  }
  template <class L>
  void classes(const L& loss) {
    verbs(loss, std::tie(x, label), std::tie(dx));
  }

  void pointwise_losses() {
    pair(L1<>());
    pair(MSE<>());
    pair(SmoothL1<>());
    pair(Huber<>());
    pair(BCE<>());
    pair(BCEWithLogits<>());
    pair(PoissonNLL<>());
    pair(KLDiv<>());
    pair(HingeEmbedding<>());
    pair(SoftMargin<>());
    verbs(GaussianNLL<>(), std::tie(x, y, z), std::tie(dx, dy));
    verbs(MarginRanking<>(), std::tie(x, y, z), std::tie(dx, dy));
    pair(MSE<RootMean>().weighted(z));
    pair(0.5 * L1<>() + 2 * MSE<>());
    pair(pointwise<Mean>([](auto a, auto b) { return log(cosh(a - b)); }));
    L1<Unreduced>().value_into(each, x.chip(0, 1), y.chip(0, 1));
  }
  void row_losses() {
    pair(CrossEntropy<>());
    pair(MultiLabelSoftMargin<>());
    pair(CrossEntropy<>() + MultiLabelSoftMargin<>());
    classes(CrossEntropy<>());
    classes(NLL<>());
    classes(NLL<>().weighted(each));
    classes(MultiMargin<>());
    verbs(MultiLabelMargin<>(), std::tie(x, labels), std::tie(dx));
    verbs(CosineEmbedding<>(), std::tie(x, y, sign), std::tie(dx, dy));
    verbs(TripletMargin<>(), std::tie(x, y, z), std::tie(dx, dy, dz));
    verbs(TripletMarginWithDistance<>(), std::tie(x, y, z), std::tie(dx, dy, dz));
    CrossEntropy<Unreduced>().value_into(each, x, label);
  }
  void sequence_losses() {
    verbs(CTC<>(), std::tie(frames, labels, label, sign), std::tie(dframes));
    verbs(CTCWithLogits<>(), std::tie(frames, labels, label, sign), std::tie(dframes));
  }
};

}  // namespace

int main() {
  Calls calls;
  calls.pointwise_losses();
  calls.row_losses();
  calls.sequence_losses();
  return calls.sum > 0;
}
