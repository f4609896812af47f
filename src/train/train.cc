// The doors of training.
#include "crossent/train.h"

#include <cmath>

#include "core/refuse.h"
#include "kernels/math.h"
#include "train/session.h"

namespace crossent {
namespace {

template <class T>
void check_classes(const TrainingRows<T>& training, std::size_t classes) {
  if (!training.target.empty()) {
    if (classes != training.target.cols)
      refuse("train", "classes",
             "classes = " + std::to_string(classes) + ", but there are " +
                 std::to_string(training.target.cols) + " targets");
    return;
  }
  if (classes < 2)
    refuse_value("train", "classes", static_cast<double>(classes),
                 "is outside [2, rows]: there is nothing to tell apart");
  if (classes > training.x.rows)
    refuse_value("train", "classes", static_cast<double>(classes),
                 "is outside [2, " + std::to_string(training.x.rows) +
                     "]: there are more classes than rows");
  const Labels& label = training.label;
  for (std::size_t i = 1; i < label.size(); ++i)
    if (label[i] != label[0]) return;
  if (label.size() > 0)
    refuse("train", "training.label",
           "training.label is " + label.text(0) + " in every row: there is nothing to tell apart");
}

}  // namespace

template <class T>
TrainResult<T> train(const TrainingRows<T>& training, std::size_t classes,
                     const TrainOptions& options, const TrainingRows<T>& validation,
                     const TrainHooks& hooks, const Network<T>* start) {
  check_classes(training, classes);
  const auto plan = training::make_plan(training, classes, options, validation.x.rows > 0);
  return training::Session<T>(plan, training, validation, hooks, start).run();
}

template <class T>
Scores score(const Network<T>& network, const TrainingRows<T>& rows, const TrainOptions& options) {
  const Architecture& a = network.architecture;
  const bool several = !rows.target.empty();
  const std::size_t classes = several ? a.outputs : std::max<std::size_t>(a.outputs, 2);
  TrainOptions o = options;
  o.output = a.output;
  const training::CostSpec spec(o, classes, several);
  const auto checked = training::check_rows(rows, spec, a.inputs, "rows");
  training::Pass<T> pass(a, spec, options.threads);
  return training::evaluate(pass, network, checked.rows, checked.mean_weight);
}

template <class T>
double baseline(const TrainingRows<T>& rows, std::size_t classes, Activation output) {
  TrainOptions options;
  options.output = output;
  const bool several = !rows.target.empty();
  const training::CostSpec spec(options, classes, several);
  const auto checked = training::check_rows(rows, spec, rows.x.cols, "rows");
  const std::size_t n = checked.rows.rows;
  std::vector<double> count(several ? spec.targets : std::max<std::size_t>(spec.outputs, 2));
  for (const std::int32_t y : checked.label) ++count[static_cast<std::size_t>(y)];
  for (std::size_t k = 0; k < checked.target.size(); ++k)
    count[k % count.size()] += static_cast<double>(checked.target[k]);
  const auto term = [n](double k) {
    return k == 0 ? 0 : -k / static_cast<double>(n) * kernels::log(k / static_cast<double>(n));
  };
  double sum = 0;
  for (const double k : count) {
    sum += term(k);
    // Outputs that are judged one by one know each only itself.
    if (output == Activation::sigmoid && spec.outputs > 1) sum += term(static_cast<double>(n) - k);
  }
  return sum;
}

template TrainResult<float> train<float>(const TrainingRows<float>&, std::size_t,
                                         const TrainOptions&, const TrainingRows<float>&,
                                         const TrainHooks&, const Network<float>*);
template TrainResult<double> train<double>(const TrainingRows<double>&, std::size_t,
                                           const TrainOptions&, const TrainingRows<double>&,
                                           const TrainHooks&, const Network<double>*);
template Scores score<float>(const Network<float>&, const TrainingRows<float>&,
                             const TrainOptions&);
template Scores score<double>(const Network<double>&, const TrainingRows<double>&,
                              const TrainOptions&);
template double baseline<float>(const TrainingRows<float>&, std::size_t, Activation);
template double baseline<double>(const TrainingRows<double>&, std::size_t, Activation);

template <class T>
void network_logits(const Network<T>& network, MatrixView<const T> x, MatrixView<T> logits,
                    int threads) {
  const Architecture& a = network.architecture;
  if (x.cols != a.inputs || x.col_stride != 1)
    refuse("network_logits", "x",
           "x has " + std::to_string(x.cols) + " columns, the network takes " +
               std::to_string(a.inputs));
  if (logits.rows != x.rows || logits.cols != a.outputs || logits.col_stride != 1)
    refuse("network_logits", "logits",
           "logits is not [" + std::to_string(x.rows) + ", " + std::to_string(a.outputs) + "]");
  training::CostSpec spec;
  spec.outputs = a.outputs;
  training::Pass<T> pass(a, spec, threads);
  training::RowSet<T> rows;
  rows.x = x.data;
  rows.stride = x.row_stride;
  rows.rows = x.rows;
  pass.for_each_tile(network, rows, {},
                     [&](std::size_t, std::size_t begin, training::Tile<T>& tile) {
                       const MatrixView<T> z = tile.logits();
                       for (std::size_t i = 0; i < z.rows; ++i)
                         std::copy_n(&z(i, 0), z.cols, &logits(begin + i, 0));
                     });
}

template void network_logits<float>(const Network<float>&, MatrixView<const float>,
                                    MatrixView<float>, int);
template void network_logits<double>(const Network<double>&, MatrixView<const double>,
                                     MatrixView<double>, int);

}  // namespace crossent
