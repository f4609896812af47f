#include "crossent/samples.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "core/refuse.h"
#include "train/random.h"
#include "train/sample_source.h"

namespace crossent {
namespace {

training::SampleRequest request_for(const Model& model, const SampleOptions& options,
                                    bool need_targets) {
  return {options, training::Schema{model.inputs, model.targets, model.classes}, need_targets};
}

}  // namespace

std::size_t Samples::number_columns() const {
  return static_cast<std::size_t>(
      std::count_if(columns.begin(), columns.end(), [](const auto& c) { return !c.is_text(); }));
}

Samples read_samples(const std::string& path, const SampleOptions& options) {
  return training::gather(*training::open_source(path, {options}));
}

Samples read_samples(const std::string& path, const Model& model, const SampleOptions& options,
                     bool need_targets) {
  return training::gather(*training::open_source(path, request_for(model, options, need_targets)));
}

struct SampleStream::State {
  std::unique_ptr<training::SampleSource> source;
  std::atomic<std::int64_t> rows = 0;
  bool read_called = false;
};

SampleStream::SampleStream(const std::string& path, const Model& model,
                           const SampleOptions& options)
    : state_(std::make_unique<State>()) {
  training::SampleRequest request = request_for(model, options, false);
  request.most_bytes = std::numeric_limits<std::size_t>::max();  // a block is held at a time
  state_->source = training::open_source(path, std::move(request));
}
SampleStream::~SampleStream() = default;
SampleStream::SampleStream(SampleStream&&) noexcept = default;
SampleStream& SampleStream::operator=(SampleStream&&) noexcept = default;

bool SampleStream::has_targets() const { return !state_->source->targets.empty(); }
const std::vector<std::string>& SampleStream::other_columns() const {
  return state_->source->others;
}
int SampleStream::workers() const { return state_->source->workers(); }
std::int64_t SampleStream::rows() const { return state_->rows; }

bool SampleStream::read(std::span<const std::string> keep,
                        const std::function<void(const Block&)>& use) {
  if (std::exchange(state_->read_called, true))
    throw std::logic_error("[SampleStream::read] the file was read already");
  return state_->source->read(keep, [&](const Block& block) {
    use(block);
    state_->rows += static_cast<std::int64_t>(block.samples.rows);
  });
}

Split stratified_split(const Samples& samples, double fraction, std::uint64_t seed) {
  if (!(fraction > 0 && fraction < 1))
    refuse_value("stratified_split", "fraction", fraction, "is outside (0, 1)");
  std::vector<std::vector<std::size_t>> strata(std::max<std::size_t>(samples.classes.size(), 1));
  for (std::size_t row = 0; row < samples.rows; ++row)
    strata[samples.labels.empty() ? 0 : static_cast<std::size_t>(samples.labels[row])].push_back(
        row);
  Split split;
  for (std::size_t k = 0; k < strata.size(); ++k) {
    std::vector<std::size_t>& rows = strata[k];
    if (rows.empty()) continue;
    const auto wanted =
        static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows.size())));
    const std::size_t held_out = std::min(wanted, rows.size() - 1);
    training::Random random(seed, training::Stream::split, k);
    for (std::size_t i = 0; i < held_out; ++i)
      std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(held_out);
    split.validation.insert(split.validation.end(), rows.begin(), middle);
    split.training.insert(split.training.end(), middle, rows.end());
  }
  if (split.validation.empty() || split.training.empty())
    refuse_value("stratified_split", "fraction", fraction,
                 "of " + std::to_string(samples.rows) + " rows leaves one side empty");
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

}  // namespace crossent
