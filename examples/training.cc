// A table becomes a classifier: read, split, train, look at the rest, save.
#include <cstdio>
#include <filesystem>
#include <vector>

#include "crossent/crossent.h"

int main() {
  using namespace crossent;
  SampleOptions columns;
  columns.targets = {"label"};
  const Samples samples = read_samples("data/wine.csv", columns);
  const Split split = stratified_split(samples, 0.25, 1);

  Model model;
  model.targets = samples.targets;
  model.classes = samples.classes;
  model.inputs = fit_inputs(samples, split.training, {.standardize = true});

  const auto rows_of = [&](const std::vector<std::size_t>& rows, std::vector<double>& x,
                           std::vector<std::int32_t>& label) {
    x = encode<double>(samples, model.inputs, rows);
    for (const std::size_t row : rows) label.push_back(samples.labels[row]);
    return TrainingRows<double>{matrix<const double>(x.data(), rows.size(), x.size() / rows.size()),
                                label};
  };
  std::vector<double> x, held_out_x;
  std::vector<std::int32_t> label, held_out_label;
  const TrainingRows<double> training = rows_of(split.training, x, label);
  const TrainingRows<double> held_out = rows_of(split.validation, held_out_x, held_out_label);

  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;  // no hidden layer: softmax regression, to its optimum
  options.l2 = 0.01;
  const TrainResult<double> result = train(training, model.classes.size(), options);
  const Scores unseen = score(result.network, held_out, options);

  std::printf("knowing nothing   %.4f nats\n",
              baseline(training, model.classes.size(), options.output));
  std::printf("training          %.4f nats, %d of %d right\n", result.last.training.loss,
              static_cast<int>(result.last.training.correct),
              static_cast<int>(result.last.training.rows));
  std::printf("held out          %.4f +- %.4f nats, %d of %d right\n", unseen.loss, unseen.loss_se,
              static_cast<int>(unseen.correct), static_cast<int>(unseen.rows));

  model.network = result.network;
  const auto path = std::filesystem::temp_directory_path() / "crossent_example.crossent";
  save_model(model, path.string());
  std::printf("read again        %zu inputs, %zu classes\n",
              load_model(path.string()).inputs.size(), load_model(path.string()).classes.size());
  std::filesystem::remove(path);
}
