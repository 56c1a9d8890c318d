// SPDX-License-Identifier: BSL-1.0
// The benchmark: eigenloss against libtorch in the same process and against the roof of memory.
//
//   benchmark [--filter REGEX] [--quick] [--seconds S] [--csv FILE] [--svg FILE] [--peers FILE]
//   [--list]
//
// A cell is named loss/shape/layout/scalar/threads/work, as in MSE/16M/row/float/1t/fused, and
// --filter selects by that name. --quick is float at one thread with a shorter time a cell; --peers
// merges what peers.py wrote.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <regex>
#include <thread>

#include "data.hpp"
#include "report.hpp"

namespace benchmark {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::regex filter{"."};
  bool quick = false, list = false;
  double seconds = 0.4;  // a cell, at least three rounds
  std::string csv, svg, peers;
};

double used = 0;  // what the runners return, so that no call can be left out

double nanoseconds(const Runner& run, int repeats) {
  const auto start = Clock::now();
  used += run(repeats);
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

struct Contestant {
  Runner run;
  int repeats = 1;  // in a batch, which takes about a millisecond
  double best = kNone;

  void calibrate() {
    constexpr double kBatch = 1e6;
    for (double ns; (ns = nanoseconds(run, repeats)) < kBatch / 2;) {
      repeats = static_cast<int>(repeats * std::min(8.0, std::max(1.5, kBatch / ns)));
    }
  }

  // Warms the caches after the others: a cache of the last level that keeps what the nearer ones
  // cast out holds all of a large array only after the third call.
  void batch() {
    used += run(std::max(3, repeats / 8));
    best = std::fmin(best, nanoseconds(run, repeats) / repeats);
  }
};

// Batch after batch in turn, until the time is up: what disturbs one disturbs all. The best batch
// counts.
void measure(std::vector<Contestant>& contestants, double seconds, int threads) {
  for (Contestant& c : contestants) c.calibrate();
  const auto start = Clock::now();
  for (int round = 0;; ++round) {
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    if ((round >= 3 && passed > seconds) || (round >= 1 && passed > 6 * seconds)) break;
    for (Contestant& c : contestants) {
      // Idle threads of one pool spin for a while and would slow down the other's: OpenMP's for more
      // than 10 ms.
      if (threads > 1) std::this_thread::sleep_for(std::chrono::milliseconds(30));
      c.batch();
    }
  }
}

Result run_cell(const Cell& cell, bool extra, const Arguments& arguments, double seconds) {
  set_torch_threads(cell.threads);
  std::vector<Contestant> contestants;
  std::vector<double Result::*> owners;
  const auto enter = [&](const Runner& run, double Result::*owner) {
    if (!run) return;
    contestants.push_back({run});
    owners.push_back(owner);
  };
  enter(make_eigenloss(cell, arguments), &Result::eigenloss);
  enter(make_torch(cell, arguments), &Result::torch);
  for (const Runner& run : make_roof(cell, arguments)) enter(run, &Result::roof);
  measure(contestants, seconds, cell.threads);
  Result result;
  result.cell = cell;
  result.extra = extra;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    double& best = result.*owners[i];
    best = std::fmin(best, contestants[i].best);
  }
  return result;
}

// The cells that share their inputs.
std::vector<Cell> cells_of(const LossRow& loss, const Shape& shape, Scalar scalar,
                           const Options& options) {
  const bool wide = scalar == Scalar::kFloat || scalar == Scalar::kDouble;
  const bool layouts = loss.family == Family::kClass || loss.family == Family::kEmbedding;
  const bool only_one_thread = options.quick || loss.extra || !wide;
  const bool only_float = options.quick || loss.extra;
  std::vector<Cell> cells;
  if (only_float && scalar != Scalar::kFloat) return cells;
  if (!wide && shape != Shape{16000000}) return cells;
  for (const bool row_major : {true, false}) {
    if (!row_major && !layouts) continue;
    for (const int threads : {1, 2}) {
      if (threads > 1 && only_one_thread) continue;
      for (const Work work : {Work::kValue, Work::kFused}) {
        const Cell cell{loss.name, shape, row_major, scalar, threads, work};
        if (std::regex_search(cell.id(), options.filter)) cells.push_back(cell);
      }
    }
  }
  return cells;
}

Results run_all(const Options& options, const Peers& peers) {
  Results results;
  for (const LossRow& loss : loss_table()) {
    for (const Shape& shape : shapes_of(loss.family)) {
      for (const Scalar scalar :
           {Scalar::kFloat, Scalar::kDouble, Scalar::kHalf, Scalar::kBfloat16}) {
        const std::vector<Cell> cells = cells_of(loss, shape, scalar, options);
        if (cells.empty()) continue;
        Arguments arguments;
        if (!options.list) arguments = make_arguments(loss, shape, scalar);
        for (const Cell& cell : cells) {
          if (options.list) {
            std::cout << cell.id() << '\n';
            continue;
          }
          if (!cell.row_major) add_col_major(arguments);
          if (loss.extra && !make_eigenloss(cell, arguments)) continue;  // not compiled
          Result result = run_cell(cell, loss.extra, arguments, options.seconds);
          for (const auto& peer : peers) {
            const auto found = peer.second.find(cell.id());
            if (found != peer.second.end()) result.peers[peer.first] = found->second;
          }
          print_row(std::cout, result, peers);
          results.push_back(std::move(result));
        }
      }
    }
  }
  return results;
}

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, 10, "model name") == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

// What the build measured with compile_time.sh.
void print_compile_time(std::ostream& out) {
  std::ifstream in(EIGENLOSS_COMPILE_TIME);
  out << "\ncompile time, user seconds (to reach: 1.30 times for the umbrella, 1.60 for one "
         "loss)\n";
  for (std::string line; std::getline(in, line);) out << "  " << line << '\n';
}

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto next = [&] {
      if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
      return words[++i];
    };
    const std::string& word = words[i];
    if (word == "--filter")
      options.filter = std::regex(next());
    else if (word == "--quick")
      options.quick = true, options.seconds = 0.1;
    else if (word == "--seconds")
      options.seconds = std::stod(next());
    else if (word == "--csv")
      options.csv = next();
    else if (word == "--svg")
      options.svg = next();
    else if (word == "--peers")
      options.peers = next();
    else if (word == "--list")
      options.list = true;
    else
      throw std::invalid_argument("unknown option " + word);
  }
  return options;
}

void run(const Options& options) {
  const Peers peers = options.peers.empty() ? Peers{} : read_peers(options.peers);
  const std::string machine = processor();
  if (!options.list) {
    std::cout << machine << "; " << describe_eigenloss() << "; " << describe_torch() << "\n\n";
    print_head(std::cout, peers);
  }
  const Results results = run_all(options, peers);
  if (options.list) return;
  print_summary(std::cout, results);
  print_compile_time(std::cout);
  if (!options.csv.empty()) write_csv(options.csv, results, peers);
  if (!options.svg.empty()) write_svg(options.svg, results, machine + "; " + describe_torch());
  volatile double sink = used;
  static_cast<void>(sink);
}

}  // namespace
}  // namespace benchmark

int main(int argc, char** argv) {
  try {
    benchmark::run(benchmark::parse({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
