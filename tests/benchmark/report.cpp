// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <regex>
#include <sstream>
#include <utility>

#include "table.hpp"

namespace benchmark {
namespace {

std::string number(double value, int digits = 3) {
  if (std::isnan(value)) return "-";
  std::ostringstream out;
  const int before =
      std::max(1, static_cast<int>(std::floor(std::log10(std::abs(value) + 1e-9))) + 1);
  out << std::fixed << std::setprecision(std::max(0, digits - before)) << value;
  return out.str();
}

std::string duration(double ns) {
  if (std::isnan(ns)) return "-";
  return ns < 1e3   ? number(ns) + " ns"
         : ns < 1e6 ? number(ns / 1e3) + " us"
                    : number(ns / 1e6) + " ms";
}

struct GeometricMean {
  double sum = 0, least = 1e300, most = 0;
  int count = 0;
  void add(double value) {
    sum += std::log(value);
    least = std::min(least, value);
    most = std::max(most, value);
    ++count;
  }
  double value() const { return std::exp(sum / count); }
};

bool counts(const Result& r) {
  const bool wide = r.cell.scalar == Scalar::kFloat || r.cell.scalar == Scalar::kDouble;
  return !r.extra && wide && !std::isnan(r.times(r.torch));
}

std::string unit_of(Measure measure) {
  switch (measure) {
    case Measure::kTorch:
      return "times PyTorch";
    case Measure::kRoof:
      return "of the roof";
    case Measure::kInductor:
      return "times torch.compile";
    case Measure::kJax:
      return "times JAX";
    case Measure::kBestPeer:
      return "times the better of torch.compile and JAX";
    case Measure::kCallsPer40ns:
      return "calls in 40 ns";
  }
  return "";
}

double peer(const Result& r, const char* name) {
  const auto found = r.peers.find(name);
  return found == r.peers.end() ? kNone : found->second;
}

double measure(const Result& r, Measure what) {
  const double inductor = peer(r, "inductor"), jax = std::fmin(peer(r, "jax"), peer(r, "optax"));
  switch (what) {
    case Measure::kTorch:
      return r.times(r.torch);
    case Measure::kRoof:
      return r.times(r.roof);
    case Measure::kInductor:
      return r.times(inductor);
    case Measure::kJax:
      return r.times(jax);
    case Measure::kBestPeer:
      return r.times(std::fmin(inductor, jax));
    case Measure::kCallsPer40ns:
      return 40 / r.eigenloss;
  }
  return kNone;
}

void print_misses(std::ostream& out, const Results& results) {
  for (const TargetRow& target : target_table()) {
    const std::regex cells(target.cells);
    int met = 0;
    std::vector<std::string> missed;
    for (const Result& r : results) {
      if (r.extra || !std::regex_search(r.cell.id(), cells)) continue;
      const double value = measure(r, target.measure);
      if (value >= target.least) ++met;
      if (value < target.least) missed.push_back("  " + number(value) + "  " + r.cell.id());
    }
    if (met + missed.size() == 0) continue;
    out << "\nat least " << number(target.least) << ' ' << unit_of(target.measure) << ": " << met
        << " cells of " << met + missed.size() << "   [" << target.cells << "]\n";
    for (const std::string& line : missed) out << line << '\n';
  }
}

void print_twins(std::ostream& out, const Results& results) {
  std::map<std::string, const Result*> by_id;
  for (const Result& r : results) by_id[r.cell.id()] = &r;
  for (const TwinRow& row : twin_table()) {
    const std::regex cells(row.cells), pattern(row.pattern);
    GeometricMean mean;
    std::vector<std::string> missed;
    for (const Result& r : results) {
      const std::string id = r.cell.id();
      if (!std::regex_search(id, cells)) continue;
      const auto twin = by_id.find(std::regex_replace(id, pattern, row.twin));
      if (twin == by_id.end() || std::isnan(r.times(twin->second->eigenloss))) continue;
      if (row.where_arithmetic_decides && !(r.times(r.roof) < 0.5)) continue;
      const double value = r.times(twin->second->eigenloss);
      mean.add(value);
      if (value < row.least) missed.push_back("  " + number(value) + "  " + id);
    }
    if (mean.count == 0) continue;
    out << '\n'
        << row.what << (row.where_arithmetic_decides ? ", where arithmetic decides" : "")
        << ": geometric mean of the speed " << number(mean.value()) << ", to reach "
        << number(row.least) << " in each of " << mean.count << " cells\n";
    for (const std::string& line : missed) out << line << '\n';
  }
}

}  // namespace

std::string Cell::id() const {
  std::string id = loss + '/';
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t n = shape[d];
    const bool point = shape.size() == 1;
    id += d > 0 ? "x" : "";
    id += point && n >= 1000000  ? std::to_string(n / 1000000) + 'M'
          : point && n >= 100000 ? std::to_string(n / 1000) + 'k'
                                 : std::to_string(n);
  }
  const char* scalars[] = {"float", "double", "half", "bfloat16", "int64"};
  return id + (row_major ? "/row/" : "/col/") + scalars[static_cast<int>(scalar)] + '/' +
         std::to_string(threads) + (work == Work::kValue ? "t/value" : "t/fused");
}

