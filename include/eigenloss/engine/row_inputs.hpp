// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "axis.hpp"
#include "row.hpp"
#include "row_kernel.hpp"

// The inputs of a row kernel, whatever their containers.
namespace eigenloss {
namespace detail {

// A row of labels: only for kernels that take one row at a time.
template <class Source>
class LabelRow {
 public:
  LabelRow(const Source& source, Index size, Index first, Index step)
      : source_(source), size_(size), first_(first), step_(step) {}
  Index size() const { return size_; }
  std::int64_t at(Index entry) const { return source_.at(first_ + entry * step_); }

 private:
  const Source& source_;
  Index size_, first_, step_;
};

// Rows of which only the entry at the label is read: the rows [row, row + count), one a lane.
template <class Walk_, class Source>
class EntryAtLabel {
 public:
  using Walk = Walk_;
  using V = typename Walk::V;
  using P = typename Walk::P;

  EntryAtLabel(const Source& source, const AxisCut& cut, Index row, Index count)
      : source_(source), cut_(cut), row_(row), count_(count) {}
  Index size() const { return cut_.size; }
  // Missing rows repeat the last one.
  V at(const Label<Walk>& label) const {
    typename Walk::Number entries[V::lanes];
    cut_.rows(row_, count_, [&](Index k, Index first) {
      entries[k] = source_.at(first + label.classes[k] * cut_.inner);
    });
    std::fill(entries + count_, entries + V::lanes, entries[count_ - 1]);
    return V::load(entries);
  }

 private:
  const Source& source_;
  const AxisCut& cut_;
  Index row_, count_;
};

// Their slopes, which stand at 0 already and change at the label only.
template <class Walk, class Out>
class SlopeAtLabel {
 public:
  using V = typename Walk::V;
  static constexpr bool wanted = true;

  SlopeAtLabel(const Out& out, const AxisCut& cut, Index row, Index count, bool add, const V& scale)
      : out_(out), cut_(cut), row_(row), count_(count), add_(add), scale_(scale) {}
  void replace(const Label<Walk>& label, const V&, const V& now) const {
    typename Walk::Number gradients[V::lanes];
    where(scale_ == V(0), V(0), now * scale_).store(gradients);
    cut_.rows(row_, count_, [&](Index k, Index first) {
      const Index entry = first + label.classes[k] * cut_.inner;
      out_.set(entry, add_ ? out_.at(entry) + gradients[k] : gradients[k]);
    });
  }

 private:
  const Out& out_;
  const AxisCut& cut_;
  Index row_, count_;
  bool add_;
  V scale_;
};

// What a pass reads: the inputs of a kernel, each in its role.
template <class Kernel_, class T_, Role... Roles>
class RowInputs {
 public:
  using Kernel = Kernel_;
  using T = T_;
  static constexpr std::size_t inputs = sizeof...(Roles);
  template <std::size_t I>
  static constexpr Role role() {
    constexpr Role roles[] = {Roles...};
    return roles[I];
  }
  // Which input holds the labels of the rows; none: `inputs`.
  static constexpr std::size_t label_input() {
    std::size_t index = 0;
    for (const Role role : {Roles...}) {
      if (role == Role::label) break;
      ++index;
    }
    return index;
  }
  template <Role role>
  using Number =
      std::conditional_t<role == Role::label || role == Role::label_row, std::int64_t, T>;

  RowInputs(const Kernel& kernel, const AxisCut& cut, const Reader<Number<Roles>>&... readers)
      : kernel_(kernel), cut_(cut), readers_(readers...) {}
  const Kernel& kernel() const { return kernel_; }
  const AxisCut& cut() const { return cut_; }
  template <std::size_t I>
  const auto& view() const {
    return std::get<I>(readers_);
  }
  bool ignored(Index row) const {
    if constexpr (label_input() < inputs) {
      return Ignores<Kernel>::label(kernel_, view<label_input()>().at(row));
    }
    (void)row;
    return false;
  }

 private:
  const Kernel& kernel_;
  const AxisCut cut_;
  const std::tuple<Reader<Number<Roles>>...> readers_;
};

}  // namespace detail
}  // namespace eigenloss
