// NPZ archives: the ZIP directory, both methods, 64-bit fields, damage.
#include <gtest/gtest.h>

#include <numeric>

#include "crossent/dataset.h"
#include "io/npy_support.h"
#include "io/temporary_folder.h"
#include "io/zip_support.h"

namespace crossent::test {
namespace {

std::vector<double> numbers(int count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

ZipMember array_member(const std::string& name, int count, int method) {
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
      ZipMember stored = array_member("logits", 3000, 0), packed = array_member("y", 70'000, 8);
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
    ZipMember member = array_member("a", 3000, 8);
    change(member);
    return error_of(zip_file({member}));
  };
  const std::string start = "z.npz: the NPZ archive is damaged: ";
  EXPECT_EQ(damaged([](ZipMember& m) { m.crc_error = 1; }),
            start + "the checksum of \"a.npy\" is wrong" + kCopy);
  EXPECT_EQ(damaged([](ZipMember& m) { m.flags = 1; }),
            "z.npz: \"a.npy\" is encrypted (save the archive without a password)");
  EXPECT_EQ(damaged([](ZipMember& m) { m.method = 12; }),
            "z.npz: \"a.npy\" is compressed by method 12 (save it with numpy.savez or "
            "numpy.savez_compressed)");
  // The size in the directory disagrees with the array's header before anything is inflated.
  EXPECT_EQ(damaged([](ZipMember& m) { m.size_error = -8; }).substr(0, 50),
            "z.npz[a]: the header says 3000 rows of 8 bytes, bu");
  // A member that inflates to another size than both say.
  EXPECT_EQ(damaged([](ZipMember& m) {
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
