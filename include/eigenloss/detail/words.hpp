// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

// How numbers, shapes, losses and arguments read in a sentence.
namespace eigenloss {
namespace detail {

using Index = std::ptrdiff_t;
template <std::size_t Rank>
using Shape = std::array<Index, Rank>;

namespace check {

inline std::string text(const std::string& words) { return words; }
template <class Number, std::enable_if_t<std::is_arithmetic<Number>::value, int> = 0>
std::string text(Number number) {
  if constexpr (std::is_integral<Number>::value) {
    return std::to_string(number);
  } else {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(number));
    return digits;
  }
}
template <class Number, class = void>
struct IsPrintable : std::false_type {};
template <class Number>
struct IsPrintable<
    Number, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const Number&>())>>
    : std::true_type {};
// A number of another library.
template <class Number, std::enable_if_t<std::is_class<Number>::value, int> = 0>
std::string text(const Number& number) {
  if constexpr (IsPrintable<Number>::value) {
    std::ostringstream words;
    words << number;
    return words.str();
  } else {
    (void)number;
    return "this number";
  }
}
template <std::size_t Rank>
std::string text(const Shape<Rank>& shape) {
  std::string words = "(";
  for (std::size_t i = 0; i < Rank; ++i) words += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return words + ")";
}

// The last word of Kernel in a function's signature: eigenloss::kernel::MSE gives MSE.
inline std::string kernel_in(const std::string& signature) {
  const std::size_t from = signature.find("Kernel = ") + 9;
  std::string name = signature.substr(from, signature.find_first_of(";],", from) - from);
  name = name.substr(0, name.find('<'));
  const std::size_t colons = name.rfind("::");
  return colons == std::string::npos ? name : name.substr(colons + 2);
}
template <class Kernel, class = void>
struct NameOf {
  static std::string get() { return kernel_in(__PRETTY_FUNCTION__); }
};
template <class Kernel>
struct NameOf<Kernel, std::void_t<decltype(Kernel::name)>> {
  static std::string get() { return Kernel::name; }
};

template <class Kernel, class = void>
struct ArgumentNames {
  static std::string get(std::size_t i) {
    static constexpr const char* names[] = {"input", "target"};
    return i < 2 ? names[i] : "argument " + std::to_string(i + 1);
  }
};
template <class Kernel>
struct ArgumentNames<Kernel, std::void_t<decltype(Kernel::arguments)>> {
  static std::string get(std::size_t i) { return Kernel::arguments[i]; }
};

}  // namespace check
}  // namespace detail
}  // namespace eigenloss
