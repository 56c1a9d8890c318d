// SPDX-License-Identifier: BSL-1.0
// What is measured: the losses, the sizes, the numbers to reach. Everything else follows from these
// tables.
#pragma once

#include <vector>

#include "cell.hpp"

namespace benchmark {

// What an argument holds. The shapes below are those of the loss's own, s being the cell's.
enum class Content {
  kNormal,          // s
  kPositive,        // s, in (0.5, 1.5)
  kProbability,     // s, in (0, 1)
  kLogProbability,  // s, negative
  kSign,            // s, +-1
  kBinary,          // s, 0 or 1
  kRowSign,         // one a row, +-1
  kClass,           // one a row, int64 in [0, C)
  kClassList,       // s, int64: five classes, then -1
  kLabels,          // (N, S) int64 in [1, C)
  kInputLengths,    // (N) int64, all T
  kTargetLengths,   // (N) int64, all S
};

struct ArgumentRow {
  Content content;
  bool differentiable = false;
};

struct LossRow {
  const char* name;
  Family family;
  std::vector<ArgumentRow> arguments;  // in PyTorch's order
  bool extra =
      false;  // not a loss of torch.nn: float at one thread only, outside the geometric mean
};

inline std::vector<LossRow> loss_table() {
  using C = Content;
  const ArgumentRow x{C::kNormal, true}, t{C::kNormal}, p{C::kProbability, true},
      q{C::kProbability}, v{C::kPositive, true}, count{C::kPositive},
      logp{C::kLogProbability, true}, sign{C::kSign}, binary{C::kBinary}, row_sign{C::kRowSign},
      y{C::kClass}, list{C::kClassList}, labels{C::kLabels}, in{C::kInputLengths},
      out{C::kTargetLengths};
  const Family point = Family::kPointwise, row = Family::kClass, embed = Family::kEmbedding,
               sequence = Family::kSequence;
  return {{"L1", point, {x, t}},
          {"SmoothL1", point, {x, t}},
          {"Huber", point, {x, t}},
          {"MSE", point, {x, t}},
          {"BCE", point, {p, q}},
          {"BCEWithLogits", point, {x, binary}},
          {"PoissonNLL", point, {x, count}},
          {"GaussianNLL", point, {x, t, v}},
          {"KLDiv", point, {logp, q}},
          {"HingeEmbedding", point, {x, sign}},
          {"SoftMargin", point, {x, sign}},
          {"MarginRanking", point, {x, x, sign}},
          {"CrossEntropy", row, {x, y}},
          {"NLL", row, {logp, y}},
          {"MultiMargin", row, {x, y}},
          {"MultiLabelMargin", row, {x, list}},
          {"MultiLabelSoftMargin", row, {x, binary}},
          {"CosineEmbedding", embed, {x, x, row_sign}},
          {"TripletMargin", embed, {x, x, x}},
          {"TripletMarginWithDistance", embed, {x, x, x}},
          {"CTC", sequence, {logp, labels, in, out}},
          {"CTCWithLogits", sequence, {x, labels, in, out}},
          {"Sum3", point, {x, t}, true},
          {"MSE_lambda", point, {x, t}, true},
          {"Huber_lambda", point, {x, t}, true},
          {"BCEWithLogits_lambda", point, {x, binary}, true}};
}

inline std::vector<Shape> shapes_of(Family family) {
  switch (family) {
    case Family::kPointwise:
      return {{1}, {100}, {1000}, {100000}, {1000000}, {16000000}};
    case Family::kClass:
      return {{1, 10},      {32, 10},      {1024, 10},       {4096, 1000},
              {512, 32000}, {128, 128256}, {8, 21, 128, 128}};
    case Family::kEmbedding:
      return {{1, 10}, {64, 128}, {4096, 512}};
    case Family::kSequence:
      return {{50, 16, 20, 20}, {150, 32, 28, 40}, {1000, 32, 128, 200}};  // TNCS
  }
  return {};
}

// The numbers to reach: `measure` of every cell whose id matches is at least `least`.
enum class Measure { kTorch, kRoof, kInductor, kJax, kBestPeer, kCallsPer40ns };
struct TargetRow {
  const char* cells;
  Measure measure;
  double least;
};

inline std::vector<TargetRow> target_table() {
  const char* memory_bound =
      "^(L1|SmoothL1|Huber|MSE|HingeEmbedding|MarginRanking)/16M/.*/float/1t";
  const char* transcendental = "^(BCE|BCEWithLogits|PoissonNLL|GaussianNLL|KLDiv|SoftMargin)";
  static const std::string fused = std::string(transcendental) + "/(1M|16M)/.*/float/1t/fused";
  static const std::string fused_16m = std::string(transcendental) + "/16M/.*/float/1t/fused";
  return {{".", Measure::kTorch, 1},
          {memory_bound, Measure::kRoof, 0.9},
          {fused.c_str(), Measure::kTorch, 10},
          {fused.c_str(), Measure::kBestPeer, 4},
          {fused_16m.c_str(), Measure::kRoof, 0.5},
          {"^(?!CTC).*/(1|1x10)/.*/float/1t", Measure::kCallsPer40ns, 1},
          {"^CrossEntropy/(1024x10|512x32000)/.*/float/1t/fused", Measure::kTorch, 8},
          {"^CrossEntropy/4096x1000/.*/float/1t/fused", Measure::kTorch, 4},
          {"^CrossEntropy/.*/float/1t/fused", Measure::kJax, 2},
          {"^Multi(Margin|LabelMargin|LabelSoftMargin)/.*/float/1t", Measure::kTorch, 8},
          {"^(CosineEmbedding|TripletMargin)/64x128/.*/float/1t/fused", Measure::kTorch, 8},
          {"^(CosineEmbedding|TripletMargin)/4096x512/.*/float/1t/fused", Measure::kRoof, 0.75},
          {"^CTCWithLogits/.*/float/1t/fused", Measure::kTorch, 20},
          {"^CTCWithLogits/.*/float/1t/fused", Measure::kJax, 6}};
}

// Cells compared with each other: the time of `cells`, with `pattern` replaced by `twin` in the id,
// is at least `least` times that of the cell itself.
struct TwinRow {
  const char* cells;
  const char* pattern;
  const char* twin;
  double least;
  bool where_arithmetic_decides;  // only where the cell takes more than twice the time of the roof
  const char* what;
};

inline std::vector<TwinRow> twin_table() {
  return {
      {"/double/", "/double/", "/float/", 0.45, true, "double against float"},
      {"/(16M|4096x1000|512x32000|128x128256)/.*/2t/", "/2t/", "/1t/", 1.6, true, "two threads"},
      {"/(16M|4096x1000|512x32000|128x128256)/.*/2t/", "/2t/", "/1t/", 1, false, "two threads"},
      {"/half/", "/half/", "/float/", 1, false, "half against float"},
      {"/bfloat16/", "/bfloat16/", "/float/", 1, false, "bfloat16 against float"},
      {"^(MSE|Huber|BCEWithLogits)_lambda/", "_lambda/", "/", 1 / 1.5, false,
       "formula against slope"},
      {"^Sum3/16M/", "Sum3/", "SmoothL1/", 1 / 1.3, false, "sum of three against costliest"}};
}

}  // namespace benchmark
