// SPDX-License-Identifier: BSL-1.0
#include "two_files.hpp"

double loss_without_threads() { return loss_of_both_files(); }
