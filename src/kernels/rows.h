#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

// What the row kernels read and write, as plain data. The door (src/core) has checked all of it.
namespace crossent::kernels {

enum class Element : std::uint8_t { f32, f64, f16, bf16 };

constexpr std::size_t size_of(Element e) {
  return e == Element::f64 ? 8 : e == Element::f32 ? 4 : 2;
}

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
  double spread_weight = 0;              // sum_j spread c_j over the unmasked classes
  double spread_unit = 1;                // a power of two that no sum of c_j (m - z_j) overflows by
  const double* class_weight = nullptr;  // c, f64 [cols], then 16 zeros
  double tolerance = 0;                  // of sum_j t_j around 1; 0: targets are not checked
  double weight_of(std::size_t j) const { return class_weight == nullptr ? 1 : class_weight[j]; }
  bool one_term() const { return soft.data == nullptr && spread == 0; }
  // q_j is the soft target t_j itself.
  bool as_given() const {
    return soft.data != nullptr && keep == 1 && spread == 0 && class_weight == nullptr;
  }
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

constexpr std::size_t kRowsPerCall = 64;  // at most, in one call of a kernel

// One of Rows: its scalars, and references to its results.
struct Row {
  std::size_t index;
  std::int64_t label;  // ignored with soft targets
  double weight;       // w
  double upstream;     // factor on the gradients
  bool live;           // false: not read; loss 0, gradients +0

  double &loss, &lse;
  double& target_weight;  // sum_j q_j
  std::int64_t& argmax;
  bool& clipped;
  Status& status;
  std::size_t& bad_column;  // of a status that is not ok
  double& bad_value;
};

// Rows first, first + 1, .. of the matrices, as arrays that vectors of rows load and store. The
// door sets what describes them, the kernels the results.
struct Rows {
  std::size_t first = 0, count = 0;
  bool all_live = true;
  bool more = false;  // whether the caller goes on with the rows after these: worth a prefetch

  alignas(64) std::int64_t label[kRowsPerCall];
  alignas(64) double weight[kRowsPerCall], upstream[kRowsPerCall];
  bool live[kRowsPerCall];

  alignas(64) double loss[kRowsPerCall], lse[kRowsPerCall], target_weight[kRowsPerCall];
  alignas(64) std::int64_t argmax[kRowsPerCall];
  bool clipped[kRowsPerCall];
  Status status[kRowsPerCall];
  std::size_t bad_column[kRowsPerCall];
  double bad_value[kRowsPerCall];

  Row at(std::size_t r) {
    return {first + r, label[r],      weight[r],        upstream[r], live[r],
            loss[r],   lse[r],        target_weight[r], argmax[r],   clipped[r],
            status[r], bad_column[r], bad_value[r]};
  }
  // `n` live rows from `begin`: what the door says of them next, and the kernels find, is open.
  void start(std::size_t begin, std::size_t n) {
    first = begin;
    count = n;
    all_live = true;
    std::fill_n(live, kRowsPerCall, true);
    std::fill_n(clipped, kRowsPerCall, false);
    std::fill_n(status, kRowsPerCall, Status::ok);
  }
  // The same without labels, of weight and upstream 1.
  void init(std::size_t begin, std::size_t n) {
    start(begin, n);
    std::fill_n(label, n, -1);
    std::fill_n(weight, n, 1.0);
    std::fill_n(upstream, n, 1.0);
  }
  bool any_clipped() const { return any(clipped); }
  bool all_ok() const { return !any(status); }

 private:
  // Whether a byte is not 0.
  static bool any(const void* bytes) {
    std::uint64_t word[kRowsPerCall / 8], all = 0;
    std::memcpy(word, bytes, sizeof word);
    for (const std::uint64_t w : word) all |= w;
    return all != 0;
  }
};

}  // namespace crossent::kernels
