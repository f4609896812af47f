// The options of `crossent train`, in the groups that help shows.
#include "cli/train_flags.h"

namespace crossent::cli {

OptionInfo& TrainFlags::word(Options& options, const char* flag, const char* metavar,
                             const char* help) {
  const std::string names = flag;
  return options.value(names, metavar, values_[names.substr(names.find("--"))], help);
}

void TrainFlags::declare(Options& options) {
  options.positional("DATA", data_, "table (.csv .tsv, .gz .zst), .npy, IDX or LIBSVM file").file =
      true;
  options.repeated("--target", "COL", target_,
                   "column of the classes; COL,COL..: independent labels 0 or 1; arrays: a file");
  declare_data(options);
  declare_network(options);
  declare_cost(options);
  declare_steps(options);
  declare_files(options);
  options.group("classic demonstrations");
  word(options, "--preset", "NAME", "repeat a classic run on iris.csv, digit for digit").choices = {
      "mccaffrey-mse", "mccaffrey-ce"};
}

void TrainFlags::declare_data(Options& o) {
  o.group("data");
  o.repeated("--ignore", "COLS", ignore_, "columns that are no features");
  o.repeated("--text", "COLS", text_, "columns of words, even if they look like numbers (one-hot)");
  o.flag("--standardize", standardize_, "(x - mean) / sd of the training rows, kept in the model");
  word(o, "--scale", "F", "multiply the numbers (digits: 0.0625)");
  o.flag("--impute", impute_,
         "missing values (empty, NA, null, ?) become the column's mean or commonest word");
  word(o, "--validation", "SHARE", "share of each class held out, or a file").file = true;
  word(o, "--validation-labels", "FILE", "arrays: the labels of the --validation file").file = true;
  word(o, "--test", "FILE", "rows that only the final model sees").file = true;
  word(o, "--test-labels", "FILE", "arrays: the labels of the --test file").file = true;
  word(o, "--header", "WHEN", "whether line 1 names the columns").choices = {"auto", "yes", "no"};
}

void TrainFlags::declare_network(Options& o) {
  o.group("network");
  o.list("--hidden", "N,N..", hidden_, "units of the hidden layers (none: softmax regression)");
  word(o, "--activation", "NAME", "of the hidden layers (tanh)").choices = {
      "tanh", "sigmoid", "relu", "gelu", "identity"};
  word(o, "--output", "NAME", "of the last layer (softmax; several targets: sigmoid)").choices = {
      "softmax", "sigmoid"};
  word(o, "--init", "NAME", "first weights (automatic: he for relu and gelu, else glorot)")
      .choices = {"automatic", "zero", "glorot", "he", "normal", "uniform"};
  word(o, "--init-scale", "F", "sd of normal, half width of uniform (1)");
  word(o, "--start", "MODEL", "begin with the numbers of a model file").file = true;
  word(o, "--seed", "N", "of weights, shuffles, dropout and the split (0)");
  word(o, "--precision", "TYPE", "of the numbers (f32; lbfgs f64)").choices = {"f32", "f64"};
}

void TrainFlags::declare_cost(Options& o) {
  o.group("cost");
  word(o, "--loss", "NAME", "ce (cross-entropy, the default), mse (half squared error), focal")
      .choices = {"ce", "mse", "focal"};
  word(o, "--mse-on", "WHAT", "what the squared error compares with the target (probabilities)")
      .choices = {"probabilities", "logits"};
  word(o, "--mse-gradient", "NAME", "exact, or diagonal: as the classic listings, p(1-p)(p-t)")
      .choices = {"exact", "diagonal"};
  word(o, "--gamma", "F", "of focal (2)");
  word(o, "--smoothing", "E", "label smoothing (0)");
  o.list("--class-weight", "W..", class_weight_,
         "a weight for each class, or balanced: rows / (classes x rows of the class)");
  word(o, "--l1", "F", "adds F |W|_1 to the mean loss (0)");
  word(o, "--l2", "F", "adds F / 2 |W|^2 to the mean loss (0)");
  word(o, "--dropout", "P", "share of hidden outputs left out of a step (0)");
}

void TrainFlags::declare_steps(Options& o) {
  o.group("optimiser");
  word(o, "--optimizer", "NAME", "how steps are taken (adam)").choices = {"sgd", "adam", "adamw",
                                                                          "lbfgs"};
  word(o, "--rate", "F", "learning rate (sgd 0.1; adam, adamw 0.01, with --hidden 0.001)");
  word(o, "--momentum", "F", "of sgd (0)");
  o.flag("--nesterov", nesterov_, "look ahead with the momentum");
  word(o, "--beta1", "F", "of adam, adamw (0.9)");
  word(o, "--beta2", "F", "of adam, adamw (0.999)");
  word(o, "--epsilon", "F", "of adam, adamw (1e-8)");
  word(o, "--weight-decay", "F", "of adamw (0.01)");
  word(o, "--clip-norm", "F", "largest 2-norm of a gradient (off)");
  word(o, "--schedule", "NAME", "of the rate (constant)").choices = {"constant", "step", "cosine"};
  word(o, "--schedule-epochs", "N", "step: epochs between cuts (30)");
  word(o, "--schedule-factor", "F", "step: what a cut multiplies the rate by (0.1)");
  word(o, "--warmup", "N", "epochs over which the rate rises from 0 (0)");
  word(o, "--batch", "N", "rows of a step (32)");
  word(o, "--epochs", "N", "passes over the rows (100); lbfgs: iterations (until it converges)");
  word(o, "--early-stop", "N", "end after N epochs without a better validation loss");
  word(o, "--tolerance", "F", "lbfgs: of the gradient's largest element (1e-11)");
  o.flag("--strict", strict_, "lbfgs: exit 5 unless it converged");
}

void TrainFlags::declare_files(Options& o) {
  o.group("files");
  o.repeated("-o,--model", "MODEL", models_,
             "write the model of the best epoch: .crossent, .safetensors, .onnx; may be repeated")
      .file = true;
  word(o, "--format", "NAME", "of -o (else by the ending of its name)").choices = {
      "crossent", "safetensors", "onnx"};
  word(o, "--checkpoint", "FILE", "keep all that is needed to go on").file = true;
  word(o, "--checkpoint-every", "N|Ns", "epochs, or seconds as 30s (else at the end, on Ctrl-C)");
  word(o, "--resume", "FILE", "go on from a checkpoint, with the options of its run").file = true;
  word(o, "--log", "FILE", "JSON lines as they come: the options, then each epoch").file = true;
  word(o, "--curves", "FILE", "SVG figure of losses and accuracies by epoch").file = true;
}

}  // namespace crossent::cli
