// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"

// Sequences.
namespace {

using namespace fuzz;

struct Options {
  std::int64_t blank;
  bool zero_infinity;
};

// Lengths, mostly between 0 and `most`.
template <class S>
void fill_lengths(Bytes& bytes, Index most, std::vector<S>& lengths) {
  Random random(bytes.word());
  for (S& length : lengths) length = S(random.below(int(most) + 1));
  if (bytes.rarely(32) && !lengths.empty()) {
    const int hostile[] = {-1, int(most) + 1, (std::numeric_limits<int>::max)(),
                           std::numeric_limits<int>::lowest()};
    lengths[std::size_t(random.below(int(lengths.size())))] = S(hostile[random.below(4)]);
  }
}
template <class S>
void fill_targets(Bytes& bytes, Index classes, std::int64_t blank, std::vector<S>& targets) {
  const bool hostile = bytes.rarely(24);
  Random random(bytes.word());
  for (S& label : targets) {
    label = S(random.below(int((std::max)(classes, Index(1)))));
    if (label == S(blank)) label = S(label == 0 ? classes - 1 : label - 1);
    if (hostile && random.below(8) == 0) label = S(random.below(int(classes) + 4) - 2);
    if (hostile && random.below(16) == 0) label = (std::numeric_limits<S>::max)();
  }
}

// rank 3: a batch; rank 2: one sequence. targets_rank 2: padded; 1: one after the other.
template <template <class> class L, class Family, class S, int rank, int targets_rank,
          class... Reductions>
void sequences(Bytes& bytes, const char* name, List<Reductions...> reductions) {
  Shape<rank> shape{};
  const bool many = bytes.rarely(16);
  const Index frames = bytes.rarely(48) ? 0 : 1 + bytes.below(many ? 80 : 10);
  const Index batch = rank == 2 ? 1 : bytes.rarely(48) ? 0 : 1 + bytes.below(4);
  const Index classes = bytes.rarely(48) ? 0 : 1 + bytes.below(many ? 40 : 6);
  shape[0] = frames;
  if constexpr (rank == 3) shape[1] = batch;
  shape[rank - 1] = classes;
  const Options options{bytes.rarely(4) ? bytes.below(int(classes) + 3) - 1 : 0, bytes.rarely(2)};

  const Index room = bytes.below(many ? 40 : 6);
  Shape<rank - 2> units{};
  if constexpr (rank == 3) units[0] = batch;
  Index sum = 0;
  const Input<Family, int, rank - 2> input_lengths(
      bytes, perhaps_wrong<rank - 2>(bytes, units),
      [&](auto& lengths) { fill_lengths(bytes, frames, lengths); });
  const Input<Family, int, rank - 2> target_lengths(bytes, perhaps_wrong<rank - 2>(bytes, units),
                                                    [&](auto& lengths) {
                                                      fill_lengths(bytes, room, lengths);
                                                      for (int length : lengths) sum += length;
                                                    });
  Shape<targets_rank> of_targets{};
  if constexpr (targets_rank == 2)
    of_targets = {{batch, room}};
  else
    of_targets = {{sum < 0 || sum > 1000 ? 7 : sum}};
  const Input<Family, std::int64_t, targets_rank> targets(
      bytes, perhaps_wrong<targets_rank>(bytes, of_targets),
      [&](auto& storage) { fill_targets(bytes, classes, options.blank, storage); });
  const Input<Family, S, rank> log_probs(bytes, shape, Numbers::any);
  const Input<Family, S, rank - 2> weights(bytes, perhaps_smaller<rank - 2>(bytes, units),
                                           Numbers::signs);
  Output<Family, S, rank> gradient(bytes, perhaps_wrong<rank>(bytes, shape));
  Output<Family, S, rank - 2> values(bytes, perhaps_wrong<rank - 2>(bytes, units));
  const auto in = std::tie(log_probs, targets, input_lengths, target_lengths);
  const auto out = std::tie(gradient);
  const Verbs verbs(name, in, weights, out, values);
  for_each(reductions, [&](auto reduction) {
    L<decltype(reduction)> loss;
    loss.blank = options.blank;
    loss.zero_infinity = options.zero_infinity;
    verbs.run(loss);
  });
}

template <template <class> class L>
void any_sequences(Bytes& bytes, const char* name) {
  switch (bytes.below(4)) {
    case 0:
      return sequences<L, Columns, double, 3, 2>(bytes, name, List<Mean, RootMean, Unreduced>());
    case 1:
      return sequences<L, Rows, float, 3, 2>(bytes, name, List<Sum, WeightedMean, Unreduced>());
    case 2:
      return sequences<L, Rows, float, 3, 1>(bytes, name, List<Mean, BatchMean>());
    default:
      return sequences<L, Columns, double, 2, 1>(bytes, name, List<Mean, Sum>());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  if (bytes.rarely(2))
    any_sequences<CTC>(bytes, "CTC");
  else
    any_sequences<CTCWithLogits>(bytes, "CTCWithLogits");
  return 0;
}
