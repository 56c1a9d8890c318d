// SPDX-License-Identifier: BSL-1.0
// Draws the pictures of examples/gallery with the library itself, and compares them with those that
// are there.
//
//   gallery [folder [folder to compare with]]

#include <cstdio>
#include <eigenloss/eigenloss.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/digits.hpp"
#include "support/gallery_models.hpp"
#include "support/svg_panels.hpp"

using namespace eigenloss;
using Eigen::MatrixXd, Eigen::VectorXd;
using svg::Curve, svg::Panel, svg::Picture;

std::vector<double> numbers(const VectorXd& v) { return {v.begin(), v.end()}; }

// The value and the gradient of an unreduced loss, element by element, over `along`.
template <class Loss, class... Inputs>
std::pair<Curve, Curve> curves(const Loss& loss, const VectorXd& along, const Inputs&... inputs) {
  VectorXd gradient(along.size());
  VectorXd value;
  if constexpr (sizeof...(inputs) == 2) {
    value = loss.value_and_gradient(inputs..., gradient);
  } else {
    value = loss.value_and_gradient(inputs..., gradient, skip);
  }
  return {{"value", 0, false, numbers(along), numbers(value)},
          {"gradient", 1, true, numbers(along), numbers(gradient)}};
}

// L1, SmoothL1, Huber and MSE, as people compare them.
Picture regression() {
  Picture picture("What an error costs, and how hard it pulls", 880, 440);
  const VectorXd d = VectorXd::LinSpaced(241, -4, 4), zero = VectorXd::Zero(d.size());
  SmoothL1<Unreduced> smooth_l1;
  smooth_l1.beta = 2;
  Huber<Unreduced> huber;
  huber.delta = 2;
  const std::vector<std::pair<std::string, std::pair<Curve, Curve>>> all{
      {"MSE", curves(MSE<Unreduced>(), d, d, zero)},
      {"Huber, delta 2", curves(huber, d, d, zero)},
      {"L1", curves(L1<Unreduced>(), d, d, zero)},
      {"SmoothL1, beta 2", curves(smooth_l1, d, d, zero)}};

  const Panel value("value", "input - target", {52, 108, 368, 270}, {-4, 4}, {0, 8}, 8, 8);
  const Panel gradient("gradient", "input - target", {492, 108, 368, 270}, {-4, 4}, {-5, 5}, 8, 10);
  picture.frame(value);
  picture.frame(gradient);
  double at = 24;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto [v, g] = all[i].second;
    v.name = all[i].first, v.colour = g.colour = i, g.dashed = false;
    at = picture.legend(at, 64, v);
    picture.draw(value, v);
    picture.draw(gradient, g);
  }
  return picture;
}

