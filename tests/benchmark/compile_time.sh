#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What the library adds to the time of a compilation, as a multiple of a file that includes only Eigen's Tensor
# header: the umbrella header (to reach: 1.3), and one loss with all verbs (1.6). Best of five, user time.
#
#   tests/benchmark/compile_time.sh [COMPILER [FLAGS...]]     (default: c++ -O2)
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- c++ -O2
eigen=${EIGEN_INCLUDE:-/usr/include/eigen3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/tensor.cpp" <<'CPP'
#include <unsupported/Eigen/CXX11/Tensor>
CPP
cat >"$work/umbrella.cpp" <<'CPP'
#include <eigenloss/eigenloss.hpp>
CPP
for loss in SmoothL1:smooth_l1 CrossEntropy:cross_entropy; do
  labels='Eigen::Tensor<float, 2>'
  [ "${loss%%:*}" = CrossEntropy ] && labels='Eigen::Tensor<int, 1>'
  cat >"$work/${loss%%:*}.cpp" <<CPP
#include <eigenloss/losses/${loss##*:}.hpp>
using Tensor = Eigen::Tensor<float, 2>;
float all_verbs(const Tensor& x, const $labels& t, Tensor& gradient) {
  const eigenloss::${loss%%:*}<> loss;
  gradient = loss.gradient(x, t);
  const auto both = loss.value_and_gradient(x, t);
  return loss(x, t) + both.first + loss.value_and_gradient(x, t, gradient);
}
CPP
done

seconds() {  # the least user time of five compilations
  "${compile[@]}" "$1" 2>"$work/errors" || return 1
  TIMEFORMAT=%U
  for _ in 1 2 3 4 5; do
    { time "${compile[@]}" "$1" >/dev/null 2>&1; } 2>&1
  done | sort -n | head -n 1
}

compile=("$@" -std=c++17 -Iinclude -isystem "$eigen" -c -o "$work/out.o")
bare=$(seconds "$work/tensor.cpp")
printf '%-32s %6.2f s\n' "Eigen's Tensor header" "$bare"
for name in umbrella SmoothL1 CrossEntropy; do
  time=$(seconds "$work/$name.cpp") || { echo "$name does not compile"; continue; }
  printf '%-32s %6.2f s  %5.2f times\n' "$name" "$time" "$(awk "BEGIN { print $time / $bare }")"
done
