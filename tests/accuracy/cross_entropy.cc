#include "accuracy/batches.h"

namespace crossent::accuracy {
namespace {

using namespace precise;  // NOLINT: this file speaks of nothing else

// The probabilities of the rows of logits, or their logarithms, rounded to T.
template <class T>
void to_probabilities(Batch<T>& batch, Kind kind) {
  for (std::size_t r = 0; r < batch.x.rows(); ++r) {
    std::vector<double> row = batch.x.row(r);
    const double max = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& v : row) sum += std::exp(v -= max);
    for (double& v : row) v = kind == Kind::probabilities ? std::exp(v) / sum : v - std::log(sum);
    batch.x.set_row(r, row);
  }
  batch.options.kind = kind;
  batch.options.checks = Checks::off;  // f16 rows sum to 1 only as well as f16 can
}

// Records the batch with labels, then with soft targets, each as `set` makes it.
template <class T, class Set>
void record_both(Table& table, const std::string& operation, Batch<T>& batch, Family family,
                 const std::string& option, const Set& set) {
  Batch<T> soft = batch;
  set(batch);
  record_batch(table, operation, batch, family, option);
  Rng rng(batch.x.cols());
  set(soft);
  soften(soft, rng);
  record_batch(table, operation, soft, family, option);
}

template <class T>
void probabilities_of(Table& table, Kind kind, const char* operation) {
  for_each_batch<T>({.most_classes = 70000, .one_row_in = 4}, [&](auto& batch, Family f, Rng&) {
    record_both(table, operation, batch, f, "", [&](auto& b) { to_probabilities(b, kind); });
  });
}

// A temperature of 0.1 multiplies logits by 10: they stay finite.
constexpr Grid kOptionsGrid = {.most_classes = 1023, .one_row_in = 10, .range = 0.1};

// The option of every row; `set` chooses its value.
template <class T, class Set>
void option_of(Table& table, const std::string& name, const Set& set) {
  for_each_batch<T>(kOptionsGrid, [&](auto& batch, Family f, Rng& rng) {
    record_both(table, "cross_entropy, options", batch, f, name, [&](auto& b) { set(b, rng); });
  });
}

template <class T>
void options_of(Table& table) {
  for (const RandomOption<T>& option : random_options<T>())
    option_of<T>(table, option.name, option.set);
  option_of<T>(table, "several", draw_options<T>);
  option_of<T>(table, "probabilities, normalize", [](Batch<T>& batch, Rng&) {
    to_probabilities(batch, Kind::probabilities);
    batch.options.normalize = true;
  });
  option_of<T>(table, "probabilities, clip", [](Batch<T>& batch, Rng& rng) {
    to_probabilities(batch, Kind::probabilities);
    batch.options.clip = std::pow(10, uniform(rng, -15, -1));
  });
}

}  // namespace

void measure_cross_entropy(Table& table) {
  for_each_type([&]<class T>() {
    for_each_batch<T>({}, [&](auto& batch, Family family, Rng&) {
      record_batch(table, "cross_entropy", batch, family);
    });
  });
}

void measure_soft_targets(Table& table) {
  for_each_type([&]<class T>() {
    for_each_batch<T>({.most_classes = 70000, .one_row_in = 2},
                      [&](auto& batch, Family family, Rng& rng) {
                        soften(batch, rng);
                        record_batch(table, "cross_entropy, soft targets", batch, family);
                      });
  });
}

void measure_options(Table& table) {
  for_each_type([&]<class T>() { options_of<T>(table); });
}

void measure_probabilities(Table& table) {
  for_each_type([&]<class T>() {
    probabilities_of<T>(table, Kind::probabilities, "cross_entropy of probabilities");
    probabilities_of<T>(table, Kind::log_probabilities, "cross_entropy of log-probabilities");
  });
}

}  // namespace crossent::accuracy
