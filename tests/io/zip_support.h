#pragma once
#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crossent::test {

inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  return text;
}

inline std::string deflated(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct ZipMember {
  std::string name, bytes;
  int method = 0, flags = 0;
  bool wide = false;            // sizes and offset in the 64-bit extra field
  std::int64_t size_error = 0;  // added to the size that the directory states
  std::uint32_t crc_error = 0;
};

// The bytes of a ZIP archive, written field by field (PKWARE APPNOTE 4.3).
inline std::string zip_file(const std::vector<ZipMember>& members, bool wide_directory = false,
                            const std::string& comment = "") {
  std::string archive, directory;
  for (const ZipMember& member : members) {
    const std::string stored = member.method == 8 ? deflated(member.bytes) : member.bytes;
    const std::uint64_t offset = archive.size();
    const std::uint64_t size = member.bytes.size() + static_cast<std::uint64_t>(member.size_error);
    const std::uint32_t crc =
        member.crc_error ^
        static_cast<std::uint32_t>(
            crc32_z(0, reinterpret_cast<const Bytef*>(member.bytes.data()), member.bytes.size()));
    const std::string shared = number(20, 2) + number(static_cast<std::uint64_t>(member.flags), 2) +
                               number(static_cast<std::uint64_t>(member.method), 2) + number(0, 4) +
                               number(crc, 4);
    const std::uint64_t none = 0xffffffff;
    archive += "PK\x03\x04" + shared + number(stored.size(), 4) + number(size, 4) +
               number(member.name.size(), 2) + number(5, 2) + member.name + "extra" + stored;
    std::string extra = number(0x5455, 2) + number(1, 2) + "t";
    if (member.wide)
      extra += number(1, 2) + number(24, 2) + number(size, 8) + number(stored.size(), 8) +
               number(offset, 8);
    directory += "PK\x01\x02" + number(20, 2) + shared +
                 number(member.wide ? none : stored.size(), 4) +
                 number(member.wide ? none : size, 4) + number(member.name.size(), 2) +
                 number(extra.size(), 2) + number(3, 2) + number(0, 8) +
                 number(member.wide ? none : offset, 4) + member.name + extra + "why";
  }
  const std::uint64_t start = archive.size(), count = members.size();
  archive += directory;
  if (wide_directory)
    archive += "PK\x06\x06" + number(44, 8) + number(45, 4) + number(0, 8) + number(count, 8) +
               number(count, 8) + number(directory.size(), 8) + number(start, 8) + "PK\x06\x07" +
               number(0, 4) + number(start + directory.size(), 8) + number(1, 4);
  const std::uint64_t none = wide_directory ? 0xffffffff : 0;
  return archive + "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) +
         number(directory.size() | none, 4) + number(start | none, 4) + number(comment.size(), 2) +
         comment;
}

}  // namespace crossent::test
