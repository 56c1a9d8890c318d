// SPDX-License-Identifier: BSL-1.0
// Losses as output layers of MiniDNN. Its samples are columns: X.transpose() is an input and a
// storage, without a copy. Its layers divide by the number of samples, so gradients are of the sum.
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/huber.hpp>
#include <stdexcept>
#include <string>

// In a real program: #include <MiniDNN.h>. Its output layers have this interface.
using Matrix = Eigen::MatrixXd;
using IntegerVector = Eigen::RowVectorXi;
struct Output {
  virtual ~Output() = default;
  virtual void check_target_data(const Matrix&) {}
  virtual void check_target_data(const IntegerVector&) {}
  virtual void evaluate(const Matrix& prev_layer_data, const Matrix& target) = 0;
  virtual void evaluate(const Matrix&, const IntegerVector&) { throw std::logic_error("classes"); }
  virtual const Matrix& backprop_data() const = 0;
  virtual double loss() const = 0;
  virtual std::string output_type() const = 0;
};

// Any loss of an input and a target, under Sum. It checks shapes and classes when it is evaluated.
template <class Loss>
struct LossLayer : Output {
  Loss options;
  Matrix gradient;
  double sum = 0;

  using Output::evaluate;
  void evaluate(const Matrix& input, const Matrix& target) override {
    gradient.resize(input.rows(), input.cols());
    sum = options.value_and_gradient(input.transpose(), target.transpose(), gradient.transpose());
  }
  const Matrix& backprop_data() const override { return gradient; }
  double loss() const override { return sum / static_cast<double>(gradient.cols()); }
  std::string output_type() const override { return "eigenloss"; }
};

// Its classes, one for each column.
struct CrossEntropyLayer : LossLayer<eigenloss::CrossEntropy<eigenloss::Sum>> {
  using LossLayer::evaluate;
  void evaluate(const Matrix& input, const IntegerVector& target) override {
    gradient.resize(input.rows(), input.cols());
    sum = options.value_and_gradient(input.transpose(), target, gradient.transpose());
  }
};

int main() {
  CrossEntropyLayer layer;
  Matrix logits(3, 4);  // 3 classes, 4 samples
  logits << 4, 0, 0, 1, 0, 4, 0, 1, 0, 0, 4, 1;
  layer.evaluate(logits, IntegerVector(Eigen::RowVector4i(0, 1, 2, 2)));
  std::printf("CrossEntropy %.4f, gradient of the last sample:", layer.loss());
  for (const double g : layer.backprop_data().col(3)) std::printf(" %.4f", g);
  LossLayer<eigenloss::Huber<eigenloss::Sum>> regression;
  regression.evaluate(logits, Matrix(Matrix::Zero(3, 4)));
  std::printf("\nHuber %.4f\n", regression.loss());
}
