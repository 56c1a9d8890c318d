// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"

// Losses of classes, whose unit is a row.
namespace {

using namespace fuzz;

// `labelled`: the target is a class for each row; otherwise it has the shape of the input.
template <template <class> class L, class Target, bool labelled, class Fill, class Set>
void classes(Bytes& bytes, const char* name, std::int64_t default_axis, const Fill& fill_in,
             const Set& set) {
  choose(bytes, [&](auto place) {
    using Place = decltype(place);
    using Family = typename Place::Family;
    using S = typename Place::S;
    constexpr int rank = Place::rank, unit_rank = rank - 1,
                  target_rank = labelled ? unit_rank : rank;
    const Shape<rank> all = shape<rank>(bytes);
    const std::int64_t where = bytes.rarely(2) ? axis(bytes, rank) : default_axis;
    const Index count = along<rank>(all, where);
    const Shape<unit_rank> units = without<rank>(all, where);
    Shape<target_rank> of_target{};
    if constexpr (labelled)
      of_target = units;
    else
      of_target = all;
    const Input<Family, S, rank> x(bytes, all, Numbers::any);
    // A family of matrices has no rank 0: one label alone is a tensor.
    const Input<Family, Target, target_rank> t(bytes, perhaps_wrong<target_rank>(bytes, of_target),
                                               [&](auto& storage) { fill_in(count, storage); });
    const Input<Family, S, unit_rank> weights(bytes, perhaps_smaller<unit_rank>(bytes, units),
                                              Numbers::signs);
    Output<Family, S, rank> gradient(bytes, perhaps_wrong<rank>(bytes, all));
    Output<Family, S, unit_rank> values(bytes, perhaps_wrong<unit_rank>(bytes, units));
    const auto in = std::tie(x, t);
    const auto out = std::tie(gradient);
    const Verbs verbs(name, in, weights, out, values);
    const Eigen::ArrayXd weight = class_weights(bytes, count);
    for_each(Place::reductions, [&](auto reduction) {
      L<decltype(reduction)> loss;
      loss.axis = where;
      set(loss, weight);
      verbs.run(loss);
    });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const int loss = bytes.below(6);
  const double number = option(bytes);
  const double smoothing = bytes.rarely(8) ? option(bytes) : bytes.below(4) * 0.25;
  const std::int64_t ignored = bytes.rarely(3) ? bytes.below(8) - 2 : -100;
  const std::int64_t power = bytes.rarely(24) ? bytes.below(5) - 1 : 1 + bytes.below(2);
  const auto labels = [&](Index count, auto& storage) { fill_labels(bytes, count, storage); };
  const auto many_labels = [&](Index count, auto& storage) {
    fill_labels(bytes, count, storage, -1);
  };
  const auto probabilities = [&](Index, auto& storage) {
    fill(bytes, Numbers::probabilities, storage);
  };
  const auto smooth = [&](auto& l, const Eigen::ArrayXd& weight) {
    l.label_smoothing = smoothing, l.ignore_index = ignored, l.weight = weight;
  };
  switch (loss) {
    case 0:
      classes<CrossEntropy, int, true>(bytes, "CrossEntropy", 1, labels, smooth);
      break;
    case 1:
      classes<CrossEntropy, float, false>(bytes, "CrossEntropy of probabilities", 1, probabilities,
                                          smooth);
      break;
    case 2:
      classes<NLL, std::int64_t, true>(bytes, "NLL", 1, labels, [&](auto& l, const auto& weight) {
        l.ignore_index = ignored, l.weight = weight;
      });
      break;
    case 3:
      classes<MultiMargin, int, true>(
          bytes, "MultiMargin", 1, labels,
          [&](auto& l, const auto& weight) { l.p = power, l.margin = number, l.weight = weight; });
      break;
    case 4:
      classes<MultiLabelMargin, int, false>(bytes, "MultiLabelMargin", 1, many_labels,
                                            [](auto&, const auto&) {});
      break;
    default:
      classes<MultiLabelSoftMargin, double, false>(
          bytes, "MultiLabelSoftMargin", -1, probabilities,
          [](auto& l, const auto& weight) { l.weight = weight; });
  }
  return 0;
}
