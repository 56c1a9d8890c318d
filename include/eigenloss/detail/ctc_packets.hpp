// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "registers.hpp"
#include "shape.hpp"

// Packets as CTC needs them: of doubles, from numbers of the caller's type.
namespace eigenloss::detail {

using Eigen::internal::pload, Eigen::internal::ploadu, Eigen::internal::pset1,
    Eigen::internal::pstore, Eigen::internal::pstoreu, Eigen::internal::padd, Eigen::internal::psub,
    Eigen::internal::pmul, Eigen::internal::pmadd, Eigen::internal::pzero;

using CtcPacket = Eigen::internal::packet_traits<double>::type;
inline constexpr Index ctc_lanes = Eigen::internal::packet_traits<double>::size;

// As many doubles as a packet has, from numbers that lie in a row.
template <class Scalar>
EIGEN_STRONG_INLINE CtcPacket ctc_widened(const Scalar* x) {
  if constexpr (ctc_lanes == 1) {
    return pset1<CtcPacket>(static_cast<double>(*x));
  } else if constexpr (std::is_same_v<Scalar, double>) {
    return ploadu<CtcPacket>(x);
  } else {
    typedef Scalar Narrow __attribute__((vector_size(sizeof(Scalar) * ctc_lanes)));
    typedef double Wide __attribute__((vector_size(sizeof(double) * ctc_lanes)));
    Narrow numbers;
    std::memcpy(&numbers, x, sizeof(numbers));
    const Wide wide = __builtin_convertvector(numbers, Wide);
    CtcPacket packet;
    std::memcpy(&packet, &wide, sizeof(packet));
    return packet;
  }
}

// The packet that begins with lane `first` of `a`, `b` following on it. From memory it would have to
// wait, as it lies across two packets that were just stored.
template <int first, class Packet, std::size_t... lane>
EIGEN_STRONG_INLINE Packet ctc_across(const Packet& a, const Packet& b,
                                      std::index_sequence<lane...>) {
  if constexpr (ctc_lanes == 1) {
    return first == 0 ? a : b;
  } else {
#if defined(__clang__)
    return __builtin_shufflevector(a, b, (first + int(lane))...);
#else
    typedef std::int64_t Lanes __attribute__((vector_size(sizeof(Packet))));
    return __builtin_shuffle(a, b, Lanes{(first + std::int64_t(lane))...});
#endif
  }
}
template <int first>
EIGEN_STRONG_INLINE CtcPacket ctc_across(const CtcPacket& a, const CtcPacket& b) {
  return ctc_across<first>(a, b, std::make_index_sequence<std::size_t(ctc_lanes)>());
}

// Calls apply(packet, i, n) for the numbers x[i .. i + n): the first n lanes of the packet, the
// rest being -inf. With `again`, the last call may hold numbers of the one before instead.
template <bool again, class Scalar, class Apply>
EIGEN_STRONG_INLINE void ctc_packets(const Scalar* x, Index size, Apply apply) {
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  constexpr Index lanes = Eigen::internal::packet_traits<Scalar>::size;
  Index i = 0;
  for (; i + lanes <= size; i += lanes) apply(ploadu<Packet>(x + i), i, lanes);
  if (lanes == 1 || i == size) return;
  if (again && i > 0) return apply(ploadu<Packet>(x + size - lanes), size - lanes, lanes);
  Scalar rest[2 * lanes];
  if (i > 0) {
    pstoreu(rest, ploadu<Packet>(x + size - lanes));
  } else {
    std::copy(x, x + size, rest + lanes - size);
  }
  pstoreu(rest + lanes, pset1<Packet>(-std::numeric_limits<Scalar>::infinity()));
  apply(ploadu<Packet>(rest + lanes - (size - i)), i, size - i);
}

}  // namespace eigenloss::detail
