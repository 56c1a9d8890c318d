// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cell.hpp"
#include "table.hpp"

namespace benchmark {

Arguments make_arguments(const LossRow& loss, const Shape& shape, Scalar scalar);
void add_col_major(Arguments& arguments);  // the same numbers, column-major

}  // namespace benchmark
