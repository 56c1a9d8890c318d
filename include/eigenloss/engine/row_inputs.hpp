// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "axis.hpp"
#include "row.hpp"
#include "row_kernel.hpp"
#include "tile_copy.hpp"

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
    if (const auto* const data = source_.data()) {
      cut_.rows(row_, count_, [&, step = cut_.inner](Index k, Index first) {
        entries[k] = data[first + Index(label.classes[k]) * step];
      });
    } else {
      cut_.rows(row_, count_, [&](Index k, Index first) {
        entries[k] = source_.at(first + Index(label.classes[k]) * cut_.inner);
      });
    }
    std::fill(entries + count_, entries + V::lanes, entries[count_ - 1]);
    return V::load(entries);
  }

 private:
  const Source& source_;
  const AxisCut& cut_;
  Index row_, count_;
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

  RowInputs(const Kernel& kernel, const AxisCut& cut, bool ignores_some,
            const Reader<Number<Roles>>&... readers)
      : kernel_(kernel), cut_(cut), ignores_some_(ignores_some), readers_(readers...) {
    check::label_inputs<(0 + ... + int(Roles == Role::label)) <= 1,
                        AlongOnly<Kernel>::value || (... && (Roles != Role::label_row))>();
  }
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

  // Input I of one row.
  template <std::size_t I>
  auto along(Index row) const {
    const auto& source = view<I>();
    using Source = std::decay_t<decltype(source)>;
    if constexpr (role<I>() == Role::row && OnlyAtLabel<Kernel>::value) {
      return EntryAtLabel<Along<T>, Source>(source, cut_, row, 1);
    } else if constexpr (role<I>() == Role::row) {
      return Row<Along<T>, Source>(source, cut_.size, cut_.first_of(row), cut_.inner);
    } else if constexpr (role<I>() == Role::label) {
      return Label<Along<T>>{{source.at(row)}};
    } else if constexpr (role<I>() == Role::number) {
      return Single<T>(source.at(row));
    } else {
      return LabelRow<Source>(source, cut_.size, cut_.first_of(row), cut_.inner);
    }
  }

  // The labels of a tile, 0 where there is no row; those that are ignored become 0, and so do the
  // weights of their rows.
  void read_labels(Index row, Index count, Label<Across<T>>& label,
                   typename Across<T>::V& weight) const {
    if constexpr (label_input() < inputs) {
      constexpr Index lanes = Across<T>::V::lanes;
      const std::int64_t* read = view<label_input()>().read(row, count, label.classes);
      if (read != label.classes) std::copy_n(read, count, label.classes);
      if (count < lanes) std::fill(label.classes + count, label.classes + lanes, 0);
      if (!ignores_some_) return;
      T weights[lanes];
      weight.store(weights);
      for (Index k = 0; k < count; ++k) {
        if (!Ignores<Kernel>::label(kernel_, label.classes[k])) continue;
        label.classes[k] = 0;
        weights[k] = T(0);
      }
      weight = Across<T>::V::load(weights);
    } else {
      label = {};  // nobody reads it, which a compiler need not see
    }
    (void)row, (void)count, (void)weight;
  }

  // Copies input I of tiles.
  template <std::size_t I>
  void copy_in(Index row, Index count, T* copy) const {
    if constexpr (role<I>() == Role::row && !OnlyAtLabel<Kernel>::value) {
      TileCopy<T>(cut_).in(view<I>(), row, count, copy);
    }
    (void)row, (void)count, (void)copy;
  }

  // Input I of a tile, in place or as it was copied.
  template <std::size_t I>
  auto across(Index row, Index count, const Label<Across<T>>& label,
              const Copies<T>& copies) const {
    using Tile = typename Across<T>::V;
    const auto& source = view<I>();
    using Source = std::decay_t<decltype(source)>;
    (void)label, (void)copies;
    if constexpr (role<I>() == Role::row && OnlyAtLabel<Kernel>::value) {
      return EntryAtLabel<Across<T>, Source>(source, cut_, row, count);
    } else if constexpr (role<I>() == Role::row) {
      if (copies) {
        return Row<Across<T>, Source>(source, cut_.size, 0, 0, Tile::lanes, copies.at(I),
                                      Tile::lanes);
      }
      const Index first = cut_.first_of(row), side_by_side = cut_.inner - row % cut_.inner;
      const Index whole_registers = (count + Tile::width - 1) / Tile::width * Tile::width;
      return Row<Across<T>, Source>(source, cut_.size, first, cut_.inner,
                                    (std::min)(whole_registers, side_by_side),
                                    source.data() ? source.data() + first : nullptr, cut_.inner);
    } else if constexpr (role<I>() == Role::label) {
      return label;
    } else {
      T numbers[Tile::lanes];
      for (Index k = 0; k < Tile::lanes; ++k) {
        numbers[k] = source.at(row + (std::min)(k, count - 1));
      }
      return Tile::load(numbers);
    }
  }

 private:
  const Kernel& kernel_;
  const AxisCut cut_;
  const bool ignores_some_;
  const std::tuple<Reader<Number<Roles>>...> readers_;
};

}  // namespace detail
}  // namespace eigenloss
