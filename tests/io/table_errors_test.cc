#include <gtest/gtest.h>

#include "io/table_support.h"
#include "io/temporary_folder.h"

namespace crossent::test {
namespace {

const std::vector<Column> kReal = {{"p", ColumnKind::real}};
const std::vector<Column> kInteger = {{"n", ColumnKind::integer}};

TEST(TableErrors, WrongNumberOfFields) {
  EXPECT_EQ(error_of("a,b\n1,2\n3\n"), "t.csv:3:2+1: the row has 1 field, expected 2 | 3 at 2 ()");
  EXPECT_EQ(
      error_of("a,b\n1,2,\"x,y\",4\n"),
      "t.csv:2:5+7: the row has 4 fields, expected 2 | 1,2,\"x,y\",4 at 5 (put fields that hold "
      "the separator in quotes)");
  EXPECT_EQ(error_of("a,b\r\n1,2\r\n\r\n3,4\r\n"),
            "t.csv:3:1+1: the line is blank |  at 1 (blank lines are allowed at the end of the "
            "file only)");
  EXPECT_EQ(error_of("\n\na,b\n"),
            "t.csv:1:1+1: the line is blank |  at 1 (blank lines are allowed at the end of the "
            "file only)");
}

TEST(TableErrors, TextInANumber) {
  EXPECT_EQ(error_of("id,p\n\"x\ny\",0.5\nz,abc\n", {}, kReal),
            "t.csv:4:3+3: \"abc\" is not a number (column \"p\") | z,abc at 3 ()");
  EXPECT_EQ(error_of("id,p,q\n\"x\ny\",\"1x\",3\n", {}, kReal),
            "t.csv:3:4+4: \"1x\" is not a number (column \"p\") | y\",\"1x\",3 at 4 ()");
  EXPECT_EQ(
      error_of("p\nNA\n", {}, kReal),
      "t.csv:2:1+2: \"NA\" is not a number (column \"p\") | NA at 1 (a missing value cannot be "
      "read: fill it in or remove the row)");
  EXPECT_EQ(
      error_of("id;p\n1;0,5\n", {}, kReal),
      "t.csv:2:3+3: \"0,5\" is not a number (column \"p\") | 1;0,5 at 3 (it looks like a decimal "
      "comma: write 0.5)");
  EXPECT_EQ(
      error_of("id,p\n1, \n", {}, kReal),
      "t.csv:2:3+1: column \"p\" is empty where a number is expected | 1,  at 3 (a missing value "
      "cannot be read: fill it in or remove the row)");
  for (const char* bad : {"+-1", "--1", "++1", "1e", "e1", ".", "-", "+", "0x10", "1_000", "1 2",
                          "nan(1)", "infinit", "1f", "- 1", "+nan1"})
    EXPECT_EQ(error_of("p\n" + std::string(bad) + "\n", {}, kReal).substr(0, 10), "t.csv:2:1+")
        << bad;
}

TEST(TableErrors, NumbersOutOfRange) {
  EXPECT_EQ(
      error_of("p\n1\n-1e999\n", {}, kReal),
      "t.csv:3:1+6: \"-1e999\" is too large for a 64-bit float (column \"p\") | -1e999 at 1 ()");
  EXPECT_EQ(error_of("n\n9223372036854775808\n", {}, kInteger),
            "t.csv:2:1+19: \"9223372036854775808\" is outside the range of 64-bit integers (column "
            "\"n\") | "
            "9223372036854775808 at 1 ()");
  EXPECT_EQ(error_of("n\n-9223372036854775809\n", {}, kInteger).substr(0, 11), "t.csv:2:1+2");
}

TEST(TableErrors, NoIntegers) {
  const std::string hint = " (write whole numbers without a fraction or exponent)";
  EXPECT_EQ(error_of("n\n1.0\n", {}, kInteger),
            "t.csv:2:1+3: \"1.0\" is not an integer (column \"n\") | 1.0 at 1" + hint);
  EXPECT_EQ(error_of("n\n1e3\n", {}, kInteger),
            "t.csv:2:1+3: \"1e3\" is not an integer (column \"n\") | 1e3 at 1" + hint);
  EXPECT_EQ(error_of("n\nnan\n", {}, kInteger),
            "t.csv:2:1+3: \"nan\" is not an integer (column \"n\") | nan at 1" + hint);
  EXPECT_EQ(error_of("n,m\ncat,1\n", {}, kInteger),
            "t.csv:2:1+3: \"cat\" is not an integer (column \"n\") | cat,1 at 1 ()");
  EXPECT_EQ(error_of("n,m\n,1\n", {}, kInteger),
            "t.csv:2:1+1: column \"n\" is empty where an integer is expected | ,1 at 1 (a missing "
            "value cannot be read: fill it in or remove the row)");
}

TEST(TableErrors, Quotes) {
  EXPECT_EQ(
      error_of("a,b\n1,2\n3,\"x\ny,z\n5,6\n"),
      "t.csv:3:3+1: the quote that opens here is never closed | 3,\"x at 3 (close it, or double a "
      "quote that is part of the text)");
  EXPECT_EQ(
      error_of("a,b\n1,x\"y\"\n"),
      "t.csv:2:4+1: a quote stands inside a field that does not begin with one | 1,x\"y\" at 4 "
      "(put the whole field in quotes and double the quotes inside it)");
  EXPECT_EQ(
      error_of("a,b\n1,\"x\"y\n"),
      "t.csv:2:6+1: text follows a closing quote | 1,\"x\"y at 6 (a quote inside a quoted field "
      "is written twice)");
  EXPECT_EQ(error_of("a,b\n1,\"x\" \n").substr(0, 12), "t.csv:2:6+1:");
}

TEST(TableErrors, BytesThatAreNoText) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(
      error_of("a,b\n1,2\n3,\0004\n"sv),
      std::string("t.csv:3:3+1: the file holds a NUL byte | 3,\0004 at 3 (a text file in UTF-8 is "
                  "expected; is this UTF-16 or a binary file?)"sv));
  EXPECT_EQ(error_of("a,\"x\0\"\n1,2\n"sv).substr(0, 12), "t.csv:1:5+1:");
  EXPECT_EQ(
      error_of("a,b\r1,2\r3,4\r"),
      "t.csv:1:4+1: a carriage return stands without a line feed | a,b\r1,2\r3,4 at 4 (end lines "
      "with LF or CR LF, or put the field in quotes)");
  EXPECT_EQ(error_of("\xff\xfe"
                     "a\0,\0b\0\n\0"sv),
            "t.csv:1:1+1: the text is UTF-16 |  at 1 (convert it: iconv -f UTF-16 -t UTF-8)");
}

TEST(TableErrors, NothingButBlankLines) {
  for (const std::string text : {"\r\n\n", "\n\n", " \t\n ", "  \n\n", " \n\r", "\n\r"})
    for (const std::size_t chunk : {1, 2, 3, 64}) {
      TableOptions options;
      options.chunk_bytes = chunk;
      EXPECT_EQ(error_of(text, options),
                "t.csv:0:0+1: there are no rows: nothing but 2 blank lines |  at 0 (a header line "
                "and rows are expected)");
    }
  EXPECT_EQ(error_of("\n").substr(0, 54), "t.csv:0:0+1: there are no rows: nothing but 1 blank li");
}

// Two lines of a million hold a blank where the cut may fall before, between or after them.
TEST(TableErrors, ManyBlankLines) {
  const std::string lines((1u << 20) + 10, '\n');
  std::string with_blanks = lines;
  with_blanks[5] = with_blanks[900'000] = ' ';
  for (const std::size_t chunk : {64u << 10, 950'000u, 2u << 20}) {
    TableOptions options;
    options.chunk_bytes = chunk;
    EXPECT_EQ(error_of(lines, options).substr(0, 53),
              "t.csv:0:0+1: there are no rows: nothing but 1048586 b");
    EXPECT_EQ(error_of(with_blanks, options).substr(0, 33), "t.csv:1:1+1: the line is blank | ");
  }
}

TEST(TableErrors, HeaderAndColumns) {
  EXPECT_EQ(error_of(""),
            "t.csv:0:0+1: the file is empty |  at 0 (a header line and rows are expected)");
  EXPECT_EQ(error_of("\xef\xbb\xbf"), error_of(""));
  EXPECT_EQ(error_of("a,b,\"a\"\n"),
            "t.csv:1:5+3: two columns are named \"a\" | a,b,\"a\" at 5 (column names must differ)");
  EXPECT_EQ(error_of("column_2,\n1,2\n").substr(0, 50),
            "t.csv:1:10+1: two columns are named \"column_2\" | c");
  EXPECT_EQ(error_of("a,b\n1,2\n", {}, kReal), "t.csv:1:0+1: there is no column \"p\" |  at 0 ()");
}

TEST(TableErrors, RecordsLongerThanTheLimit) {
  TableOptions options;
  options.max_record_bytes = 10;
  const std::string want =
      "t.csv:2:1+1: the record is longer than 10 bytes | 0123456789x at 1 (is a quote opened and "
      "never "
      "closed, or is this no text file?)";
  for (const std::size_t chunk : {1, 4, 100}) {
    options.chunk_bytes = chunk;
    EXPECT_EQ(error_of("a\n0123456789\r\n0123456789", options), "");
    EXPECT_EQ(error_of("a\n0123456789x", options), want);
    EXPECT_EQ(error_of("a\n0123456789x\n", options), want);
    EXPECT_EQ(error_of("a\n0123456789xyz, and so on for 2 GB", options), want);
    EXPECT_EQ(error_of("a\n\"123456\n789xyz\n", options).substr(0, 43),
              "t.csv:2:1+1: the record is longer than 10 b");
  }
}

TEST(TableErrors, LongLinesAreShortenedAroundTheField) {
  const std::string before(300, 'a'), after(300, 'b');
  try {
    read_text("x,p,y\n" + before + ",oops," + after + "\n", {}, kReal);
    FAIL() << "no throw";
  } catch (const DataError& e) {
    EXPECT_EQ(e.column, 302);
    EXPECT_EQ(e.width, 4);
    EXPECT_EQ(e.excerpt, "..." + std::string(39, 'a') + ",oops," + std::string(55, 'b') + "...");
    EXPECT_EQ(e.excerpt.substr(static_cast<std::size_t>(e.excerpt_column - 1), 4), "oops");
  }
  // Characters of several bytes are not cut.
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xa4";
  try {
    read_text("x,p,y\n" + umlauts + "z,oops," + umlauts + "\n", {}, kReal);
    FAIL() << "no throw";
  } catch (const DataError& e) {
    EXPECT_EQ(e.excerpt.substr(0, 5), "...\xc3\xa4");
    EXPECT_EQ(e.excerpt.substr(e.excerpt.size() - 5), "\xc3\xa4...");
    EXPECT_EQ(e.excerpt.substr(static_cast<std::size_t>(e.excerpt_column - 1), 4), "oops");
  }
}

TEST(TableErrors, TheFirstOneInTheFileIsThrownWhateverTheThreadsDo) {
  std::string text = "p\n";
  for (int i = 0; i < 2000; ++i) text += i % 100 == 57 ? "bad\n" : "0.5\n";
  TableOptions options;
  options.chunk_bytes = 16;
  options.max_block_values = 3;
  for (const int threads : {1, 2, 7}) {
    options.threads = threads;
    for (int repeat = 0; repeat < 20; ++repeat) {
      TableReader reader = TableReader::from_memory(text, "t.csv", options);
      std::atomic<std::int64_t> before{0};
      try {
        reader.read(kReal, [&](const TableBlock& block) {
          for (std::size_t i = 0; i < block.rows; ++i)
            before += block.first_row + static_cast<std::int64_t>(i) < 57;
        });
        FAIL() << "no throw";
      } catch (const DataError& e) {
        EXPECT_EQ(e.line, 59);
      }
      EXPECT_EQ(before, 57);  // every row before it was delivered
      EXPECT_EQ(reader.rows(), 57);
    }
  }
}

TEST(TableErrors, ErrorsOfTheCallbackKeepTheOrderOfTheFile) {
  std::string text = "p,n\n";
  for (int i = 0; i < 500; ++i) text += (i == 400 ? "oops," : "0.5,") + std::to_string(i) + "\n";
  TableOptions options;
  options.threads = 3;
  for (const std::size_t chunk : {1, 50, 10000}) {
    options.chunk_bytes = chunk;
    TableReader reader = TableReader::from_memory(text, "t.csv", options);
    const std::vector<Column> columns = {{"p", ColumnKind::real}, {"n", ColumnKind::integer}};
    try {
      reader.read(columns, [](const TableBlock& block) {
        for (std::size_t i = 0; i < block.rows; ++i)
          if (block.integers(1)[i] >= 250) throw block.error(i, 1, "too large", "divide");
      });
      FAIL() << "no throw";
    } catch (const DataError& e) {
      EXPECT_STREQ(e.what(), "too large");
      EXPECT_EQ(e.line, 252);
      EXPECT_EQ(e.column, 5);
      EXPECT_EQ(e.width, 3);
      EXPECT_EQ(e.excerpt, "0.5,250");
      EXPECT_EQ(e.hint, "divide");
    }
  }
}

TEST(TableErrors, AsksForColumnsOfTheRightKind) {
  TableReader reader = TableReader::from_memory("p\n1\n", "t.csv");
  EXPECT_THROW(reader.read(kReal, [](const TableBlock& block) { block.texts(0); }), ValueError);
  EXPECT_THROW(reader.read(kReal, [](const TableBlock&) {}), std::logic_error);
}

TEST(TableErrors, FilesThatCannotBeReadAreIoErrors) {
  const TemporaryFolder folder;
  const auto what = [](const std::string& path) -> std::string {
    try {
      TableReader reader(path);
    } catch (const IoError& e) {
      return e.what();
    }
    return "";
  };
  const std::string path = folder.path().string();
  EXPECT_EQ(what(path + "/no.csv"), "cannot open " + path + "/no.csv: No such file or directory");
  EXPECT_EQ(what(path), "cannot read " + path + ": Is a directory");
}

}  // namespace
}  // namespace crossent::test
