// SPDX-License-Identifier: BSL-1.0
#include "eigenloss_side.hpp"

namespace benchmark {

Runner make_eigenloss(const Cell& cell, const Arguments& arguments) {
  static const Losses losses = [] {
    Losses all;
    add_pointwise(all);
    add_rowwise(all);
    add_sequence(all);
    add_compositions(all);
    return all;
  }();
  const auto found = losses.find(cell.loss);
  return found == losses.end() ? Runner{} : found->second(cell, arguments);
}

std::string describe_eigenloss() {
  return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + '.' +
         std::to_string(EIGEN_MAJOR_VERSION) + '.' + std::to_string(EIGEN_MINOR_VERSION) + ", " +
         Eigen::SimdInstructionSetsInUse() + ", compiler " + __VERSION__;
}

}  // namespace benchmark
