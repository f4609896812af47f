#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossent/model.h"
#include "train/cost.h"
#include "train/lanes.h"

namespace crossent::training {

/// Rows of a training set, all of them or those that `index` names.
template <class T>
struct RowSet {
  const T* x = nullptr;
  std::ptrdiff_t stride = 0;
  const std::int32_t* label = nullptr;
  const float* target = nullptr;  ///< [rows, targets] row-major
  std::size_t targets = 0;
  std::span<const std::uint32_t> index{};
  std::size_t rows = 0;  ///< index.size() when there is an index
};

/// Which random numbers drop hidden outputs; share 0: none are.
struct Dropout {
  double share = 0;
  std::uint64_t seed = 0, step = 0;
};

/// The activations of one tile and what is needed to go back; scratch of one thread.
template <class T>
class Tile {
 public:
  Tile(const Architecture& architecture, const CostSpec& spec);

  /// Reads `count` rows from `begin` on and takes them through the network.
  void forward(const Network<T>& network, const RowSet<T>& rows, std::size_t begin,
               std::size_t count, const Dropout& dropout);
  /// From d(cost)/d(logits), which stands where the logits stood, to that of the parameters: into
  /// `gradient`, or added to it. Overwrites the activations' gradients.
  void backward(const Network<T>& network, const Dropout& dropout, T* gradient, bool accumulate);

  MatrixView<T> logits() { return {out_.back().data(), count_, outputs_, stride_of(outputs_), 1}; }
  MatrixView<const T> hidden(std::size_t layer) const;
  const Truth& truth() const { return truth_; }
  TileCost<T>& cost() { return cost_; }

 private:
  static std::ptrdiff_t stride_of(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }
  void gather(const RowSet<T>& rows, std::size_t begin);
  MatrixView<const T> input_of(std::size_t layer, bool dropped) const;
  void drop(std::size_t layer, const Dropout& dropout, const T* from, T* to) const;

  Architecture architecture_;
  std::size_t outputs_, count_ = 0, begin_ = 0;
  const T* x_ = nullptr;  // the tile's rows
  std::ptrdiff_t x_stride_ = 0;
  std::vector<T> gathered_;
  std::vector<std::int32_t> label_;
  std::vector<float> target_;
  Truth truth_;
  std::vector<std::vector<T>> out_;      // of each layer, after its activation
  std::vector<std::vector<T>> sum_;      // before it; gelu only
  std::vector<std::vector<T>> dropped_;  // what the next layer saw; dropout only
  std::vector<T> back_[2];
  TileCost<T> cost_;
};

/// Sums over rows that come in tiles, the same bits for every number of threads.
struct Totals {
  double cost = 0;  ///< of all rows
  Hits hits{};
};

/// Takes rows through a network. A lane is one thread's work, tile by tile, and lanes are joined in
/// their order.
template <class T>
class Pass {
 public:
  Pass(const Architecture& architecture, const CostSpec& spec, int threads);

  /// gradient = that of (sum of the rows' costs) * factor.
  Totals gradient(const Network<T>& network, const RowSet<T>& rows, double factor,
                  const Dropout& dropout, std::span<T> gradient);

  /// Calls use(lane, first row, tile) for every tile once its logits are there; a lane's calls come
  /// one after another, lanes run at the same time.
  template <class Use>
  void for_each_tile(const Network<T>& network, const RowSet<T>& rows, const Dropout& dropout,
                     const Use& use) {
    const std::size_t lanes = lanes_of(rows.rows);
    const auto most = static_cast<std::size_t>(threads_for(lanes, threads_));
    while (tiles_.size() < most) tiles_.emplace_back(architecture_, spec_);
    const double work =
        static_cast<double>(rows.rows) * static_cast<double>(network.parameters.size());
    for_each_part(lanes, work, threads_, [&](std::size_t lane) {
      Tile<T>& tile = tiles_[static_cast<std::size_t>(omp_get_thread_num())];
      const std::size_t end = lane_begin(lane + 1, lanes, rows.rows);
      for (std::size_t at = lane_begin(lane, lanes, rows.rows); at < end; at += kTileRows) {
        tile.forward(network, rows, at, std::min(kTileRows, end - at), dropout);
        use(lane, at, tile);
      }
    });
  }

  /// Which of the tiles that are in use at the same time, from 0 on.
  std::size_t slot_of(const Tile<T>& tile) const {
    return static_cast<std::size_t>(&tile - tiles_.data());
  }

  const Architecture& architecture() const { return architecture_; }
  const CostSpec& spec() const { return spec_; }
  int threads() const { return threads_; }

 private:
  void join(std::size_t lanes, std::span<T> gradient) const;

  Architecture architecture_;
  CostSpec spec_;
  int threads_;
  std::vector<Tile<T>> tiles_;  // one a thread
  std::vector<T> parts_;        // gradients of the lanes
};

}  // namespace crossent::training
