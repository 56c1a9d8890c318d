// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

#include "pack.hpp"
#include "some_lanes.hpp"

// The lanes of packs: all of them added up, and the first of them, where a run ends.
namespace eigenloss {
namespace detail {

// ---- All lanes of a pack. ----

template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE Pack<T, Simd> one_register(const Pack<T, Simd, Registers>& pack, int k) {
  Pack<T, Simd> one;
  one.parts[0] = pack.parts[k];
  return one;
}

// All registers of a pack added to one, in pairs.
template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE Pack<T, Simd> sum_of_registers(const Pack<T, Simd, Registers>& pack) {
  Pack<T, Simd, (Registers + 1) / 2> half;
#pragma GCC unroll 8
  for (int k = 0; k < (Registers + 1) / 2; ++k) half.parts[k] = pack.parts[k];
  if constexpr (Registers == 1) {
    return half;
  } else {
#pragma GCC unroll 8
    for (int k = 0; k < Registers / 2; ++k)
      half.parts[k] = Eigen::internal::padd(half.parts[k], pack.parts[(Registers + 1) / 2 + k]);
    return sum_of_registers(half);
  }
}

template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE T first_lane(const Pack<T, Simd, Registers>& pack) {
  if constexpr (Simd) {
    return first_of(pack.parts[0]);
  } else {
    return pack.parts[0];
  }
}

// The sum of all lanes, and the largest of them (NaN: the machine's choice).
template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE T sum_of_lanes(const Pack<T, Simd, Registers>& pack) {
  auto sum = pack.parts[0];
#pragma GCC unroll 8
  for (int k = 1; k < Registers; ++k) sum = Eigen::internal::padd(sum, pack.parts[k]);
  if constexpr (Simd) {
    return sum_of(sum);
  } else {
    return sum;
  }
}
template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE T largest_of_lanes(const Pack<T, Simd, Registers>& pack) {
  Pack<T, Simd> largest;
  largest.parts[0] = pack.parts[0];
#pragma GCC unroll 8
  for (int k = 1; k < Registers; ++k) {
    Pack<T, Simd> next;
    next.parts[0] = pack.parts[k];
    largest = larger(largest, next);
  }
  if constexpr (Simd) {
    return largest_of(largest.parts[0]);
  } else {
    return largest.parts[0];
  }
}

// Lane k becomes lane k + by, the last ones the first.
template <class P>
P rotated(std::ptrdiff_t by, const P& pack) {
  if (by == 0) return pack;
  typename P::Scalar twice[2 * P::lanes];
  pack.store(twice);
  pack.store(twice + P::lanes);
  return P::load(twice + (P::lanes - by));
}

// ---- The first lanes of a pack, at the end of a run. ----

struct AllLanes {};

// The numbers at `from`, or the first of them, the last of which then takes the missing lanes.
template <class P>
EIGEN_STRONG_INLINE P load(const typename P::Scalar* from, AllLanes) {
  return P::load(from);
}
template <class P>
EIGEN_STRONG_INLINE P load(const typename P::Scalar* from, std::ptrdiff_t lanes) {
  P pack;
#pragma GCC unroll 8
  for (int k = 0; k < P::registers; ++k) {
    const std::ptrdiff_t here = (std::min)(lanes - k * P::width, std::ptrdiff_t(P::width));
    if constexpr (P::simd) {
      if (here == P::width) {
        pack.parts[k] = Eigen::internal::ploadu<typename P::Register>(from + k * P::width);
      } else if (here > 0) {
        pack.parts[k] = load_some(typename P::Register(), from + k * P::width, here);
      } else {
        pack.parts[k] = Eigen::internal::pset1<typename P::Register>(from[lanes - 1]);
      }
    } else {
      pack.parts[k] = from[here <= 0 ? lanes - 1 : k];
    }
  }
  return pack;
}
template <class P>
EIGEN_STRONG_INLINE void store(const P& pack, typename P::Scalar* to, AllLanes) {
  pack.store(to);
}
template <class P>
EIGEN_STRONG_INLINE void store(const P& pack, typename P::Scalar* to, std::ptrdiff_t lanes) {
#pragma GCC unroll 8
  for (int k = 0; k < P::registers; ++k) {
    const std::ptrdiff_t here = lanes - k * P::width;
    if constexpr (P::simd) {
      if (here >= P::width) {
        Eigen::internal::pstoreu(to + k * P::width, pack.parts[k]);
      } else if (here > 0) {
        store_some(pack.parts[k], to + k * P::width, here);
      }
    } else if (here > 0) {
      to[k] = pack.parts[k];
    }
  }
}
// 0 in the other lanes.
template <class P>
EIGEN_STRONG_INLINE const P& only_first(const P& pack, AllLanes) {
  return pack;
}
template <class P>
EIGEN_STRONG_INLINE P only_first(const P& pack, std::ptrdiff_t lanes) {
  using T = typename P::Scalar;
  if constexpr (P::simd) {
    static constexpr Ramp<T, P::lanes> ramp{};
    return where(P::load(ramp.numbers) < P(T(lanes)), pack, P(0));
  } else {
    P first = pack;
    for (std::ptrdiff_t k = lanes; k < P::lanes; ++k) first.parts[k] = T(0);
    return first;
  }
}

}  // namespace detail
}  // namespace eigenloss