// Every loss whose unit is an element: value and gradient against input - target, or the input.
Picture pointwise_losses() {
  Picture picture("The losses of one element: value and gradient", 960, 790);
  int drawn = 0;
  const auto add = [&](const std::string& name, const std::string& label,
                       std::array<double, 2> x_range, std::array<double, 2> y_range,
                       const auto& loss, const auto& inputs) {
    const VectorXd along = VectorXd::LinSpaced(201, x_range[0], x_range[1]);
    const Panel panel(name, label, {46.0 + drawn % 4 * 234, 100.0 + drawn / 4 * 244, 184, 150},
                      x_range, y_range, 4, 6);
    ++drawn;
    picture.frame(panel);
    const auto [value, gradient] = inputs(loss, along);
    picture.draw(panel, value);
    picture.draw(panel, gradient);
  };
  const auto against = [](double target) {
    return [target](const auto& loss, const VectorXd& x) {
      return curves(loss, x, x, VectorXd::Constant(x.size(), target));
    };
  };
  const auto with_third = [](double second, double third) {
    return [=](const auto& loss, const VectorXd& x) {
      return curves(loss, x, x, VectorXd::Constant(x.size(), second),
                    VectorXd::Constant(x.size(), third));
    };
  };

  const std::string error = "input - target", logit = "logit, target 1";
  add("L1", error, {-3, 3}, {-2, 4}, L1<Unreduced>(), against(0));
  add("MSE", error, {-3, 3}, {-4, 8}, MSE<Unreduced>(), against(0));
  add("SmoothL1", error, {-3, 3}, {-2, 4}, SmoothL1<Unreduced>(), against(0));
  add("Huber", error, {-3, 3}, {-2, 4}, Huber<Unreduced>(), against(0));
  add("BCE", "probability, target 1", {0, 1}, {-8, 4}, BCE<Unreduced>(), against(1));
  add("BCEWithLogits", logit, {-4, 4}, {-2, 4}, BCEWithLogits<Unreduced>(), against(1));
  add("SoftMargin", "score, target -1", {-4, 4}, {-2, 4}, SoftMargin<Unreduced>(), against(-1));
  add("KLDiv", "log-probability, target 0.5", {-4, 0}, {-1, 2}, KLDiv<Unreduced>(), against(0.5));
  add("PoissonNLL", "logarithm of the rate, target 2", {-1, 2}, {-4, 6}, PoissonNLL<Unreduced>(),
      against(2));
  add("GaussianNLL", error + ", variance 0.5", {-3, 3}, {-6, 9}, GaussianNLL<Unreduced>(),
      with_third(0, 0.5));
  add("HingeEmbedding", "distance, target -1", {0, 2}, {-2, 2}, HingeEmbedding<Unreduced>(),
      against(-1));
  add("MarginRanking", "input1 - input2, target 1", {-3, 3}, {-2, 4}, MarginRanking<Unreduced>(),
      with_third(0, 1));
  const double at = picture.legend(24, 62, {"value", 0, false, {}, {}});
  picture.legend(at, 62, {"gradient with respect to the input", 1, true, {}, {}});
  return picture;
}

// What CTC makes of a line of digits: where the network sees them, and where they must be if the
// line reads so.
Picture alignment(const std::string& data) {
  const Reader reader = train_reader(read_digits(data), 12);
  const DigitLine line = held_out_line(read_digits(data), 5);
  const Eigen::Tensor<double, 2> log_probs = reader.log_probs(line);
  const Eigen::Index frames = log_probs.dimension(0);
  const Eigen::Tensor<double, 2> posterior =
      -CTC<Sum>().gradient(log_probs, line.labels, frames, line.labels.size());

  std::string words;
  for (const int label : line.labels) words += " " + std::to_string(label - 1);
  Picture picture("A line of digits, read frame by frame", 880, 656);
  const double end = static_cast<double>(frames);
  const Panel image("the line", "", {60, 74, 800, 800 * 8 / end}, {0, end}, {0, 8});
  const double below = image.top + image.height + 80;
  const Panel seen("probability that the network sees a digit", "", {60, below, 800, 130}, {0, end},
                   {0, 1}, 10, 2);
  const Panel aligned("the same, if the line reads" + words + ": minus the gradient of CTC",
                      "frame", {60, below + 196, 800, 130}, {0, end}, {0, 1}, 10, 2);
  picture.titles(image);
  for (int level = 1; level <= 16; ++level) {
    std::string path;
    for (Eigen::Index column = 0; column < line.image.cols(); ++column) {
      for (Eigen::Index row = 0; row < 8; ++row) {
        if (std::lround(16 * line.image(row, column)) != level) continue;
        const double side = image.width / end;
        path += "M" +
                svg::detail::point(image.left + static_cast<double>(column) * side,
                                   image.top + static_cast<double>(row) * side) +
                "h" + svg::detail::pixels(side) + "v" + svg::detail::pixels(side) + "h-" +
                svg::detail::pixels(side) + "z";
      }
    }
    if (!path.empty())
      picture.add("<path class=\"ink\" fill-opacity=\"" + svg::detail::text_of(level / 16.0) +
                  "\" d=\"" + path + "\"/>\n");
  }
  picture.frame(seen);
  picture.frame(aligned);
  double at = 60;
  Curve rest{
      "another digit", 5, false, {}, std::vector<double>(static_cast<std::size_t>(frames), 1)};
  for (std::size_t k = 0; k <= 5; ++k) {
    const int label = k == 0 ? 0 : line.labels(static_cast<Eigen::Index>(k) - 1);
    Curve curve{k == 0 ? "blank" : std::to_string(label - 1), (k + 5) % 6, k == 0, {}, {}};
    Curve other = curve;
    for (Eigen::Index t = 0; t < frames; ++t) {
      curve.x.push_back(static_cast<double>(t) + 0.5);
      curve.y.push_back(std::exp(log_probs(t, label)));
      other.y.push_back(posterior(t, label));
      rest.y[static_cast<std::size_t>(t)] -= curve.y.back();
    }
    other.x = curve.x;
    picture.draw(seen, curve);
    picture.draw(aligned, other);
    at = picture.legend(at, below - 34, curve);
    rest.x = curve.x;
  }
  picture.draw(seen, rest);
  picture.legend(at, below - 34, rest);
  return picture;
}

