// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "../detail/convert.hpp"
#include "../detail/total.hpp"
#include "row_kernel.hpp"

// Class labels, before anything else is done with them.
namespace eigenloss {
namespace detail {

// The share of a row in what Mean divides by.
template <class Kernel>
double share_of(const Kernel& kernel, std::int64_t label) {
  return Ignores<Kernel>::label(kernel, label) ? 0.0 : Share<Kernel>::of(kernel, label);
}

// What the labels of one input add up to.
struct LabelSums {
  Index ignored;
  double shares;
};

// Reads the labels of input I once, in place where they lie side by side: every one that is not
// ignored must be at least `lowest`, 0 or -1, and below the number of classes.
template <class Kernel, std::size_t I, std::int64_t lowest, class Inputs>
class LabelCheck {
 public:
  LabelCheck(const Kernel& kernel, const Inputs& inputs, Index classes)
      : kernel_(kernel), inputs_(inputs), classes_(classes) {}

  LabelSums sums() {
    const auto& all = inputs_.template view<I>();
    if (const auto* labels = all.memory()) {
      look_at(0, all.size(), labels);
    } else {
      copy_and_look();
    }
    return {ignored_, differ() ? shares_.sum + shares_.lost : double(all.size() - ignored_)};
  }

 private:
  bool differ() const { return Share<Kernel>::differs(kernel_); }  // shares from 1
  static std::uint64_t number(std::int64_t label) {  // from 0 on; a label below `lowest` is huge
    return std::uint64_t(label) - std::uint64_t(lowest);
  }
  [[gnu::noinline]] void copy_and_look() {
    constexpr Index chunk = 256;
    std::int64_t labels[chunk];
    const auto& all = inputs_.template view<I>();
    for (Index first = 0; first < all.size(); first += chunk) {
      const Index count = (std::min)(chunk, all.size() - first);
      look_at(first, count, all.read(first, count, labels));
    }
  }
  template <class Integer>
  void look_at(Index first, Index count, const Integer* labels) {
    Index outside = 0, ignored = 0;  // without a branch, for the loop to be vectorised
    for (Index k = 0; k < count; ++k) {
      const auto label = convert<std::int64_t>(labels[k]);
      const bool skip = Ignores<Kernel>::label(kernel_, label);
      ignored += Index(skip);
      outside += Index(!skip) & Index(number(label) >= number(classes_));
    }
    if (outside > 0) refuse_first(first, count, labels);
    ignored_ += ignored;
    for (Index k = 0; differ() && k < count; ++k)
      shares_.add(share_of(kernel_, convert<std::int64_t>(labels[k])));
  }
  template <class Integer>
  [[gnu::noinline]] void refuse_first(Index first, Index count, const Integer* labels) const {
    for (Index k = 0; k < count; ++k) {
      const auto label = convert<std::int64_t>(labels[k]);
      if (Ignores<Kernel>::label(kernel_, label)) continue;
      if (label >= lowest && label < classes_) continue;
      Check<Kernel>::fail(Check<Kernel>::argument(I), inputs_.template place<I>(first + k), " = ",
                          inputs_.template view<I>().original(first + k), " is not a class of ",
                          Check<Kernel>::argument(0), " with shape ", inputs_.shape());
    }
  }

  const Kernel& kernel_;
  const Inputs& inputs_;
  const Index classes_;
  Index ignored_ = 0;
  CompensatedSum<double> shares_;
};
template <std::size_t I, std::int64_t lowest, class Kernel, class Inputs>
LabelSums check_labels(const Kernel& kernel, const Inputs& inputs, Index classes) {
  return LabelCheck<Kernel, I, lowest, Inputs>(kernel, inputs, classes).sums();
}

}  // namespace detail
}  // namespace eigenloss
