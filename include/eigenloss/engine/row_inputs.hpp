// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "axis.hpp"
#include "entry_at_label.hpp"
#include "label_lists.hpp"
#include "row.hpp"
#include "row_kernel.hpp"
#include "tile_copy.hpp"

// The inputs of a row kernel, whatever their containers.
namespace eigenloss {
namespace detail {

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
  // Which input holds the labels of the rows, one or more of each; none: `inputs`.
  static constexpr std::size_t input_of(Role wanted) {
    std::size_t index = 0;
    for (const Role role : {Roles...}) {
      if (role == wanted) break;
      ++index;
    }
    return index;
  }
  static constexpr std::size_t label_input() { return input_of(Role::label); }
  static constexpr std::size_t list_input() { return input_of(Role::label_row); }
  static constexpr Index most_labels = list_input() < inputs ? MostLabels<Kernel>::value : 0;
  static constexpr bool takes_lists = most_labels > 0;
  static constexpr bool labelled = label_input() < inputs || list_input() < inputs;
  // How many rows of an input a tile copies, and numbers in each copy.
  static constexpr Index copied =
      (std::max)(Index(1), (Index(0) + ... + Index(Roles == Role::row)));
  static constexpr Index copy_capacity = TileCopy<T>::capacity / copied;
  // How long rows may be to be copied; beside lists, longer ones cost less one by one, as measured.
  static constexpr Index longest_copied =
      (std::min)(copy_capacity / Across<T>::V::lanes, takes_lists ? Index(32) : copy_capacity);
  // Which of the copies is that of input I.
  static constexpr std::size_t copy_of(std::size_t input) {
    std::size_t rows = 0, i = 0;
    for (const Role role : {Roles...}) rows += std::size_t(i++ < input && role == Role::row);
    return rows;
  }
  // Whether there are no tiles.
  static constexpr bool along_only = list_input() < inputs && !takes_lists;
  using TileLabels = std::conditional_t<
      takes_lists, LabelLists<Across<T>, most_labels>,
      std::conditional_t<OnlyAtLabel<Kernel>::value, EntryLabels<Across<T>>, Label<Across<T>>>>;
  template <Role role>
  using Number =
      std::conditional_t<role == Role::label || role == Role::label_row, std::int64_t, T>;

  RowInputs(const Kernel& kernel, const AxisCut& cut, bool ignores_some,
            const Reader<Number<Roles>>&... readers)
      : kernel_(kernel), cut_(cut), ignores_some_(ignores_some), readers_(readers...) {
    check::label_inputs<(0 + ... + int(Roles == Role::label)) <= 1,
                        !takes_lists || (0 + ... + int(Roles == Role::label_row)) <= 1>();
  }
  const Kernel& kernel() const { return kernel_; }
  const AxisCut& cut() const { return cut_; }
  template <std::size_t I>
  const auto& view() const {
    return std::get<I>(readers_);
  }
  // The label of a row; 0 where rows have none.
  std::int64_t label(Index row) const {
    if constexpr (label_input() < inputs) return view<label_input()>().at(row);
    (void)row;
    return 0;
  }
  bool ignored(std::int64_t label) const {
    return label_input() < inputs && Ignores<Kernel>::label(kernel_, label);
  }

  // Input I of one row.
  template <std::size_t I>
  auto along(Index row, std::int64_t label) const {
    const auto& source = view<I>();
    using Source = std::decay_t<decltype(source)>;
    (void)row, (void)label;
    if constexpr (role<I>() == Role::row) {
      return Row<Along<T>, Source>(source, cut_.size, cut_.first_of(row), cut_.inner);
    } else if constexpr (role<I>() == Role::label) {
      return Label<Along<T>>{{label}};
    } else if constexpr (role<I>() == Role::number) {
      return Single<T>(source.at(row));
    } else {
      return LabelRow<Source>(source, cut_.size, cut_.first_of(row), cut_.inner);
    }
  }