// Which class a linear model gives to each point of the plane, and which points still pull at it.
template <class Loss>
void draw_decision(Picture& picture, const Panel& panel, const Points& points, const Loss& loss) {
  const MatrixXd weights = train_linear(points, loss);
  std::string elements;
  for (int k = 0; k < 3; ++k) {
    std::string path;
    for (const Eigen::Vector2d& corner : region(weights, k, panel.x.last)) {
      path += (path.empty() ? "M" : "L") +
              svg::detail::point(panel.x.pixel(corner.x()), panel.y.pixel(corner.y()));
    }
    const std::string c = std::to_string(k);
    elements += "<path class=\"area fill" + c + " line" + c + "\" d=\"" + path + "z\"/>\n";
  }
  const MatrixXd logits = points.features * weights;
  const VectorXd pull = loss.gradient(logits, points.classes).rowwise().norm() *
                        static_cast<double>(points.classes.size());
  for (Eigen::Index i = 0; i < points.classes.size(); ++i) {
    const std::string c = std::to_string(points.classes(i));
    const std::string at = " cx=\"" + svg::detail::pixels(panel.x.pixel(points.features(i, 0))) +
                           "\" cy=\"" + svg::detail::pixels(panel.y.pixel(points.features(i, 1))) +
                           "\"";
    elements += "<circle class=\"dot line" + c + "\"" + at + " r=\"" +
                svg::detail::pixels(9 * pull(i)) + "\"/>\n";
    elements += "<circle class=\"fill" + c + "\"" + at + " r=\"1.6\"/>\n";
  }
  picture.clipped(panel, elements);
  picture.titles(panel);
}

Picture decision() {
  Picture picture("Three classes, a linear model, two losses", 880, 520);
  const Points points = three_clouds();
  MultiMargin<Mean> multi_margin;
  multi_margin.p = 2;
  draw_decision(picture, {"CrossEntropy", "", {24, 92, 404, 404}, {-4, 4}, {-4, 4}}, points,
                CrossEntropy<Mean>());
  draw_decision(picture, {"MultiMargin, p 2", "", {452, 92, 404, 404}, {-4, 4}, {-4, 4}}, points,
                multi_margin);
  picture.text(
      24, 58, "start",
      "The ring around a point is as wide as the length of its gradient: how hard it pulls.");
  return picture;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  return {std::istreambuf_iterator<char>(file), {}};
}

int main(int count, char** arguments) try {
  const std::string folder = count > 1 ? arguments[1] : ".";
  const auto show = [&](const std::string& name, const Picture& picture) {
    std::ofstream file(folder + "/" + name);
    file << picture.text();
    file.close();
    if (!file) throw std::runtime_error(folder + "/" + name + ": cannot be written");
    std::printf("%s/%s\n", folder.c_str(), name.c_str());
    if (count <= 2) return;
    const auto drawn = [](const std::string& text) { return text.substr(text.find("</style>")); };
    const std::string change =
        svg::difference(drawn(picture.text()), drawn(content(arguments[2] + ("/" + name))), 0.35);
    if (!change.empty()) throw std::runtime_error(name + " has changed: " + change);
  };
  show("regression.svg", regression());
  show("pointwise.svg", pointwise_losses());
  show("alignment.svg", alignment(EXAMPLES_DATA_DIR "/digits.csv"));
  show("decision.svg", decision());
  return 0;
} catch (const std::exception& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "gallery: %s\n", error.what());
  return 1;
}
