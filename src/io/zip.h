#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/byte_source.h"
#include "io/random_access.h"

namespace crossent::io {

struct ZipMember {
  std::string name;
  std::uint64_t header_offset = 0;  ///< of its local header
  std::uint64_t stored_bytes = 0, bytes = 0;
  std::uint32_t crc = 0;
  int method = 0;  ///< 0 stored, 8 deflated
  bool encrypted = false;
};

/// The central directory of a ZIP archive, also of the 64-bit kind (PKWARE APPNOTE 6.3.10).
/// Errors  DataError when there is none or it is damaged.
std::vector<ZipMember> zip_directory(RandomAccess& archive, const std::string& file);

/// The member's bytes; its length and checksum are verified with the last one.
/// `file` is the archive in messages; `archive` must outlive the source.
std::unique_ptr<ByteSource> open_zip_member(RandomAccess& archive, const ZipMember& member,
                                            const std::string& file);

}  // namespace crossent::io