  // The labels of a tile, 0 where there is no row; those that are ignored become 0, and so do the
  // weights of their rows, and of those that lists leave out.
  void read_labels(Index row, Index count, TileLabels& label, typename Across<T>::V& weight) const {
    if constexpr (takes_lists) {
      T weights[Across<T>::V::lanes];
      weight.store(weights);
      label.clear();
      cut_.rows(row, count, [&](Index lane, Index first) {
        if (!label.read(lane, labels_of(first))) weights[lane] = T(0);
      });
      label.close();
      weight = Across<T>::V::load(weights);
    } else if constexpr (label_input() < inputs) {
      constexpr Index lanes = Across<T>::V::lanes;
      const std::int64_t* read = view<label_input()>().read(row, count, label.classes);
      if (read != label.classes) std::copy_n(read, count, label.classes);
      if (count < lanes) std::fill(label.classes + count, label.classes + lanes, 0);
      if (ignores_some_) {
        T weights[lanes];
        weight.store(weights);
        for (Index k = 0; k < count; ++k) {
          if (!Ignores<Kernel>::label(kernel_, label.classes[k])) continue;
          label.classes[k] = 0;
          weights[k] = T(0);
        }
        weight = Across<T>::V::load(weights);
      }
      if constexpr (OnlyAtLabel<Kernel>::value) label.find_entries(cut_, row, count);
    } else {
      label = {};  // nobody reads it, which a compiler need not see
    }
    (void)row, (void)count, (void)weight;
  }

  // Whether a row has more labels than the lists of a tile hold.
  bool is_long(Index row) const {
    if constexpr (takes_lists) return TileLabels::is_long(labels_of(cut_.first_of(row)));
    (void)row;
    return false;
  }
  bool all_long(Index row, Index count) const {
    Index k = 0;
    while (k < count && is_long(row + k)) ++k;
    return k == count;
  }
  static bool leaves_out(const TileLabels& labels) {
    if constexpr (takes_lists) return labels.leaves_out();
    (void)labels;
    return false;
  }

  // Copies input I of tiles.
  template <std::size_t I>
  void copy_in(Index row, Index count, const Copies<T>& copies) const {
    if constexpr (role<I>() == Role::row) {
      TileCopy<T>(cut_).in(view<I>(), row, count, copies.at(copy_of(I)));
    }
    (void)row, (void)count, (void)copies;
  }

  // Input I of a tile, in place or as it was copied.
  template <std::size_t I>
  decltype(auto) across(Index row, Index count, const TileLabels& label,
                        const Copies<T>& copies) const {
    using Tile = typename Across<T>::V;
    const auto& source = view<I>();
    using Source = std::decay_t<decltype(source)>;
    (void)label, (void)copies;
    if constexpr (role<I>() == Role::row && OnlyAtLabel<Kernel>::value) {
      return EntryAtLabel<Across<T>, Source>(source, cut_.size, label);
    } else if constexpr (role<I>() == Role::row) {
      if (copies) {
        return Row<Across<T>, Source>(source, cut_.size, 0, 0, Tile::lanes, copies.at(copy_of(I)),
                                      Tile::lanes);
      }
      const Index first = cut_.first_of(row), side_by_side = cut_.inner - row % cut_.inner;
      const Index whole_registers = (count + Tile::width - 1) / Tile::width * Tile::width;
      return Row<Across<T>, Source>(source, cut_.size, first, cut_.inner,
                                    (std::min)(whole_registers, side_by_side),
                                    source.data() ? source.data() + first : nullptr, cut_.inner);
    } else if constexpr (role<I>() == Role::label || role<I>() == Role::label_row) {
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
  auto labels_of(Index first) const {
    using Labels = std::decay_t<decltype(view<list_input()>())>;
    return LabelRow<Labels>(view<list_input()>(), cut_.size, first, cut_.inner);
  }

  const Kernel& kernel_;
  const AxisCut& cut_;
  const bool ignores_some_;
  const std::tuple<Reader<Number<Roles>>...> readers_;
};

}  // namespace detail
}  // namespace eigenloss
