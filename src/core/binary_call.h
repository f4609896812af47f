#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/compensated.h"
#include "core/elements.h"
#include "core/matrix_checks.h"
#include "crossent/binary_cross_entropy.h"
#include "kernels/binary_cross_entropy.h"
#include "kernels/binary_logits.h"

namespace crossent::core {

/// What a block of elements adds to the Result; merged in order.
struct BinaryTally {
  CompensatedSum loss, weight;
  std::int64_t live = 0, ignored = 0, infinite = 0, clipped = 0;
  std::int64_t first_infinite = -1, first_bad = -1;  // row-major indices
  double bad_x = 0, bad_target = 0;

  void merge(const BinaryTally& next);
};

/// Where the elements of a kernel's call stand: from k on, or far[i] after it.
struct Place {
  std::size_t k = 0;
  const std::uint16_t* far = nullptr;
  std::size_t operator()(std::size_t i) const { return k + (far == nullptr ? i : far[i]); }
};

/// What differs from element to element where there are options.
template <std::size_t kSize>
struct ElementWeights {
  alignas(64) double pos_weight[kSize], weight[kSize], factor[kSize];
};

/// The kernels' calls, with memory for what they cannot read or write where it stands.
struct WideBlock {
  static constexpr std::size_t kSize = kernels::kBinaryBlock;
  kernels::BinaryBlock call;
  alignas(64) double x[kSize], t[kSize], loss[kSize], gradient[kSize], hessian[kSize];
  ElementWeights<kSize> options;
};
struct ShortBlock {
  static constexpr std::size_t kSize = kernels::kLogitsBlock;
  kernels::BinaryLogits call;
  alignas(64) float x[kSize], t[kSize], gradient[kSize], hessian[kSize];
  alignas(64) float c1[kSize], c0[kSize], factor[kSize];
  alignas(64) double loss[kSize];
  ElementWeights<kSize> options;
};

/// One call of binary_cross_entropy without its type: the checks before the first write, the
/// divisor, the blocks.
class BinaryCall {
 public:
  BinaryCall(const Elements& x, const Elements& target, Labels label, const BinaryOptions& options)
      : x_(x),
        target_(target),
        label_(label),
        rows_(x.memory.rows),
        cols_(x.memory.cols),
        n_(rows_ * cols_),
        options_(options) {
    masked_ = !options.row_mask.empty() || !options.element_mask.empty() ||
              (options.ignore_index && !label.empty());
    weighted_ =
        !options.weight.empty() || !options.class_weight.empty() || !options.row_weight.empty();
  }

  void check_inputs() const;
  void check_options();
  void check_outputs() const;
  Result run();

  std::span<double> loss;
  Elements gradient, hessian;
  RealSpan upstream;

 private:
  std::array<Argument, 10> inputs() const;
  bool is_live(std::size_t k) const;
  double weight(std::size_t k) const;
  BinaryTally prepare() const;
  BinaryTally run_blocks();
  template <class T>
  void load_target(std::size_t k, std::size_t n, T* out) const;
  template <class Block>
  void load_options(Block& block, const Place& at, std::size_t n) const;
  void weigh_classes(ShortBlock& block) const;
  void run_wide(WideBlock& block, const Place& at, std::size_t n, BinaryTally& tally) const;
  void run_short(ShortBlock& block, WideBlock& far, std::size_t k, std::size_t n,
                 BinaryTally& tally) const;
  void run_block(std::size_t begin, std::size_t end, BinaryTally& tally) const;
  void collect(const WideBlock& block, const Place& at, std::size_t n, BinaryTally& tally) const;
  [[noreturn]] void refuse_label(std::int64_t k) const;
  [[noreturn]] void refuse_element(const BinaryTally& bad) const;
  template <class Body>
  BinaryTally merge_blocks(const Body& body) const;

  Elements x_, target_;
  Labels label_;
  std::size_t rows_, cols_, n_;
  const BinaryOptions& options_;
  bool masked_, weighted_;
  bool plain_ = false;         // no element differs from another
  bool short_ = false;         // f32 is enough
  double divisor_ = 1;         // of the derivatives
  double largest_weight_ = 1;  // at least as large as every factor of a derivative
};

}  // namespace crossent::core
