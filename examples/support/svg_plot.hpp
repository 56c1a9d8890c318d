// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// A line chart as an SVG picture that reads well on light and on dark backgrounds.
namespace svg {

struct Line {
  std::string name;
  std::vector<double> x, y;
  bool points = false;  // dots, not joined
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Line> lines;
  double width = 720, height = 420;
};

namespace detail {

inline std::string text_of(double number) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6g", number);
  return digits;
}

inline std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else {
      result += c;
    }
  }
  return result;
}

// An axis from data to pixels, its ends on round numbers: 1, 2 or 5 times a power of ten apart.
struct Axis {
  double first, last, step;  // in the data
  double from, to;           // in pixels

  Axis(double low, double high, int ticks, double from_pixel, double to_pixel)
      : from(from_pixel), to(to_pixel) {
    if (!(high > low)) high = low + 1;
    const double rough = (high - low) / ticks;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0}) {
      if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
    }
    first = std::floor(low / step + 1e-9) * step;
    last = std::ceil(high / step - 1e-9) * step;
  }

  double pixel(double value) const { return from + (value - first) / (last - first) * (to - from); }
  int ticks() const { return static_cast<int>(std::lround((last - first) / step)); }
  double tick(int i) const {
    const double value = first + i * step;
    return std::abs(value) < step / 2 ? 0 : value;
  }
};

// Colours that people with any colour vision can tell apart; one list on light, one on dark.
inline std::string style() {
  const char* const light[] = {"#0b62c4", "#d1480b", "#0a7d55", "#a2348f", "#8a6100", "#4b5563"};
  const char* const dark[] = {"#6cb2ff", "#ff9a5c", "#4fd1a1", "#f08cdc", "#e8c14a", "#b6c0cc"};
  const auto colours = [](const char* back, const char* ink, const char* pale, const auto& lines) {
    std::string css = std::string(".back{fill:") + back + "}text{fill:" + ink +
                      "}.grid{stroke:" + pale + "}.axis{stroke:" + ink + "}";
    for (int i = 0; i < 6; ++i) css += ".line" + std::to_string(i) + "{stroke:" + lines[i] + "}";
    return css;
  };
  return "<style>text{font:13px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
         ".title{font-size:17px;font-weight:600}.grid,.axis{stroke-width:1}"
         ".line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}"
         ".points{stroke-width:6}\n" +
         colours("#ffffff", "#24292f", "#dfe3e8", light) + "\n@media (prefers-color-scheme:dark){" +
         colours("#0d1117", "#e6edf3", "#30363d", dark) + "}</style>\n";
}

inline std::string text(double x, double y, const char* anchor, const std::string& words,
                        const std::string& more = "") {
  return "<text x=\"" + text_of(x) + "\" y=\"" + text_of(y) + "\" text-anchor=\"" + anchor + "\"" +
         more + ">" + escaped(words) + "</text>\n";
}

inline std::string segment(const char* kind, double x1, double y1, double x2, double y2) {
  return std::string("<path class=\"") + kind + "\" d=\"M" + text_of(x1) + " " + text_of(y1) + "L" +
         text_of(x2) + " " + text_of(y2) + "\"/>\n";
}

inline std::string grid(const Axis& x, const Axis& y) {
  std::string result;
  for (int i = 0; i <= y.ticks(); ++i) {
    const double at = y.pixel(y.tick(i));
    result += segment(i == 0 ? "axis" : "grid", x.from, at, x.to, at);
    result += text(x.from - 8, at + 4.5, "end", text_of(y.tick(i)));
  }
  for (int i = 0; i <= x.ticks(); ++i) {
    const double at = x.pixel(x.tick(i));
    result += segment("axis", at, y.from, at, y.from + 5);
    result += text(at, y.from + 20, "middle", text_of(x.tick(i)));
  }
  return result + segment("axis", x.from, y.from, x.from, y.to);
}

inline std::string class_of(const Line& line, std::size_t number) {
  return (line.points ? "line points line" : "line line") + std::to_string(number % 6);
}

inline std::string polyline(const Line& line, std::size_t number, const Axis& x, const Axis& y) {
  std::string path = "<path class=\"" + class_of(line, number) + "\" d=\"";
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    path += (i == 0 || line.points ? "M" : "L") +
            text_of(std::round(x.pixel(line.x[i]) * 10) / 10) + " " +
            text_of(std::round(y.pixel(line.y[i]) * 10) / 10) + (line.points ? "h0" : "");
  }
  return path + "\"/>\n";
}

inline std::string legend(const std::vector<Line>& lines, double x, double y) {
  std::string result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double length = lines[i].points ? 0 : 24;
    result += segment(class_of(lines[i], i).c_str(), x + 12 - length / 2, y - 4.5,
                      x + 12 + length / 2, y - 4.5);
    result += text(x + 31, y, "start", lines[i].name);
    x += 31 + 7.2 * static_cast<double>(lines[i].name.size()) + 24;
  }
  return result;
}

// The smallest and the largest number of one coordinate of all lines.
inline std::pair<double, double> range(const std::vector<Line>& lines,
                                       std::vector<double> Line::*coordinate) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Line& line : lines) {
    for (const double value : line.*coordinate) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return {low, high};
}

}  // namespace detail

inline std::string draw(const Chart& chart) {
  using detail::text;
  const auto [x_low, x_high] = detail::range(chart.lines, &Line::x);
  const auto [y_low, y_high] = detail::range(chart.lines, &Line::y);
  if (!std::isfinite(x_high - x_low) || !std::isfinite(y_high - y_low)) {
    throw std::invalid_argument("a chart needs at least one point, and finite numbers");
  }
  const detail::Axis x(x_low, x_high, 8, 70, chart.width - 24);
  const detail::Axis y(std::min(y_low, y_low > 0 && y_low < y_high / 3 ? 0 : y_low), y_high, 6,
                       chart.height - 56, 76);

  const std::string size = detail::text_of(chart.width) + " " + detail::text_of(chart.height);
  std::string result = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size +
                       "\" width=\"" + detail::text_of(chart.width) + "\" height=\"" +
                       detail::text_of(chart.height) + "\" role=\"img\">\n<title>" +
                       detail::escaped(chart.title) + "</title>\n";
  result += detail::style() + "<rect class=\"back\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n";
  result += text(x.from, 30, "start", chart.title, " class=\"title\"");
  result += detail::legend(chart.lines, x.from, 56) + detail::grid(x, y);
  result += text((x.from + x.to) / 2, chart.height - 14, "middle", chart.x_label);
  const double middle = (y.from + y.to) / 2;
  result += text(20, middle, "middle", chart.y_label,
                 " transform=\"rotate(-90 20 " + detail::text_of(middle) + ")\"");
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    result += detail::polyline(chart.lines[i], i, x, y);
  }
  return result + "</svg>\n";
}

inline void save(const Chart& chart, const std::string& path) {
  std::ofstream file(path);
  file << draw(chart);
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace svg
