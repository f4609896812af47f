#pragma once
#include <cstddef>
#include <cstdint>

// What the row kernels read and write, as plain data. The door (src/core) has checked all of it.
namespace crossent::kernels {

enum class Element : std::uint8_t { f32, f64, f16, bf16 };

// A matrix to read: z' = cap tanh(z / temperature / cap), or -inf where masked. Temperature and
// softcap need f64 arithmetic.
struct Source {
  const void* data = nullptr;
  std::ptrdiff_t row_stride = 0, col_stride = 1;  // in elements
  std::size_t cols = 0;
  Element type = Element::f32;
  const std::uint8_t* class_mask = nullptr;  // 0: the class has logit -inf
  double temperature = 1, softcap = 0;
  bool transforms() const { return temperature != 1 || softcap != 0; }
};

// A matrix to write; data == nullptr: not wanted.
struct Sink {
  void* data = nullptr;
  std::ptrdiff_t row_stride = 0, col_stride = 1;
  Element type = Element::f32;
};

// What the rows are compared with: q_j = (keep t_j + spread) c_j over the unmasked classes.
struct Target {
  Source soft;                           // data == nullptr: t is one-hot at Row::label
  double keep = 1, spread = 0;           // label smoothing
  const double* class_weight = nullptr;  // c, f64 [cols], then 16 zeros
  double tolerance = 0;                  // of sum_j t_j around 1; 0: targets are not checked
  bool one_term() const { return soft.data == nullptr && spread == 0; }
};

enum class Status : std::uint8_t {
  ok,
  nan,             // a logit is NaN
  two_infinities,  // more than one logit is +inf
  no_class_left,   // every logit is -inf
  target_nan,
  target_negative,
  target_above_one,
  target_sum,
  negative,   // a probability below 0
  above_one,  // a probability above 1
  sum,        // probabilities that do not sum to 1
  positive,   // a log-probability above 0
};

// One row: scalars from the door, results from the kernel.
struct Row {
  std::size_t index = 0;
  std::int64_t label = -1;  // ignored with soft targets
  double weight = 1;        // w
  double upstream = 1;      // factor on the gradients
  bool live = true;         // false: not read; loss 0, gradients +0

  double loss = 0, lse = 0;
  double target_weight = 0;  // sum_j q_j
  std::int64_t argmax = -1;
  bool clipped = false;
  std::size_t bad_column = 0;
  double bad_value = 0;
  Status status = Status::ok;
};

constexpr std::size_t kRowsPerCall = 64;  // at most, in one call of a kernel

}  // namespace crossent::kernels
