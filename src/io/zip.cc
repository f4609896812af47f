#include "io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "io/excerpt.h"

namespace crossent::io {
namespace {

constexpr std::string_view kEnd = "PK\x05\x06", kEnd64 = "PK\x06\x06", kLocator64 = "PK\x06\x07",
                           kEntry = "PK\x01\x02", kLocal = "PK\x03\x04";
constexpr std::size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kEntryBytes = 46,
                      kLocalBytes = 30, kLongestComment = 65535, kInputBytes = 64 * 1024,
                      kLargestDirectory = 64u << 20;
constexpr std::uint64_t kIn64 = 0xffffffffu;  // the value is in the 64-bit record

DataError damaged(const std::string& file, const std::string& what) {
  return DataError("the NPZ archive is damaged: " + what, file, 0, 0,
                   "copy the file or save the arrays again");
}

// Little-endian number of `bytes` bytes; the caller has checked that they exist.
std::uint64_t number(std::string_view text, std::size_t offset, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(text[offset + i]);
  return value;
}

std::string read_text(RandomAccess& archive, std::uint64_t offset, std::uint64_t size,
                      const std::string& file, const char* part) {
  if (offset > archive.size() || size > archive.size() - offset)
    throw damaged(file, std::string(part) + " is outside the file");
  if (size > kLargestDirectory) throw damaged(file, std::string(part) + " is longer than 64 MB");
  std::string text(size, '\0');
  archive.read(offset, text.data(), size);
  return text;
}

struct Directory {
  std::uint64_t offset = 0, bytes = 0;
};

Directory find_directory(RandomAccess& archive, const std::string& file) {
  const std::uint64_t tail_bytes =
      std::min<std::uint64_t>(archive.size(), kEndBytes + kLongestComment);
  const std::uint64_t tail_offset = archive.size() - tail_bytes;
  const std::string tail = read_text(archive, tail_offset, tail_bytes, file, "its end");
  const std::size_t end = tail.rfind(kEnd);
  if (end == std::string::npos || tail.size() - end < kEndBytes)
    throw damaged(file, "its directory is missing (a truncated copy?)");
  const Directory found{number(tail, end + 16, 4), number(tail, end + 12, 4)};
  const std::string_view before(tail.data(), end);
  if (end < kLocatorBytes || !before.substr(end - kLocatorBytes).starts_with(kLocator64))
    return found;
  const std::string end64 = read_text(archive, number(before, end - kLocatorBytes + 8, 8),
                                      kEnd64Bytes, file, "its 64-bit directory");
  if (!end64.starts_with(kEnd64)) throw damaged(file, "its 64-bit directory is missing");
  return {number(end64, 48, 8), number(end64, 40, 8)};
}

// Replaces the values that the 64-bit extra field holds, in its fixed order.
void apply_extra64(std::string_view extra, ZipMember* member, const std::string& file) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number(extra, 0, 2), size = number(extra, 2, 2);
    extra.remove_prefix(4);
    if (size > extra.size()) return;
    std::string_view field = extra.substr(0, size);
    extra.remove_prefix(size);
    if (id != 1) continue;
    for (std::uint64_t* value : {&member->bytes, &member->stored_bytes, &member->header_offset}) {
      if (*value != kIn64) continue;
      if (field.size() < 8) throw damaged(file, "a 64-bit size is missing");
      *value = number(field, 0, 8);
      field.remove_prefix(8);
    }
  }
}

// The member's bytes as stored.
class StoredSource : public ByteSource {
 public:
  StoredSource(RandomAccess& archive, std::uint64_t offset, std::uint64_t bytes)
      : archive_(archive), offset_(offset), left_(bytes) {}
  std::size_t read(char* out, std::size_t size) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    archive_.read(offset_, out, n);
    offset_ += n;
    left_ -= n;
    return n;
  }

 private:
  RandomAccess& archive_;
  std::uint64_t offset_, left_;
};

class InflatedSource final : public ByteSource {
 public:
  InflatedSource(std::unique_ptr<ByteSource> stored, std::string file)
      : stored_(std::move(stored)), file_(std::move(file)), input_(kInputBytes) {
    constexpr int kRawDeflate = -MAX_WBITS;
    if (inflateInit2(&stream_, kRawDeflate) != Z_OK) throw std::bad_alloc();
  }
  ~InflatedSource() override { inflateEnd(&stream_); }

