// gzip and zstd streams as byte sources.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include "io/byte_source.h"

namespace crossent::io {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024, kOutputBytes = 128 * 1024;
constexpr unsigned char kGzipMagic[] = {0x1f, 0x8b};
constexpr unsigned char kZstdMagic[] = {0x28, 0xb5, 0x2f, 0xfd};

template <std::size_t N>
bool starts_with(const std::vector<char>& bytes, const unsigned char (&magic)[N]) {
  return bytes.size() >= N && std::memcmp(bytes.data(), magic, N) == 0;
}

// Bytes already taken from a source, then the rest of it.
class Prefixed final : public ByteSource {
 public:
  Prefixed(std::vector<char> head, std::unique_ptr<ByteSource> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(char* out, std::size_t size) override {
    const std::size_t n = std::min(size, head_.size() - taken_);
    if (n != 0) std::memcpy(out, head_.data() + taken_, n);
    taken_ += n;
    return n != 0 ? n : rest_->read(out, size);
  }

 private:
  std::vector<char> head_;
  std::size_t taken_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

// Compressed input, a buffer at a time.
class Input {
 public:
  explicit Input(std::unique_ptr<ByteSource> raw) : raw_(std::move(raw)), buffer_(kInputBytes) {}
  // Whether there is a byte, after refilling an empty buffer.
  bool fill() {
    if (next_ == end_) {
      next_ = 0;
      end_ = raw_->read(buffer_.data(), buffer_.size());
    }
    return next_ != end_;
  }
  const char* data() const { return buffer_.data() + next_; }
  std::size_t size() const { return end_ - next_; }
  void take(std::size_t n) { next_ += n; }

 private:
  std::unique_ptr<ByteSource> raw_;
  std::vector<char> buffer_;
  std::size_t next_ = 0, end_ = 0;
};

// What a decompressor makes of its input, by way of a buffer: which bytes are delivered before an
// error does not depend on how many are asked for at a time.
class Decompressed : public ByteSource {
 public:
  Decompressed(std::unique_ptr<ByteSource> raw, std::string name)
      : input_(std::move(raw)), name_(std::move(name)), output_(kOutputBytes) {}
  std::size_t read(char* out, std::size_t size) final {
    while (next_ == made_ && !ended_ && !error_) {
      next_ = 0;
      made_ = step(output_.data(), output_.size());
    }
    if (next_ == made_ && error_) throw *error_;
    const std::size_t n = std::min(size, made_ - next_);
    if (n != 0) std::memcpy(out, output_.data() + next_, n);
    next_ += n;
    return n;
  }

 protected:
  // Makes up to `size` bytes; sets ended_, or calls fail().
  virtual std::size_t step(char* out, std::size_t size) = 0;
  void fail(const std::string& what) {
    error_ = DataError(what, name_, 0, 0, "copy or download the file again");
  }
  Input input_;
  bool ended_ = false;

 private:
  std::string name_;
  std::vector<char> output_;
  std::size_t next_ = 0, made_ = 0;
  std::optional<DataError> error_;
};

class GzipSource final : public Decompressed {
 public:
  GzipSource(std::unique_ptr<ByteSource> raw, std::string name)
      : Decompressed(std::move(raw), std::move(name)) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

 private:
  std::size_t step(char* out, std::size_t size) override {
    const bool more = input_.fill();
    const auto in_size = static_cast<uInt>(input_.size());
    const auto out_size = static_cast<uInt>(size);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = out_size;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    input_.take(in_size - stream_.avail_in);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END)
      next_member();
    else if (!more && stream_.avail_out != 0)
      fail("the gzip data is truncated");
    else if (status != Z_OK && status != Z_BUF_ERROR)
      fail(std::string("the gzip data is damaged: ") +
           (stream_.msg ? stream_.msg : "unknown method"));
    return out_size - stream_.avail_out;
  }
  // Another member may follow; zero bytes may pad the file (as tar and tapes do).
  void next_member() {
    while (input_.fill() && *input_.data() == 0) input_.take(1);
    ended_ = !input_.fill();
    if (!ended_) inflateReset(&stream_);
  }

  z_stream stream_{};
};

class ZstdSource final : public Decompressed {
 public:
  ZstdSource(std::unique_ptr<ByteSource> raw, std::string name)
      : Decompressed(std::move(raw), std::move(name)), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

 private:
  std::size_t step(char* out, std::size_t size) override {
    const bool more = input_.fill();
    ended_ = !more && expected_ == 0;  // after a whole frame
    if (ended_) return 0;
    ZSTD_outBuffer target{out, size, 0};
    ZSTD_inBuffer source{input_.data(), input_.size(), 0};
    expected_ = ZSTD_decompressStream(stream_, &target, &source);
    input_.take(source.pos);
    if (ZSTD_isError(expected_))
      fail(std::string("the zstd data is damaged: ") + ZSTD_getErrorName(expected_));
    else if (!more && target.pos == 0 && expected_ != 0)
      fail("the zstd data is truncated");
    return target.pos;
  }

  ZSTD_DStream* stream_;
  std::size_t expected_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> raw, const std::string& name) {
  std::vector<char> head(sizeof kZstdMagic);
  head.resize(read_fully(*raw, head.data(), head.size()));
  const bool gzip = starts_with(head, kGzipMagic), zstd = starts_with(head, kZstdMagic);
  auto whole = std::make_unique<Prefixed>(std::move(head), std::move(raw));
  if (gzip) return std::make_unique<GzipSource>(std::move(whole), name);
  if (zstd) return std::make_unique<ZstdSource>(std::move(whole), name);
  return whole;
}

}  // namespace crossent::io
