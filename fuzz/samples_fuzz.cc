// Any bytes as samples: a table, an IDX array or LIBSVM text. They are read or refused; the rows do
// not depend on how a table is cut or on the threads; a model of them reads the same rows again.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossent/samples.h"
#include "io/byte_source.h"
#include "train/sample_source.h"

namespace {

using crossent::Samples;
namespace io = crossent::io;
namespace training = crossent::training;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

struct Input {
  std::string_view bytes;
  int format = 0, choice = 0;
  crossent::SampleOptions options{};
};

struct Outcome {
  Samples samples{};
  std::string error{};
};

std::unique_ptr<training::SampleSource> open_input(const Input& input, std::size_t chunk,
                                                   training::SampleRequest request) {
  if (input.format == 0)
    return training::open_table(
        crossent::TableReader::from_memory(
            input.bytes, "t.csv", {.threads = request.options.threads, .chunk_bytes = chunk}),
        std::move(request));
  auto bytes = io::decompressed(io::open_memory(input.bytes, nullptr), "t");
  return input.format == 1 ? training::open_idx(std::move(bytes), "t", std::move(request))
                           : training::open_libsvm(std::move(bytes), "t", std::move(request));
}

Outcome read(const Input& input, std::size_t chunk, int threads,
             std::optional<training::Schema> schema = {}) {
  training::SampleRequest request{input.options, std::move(schema), false};
  request.options.threads = threads;
  Outcome found;
  try {
    found.samples = training::gather(*open_input(input, chunk, std::move(request)));
  } catch (const crossent::DataError& e) {
    found.error = std::string(e.what()) + "|" + std::to_string(e.line) + "|" +
                  std::to_string(e.column) + "|" + e.hint;
  } catch (const crossent::ValueError& e) {
    found.error = e.what();
  }
  return found;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

void require_same(const Outcome& a, const Outcome& b) {
  require(a.error == b.error, "the error is the same");
  require(a.samples.rows == b.samples.rows, "no row is lost");
  require(same_bits(a.samples.numbers, b.samples.numbers), "numbers are the same");
  require(a.samples.codes == b.samples.codes, "codes are the same");
  require(a.samples.classes == b.samples.classes, "classes are the same");
  require(a.samples.labels == b.samples.labels, "labels are the same");
  require(a.samples.target_values == b.samples.target_values, "targets are the same");
}

void check_shapes(const Samples& s) {
  require(s.numbers.size() == s.rows * s.number_columns(), "as many numbers as columns say");
  require(s.codes.size() == s.rows * s.text_columns(), "as many codes as columns say");
  require(s.labels.size() == (s.targets.size() == 1 ? s.rows : 0), "a label a row");
  for (const std::int32_t label : s.labels)
    require(label >= 0 && static_cast<std::size_t>(label) < s.classes.size(), "labels are classes");
}

// What was read can be scored by a model of it, and encoded.
void check_model(const Input& input, const Outcome& whole) {
  const Samples& s = whole.samples;
  std::vector<std::size_t> rows(s.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  try {
    const auto inputs = crossent::fit_inputs(s, rows, {.standardize = true, .impute = true});
    for (const double feature : crossent::encode<double>(s, inputs, rows))
      require(std::isfinite(feature), "features are finite");
    require_same(whole, read(input, 0, 1, training::Schema{inputs, s.targets, s.classes}));
  } catch (const crossent::ValueError&) {  // a column of nothing but missing values
  }
}

// Sparse rows are made dense: a long index would ask for more memory than a fuzzer has.
bool has_long_number(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    digits = std::isdigit(static_cast<unsigned char>(c)) ? digits + 1 : 0;
    if (digits > 4) return true;
  }
  return false;
}

void choose_targets(Input* input) {
  if (input->format == 2) input->options.targets = {"label"};
  if (input->format != 0) return;
  try {
    const auto reader = crossent::TableReader::from_memory(input->bytes, "t.csv");
    for (std::size_t t = 0; t < reader.names().size() && t < (input->choice >> 4 & 3u); ++t)
      input->options.targets.push_back(reader.names()[t]);
  } catch (const crossent::DataError&) {  // the read says so too
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  Input input;
  input.choice = data[0];
  input.format = input.choice % 3;
  input.bytes = {reinterpret_cast<const char*>(data + 1), size - 1};
  if (input.format == 2 && has_long_number(input.bytes)) return 0;
  input.options.allow_missing = input.choice & 64;
  choose_targets(&input);
  const Outcome whole = read(input, 0, 1);
  require_same(whole, read(input, 1 + static_cast<std::size_t>(input.choice), 3));
  if (!whole.error.empty()) return 0;
  check_shapes(whole.samples);
  check_model(input, whole);
  return 0;
}