  std::size_t read(char* out, std::size_t size) override {
    std::size_t done = 0;
    while (done < size && !ended_) {
      if (stream_.avail_in == 0) {
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(stored_->read(input_.data(), input_.size()));
      }
      const auto room = static_cast<uInt>(std::min<std::size_t>(size - done, 1u << 30));
      stream_.next_out = reinterpret_cast<Bytef*>(out + done);
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      ended_ = status == Z_STREAM_END;
      if (!ended_ && status != Z_OK) throw damaged(file_, "a member cannot be inflated");
      done += room - stream_.avail_out;
    }
    return done;
  }

 private:
  std::unique_ptr<ByteSource> stored_;
  std::string file_;
  std::vector<char> input_;
  z_stream stream_{};
  bool ended_ = false;
};

class VerifiedSource final : public ByteSource {
 public:
  VerifiedSource(std::unique_ptr<ByteSource> bytes, const ZipMember& member, std::string file)
      : bytes_(std::move(bytes)),
        left_(member.bytes),
        expected_(member.crc),
        name_(member.name),
        file_(std::move(file)) {}
  std::size_t read(char* out, std::size_t size) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    const std::size_t got = read_fully(*bytes_, out, wanted);
    if (got < wanted) throw damaged(file_, quoted_text(name_) + " is shorter than its size says");
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(out), got);
    left_ -= got;
    if (left_ == 0 && got != 0) verify();
    return got;
  }

 private:
  void verify() {
    char more;
    if (crc_ != expected_)
      throw damaged(file_, "the checksum of " + quoted_text(name_) + " is wrong");
    if (bytes_->read(&more, 1) != 0)
      throw damaged(file_, quoted_text(name_) + " is longer than its size says");
  }
  std::unique_ptr<ByteSource> bytes_;
  std::uint64_t left_;
  std::uint32_t expected_;
  uLong crc_ = 0;
  std::string name_, file_;
};

}  // namespace

std::vector<ZipMember> zip_directory(RandomAccess& archive, const std::string& file) {
  const Directory place = find_directory(archive, file);
  const std::string text = read_text(archive, place.offset, place.bytes, file, "its directory");
  std::vector<ZipMember> members;
  for (std::string_view rest = text; rest.starts_with(kEntry);) {
    if (rest.size() < kEntryBytes) throw damaged(file, "its directory is truncated");
    const std::uint64_t name = number(rest, 28, 2), extra = number(rest, 30, 2),
                        comment = number(rest, 32, 2);
    if (rest.size() < kEntryBytes + name + extra + comment)
      throw damaged(file, "its directory is truncated");
    ZipMember member;
    member.encrypted = (number(rest, 8, 2) & 1) != 0;
    member.method = static_cast<int>(number(rest, 10, 2));
    member.crc = static_cast<std::uint32_t>(number(rest, 16, 4));
    member.stored_bytes = number(rest, 20, 4);
    member.bytes = number(rest, 24, 4);
    member.header_offset = number(rest, 42, 4);
    member.name = rest.substr(kEntryBytes, name);
    apply_extra64(rest.substr(kEntryBytes + name, extra), &member, file);
    members.push_back(std::move(member));
    rest.remove_prefix(kEntryBytes + name + extra + comment);
  }
  return members;
}

std::unique_ptr<ByteSource> open_zip_member(RandomAccess& archive, const ZipMember& member,
                                            const std::string& file) {
  const std::string shown = quoted_text(member.name);
  if (member.encrypted)
    throw DataError(shown + " is encrypted", file, 0, 0, "save the archive without a password");
  if (member.method != 0 && member.method != 8)
    throw DataError(shown + " is compressed by method " + std::to_string(member.method), file, 0, 0,
                    "save it with numpy.savez or numpy.savez_compressed");
  const std::string local =
      read_text(archive, member.header_offset, kLocalBytes, file, "a member's header");
  if (!local.starts_with(kLocal)) throw damaged(file, "the header of " + shown + " is missing");
  const std::uint64_t begin =
      member.header_offset + kLocalBytes + number(local, 26, 2) + number(local, 28, 2);
  if (begin > archive.size() || member.stored_bytes > archive.size() - begin)
    throw damaged(file, shown + " is truncated");
  std::unique_ptr<ByteSource> bytes =
      std::make_unique<StoredSource>(archive, begin, member.stored_bytes);
  if (member.method == 8) bytes = std::make_unique<InflatedSource>(std::move(bytes), file);
  return std::make_unique<VerifiedSource>(std::move(bytes), member, file);
}

}  // namespace crossent::io
