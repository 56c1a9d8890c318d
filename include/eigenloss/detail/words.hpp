// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "shape.hpp"

// How numbers, shapes, losses and arguments read in a sentence.
namespace eigenloss {
namespace detail {

namespace check {

inline void put(std::string& to, const std::string& words) { to += words; }
inline void put(std::string& to, long long number) { to += std::to_string(number); }
inline void put(std::string& to, unsigned long long number) { to += std::to_string(number); }
inline void put(std::string& to, double number) {
  char digits[40];
  for (int precision = 9; precision <= 17; ++precision) {  // enough to tell it from its neighbours
    std::snprintf(digits, sizeof digits, "%.*g", precision, number);
    if (double(float(number)) == number || std::strtod(digits, nullptr) == number) break;
  }
  to += digits;
}
inline void put_shape(std::string& to, const Index* extents, std::size_t rank) {
  to += '(';
  for (std::size_t i = 0; i < rank; ++i) {
    if (i > 0) to += ", ";
    put(to, static_cast<long long>(extents[i]));
  }
  to += ')';
}
template <std::size_t Rank>
void put(std::string& to, const Shape<Rank>& shape) {
  put_shape(to, shape.data(), Rank);
}
template <std::size_t Rank>
void put(std::string& to, const Place<Rank>& place) {
  if (Rank > 0) put(to, place.at);
}
template <class Number, class = void>
struct IsPrintable : std::false_type {};
template <class Number>
struct IsPrintable<
    Number, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const Number&>())>>
    : std::true_type {};
// A number of another library.
template <class Number>
void put(std::string& to, const Number& number) {
  if constexpr (IsPrintable<Number>::value) {
    std::ostringstream words;
    words << number;
    to += words.str();
  } else {
    (void)number;
    to += "this number";
  }
}

// A phrase of a sentence: what it says, and how. It refers to what it was made from, so that nothing
// is put into letters, and little compiled, where a call can fail.
class Phrase {
 public:
  Phrase(const char* text) : what_(text), put_(put_text) {}
  template <class T>
  Phrase(const T& what) : what_(&what), put_(put_as<T>) {}
  void append_to(std::string& sentence) const { put_(sentence, what_); }

 private:
  static void put_text(std::string& to, const void* what) { to += static_cast<const char*>(what); }
  template <class T>
  static void put_as(std::string& to, const void* what) {
    const T& it = *static_cast<const T*>(what);
    if constexpr (std::is_unsigned<T>::value) {
      put(to, static_cast<unsigned long long>(it));
    } else if constexpr (std::is_integral<T>::value) {
      put(to, static_cast<long long>(it));
    } else if constexpr (std::is_floating_point<T>::value) {
      put(to, static_cast<double>(it));
    } else {
      put(to, it);
    }
  }

  const void* what_;
  void (*put_)(std::string& to, const void* what);
};

// The last word of Kernel in a function's signature: eigenloss::kernel::MSE gives MSE.
inline std::string kernel_in(const char* signature) {
  const char* const kernel = std::strstr(signature, "Kernel = ") + 9;
  const char* const end = kernel + std::strcspn(kernel, ";],<");
  const char* name = end;
  while (name > kernel && name[-1] != ':') --name;
  return std::string(name, end);
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
  static const char* get(std::size_t i) {
    constexpr const char* names[] = {"input",      "target",     "argument 3",
                                     "argument 4", "argument 5", "a later argument"};
    return names[i < 5 ? i : 5];
  }
};
template <class Kernel>
struct ArgumentNames<Kernel, std::void_t<decltype(Kernel::arguments)>> {
  static const char* get(std::size_t i) { return Kernel::arguments[i]; }
};

}  // namespace check
}  // namespace detail
}  // namespace eigenloss
