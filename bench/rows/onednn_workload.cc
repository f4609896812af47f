// oneDNN's log-softmax, and the loss and gradient that one makes of it, as row_workload.cc runs
// crossent. The gradient of the log-softmax is given once, so that what is timed is oneDNN.
#include <cstring>
#include <dnnl.hpp>

#include "bench/rows/worker.h"
#include "crossent/view.h"

namespace {

using crossent::bf16;
using crossent::bench::Arguments;
using crossent::bench::Buffer;
using crossent::bench::read_buffer;
using dnnl::memory;

double widen(float v) { return v; }
double widen(bf16 v) {
  const std::uint32_t bits = static_cast<std::uint32_t>(v.bits) << 16;
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}
void set(float& to, float v) { to = v; }
void set(bf16& to, float v) {
  std::uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  to.bits = static_cast<std::uint16_t>(bits >> 16);  // of -1 / rows, a power of two: exact
}

// Releases 2 and 3 name the operation differently.
#if DNNL_VERSION_MAJOR >= 3
using Forward = dnnl::softmax_forward;
using Backward = dnnl::softmax_backward;
constexpr auto kLogSoftmax = dnnl::algorithm::softmax_log;
Forward::primitive_desc forward_of(const dnnl::engine& e, const memory::desc& d) {
  return {e, dnnl::prop_kind::forward_training, kLogSoftmax, d, d, 1};
}
Backward::primitive_desc backward_of(const dnnl::engine& e, const memory::desc& d,
                                     const Forward::primitive_desc& hint) {
  return {e, kLogSoftmax, d, d, d, 1, hint};
}
#else
using Forward = dnnl::logsoftmax_forward;
using Backward = dnnl::logsoftmax_backward;
Forward::primitive_desc forward_of(const dnnl::engine& e, const memory::desc& d) {
  return {Forward::desc(dnnl::prop_kind::forward_training, d, 1), e};
}
Backward::primitive_desc backward_of(const dnnl::engine& e, const memory::desc& d,
                                     const Forward::primitive_desc& hint) {
  return {Backward::desc(d, d, 1), e, hint};
}
#endif

template <class T>
class LogSoftmax final : public crossent::bench::Work {
 public:
  LogSoftmax(Arguments& a, std::size_t rows, std::size_t classes, memory::data_type type)
      : rows_(rows),
        classes_(classes),
        input_(read_buffer<T>(a.text("data", ""), rows * classes)),
        output_(rows * classes),
        slope_(rows * classes),
        gradient_(rows * classes),
        label_(read_buffer<std::int64_t>(a.text("label", ""), rows)),
        engine_(dnnl::engine::kind::cpu, 0),
        stream_(engine_),
        desc_({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(classes)}, type,
              memory::format_tag::ab),
        forward_desc_(forward_of(engine_, desc_)),
        forward_(forward_desc_),
        backward_(backward_of(engine_, desc_, forward_desc_)) {
    for (std::size_t i = 0; i < rows; ++i)
      set(slope_.data()[i * classes + label(i)], -1 / static_cast<float>(rows));
  }

  double call(const std::string& operation) override {
    forward_.execute(stream_,
                     {{DNNL_ARG_SRC, memory_of(input_)}, {DNNL_ARG_DST, memory_of(output_)}});
    stream_.wait();
    double sum = 0;
    for (std::size_t i = 0; i < rows_; ++i) sum -= widen(output_.data()[i * classes_ + label(i)]);
    if (operation == "given") {
      backward_.execute(stream_, {{DNNL_ARG_DST, memory_of(output_)},
                                  {DNNL_ARG_DIFF_DST, memory_of(slope_)},
                                  {DNNL_ARG_DIFF_SRC, memory_of(gradient_)}});
      stream_.wait();
    }
    return sum / static_cast<double>(rows_);
  }
  void restore(const std::string&) override {}

  void save(const std::string& operation, std::size_t every, std::ofstream& file) override {
    for (std::size_t i = 0; operation == "given" && i < rows_; i += every)
      file.write(reinterpret_cast<const char*>(gradient_.data() + i * classes_),
                 static_cast<std::streamsize>(classes_ * sizeof(T)));
  }

 private:
  std::size_t label(std::size_t i) const { return static_cast<std::size_t>(label_.data()[i]); }
  memory memory_of(const Buffer<T>& b) const { return {desc_, engine_, b.data()}; }

  std::size_t rows_, classes_;
  Buffer<T> input_, output_, slope_, gradient_;
  Buffer<std::int64_t> label_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  memory::desc desc_;
  Forward::primitive_desc forward_desc_;
  Forward forward_;
  Backward backward_;
};

std::unique_ptr<crossent::bench::Work> make(Arguments& a) {
  const auto rows = static_cast<std::size_t>(a.integer("rows", 1));
  const auto classes = static_cast<std::size_t>(a.integer("classes", 1));
  a.integer("threads", 1);  // OMP_NUM_THREADS says it to oneDNN
  if (a.text("type", "f32") == "bf16")
    return std::make_unique<LogSoftmax<bf16>>(a, rows, classes, memory::data_type::bf16);
  return std::make_unique<LogSoftmax<float>>(a, rows, classes, memory::data_type::f32);
}

}  // namespace

int main() {
  const dnnl_version_t* v = dnnl_version();
  const std::string version =
      std::to_string(v->major) + '.' + std::to_string(v->minor) + '.' + std::to_string(v->patch);
  return crossent::bench::Worker(make, version).serve();
}
