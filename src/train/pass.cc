#include "train/pass.h"

#include <algorithm>

#include "core/compensated.h"
#include "kernels/activation.h"
#include "kernels/product.h"
#include "kernels/update.h"
#include "train/random.h"

namespace crossent::training {
namespace {

kernels::Hidden kernel_of(HiddenActivation f) { return static_cast<kernels::Hidden>(f); }

template <class T>
MatrixView<const T> const_view(MatrixView<T> m) {
  return m;
}

}  // namespace

template <class T>
Tile<T>::Tile(const Architecture& architecture, const CostSpec& spec)
    : architecture_(architecture), outputs_(architecture.outputs), cost_(spec) {
  std::size_t widest = outputs_;
  for (std::size_t l = 0; l < architecture.layers(); ++l) {
    out_.emplace_back(kTileRows * architecture.layer_outputs(l));
    widest = std::max(widest, architecture.layer_outputs(l));
  }
  if (architecture.hidden.empty()) return;
  for (auto& back : back_) back.resize(kTileRows * widest);
  if (architecture.activation == HiddenActivation::gelu)
    for (const std::size_t units : architecture.hidden) sum_.emplace_back(kTileRows * units);
}

template <class T>
MatrixView<const T> Tile<T>::hidden(std::size_t layer) const {
  return matrix<const T>(out_[layer].data(), count_, architecture_.hidden[layer]);
}

template <class T>
void Tile<T>::gather(const RowSet<T>& rows, std::size_t begin) {
  begin_ = begin;
  const std::size_t inputs = architecture_.inputs;
  if (rows.index.empty()) {
    x_ = rows.x + static_cast<std::ptrdiff_t>(begin) * rows.stride;
    x_stride_ = rows.stride;
    truth_.label = {rows.label ? rows.label + begin : nullptr, rows.label ? count_ : 0};
    truth_.target = rows.target ? rows.target + begin * rows.targets : nullptr;
    return;
  }
  gathered_.resize(kTileRows * inputs);
  label_.resize(rows.label ? kTileRows : 0);
  target_.resize(kTileRows * rows.targets);
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t row = rows.index[begin + i];
    std::copy_n(rows.x + static_cast<std::ptrdiff_t>(row) * rows.stride, inputs,
                gathered_.data() + i * inputs);
    if (rows.label) label_[i] = rows.label[row];
    std::copy_n(rows.target + row * rows.targets, rows.targets, target_.data() + i * rows.targets);
  }
  x_ = gathered_.data();
  x_stride_ = stride_of(inputs);
  truth_.label = std::span(label_).first(rows.label ? count_ : 0);
  truth_.target = rows.target ? target_.data() : nullptr;
}

template <class T>
MatrixView<const T> Tile<T>::input_of(std::size_t layer, bool dropped) const {
  if (layer == 0) return {x_, count_, architecture_.inputs, x_stride_, 1};
  const auto& values = dropped ? dropped_[layer - 1] : out_[layer - 1];
  return matrix<const T>(values.data(), count_, architecture_.layer_inputs(layer));
}

// Kept outputs grow by 1 / (1 - share), so that sums keep their mean; the mask is a function of
// seed, step, layer and row, so it need not be kept.
template <class T>
void Tile<T>::drop(std::size_t layer, const Dropout& dropout, const T* from, T* to) const {
  const std::size_t units = architecture_.hidden[layer];
  const T kept = static_cast<T>(1 / (1 - dropout.share));
  for (std::size_t i = 0; i < count_; ++i) {
    Random random(dropout.seed, Stream::dropout, dropout.step, layer, begin_ + i);
    for (std::size_t j = i * units; j < (i + 1) * units; ++j)
      to[j] = random.uniform() < dropout.share ? T{0} : from[j] * kept;
  }
}

