// NPZ archives: the ZIP directory, both methods, 64-bit fields, damage.
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>

#include "crossent/dataset.h"
#include "io/npy_support.h"
#include "io/temporary_folder.h"

namespace crossent::test {
namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  return text;
}

std::string deflated(std::string_view text) {
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

struct Member {
  std::string name, bytes;
  int method = 0, flags = 0;
  bool wide = false;            // sizes and offset in the 64-bit extra field
  std::int64_t size_error = 0;  // added to the size that the directory states
  std::uint32_t crc_error = 0;
};

// The bytes of a ZIP archive, written field by field (PKWARE APPNOTE 4.3).
std::string zip_file(const std::vector<Member>& members, bool wide_directory = false,
                     const std::string& comment = "") {
  std::string archive, directory;
  for (const Member& member : members) {
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

std::vector<double> numbers(int count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

Member array_member(const std::string& name, int count, int method) {
  return {name + ".npy",
          npy_file(npy_header("<f8", "(" + std::to_string(count) + ",)"), bytes_of(numbers(count))),
          method};
}

std::vector<double> read(const std::string& archive, const std::string& member = "") {
  ArrayOptions options;
  options.member = member;
  options.block_bytes = 4096;
  options.threads = 2;
  ArrayReader reader = ArrayReader::from_memory(archive, "z.npz", options);
  std::vector<double> values(static_cast<std::size_t>(reader.rows()));
  reader.read([&](const ArrayBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i)
      values[static_cast<std::size_t>(block.first_row) + i] = block.view<double>()(i, 0);
  });
  return values;
}

std::string error_of(const std::string& archive, const std::string& member = "") {
  try {
    read(archive, member);
  } catch (const DataError& e) {
    return e.file + ": " + e.what() + " (" + e.hint + ")";
  }
  return "";
}

const std::string kCopy = " (copy the file or save the arrays again)";

TEST(Archive, ReadsStoredAndDeflatedMembersOfEveryKindOfDirectory) {
  for (const bool wide : {false, true})
    for (const char* comment : {"", "a comment PK"}) {
      Member stored = array_member("logits", 3000, 0), packed = array_member("y", 70'000, 8);
      stored.wide = packed.wide = wide;
      const std::string archive = zip_file({stored, packed}, wide, comment);
      EXPECT_EQ(read(archive, "logits"), numbers(3000));
      EXPECT_EQ(read(archive, "y.npy"), numbers(70'000));
    }
  EXPECT_EQ(read(zip_file({array_member("only", 5, 8)})), numbers(5));
}

TEST(Archive, ListsItsMembers) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("z.npz", zip_file({array_member("b", 1, 0), array_member("a", 1, 8)}));
  EXPECT_EQ(archive_members(path), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(detect_format(path), FileFormat::npz);
  EXPECT_EQ(detect_format(folder.write("a", array_member("a", 1, 0).bytes)), FileFormat::npy);
  EXPECT_EQ(detect_format(folder.write("t", "a,b\n")), FileFormat::table);
  EXPECT_EQ(detect_format(folder.write("e", "")), FileFormat::table);
  EXPECT_THROW(archive_members(folder.write("t", "a,b\n")), DataError);
  ArrayOptions options;
  options.member = "a";
  EXPECT_EQ(ArrayReader(path, options).path(), path + "[a]");
}

TEST(Archive, AsksForAMemberByName) {
  const std::string two = zip_file({array_member("b", 1, 0), array_member("a", 1, 0)});
  EXPECT_EQ(error_of(two), "z.npz: the NPZ archive holds 2 arrays (name one of b, a)");
  EXPECT_EQ(error_of(two, "c"), "z.npz: the NPZ archive holds no array \"c\" (it holds b, a)");
  EXPECT_EQ(error_of(zip_file({})), "z.npz: the NPZ archive holds no arrays ()");
  EXPECT_EQ(error_of(array_member("a", 1, 0).bytes, "a"),
            "z.npz: the file is no NPZ archive and has no array \"a\" ()");
}

TEST(Archive, RefusesDamage) {
  const auto damaged = [](auto change) {
    Member member = array_member("a", 3000, 8);
    change(member);
    return error_of(zip_file({member}));
  };
  const std::string start = "z.npz: the NPZ archive is damaged: ";
  EXPECT_EQ(damaged([](Member& m) { m.crc_error = 1; }),
            start + "the checksum of \"a.npy\" is wrong" + kCopy);
  EXPECT_EQ(damaged([](Member& m) { m.flags = 1; }),
            "z.npz: \"a.npy\" is encrypted (save the archive without a password)");
  EXPECT_EQ(damaged([](Member& m) { m.method = 12; }),
            "z.npz: \"a.npy\" is compressed by method 12 (save it with numpy.savez or "
            "numpy.savez_compressed)");
  // The size in the directory disagrees with the array's header before anything is inflated.
  EXPECT_EQ(damaged([](Member& m) { m.size_error = -8; }).substr(0, 50),
            "z.npz[a]: the header says 3000 rows of 8 bytes, bu");
  // A member that inflates to another size than both say.
  EXPECT_EQ(damaged([](Member& m) {
              m.bytes.resize(m.bytes.size() - 8);
              m.size_error = 8;
            }),
            start + "\"a.npy\" is shorter than its size says" + kCopy);
  const std::string archive = zip_file({array_member("a", 3000, 0)});
  EXPECT_EQ(error_of(archive.substr(0, 20'000)),
            start + "its directory is missing (a truncated copy?)" + kCopy);
  EXPECT_EQ(error_of(archive.substr(1000)).substr(0, 37), "z.npz: this is not an NPY file (save ");
  EXPECT_EQ(error_of("PK" + archive.substr(1002)).substr(0, 35 + 7), start + "its dir");
}

}  // namespace
}  // namespace crossent::test