Peers read_peers(const std::string& file) {
  Peers peers;
  std::ifstream in(file);
  if (!in) std::cerr << "cannot read " << file << '\n';
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name, id, ns;
    if (std::getline(fields, name, ',') && std::getline(fields, id, ',') &&
        std::getline(fields, ns) && name != "peer") {
      peers[name][id] = std::stod(ns);
    }
  }
  return peers;
}

void print_head(std::ostream& out, const Peers& peers) {
  out << std::left << std::setw(58) << "cell" << std::right << std::setw(10) << "ns/element"
      << std::setw(10) << "a call" << std::setw(11) << "PyTorch" << std::setw(10) << "x PyTorch"
      << std::setw(9) << "of roof";
  for (const auto& p : peers) out << std::setw(11) << "x " + p.first;
  out << '\n';
}

void print_row(std::ostream& out, const Result& r, const Peers& peers) {
  const Shape& s = r.cell.shape;
  const bool sequence = r.cell.loss.compare(0, 3, "CTC") == 0;
  const auto n = static_cast<double>(elements(sequence ? Shape(s.begin(), s.begin() + 3) : s));
  out << std::left << std::setw(58) << r.cell.id() << std::right << std::setw(10)
      << number(r.eigenloss / n) << std::setw(10) << duration(r.eigenloss) << std::setw(11)
      << duration(r.torch) << std::setw(10) << number(r.times(r.torch)) << std::setw(9)
      << number(r.times(r.roof));
  for (const auto& p : peers) out << std::setw(11) << number(r.times(peer(r, p.first.c_str())));
  out << std::endl;
}

void print_summary(std::ostream& out, const Results& results) {
  GeometricMean all, float_one_thread;
  for (const Result& r : results) {
    if (!counts(r)) continue;
    const double ratio = r.times(r.torch);
    all.add(ratio);
    if (r.cell.scalar == Scalar::kFloat && r.cell.threads == 1) float_one_thread.add(ratio);
  }
  out << "\nGeometric mean of the ratio to PyTorch: " << number(all.value()) << " (" << all.count
      << " cells); float at one thread: " << number(float_one_thread.value()) << " ("
      << float_one_thread.count << " cells)\n";
  print_misses(out, results);
  print_twins(out, results);
}

void write_csv(const std::string& file, const Results& results, const Peers& peers) {
  std::ofstream out(file);
  out << "loss,shape,layout,scalar,threads,work,ns_eigenloss,ns_pytorch,ns_roof,ratio_pytorch,"
         "share_of_roof";
  for (const auto& p : peers) out << ",ns_" << p.first << ",ratio_" << p.first;
  out << '\n' << std::setprecision(5);
  const auto field = [&out](double value) {
    out << ',';
    if (!std::isnan(value)) out << value;
  };
  for (const Result& r : results) {
    std::string id = r.cell.id();
    std::replace(id.begin(), id.end(), '/', ',');
    out << id;
    for (const double ns : {r.eigenloss, r.torch, r.roof}) field(ns);
    for (const double ns : {r.torch, r.roof}) field(r.times(ns));
    for (const auto& p : peers) {
      field(peer(r, p.first.c_str()));
      field(r.times(peer(r, p.first.c_str())));
    }
    out << '\n';
  }
}

