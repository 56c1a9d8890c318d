// SPDX-License-Identifier: BSL-1.0
// Training on the ranks of a cluster, each with a shard of its own size: the sums of gradients and
// divisors over the ranks, divided once, are the gradient of the whole.
//
//   mpirun -n 3 data_parallel

#include <mpi.h>

#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/digits.hpp"
#include "support/linear.hpp"

// A model of all digits, from the shard of them that this rank holds.
Linear train(const Digits& shard, MPI_Comm ranks) {
  Linear model(64, 10);
  eigenloss::CrossEntropy<eigenloss::Sum> loss;
  loss.weight = Eigen::ArrayXd::LinSpaced(10, 1, 2);
  Eigen::MatrixXf gradient(shard.pixels.rows(), 10);
  for (int step = 0; step < 200; ++step) {
    const Eigen::MatrixXf logits = model(shard.pixels);
    loss.gradient(logits, shard.labels, gradient);

    Eigen::MatrixXd sums(65, 11);  // of weights and biases; the divisor in the last column
    sums.topLeftCorner(64, 10) = (shard.pixels.transpose() * gradient).cast<double>();
    sums.block(64, 0, 1, 10) = gradient.colwise().sum().cast<double>();
    sums.col(10).setConstant(loss.divisor(logits, shard.labels));
    MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM,
                  ranks);

    const Eigen::MatrixXf change = (0.5 / sums(0, 10) * sums).cast<float>();
    model.weight -= change.topLeftCorner(64, 10);
    model.bias -= change.block(64, 0, 1, 10);
  }
  return model;
}

int main(int count, char** arguments) {
  MPI_Init(&count, &arguments);
  int rank = 0, ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);

  // Digit d goes to rank d modulo ranks: shards differ in size and in what they hold.
  const Digits all = training(read_digits(EXAMPLES_DATA_DIR "/digits.csv"));
  const Digits shard =
      digits_where(all, [&](Eigen::Index, int label) { return label % ranks == rank; });

  const Linear together = train(shard, MPI_COMM_WORLD), alone = train(all, MPI_COMM_SELF);
  const float apart = (together.weight - alone.weight).cwiseAbs().maxCoeff();
  if (rank == 0) {
    std::printf("ranks: %d, %.1f %% right\n", ranks,
                100 * accuracy(together(all.pixels), all.labels));
    std::printf("parameters as from one process, to 1e-5: %s\n", apart < 1e-5F ? "yes" : "no");
  }
  MPI_Finalize();
  return apart < 1e-5F ? 0 : 1;
}
