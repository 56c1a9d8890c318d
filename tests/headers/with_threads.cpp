// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include "two_files.hpp"

double loss_with_threads() { return loss_of_both_files(); }
