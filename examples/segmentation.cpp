// SPDX-License-Identifier: BSL-1.0
// A class for every pixel: the labels of a batch of pictures are (N, height, width), with a
// dimension of classes more for the logits. Pixels that nobody has labelled count nothing.
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>
#include <random>

using Eigen::Index, Eigen::Tensor;
using Pairs = Eigen::array<Eigen::IndexPair<int>, 3>;

constexpr Index pictures = 8, size = 32, classes = 3, colours = 4;  // red, green, blue, and 1
constexpr int sky = 0, grass = 1, house = 2, unlabelled = 255;
constexpr float paint[classes][colours] = {
    {.4F, .6F, .9F, 1}, {.3F, .7F, .2F, 1}, {.7F, .4F, .3F, 1}};

int kind_of(Index y, Index x) {
  if (y >= 12 && y < 26 && x >= 10 && x < 22) return house;
  return y < 18 ? sky : grass;
}

int main() {
  // Noisy colours; a third of the pixels without a label.
  std::mt19937 random(3), draw(2);  // numbers of a distribution differ from library to library
  std::normal_distribution<float> noise(0, 0.1F);
  Tensor<float, 4> image(pictures, colours, size, size);
  Tensor<int, 3> truth(pictures, size, size), label(pictures, size, size);
  for (Index n = 0; n < pictures; ++n) {
    for (Index y = 0; y < size; ++y) {
      for (Index x = 0; x < size; ++x) {
        truth(n, y, x) = kind_of(y, (x + n) % size);
        label(n, y, x) = draw() % 3 == 0 ? unlabelled : truth(n, y, x);
        for (Index c = 0; c < colours; ++c) {
          image(n, c, y, x) = paint[truth(n, y, x)][c] + (c < 3 ? noise(random) : 0);
        }
      }
    }
  }
  // A convolution of one pixel: contracted over the colours, its classes come first, so axis = 0.
  eigenloss::CrossEntropy<> loss;
  loss.ignore_index = unlabelled;
  loss.axis = 0;
  Tensor<float, 2> weight(classes, colours);
  weight.setZero();
  Tensor<float, 4> logits, gradient;
  for (int step = 0; step < 300; ++step) {
    logits = weight.contract(image, Eigen::array<Eigen::IndexPair<int>, 1>{{{1, 1}}});
    loss.gradient(logits, label, gradient);
    weight -= gradient.contract(image, Pairs{{{1, 0}, {2, 2}, {3, 3}}}) * 3.0F;
  }
  // Intersection over union, on every pixel, the unlabelled ones included.
  const Tensor<Index, 3> answer = logits.argmax(0);
  for (const int kind : {sky, grass, house}) {
    const Tensor<int, 0> both = ((answer == Index{kind}) && (truth == kind)).cast<int>().sum();
    const Tensor<int, 0> either = ((answer == Index{kind}) || (truth == kind)).cast<int>().sum();
    std::printf("class %d: IoU %.1f %%\n", kind, 100.0 * both() / either());
  }
  std::printf("labels used: %.0f of %d\n", loss.divisor(logits, label),
              static_cast<int>(truth.size()));
}