// A bar is the geometric mean over the shapes and layouts of a loss, float at one thread; its line
// reaches from the worst to the best cell.
void write_svg(const std::string& file, const Results& results, const std::string& caption) {
  using Bars = std::pair<GeometricMean, GeometricMean>;  // value, value with gradient
  std::vector<std::pair<std::string, Bars>> losses;
  for (const Result& r : results) {
    if (!counts(r) || r.cell.scalar != Scalar::kFloat || r.cell.threads != 1) continue;
    if (losses.empty() || losses.back().first != r.cell.loss) losses.push_back({r.cell.loss, {}});
    Bars& bars = losses.back().second;
    (r.cell.work == Work::kValue ? bars.first : bars.second).add(r.times(r.torch));
  }
  const double left = 210, width = 560, lowest = 0.1, decades = 4, top = 64, step = 34;
  const double bottom = top + step * static_cast<double>(losses.size());
  const auto x = [&](double ratio) {
    return left + width * std::min(1.0, std::max(0.0, std::log10(ratio / lowest) / decades));
  };
  std::ofstream out(file);
  out << std::fixed << std::setprecision(1)
      << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 850 " << bottom + 44
      << "\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<style>\n"
         "text { fill: #24292f } .grid { stroke: #8c959f; stroke-opacity: .4 } .one { stroke: "
         "#cf222e }\n"
         ".value { fill: #54aeff } .fused { fill: #0969da } .range { stroke: #57606a }\n"
         "@media (prefers-color-scheme: dark) {\n"
         "text { fill: #e6edf3 } .value { fill: #79c0ff } .fused { fill: #1f6feb } .range { "
         "stroke: #9da7b3 }\n"
         ".one { stroke: #ff7b72 }\n}\n</style>\n"
      << "<text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"600\">Times as fast as PyTorch on "
         "the same CPU"
         "</text>\n<rect class=\"value\" x=\"430\" y=\"11\" width=\"12\" height=\"12\"/>"
         "<text x=\"448\" y=\"22\">value</text>"
         "<rect class=\"fused\" x=\"510\" y=\"11\" width=\"12\" height=\"12\"/>"
         "<text x=\"528\" y=\"22\">value and gradient; thin: all cells</text>\n";
  for (const double ratio : {0.1, 1.0, 10.0, 100.0, 1000.0}) {
    out << "<line class=\"" << (ratio == 1 ? "one" : "grid") << "\" x1=\"" << x(ratio) << "\" x2=\""
        << x(ratio) << "\" y1=\"" << top - 8 << "\" y2=\"" << bottom << "\"/><text x=\"" << x(ratio)
        << "\" y=\"" << top - 14 << "\" text-anchor=\"middle\">" << std::defaultfloat << ratio
        << std::fixed << "</text>\n";
  }
  double y = top;
  for (const auto& loss : losses) {
    out << "<text x=\"" << left - 10 << "\" y=\"" << y + 17 << "\" text-anchor=\"end\">"
        << loss.first << "</text>\n";
    double bar = y;
    for (const GeometricMean* mean : {&loss.second.first, &loss.second.second}) {
      if (mean->count > 0) {
        const double middle = bar + 6;
        out << "<rect class=\"" << (bar == y ? "value" : "fused") << "\" x=\""
            << x(std::min(1.0, mean->value())) << "\" y=\"" << bar << "\" width=\""
            << std::abs(x(mean->value()) - x(1)) << "\" height=\"12\"/><line class=\"range\" x1=\""
            << x(mean->least) << "\" x2=\"" << x(mean->most) << "\" y1=\"" << middle << "\" y2=\""
            << middle << "\"/><text x=\"" << std::max(x(mean->most), x(1)) + 6 << "\" y=\""
            << bar + 10 << "\" font-size=\"10\">" << number(mean->value()) << "</text>\n";
      }
      bar += 13;
    }
    y += step;
  }
  out << "<text x=\"12\" y=\"" << bottom + 28 << "\" font-size=\"11\">float, one thread; "
      << caption << "</text>\n</svg>\n";
}

}  // namespace benchmark
