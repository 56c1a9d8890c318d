// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

// Images of handwritten digits: one a row, 8 x 8 pixels from 0 to 1.
struct Digits {
  Eigen::MatrixXf pixels;
  Eigen::VectorXi labels;
};

namespace detail {

constexpr int pixel_count = 64;

// One line of the file, 64 integers 0..16 and a digit 0..9, into row. Where names the file and the
// line.
inline void parse_digit(const std::string& line, const std::string& where, std::vector<int>& row) {
  row.clear();
  std::size_t from = 0;
  do {
    const std::size_t comma = std::min(line.find(',', from), line.size());
    int number = 0;
    const auto [end, error] = std::from_chars(line.data() + from, line.data() + comma, number);
    const bool label = row.size() == pixel_count;
    if (error != std::errc() || end != line.data() + comma || number < 0 ||
        number > (label ? 9 : 16)) {
      throw std::runtime_error(
          where + "column " + std::to_string(row.size() + 1) + " is '" +
          line.substr(from, std::min<std::size_t>(comma - from, 20)) + "', expected " +
          (label ? "a digit from 0 to 9" : "a pixel, an integer from 0 to 16"));
    }
    row.push_back(number);
    from = comma + 1;
  } while (from <= line.size() && row.size() <= pixel_count);
  if (row.size() != pixel_count + 1 || from <= line.size()) {
    throw std::runtime_error(where + (from <= line.size() ? "more than " : "fewer than ") +
                             "65 columns, expected 64 pixels and a digit");
  }
}

}  // namespace detail

// Reads a file of the format that data/README.md describes. Empty lines may stand at its end only.
// std::runtime_error names the file and the line.
inline Digits read_digits(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::vector<std::vector<int>> rows;
  const auto where = [&](std::size_t line) { return path + ":" + std::to_string(line) + ": "; };
  std::size_t number = 0;
  std::string line;
  while (std::getline(file, line)) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    if (number > rows.size() + 1)
      throw std::runtime_error(where(rows.size() + 1) +
                               "the line is empty, expected 64 pixels and a digit");
    rows.emplace_back();
    detail::parse_digit(line, where(number), rows.back());
  }
  if (file.bad()) throw std::runtime_error(path + ": cannot be read, is it a folder?");
  if (rows.empty())
    throw std::runtime_error(where(1) + "the file is empty, expected 64 pixels and a digit a line");

  const auto count = static_cast<Eigen::Index>(rows.size());
  Digits digits{Eigen::MatrixXf(count, detail::pixel_count), Eigen::VectorXi(count)};
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Map<const Eigen::RowVectorXi> row(rows[static_cast<std::size_t>(i)].data(),
                                                   detail::pixel_count + 1);
    digits.pixels.row(i) = row.head(detail::pixel_count).cast<float>() / 16.0F;
    digits.labels(i) = row(detail::pixel_count);
  }
  return digits;
}
