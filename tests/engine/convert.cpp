// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstdint>
#include <cstring>
#include <eigenloss/detail/convert.hpp>
#include <vector>

#include "support/catch.hpp"

// 16-bit numbers in arrays, against Eigen's conversion of one number: every one of them, and floats in all binades.

namespace {

namespace detail = eigenloss::detail;

template <class S>
std::uint16_t bits_of(const S& number) {
  std::uint16_t bits;
  std::memcpy(&bits, static_cast<const void*>(&number), sizeof bits);
  return bits;
}
template <class S>
S number_of(std::uint32_t bits) {
  S number;
  const auto low = static_cast<std::uint16_t>(bits);
  std::memcpy(static_cast<void*>(&number), &low, sizeof low);
  return number;
}

// All numbers of S as floats.
template <class S>
void check_widening() {
  std::vector<S> from;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) from.push_back(number_of<S>(bits));
  from.push_back(S(1.5F));  // not a multiple of what is converted at once
  std::vector<float> to(from.size());
  detail::convert(from.data(), detail::Index(from.size()), to.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const float expected = static_cast<float>(from[i]);
    const bool same = std::isnan(expected) ? std::isnan(to[i])
                                           : detail::bits_of(to[i]) == detail::bits_of(expected);
    wrong += same ? 0 : 1;
    if (std::isnan(expected)) continue;
    const float portable = detail::SixteenBits<S>::widen(bits_of(from[i]));
    wrong += detail::bits_of(portable) == detail::bits_of(expected) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

// Floats: around every number of S and around the middle between two, where it rounds; and their like beyond its range.
template <class S>
void check_narrowing() {
  std::vector<float> from;
  for (std::uint64_t bits = 0; bits < (std::uint64_t(1) << 32); bits += 1U << 12) {
    for (const std::uint64_t near : {bits - 1, bits, bits + 1})
      from.push_back(detail::float_of(std::uint32_t(near)));
  }
  std::vector<S> to(from.size());
  detail::convert(from.data(), detail::Index(from.size()), to.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const S expected(from[i]);
    const auto portable = number_of<S>(detail::SixteenBits<S>::narrow(from[i]));
    if (std::isnan(from[i])) {
      wrong +=
          std::isnan(static_cast<float>(to[i])) && std::isnan(static_cast<float>(portable)) ? 0 : 1;
    } else {
      wrong +=
          bits_of(to[i]) == bits_of(expected) && bits_of(portable) == bits_of(expected) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("convert: arrays of half") {
  check_widening<Eigen::half>();
  check_narrowing<Eigen::half>();
}

TEST_CASE("convert: arrays of bfloat16") {
  check_widening<Eigen::bfloat16>();
  check_narrowing<Eigen::bfloat16>();
}
