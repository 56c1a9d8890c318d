// SPDX-License-Identifier: BSL-1.0
// Trains a small network to read handwritten digits, and draws how its loss went down.
//
//   train_digits [digits.csv [train_digits.svg]]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenloss/eigenloss.hpp>
#include <exception>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/digits.hpp"
#include "support/svg_plot.hpp"
#include "support/terminal.hpp"

using Eigen::Index, Eigen::MatrixXf, Eigen::RowVectorXf;

constexpr int epochs = 50, hidden = 64, classes = 10;
constexpr Index batch_size = 32;
constexpr float rate = 0.02F, momentum = 0.9F;

// output = input * weight + bias; a row is a sample.
struct Layer {
  MatrixXf weight, weight_step;
  RowVectorXf bias, bias_step;

  Layer(Index inputs, Index outputs, std::mt19937& random)
      : weight(inputs, outputs),
        weight_step(MatrixXf::Zero(inputs, outputs)),
        bias(RowVectorXf::Zero(outputs)),
        bias_step(RowVectorXf::Zero(outputs)) {
    const float bound = std::sqrt(6.0F / static_cast<float>(inputs));
    std::uniform_real_distribution<float> uniform(-bound, bound);
    for (float& w : weight.reshaped()) w = uniform(random);
  }

  MatrixXf forward(const MatrixXf& input) const { return (input * weight).rowwise() + bias; }

  // One step of gradient descent with momentum, from the gradient of the output.
  void descend(const MatrixXf& input, const MatrixXf& gradient) {
    weight_step = momentum * weight_step - rate * input.transpose() * gradient;
    bias_step = momentum * bias_step - rate * gradient.colwise().sum();
    weight += weight_step;
    bias += bias_step;
  }
};

struct Network {
  Layer first, second;
  eigenloss::CrossEntropy<eigenloss::Mean> loss;
  MatrixXf gradient;  // of the loss with respect to the logits

  MatrixXf logits(const MatrixXf& pixels) const {
    return second.forward(first.forward(pixels).cwiseMax(0.0F));
  }

  // The loss of a batch before the step that this takes.
  float train(const Digits& batch) {
    const MatrixXf active = first.forward(batch.pixels).cwiseMax(0.0F);
    const MatrixXf output = second.forward(active);
    gradient.resize(output.rows(), output.cols());
    const float value = loss.value_and_gradient(output, batch.labels, gradient);

    const MatrixXf back =
        (active.array() > 0.0F).select(gradient * second.weight.transpose(), 0.0F);
    second.descend(active, gradient);
    first.descend(batch.pixels, back);
    return value;
  }
};

// The numbers below count, in random order.
std::vector<Index> shuffled(Index count, std::mt19937& random) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

// The rows of digits that order[from], ... order[from + count - 1] name.
Digits pick(const Digits& digits, const std::vector<Index>& order, Index from, Index count) {
  const std::vector<Index> rows(order.begin() + from, order.begin() + from + count);
  return {digits.pixels(rows, Eigen::indexing::all), digits.labels(rows)};
}

// One pass over the digits in a new order; the mean loss of its batches.
float train_epoch(Network& network, const Digits& digits, std::mt19937& random) {
  const std::vector<Index> order = shuffled(digits.labels.size(), random);
  float sum = 0.0F;
  for (Index from = 0; from < digits.labels.size(); from += batch_size) {
    const Index count = std::min(batch_size, digits.labels.size() - from);
    sum += network.train(pick(digits, order, from, count)) * static_cast<float>(count);
  }
  return sum / static_cast<float>(digits.labels.size());
}

// What the network says of each image: the class with the largest logit.
Eigen::VectorXi answers(const MatrixXf& logits) {
  Eigen::VectorXi result(logits.rows());
  for (Index i = 0; i < logits.rows(); ++i) logits.row(i).maxCoeff(&result(i));
  return result;
}

double accuracy(const Eigen::VectorXi& answer, const Eigen::VectorXi& label) {
  return (answer.array() == label.array()).cast<double>().mean();
}

// Trains, and gives the two lines of the picture: the loss on the training and on the held-out set.
std::vector<svg::Line> train(Network& network, const Digits& training, const Digits& held_out,
                             std::mt19937& random) {
  std::vector<svg::Line> lines{{"training", {}, {}}, {"validation", {}, {}}};
  const Progress progress(epochs, 10);
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    const float loss = train_epoch(network, training, random);
    const MatrixXf logits = network.logits(held_out.pixels);
    const float held_out_loss = network.loss(logits, held_out.labels);

    const float values[] = {loss, held_out_loss};
    for (std::size_t i = 0; i < 2; ++i) {
      lines[i].x.push_back(epoch);
      lines[i].y.push_back(static_cast<double>(values[i]));
    }
    char words[96];
    std::snprintf(words, sizeof words, "loss: training %.4f, validation %.4f; accuracy %.1f %%",
                  lines[0].y.back(), lines[1].y.back(),
                  100 * accuracy(answers(logits), held_out.labels));
    progress.show(epoch, words);
  }
  return lines;
}

void print_confusion(const Eigen::VectorXi& answer, const Eigen::VectorXi& label) {
  Eigen::MatrixXi counts = Eigen::MatrixXi::Zero(classes, classes);
  for (Index i = 0; i < label.size(); ++i) ++counts(label(i), answer(i));
  std::printf("\nwritten \\ read");
  for (int column = 0; column < classes; ++column) std::printf("%4d", column);
  for (int row = 0; row < classes; ++row) {
    std::printf("\n%14d", row);
    for (int column = 0; column < classes; ++column) {
      counts(row, column) > 0 ? std::printf("%4d", counts(row, column)) : std::printf("   .");
    }
  }
  std::printf("\n\n");
}

void run(const std::string& data, const std::string& picture) {
  const Digits digits = read_digits(data);
  const Index count = digits.labels.size(), training_count = count * 4 / 5;
  if (training_count == 0) {
    throw std::runtime_error(data + ": one image is not enough, a fifth of them is held out");
  }

  std::mt19937 random(1);  // the same digits and the same network every time
  const std::vector<Index> order = shuffled(count, random);
  const Digits training = pick(digits, order, 0, training_count);
  const Digits held_out = pick(digits, order, training_count, count - training_count);
  Network network{{digits.pixels.cols(), hidden, random}, {hidden, classes, random}, {}, {}};
  std::printf("%d images to train on, %d held out\n", static_cast<int>(training_count),
              static_cast<int>(count - training_count));

  const std::vector<svg::Line> lines = train(network, training, held_out, random);
  const Eigen::VectorXi answer = answers(network.logits(held_out.pixels));
  print_confusion(answer, held_out.labels);
  svg::save({"CrossEntropy while a network learns to read digits", "epoch", "mean loss", lines},
            picture);
  std::printf("held-out accuracy %.2f %%\npicture: %s\n", 100 * accuracy(answer, held_out.labels),
              picture.c_str());
}

int main(int count, char** arguments) try {
  if (count > 3 || (count > 1 && arguments[1][0] == '-')) {
    throw std::invalid_argument("usage: train_digits [digits.csv [picture.svg]]");
  }
  run(count > 1 ? arguments[1] : EXAMPLES_DATA_DIR "/digits.csv",
      count > 2 ? arguments[2] : "train_digits.svg");
  return 0;
} catch (const std::exception& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "train_digits: %s\n", error.what());
  return 1;
}
