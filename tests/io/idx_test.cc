#include "io/idx.h"

#include <gtest/gtest.h>

#include <limits>

#include "io/idx_support.h"

namespace crossent::test {
namespace {

io::IdxReader open_bytes(std::string_view bytes) {
  return {io::open_memory(bytes, nullptr), "t.idx"};
}

std::vector<double> read_all(std::string_view bytes, std::size_t most) {
  io::IdxReader reader = open_bytes(bytes);
  std::vector<double> all;
  std::vector<char> block;
  while (const std::size_t rows = reader.next(most, &block)) {
    std::vector<double> values(rows * reader.cols());
    io::idx_reals(reader.type(), block.data(), values.size(), values.data());
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

std::string error_of(std::string_view bytes) {
  try {
    read_all(bytes, 2);
  } catch (const DataError& e) {
    EXPECT_EQ(e.file, "t.idx");
    return std::string(e.what()) + " (" + e.hint + ")";
  }
  return "";
}

TEST(Idx, ReadsRowsOfAnyShape) {
  const std::string bytes =
      idx_file(8, {3, 2, 2}, std::string("\0\1\2\3\4\5\6\7\x08\x09\x80\xff", 12));
  const io::IdxReader reader = open_bytes(bytes);
  EXPECT_EQ(reader.rows(), 3u);
  EXPECT_EQ(reader.cols(), 4u);
  EXPECT_EQ(reader.dimensions(), 3u);
  EXPECT_EQ(reader.shape(), "3 x 2 x 2 uint8");
  const std::vector<double> want = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 128, 255};
  for (const std::size_t most : {1, 2, 3, 100}) EXPECT_EQ(read_all(bytes, most), want);
}

TEST(Idx, ReadsEveryTypeFromBigEndian) {
  EXPECT_EQ(read_all(idx_file(9, {3}, "\x7f\x80\xff"), 9), (std::vector<double>{127, -128, -1}));
  EXPECT_EQ(read_all(idx_file(11, {2}, std::string("\x01\x02\xff\xfe", 4)), 9),
            (std::vector<double>{258, -2}));
  EXPECT_EQ(read_all(idx_file(12, {2}, std::string("\x7f\xff\xff\xff\x80\0\0\0", 8)), 9),
            (std::vector<double>{2147483647, -2147483648.0}));
  EXPECT_EQ(read_all(idx_file(13, {2}, std::string("\x3f\x80\0\0\xc0\x20\0\0", 8)), 9),
            (std::vector<double>{1, -2.5}));
  EXPECT_EQ(read_all(idx_file(14, {1}, std::string("\x3f\xf8\0\0\0\0\0\0", 8)), 9),
            std::vector<double>{1.5});
}

TEST(Idx, KnowsItsMagic) {
  EXPECT_TRUE(io::is_idx_magic(std::string_view("\0\0\x08\x03", 4)));
  EXPECT_FALSE(io::is_idx_magic(std::string_view("\0\0\x08", 3)));
  EXPECT_FALSE(io::is_idx_magic(std::string_view("\0\0\x0a\x03", 4)));
  EXPECT_FALSE(io::is_idx_magic(std::string_view("\0\0\x08\0", 4)));
  EXPECT_FALSE(io::is_idx_magic(std::string_view("\0\0\x08\xff", 4)));
  EXPECT_FALSE(io::is_idx_magic("a,b\n"));
}

TEST(Idx, RefusesOtherFormats) {
  const std::string format =
      " (IDX (MNIST's format) begins with 00 00, the type of the elements (08 09 0b 0c 0d 0e) and "
      "the number of dimensions)";
  EXPECT_EQ(error_of(""), "the file is empty, no IDX file" + format);
  EXPECT_EQ(error_of("PK\x03\x04..."),
            "the file begins with 50 4b 03 04, which is no IDX file" + format);
  EXPECT_EQ(error_of(std::string("\0\0\x0a\x01", 4)),
            "the file begins with 00 00 0a 01, which is no IDX file" + format);
  EXPECT_EQ(error_of(std::string("\0\0", 2)),
            "the file begins with 00 00, which is no IDX file" + format);
}

TEST(Idx, RefusesSizesThatDoNotFitTheData) {
  const std::string copy = " (the file is truncated: copy it again)";
  EXPECT_EQ(error_of(std::string("\0\0\x08\x03\0\0\0\1\0", 9)),
            "the header needs 16 bytes, but the file ends after 9" + copy);
  EXPECT_EQ(error_of(idx_file(11, {3, 2}, std::string(11, 'x'))),
            "the header says 3 x 2 int16, 12 bytes, but the data ends after 11" + copy);
  EXPECT_EQ(error_of(idx_file(8, {3}, "")),
            "the header says 3 uint8, 3 bytes, but the data ends after 0" + copy);
  EXPECT_EQ(error_of(idx_file(8, {3, 2}, std::string(7, 'x'))),
            "there is more data than 3 x 2 uint8 (the header and the data differ: copy the file "
            "again)");
}

TEST(Idx, RefusesSizesThatNoMemoryHolds) {
  const std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  const std::string many =
      ", too many (up to 1048576 elements a row and 2147483647 rows are read: the file is "
      "damaged)";
  EXPECT_EQ(error_of(idx_file(8, {1, most, most, most, most, 1, 1, 2}, "x")),
            "the header says 1 x 4294967295 x 4294967295 x 4294967295 x 4294967295 x 1 x 1 x 2 "
            "uint8" +
                many);
  EXPECT_EQ(error_of(idx_file(8, {1, 1024, 1025}, "x")),
            "the header says 1 x 1024 x 1025 uint8" + many);
  EXPECT_EQ(error_of(idx_file(8, {most}, "x")), "the header says 4294967295 uint8" + many);
  const std::string none = ": no elements (every size is 1 at least)";
  EXPECT_EQ(error_of(idx_file(8, {0, 2}, "")), "the header says 0 x 2 uint8" + none);
  EXPECT_EQ(error_of(idx_file(8, {2, 0}, "")), "the header says 2 x 0 uint8" + none);
}

}  // namespace
}  // namespace crossent::test
