// Any bytes as an NPY or NPZ file: every element is delivered once, or a DataError is thrown.
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <vector>

#include "crossent/dataset.h"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

struct Outcome {
  bool whole = false;
  std::vector<unsigned char> bytes;
};

Outcome read(std::string_view text, std::size_t block_bytes, int threads) {
  Outcome found;
  std::mutex mutex;
  crossent::ArrayOptions options;
  options.block_bytes = block_bytes;
  options.threads = threads;
  try {
    crossent::ArrayReader reader = crossent::ArrayReader::from_memory(text, "a.npz", options);
    const auto rows = static_cast<std::size_t>(reader.rows());
    const std::size_t row_bytes =
        static_cast<std::size_t>(reader.cols()) * crossent::element_bytes(reader.type());
    std::size_t delivered = 0;
    reader.read([&](const crossent::ArrayBlock& block) {
      const auto* data = static_cast<const unsigned char*>(block.data);
      const std::lock_guard lock(mutex);
      const std::size_t begin = static_cast<std::size_t>(block.first_row) * row_bytes;
      const std::size_t size = block.rows * row_bytes;
      if (found.bytes.size() < begin + size) found.bytes.resize(begin + size);
      std::copy(data, data + size, found.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
      delivered += block.rows;
      (void)block.real(block.rows - 1, block.cols - 1);
    });
    require(delivered == rows, "every row is delivered once");
    found.whole = true;
  } catch (const crossent::DataError&) {
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Outcome a = read(text, 0, 1), b = read(text, 16, 3);
  require(a.whole == b.whole, "the outcome does not depend on the blocks");
  if (a.whole) require(a.bytes == b.bytes, "the values do not depend on the blocks");
  return 0;
}
