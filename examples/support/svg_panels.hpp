// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "svg_plot.hpp"

// Pictures of several panels, and a comparison of two pictures.
namespace svg {

// A line of a panel; colours count as in svg_plot.hpp.
struct Curve {
  std::string name;  // at its label, empty for none
  std::size_t colour = 0;
  bool dashed = false;
  std::vector<double> x, y;
};

// A rectangle of a picture with axes of its own. Drawing outside its range is cut off.
struct Panel {
  std::string title, x_label;
  double left, top, width, height;  // of the frame, in pixels
  detail::Axis x, y;

  Panel(std::string title_, std::string x_label_, std::array<double, 4> frame,
        std::array<double, 2> x_range, std::array<double, 2> y_range, int x_ticks = 4,
        int y_ticks = 4)
      : title(std::move(title_)),
        x_label(std::move(x_label_)),
        left(frame[0]),
        top(frame[1]),
        width(frame[2]),
        height(frame[3]),
        x(x_range[0], x_range[1], x_ticks, left, left + width),
        y(y_range[0], y_range[1], y_ticks, top + height, top) {
    x.first = x_range[0], x.last = x_range[1];
    y.first = y_range[0], y.last = y_range[1];
  }
};

namespace detail {

// A length in pixels, rounded so that compilers agree.
inline std::string pixels(double length) {
  const double rounded = std::round(length * 10) / 10;
  return text_of(rounded == 0 ? 0 : rounded);
}
inline std::string point(double x, double y) { return pixels(x) + " " + pixels(y); }

inline std::vector<double> ticks(const Axis& axis) {
  std::vector<double> result;
  for (double i = std::ceil(axis.first / axis.step - 1e-9);
       i * axis.step <= axis.last + 1e-9 * axis.step; ++i) {
    result.push_back(i == 0 ? 0 : i * axis.step);
  }
  return result;
}

}  // namespace detail

class Picture {
 public:
  Picture(std::string title, double width, double height) : width_(width), height_(height) {
    body_ = detail::text(24, 32, "start", title, " class=\"title\"");
    title_ = std::move(title);
  }

  void add(const std::string& element) { body_ += element; }
  void text(double x, double y, const char* anchor, const std::string& words) {
    body_ += detail::text(x, y, anchor, words);
  }
  // One line of the legend; returns the x at which the next one begins.
  double legend(double x, double y, const Curve& curve) {
    body_ += detail::segment(kind(curve).c_str(), x, y - 4.5, x + 26, y - 4.5);
    text(x + 33, y, "start", curve.name);
    return x + 33 + 7.4 * static_cast<double>(curve.name.size()) + 22;
  }
  void frame(const Panel& p) {
    for (const double tick : detail::ticks(p.y)) {
      const double at = p.y.pixel(tick);
      body_ += detail::segment(tick == 0 ? "axis" : "grid", p.left, at, p.left + p.width, at);
      text(p.left - 7, at + 4.5, "end", detail::text_of(tick));
    }
    for (const double tick : detail::ticks(p.x)) {
      const double at = p.x.pixel(tick);
      body_ += detail::segment("grid", at, p.top, at, p.top + p.height);
      text(at, p.top + p.height + 18, "middle", detail::text_of(tick));
    }
    titles(p);
  }
  void titles(const Panel& p) {
    body_ += detail::text(p.left + p.width / 2, p.top - 10, "middle", p.title, " class=\"name\"");
    if (!p.x_label.empty()) text(p.left + p.width / 2, p.top + p.height + 37, "middle", p.x_label);
  }
  void draw(const Panel& p, const Curve& curve) {
    std::string path;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      const double y =
          p.y.pixel(std::clamp(curve.y[i], 2 * p.y.first - p.y.last, 2 * p.y.last - p.y.first));
      path += (i == 0 ? "M" : "L") + detail::point(p.x.pixel(curve.x[i]), y);
    }
    clipped(p, "<path class=\"" + kind(curve) + "\" d=\"" + path + "\"/>\n");
  }
  // Drawing that is cut off at the panel's frame.
  void clipped(const Panel& p, const std::string& elements) {
    const std::string id = "clip" + std::to_string(clips_++);
    body_ += "<clipPath id=\"" + id + "\"><rect x=\"" + detail::pixels(p.left) + "\" y=\"" +
             detail::pixels(p.top - 1.5) + "\" width=\"" + detail::pixels(p.width) +
             "\" height=\"" + detail::pixels(p.height + 3) + "\"/></clipPath><g clip-path=\"url(#" +
             id + ")\">\n" + elements + "</g>\n";
  }

  std::string text() const {
    const std::string w = detail::text_of(width_), h = detail::text_of(height_);
    std::string style = detail::style();
    style.insert(
        style.find("<style>") + 7,
        ".name{font-weight:600}.dashed{stroke-dasharray:7 4}.dot{fill:none;stroke-width:1.6}"
        ".area{stroke-width:1.6;fill-opacity:.13}" +
            fills());
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + w + " " + h +
           "\" width=\"" + w + "\" height=\"" + h + "\" role=\"img\">\n<title>" +
           detail::escaped(title_) + "</title>\n" + style +
           "<rect class=\"back\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n" + body_ + "</svg>\n";
  }

 private:
  static std::string kind(const Curve& curve) {
    return "line line" + std::to_string(curve.colour) + (curve.dashed ? " dashed" : "");
  }
  // The colours of the lines and of the text, for areas.
  static std::string fills() {
    const char* const colours[] = {"#2f83d8", "#e8703a", "#23a07a",
                                   "#c45fb4", "#b38a1e", "#7b8794"};
    std::string css = ".ink{fill:#7b8794}";
    for (int i = 0; i < 6; ++i) css += ".fill" + std::to_string(i) + "{fill:" + colours[i] + "}";
    return css;
  }

  double width_, height_;
  std::string title_, body_;
  int clips_ = 0;
};

// The first difference between two pictures, empty if there is none: words are the same, and
// numbers within `tolerance`, in pixels, as compilers round differently.
inline std::string difference(const std::string& a, const std::string& b, double tolerance) {
  std::size_t i = 0, j = 0;
  const auto digit = [](const std::string& text, std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  const auto is_number = [&](const std::string& text, std::size_t at) {
    return digit(text, at) || ((text[at] == '-' || text[at] == '.') && digit(text, at + 1));
  };
  while (i < a.size() && j < b.size()) {
    if (is_number(a, i) && is_number(b, j)) {
      char *end_a = nullptr, *end_b = nullptr;
      const double x = std::strtod(&a[i], &end_a), y = std::strtod(&b[j], &end_b);
      if (!(std::abs(x - y) <= tolerance)) break;
      i = static_cast<std::size_t>(end_a - a.data());
      j = static_cast<std::size_t>(end_b - b.data());
    } else if (a[i++] != b[j++]) {
      --i, --j;
      break;
    }
  }
  if (i == a.size() && j == b.size()) return {};
  return "'" + a.substr(i - std::min<std::size_t>(i, 20), 50) + "' instead of '" +
         b.substr(j - std::min<std::size_t>(j, 20), 50) + "'";
}

}  // namespace svg
