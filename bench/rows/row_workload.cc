// The row operations of crossent, and what memory alone takes for the same buffers
// (bench/stream.h), on data that bench/peers/row_peers.py wrote: a process that it lets take turns
// with its peers.
#include <cstring>

#include "bench/rows/worker.h"
#include "bench/stream.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "crossent/cross_entropy.h"

namespace {

using crossent::MatrixView;
using crossent::bench::Arguments;
using crossent::bench::Buffer;
using crossent::bench::read_buffer;

constexpr unsigned kKey = 0x00010001;  // xored with this, data stay ordinary numbers

// `images` of [classes, rows] when there are several, else one matrix [rows, classes]. One column
// is binary.
struct Shape {
  std::size_t images, rows, classes;
  std::size_t all_rows() const { return images * rows; }
  std::size_t size() const { return all_rows() * classes; }
};

unsigned char* raw(const auto& buffer) { return reinterpret_cast<unsigned char*>(buffer.data()); }

template <class T>
class Rows final : public crossent::bench::Work {
 public:
  explicit Rows(Arguments& a, Shape shape)
      : shape_(shape),
        original_(read_buffer<T>(a.text("data", ""), shape.size())),
        input_(shape.size()),
        gradient_(shape.size()),
        label_(read_buffer<std::int64_t>(a.text("label", ""), shape.all_rows())),
        target_(read_buffer<T>(a.text("target", ""), shape.size())),
        threads_(static_cast<int>(a.integer("threads", 1))) {
    options_.kind = a.text("kind", "logits") == "probabilities" ? crossent::Kind::probabilities
                                                                : crossent::Kind::logits;
    options_.label_smoothing = a.number("smoothing", 0);
    options_.threads = threads_;
    std::memcpy(input_.data(), original_.data(), original_.bytes());
  }

  double call(const std::string& operation) override {
    using namespace crossent::bench;
    const std::size_t bytes = input_.bytes();
    if (operation == "loss") return loss(nullptr);
    if (operation == "in_place") return loss(input_.data());
    if (operation == "given") return loss(gradient_.data());
    if (operation == "fresh") {
      fresh_ = std::make_unique_for_overwrite<T[]>(shape_.size());
      return loss(fresh_.get());
    }
    // The floors also read the labels or the targets.
    const unsigned read = stream_read(raw(label_), label_.bytes(), threads_) ^
                          stream_read(raw(target_), target_.bytes(), threads_);
    if (operation == "read") return read ^ stream_read(raw(input_), bytes, threads_);
    if (operation == "update") {
      stream_update(raw(input_), bytes, kKey, threads_);
    } else if (operation == "copy") {
      stream_copy(raw(input_), raw(gradient_), bytes, kKey, threads_);
    } else {
      throw std::invalid_argument("no operation " + operation);
    }
    return read;
  }

  void restore(const std::string& operation) override {
    if (operation == "in_place" || operation == "update")
      std::memcpy(input_.data(), original_.data(), original_.bytes());
    fresh_.reset();
  }

  void save(const std::string& operation, std::size_t every, std::ofstream& file) override {
    if (operation == "loss") return;
    T* from = operation == "in_place" ? input_.data() : gradient_.data();
    if (operation == "fresh") from = fresh_.get();
    for (std::size_t i = 0; i < shape_.all_rows(); i += every) {
      const MatrixView<T> v = view(from, i / shape_.rows);
      for (std::size_t j = 0; j < shape_.classes; ++j)
        file.write(reinterpret_cast<const char*>(&v(i % shape_.rows, j)), sizeof(T));
    }
  }

 private:
  MatrixView<T> view(T* data, std::size_t image) const {
    T* begin = data + image * shape_.rows * shape_.classes;
    if (shape_.images == 1) return crossent::matrix(begin, shape_.rows, shape_.classes);
    return {begin, shape_.rows, shape_.classes, 1, static_cast<std::ptrdiff_t>(shape_.rows)};
  }

  // The mean over all rows; `to`: where the gradient goes, if anywhere.
  double loss(T* to) {
    if (shape_.classes == 1) return binary(to);
    crossent::Outputs<T> out;
    if (shape_.images > 1) {
      options_.divisor = crossent::Divisor::given;
      options_.given_divisor = static_cast<double>(shape_.all_rows());
    }
    double mean = 0;
    for (std::size_t image = 0; image < shape_.images; ++image) {
      if (to) out.gradient = view(to, image);
      const MatrixView<const T> x = view(input_.data(), image);
      mean += (target_.size()
                   ? crossent::cross_entropy<T>(x, view(target_.data(), image), options_, out)
                   : crossent::cross_entropy<T>(
                         x, {label_.data() + image * shape_.rows, shape_.rows}, options_, out))
                  .mean;
    }
    return mean;
  }

  double binary(T* to) {
    crossent::BinaryOptions options;
    options.kind = options_.kind;
    options.threads = threads_;
    crossent::BinaryOutputs<T> out;
    if (to) out.gradient = view(to, 0);
    const MatrixView<const T> x = view(input_.data(), 0);
    if (target_.size())
      return crossent::binary_cross_entropy<T>(x, view(target_.data(), 0), options, out).mean;
    return crossent::binary_cross_entropy<T>(x, {label_.data(), shape_.rows}, options, out).mean;
  }

  Shape shape_;
  Buffer<T> original_, input_, gradient_;
  Buffer<std::int64_t> label_;
  Buffer<T> target_;
  crossent::Options options_;
  int threads_;
  std::unique_ptr<T[]> fresh_;
};

std::unique_ptr<crossent::bench::Work> make(Arguments& a) {
  const auto size = [&](const char* name) { return static_cast<std::size_t>(a.integer(name, 1)); };
  const Shape shape{size("images"), size("rows"), size("classes")};
  const std::string type = a.text("type", "f32");
  if (type == "bf16") return std::make_unique<Rows<crossent::bf16>>(a, shape);
  if (type == "f64") return std::make_unique<Rows<double>>(a, shape);
  return std::make_unique<Rows<float>>(a, shape);
}

}  // namespace

int main() { return crossent::bench::Worker(make, crossent::simd_target()).serve(); }