template <class T>
void Tile<T>::forward(const Network<T>& network, const RowSet<T>& rows, std::size_t begin,
                      std::size_t count, const Dropout& dropout) {
  count_ = count;
  gather(rows, begin);
  const bool dropping = dropout.share > 0;
  if (dropping && dropped_.empty())
    for (const std::size_t units : architecture_.hidden) dropped_.emplace_back(kTileRows * units);
  for (std::size_t l = 0; l < architecture_.layers(); ++l) {
    const std::size_t units = architecture_.layer_outputs(l);
    const bool last = l + 1 == architecture_.layers();
    auto& sums = !last && !sum_.empty() ? sum_[l] : out_[l];
    const MatrixView<T> z = matrix(sums.data(), count, units);
    kernels::add_bias(network.bias(l).data(), z, false);
    kernels::product(input_of(l, dropping), network.weight(l), z, true);
    if (last) break;
    kernels::activate(kernel_of(architecture_.activation), z.data, out_[l].data(), count * units);
    if (dropping) drop(l, dropout, out_[l].data(), dropped_[l].data());
  }
}

template <class T>
void Tile<T>::backward(const Network<T>& network, const Dropout& dropout, T* gradient,
                       bool accumulate) {
  const bool dropping = dropout.share > 0;
  MatrixView<T> g = logits();
  T* weight = gradient + architecture_.weights();
  T* bias = gradient + architecture_.parameters();
  for (std::size_t l = architecture_.layers(); l-- > 0;) {
    const std::size_t inputs = architecture_.layer_inputs(l), units = g.cols;
    weight -= inputs * units;
    bias -= units;
    kernels::product(kernels::transposed(input_of(l, dropping)), const_view(g),
                     matrix(weight, inputs, units), accumulate);
    kernels::column_sums(const_view(g), bias, accumulate);
    if (l == 0) break;
    const MatrixView<T> back = matrix(back_[l % 2].data(), count_, inputs);
    kernels::product(const_view(g), kernels::transposed(network.weight(l)), back, false);
    if (dropping) drop(l - 1, dropout, back.data, back.data);
    const auto& kept = sum_.empty() ? out_[l - 1] : sum_[l - 1];
    kernels::multiply_by_slope(kernel_of(architecture_.activation), kept.data(), back.data,
                               count_ * inputs);
    g = back;
  }
}

template <class T>
Pass<T>::Pass(const Architecture& architecture, const CostSpec& spec, int threads)
    : architecture_(architecture), spec_(spec), threads_(threads) {}

template <class T>
Totals Pass<T>::gradient(const Network<T>& network, const RowSet<T>& rows, double factor,
                         const Dropout& dropout, std::span<T> gradient) {
  const std::size_t lanes = lanes_of(rows.rows), n = gradient.size();
  if (lanes > 1 && parts_.size() < lanes * n) parts_.resize(lanes * n);
  std::vector<CompensatedSum> cost(lanes);
  std::vector<Hits> hits(lanes);
  for_each_tile(network, rows, dropout, [&](std::size_t lane, std::size_t begin, Tile<T>& tile) {
    hits[lane].add(hits_of<T>(spec_, tile.logits(), tile.truth()));
    for (const double c : tile.cost().apply(tile.logits(), tile.truth(), factor, true))
      cost[lane].add(c);
    T* part = lanes > 1 ? parts_.data() + lane * n : gradient.data();
    const bool first = begin == lane_begin(lane, lanes, rows.rows);
    tile.backward(network, dropout, part, !first);
  });
  if (lanes > 1) join(lanes, gradient);
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    cost[0].add(cost[lane]);
    hits[0].add(hits[lane]);
  }
  return {cost[0].value(), hits[0]};
}

template <class T>
void Pass<T>::join(std::size_t lanes, std::span<T> gradient) const {
  for_each_range(gradient.size(), threads_, [&](std::size_t begin, std::size_t end) {
    kernels::sum_parts(parts_.data() + begin, gradient.size(), lanes, gradient.data() + begin,
                       end - begin);
  });
}

template class Tile<float>;
template class Tile<double>;
template class Pass<float>;
template class Pass<double>;

}  // namespace crossent::training
