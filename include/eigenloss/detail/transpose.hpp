// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "some_lanes.hpp"

// Square blocks of numbers transposed: rows become columns.
namespace eigenloss {
namespace detail {

// As many registers as one has lanes, each a row.
template <class Register, int width>
EIGEN_STRONG_INLINE void transpose(Register (&rows)[width]) {
  Eigen::internal::PacketBlock<Register, width> block;
#pragma GCC unroll 16
  for (int k = 0; k < width; ++k) block.packet[k] = rows[k];
  Eigen::internal::ptranspose(block);
#pragma GCC unroll 16
  for (int k = 0; k < width; ++k) rows[k] = block.packet[k];
}
#if defined(EIGEN_VECTORIZE_AVX512)
// With a mask, as GCC 12 warns of its functions without. Eigen's own also take registers apart.
template <int which>
EIGEN_STRONG_INLINE __m512d quarters(const __m512d& x, const __m512d& y) {
  return _mm512_maskz_shuffle_f64x2(0xff, x, y, which);
}
// A square of the registers' quarters, of 16 bytes each, transposed.
EIGEN_STRONG_INLINE void transpose_quarters(__m512d& a, __m512d& b, __m512d& c, __m512d& d) {
  const __m512d even_ab = quarters<0x88>(a, b), odd_ab = quarters<0xdd>(a, b);
  const __m512d even_cd = quarters<0x88>(c, d), odd_cd = quarters<0xdd>(c, d);
  a = quarters<0x88>(even_ab, even_cd);
  b = quarters<0x88>(odd_ab, odd_cd);
  c = quarters<0xdd>(even_ab, even_cd);
  d = quarters<0xdd>(odd_ab, odd_cd);
}
EIGEN_STRONG_INLINE void transpose(__m512d (&rows)[8]) {
  __m512d x[8];
#pragma GCC unroll 4
  for (int k = 0; k < 8; k += 2) {
    x[k] = _mm512_maskz_unpacklo_pd(0xff, rows[k], rows[k + 1]);
    x[k + 1] = _mm512_maskz_unpackhi_pd(0xff, rows[k], rows[k + 1]);
  }
#pragma GCC unroll 2
  for (int k = 0; k < 2; ++k) transpose_quarters(x[k], x[k + 2], x[k + 4], x[k + 6]);
#pragma GCC unroll 8
  for (int k = 0; k < 8; ++k) rows[k] = x[k];
}
EIGEN_STRONG_INLINE void transpose(__m512 (&rows)[16]) {
  __m512d x[16], y[16];
#pragma GCC unroll 8
  for (int k = 0; k < 16; k += 2) {
    const __m512 a = rows[k], b = rows[k + 1];
    x[k] = _mm512_castps_pd(_mm512_maskz_unpacklo_ps(0xffff, a, b));
    x[k + 1] = _mm512_castps_pd(_mm512_maskz_unpackhi_ps(0xffff, a, b));
  }
#pragma GCC unroll 4
  for (int k = 0; k < 16; k += 4) {
    y[k] = _mm512_maskz_unpacklo_pd(0xff, x[k], x[k + 2]);
    y[k + 1] = _mm512_maskz_unpackhi_pd(0xff, x[k], x[k + 2]);
    y[k + 2] = _mm512_maskz_unpacklo_pd(0xff, x[k + 1], x[k + 3]);
    y[k + 3] = _mm512_maskz_unpackhi_pd(0xff, x[k + 1], x[k + 3]);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) transpose_quarters(y[k], y[k + 4], y[k + 8], y[k + 12]);
#pragma GCC unroll 16
  for (int k = 0; k < 16; ++k) rows[k] = _mm512_castpd_ps(y[k]);
}
#endif

// Copies a square block with as many rows as a register has lanes.
template <class Register, class T>
EIGEN_STRONG_INLINE void copy_transposed(const Register&, const T* from, std::ptrdiff_t from_stride,
                                         T* to, std::ptrdiff_t to_stride) {
  constexpr int width = Eigen::internal::unpacket_traits<Register>::size;
  Register square[width];
#pragma GCC unroll 16
  for (int k = 0; k < width; ++k)
    square[k] = Eigen::internal::ploadu<Register>(from + k * from_stride);
  transpose(square);
#pragma GCC unroll 16
  for (int k = 0; k < width; ++k) Eigen::internal::pstoreu(to + k * to_stride, square[k]);
}
// The same of a smaller block: 0 < rows, columns <= lanes.
template <class Register, class T>
void copy_transposed(const Register& kind, const T* from, std::ptrdiff_t rows,
                     std::ptrdiff_t columns, std::ptrdiff_t from_stride, T* to,
                     std::ptrdiff_t to_stride) {
  constexpr int width = Eigen::internal::unpacket_traits<Register>::size;
  Register square[width];
  for (std::ptrdiff_t k = 0; k < width; ++k)
    square[k] = load_some(kind, from + (k < rows ? k : rows - 1) * from_stride, columns);
  transpose(square);
  for (std::ptrdiff_t k = 0; k < columns; ++k) store_some(square[k], to + k * to_stride, rows);
}

}  // namespace detail
}  // namespace eigenloss
