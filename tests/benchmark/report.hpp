// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <iosfwd>

#include "cell.hpp"

namespace benchmark {

constexpr double kNone = std::nan("");

// Nanoseconds a call; NaN where there is no measurement.
struct Result {
  Cell cell;
  bool extra = false;  // of a row that is not a loss of torch.nn
  double eigenloss = kNone, torch = kNone, roof = kNone;
  std::map<std::string, double> peers;

  double times(double other) const { return other / eigenloss; }
};
using Results = std::vector<Result>;

// Times of other libraries, as peers.py writes them: by peer, by id of the cell.
using Peers = std::map<std::string, std::map<std::string, double>>;
Peers read_peers(const std::string& file);

void print_head(std::ostream& out, const Peers& peers);
void print_row(std::ostream& out, const Result& result, const Peers& peers);
void print_summary(std::ostream& out, const Results& results);
void write_csv(const std::string& file, const Results& results, const Peers& peers);
void write_svg(const std::string& file, const Results& results, const std::string& caption);

}  // namespace benchmark
