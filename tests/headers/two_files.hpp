// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/eigenloss.hpp>

// The same inline function, once in a file with EIGEN_USE_THREADS and once in one without: the
// linker keeps one of the two, so no definition in the library may depend on the macro.
inline double loss_of_both_files() {
  Eigen::MatrixXd logits(2, 3);
  logits << 1.0, 2.0, 3.0, 1.0, 2.0, 3.0;
  Eigen::VectorXi labels(2);
  labels << 2, 0;
  Eigen::MatrixXd gradient(2, 3);
  return eigenloss::CrossEntropy<eigenloss::Mean>{}.value_and_gradient(logits, labels, gradient);
}

double loss_with_threads();
double loss_without_threads();
