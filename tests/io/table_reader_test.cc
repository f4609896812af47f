#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "io/table_support.h"

namespace crossent::test {
namespace {

using Texts = std::vector<std::vector<std::string>>;
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(TableReader, ReadsSelectedColumnsByKindInTheOrderSelected) {
  const Table t = read_text("id,p,q,label\na,0.25,1e-3,7\nb,.5,2,-8\n", {},
                            {{"label", ColumnKind::integer},
                             {"q", ColumnKind::real},
                             {"id", ColumnKind::text},
                             {"p", ColumnKind::real}});
  EXPECT_EQ(t.names, (std::vector<std::string>{"id", "p", "q", "label"}));
  EXPECT_EQ(t.reals, (std::vector<std::vector<double>>{{1e-3, .25}, {2, .5}}));
  EXPECT_EQ(t.integers, (std::vector<std::vector<std::int64_t>>{{7}, {-8}}));
  EXPECT_EQ(t.texts, (Texts{{"a"}, {"b"}}));
  EXPECT_EQ(t.lines, (std::vector<std::int64_t>{2, 3}));
}

TEST(TableReader, LineEndsQuotesAndByteOrderMark) {
  const Texts want{{"1", "x,y"}, {"2", "say \"hi\"\r\nthere"}, {"", ""}};
  const std::string_view text = "\xef\xbb\xbf n , \"m\"";
  EXPECT_EQ(error_of(text).substr(0, 10), "t.csv:1:6+");  // a quote after a blank
  const Table t = read_text(
      "\xef\xbb\xbf n ,\" m\"\r\n1,\"x,y\"\r\n2,\"say \"\"hi\"\"\r\nthere\"\r\n,\"\"\r\n\r\n\n");
  EXPECT_EQ(t.names, (std::vector<std::string>{"n", " m"}));
  EXPECT_EQ(t.texts, want);
  EXPECT_EQ(t.lines, (std::vector<std::int64_t>{2, 3, 5}));
}

TEST(TableReader, LastLineNeedsNoLineEnd) {
  EXPECT_EQ(read_text("a,b\n1,2").texts, (Texts{{"1", "2"}}));
  EXPECT_EQ(read_text("a,b\n1,2\r").texts, (Texts{{"1", "2"}}));
  EXPECT_EQ(read_text("a,b\n1,\"2\"").texts, (Texts{{"1", "2"}}));
  EXPECT_EQ(read_text("a,b\n1,").texts, (Texts{{"1", ""}}));
  EXPECT_EQ(read_text("a,b").texts, Texts{});
}

TEST(TableReader, ColumnsWithoutANameAreNamedByNumber) {
  const Table t = read_text("a,,\"\"\n1,2,3\n");
  EXPECT_EQ(t.names, (std::vector<std::string>{"a", "column_2", "column_3"}));
  EXPECT_EQ(t.texts, (Texts{{"1", "2", "3"}}));
}

TEST(TableReader, LinesAreCountedInsideQuotes) {
  EXPECT_EQ(read_text("a\n\"x\ny\"\nz\n").lines, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(read_text("a\n\"x\ny\"\nz").lines, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(read_text("\"a\n\"\n1\n2").lines, (std::vector<std::int64_t>{3, 4}));
}

TEST(TableReader, HeaderOnlyHasNoRows) {
  TableReader reader = TableReader::from_memory("a,b\n\n", "t.csv");
  EXPECT_TRUE(reader.first_row().empty());
  EXPECT_TRUE(reader.has_header());
  EXPECT_EQ(read_all(reader).rows, 0);
  EXPECT_EQ(reader.rows(), 0);
}

TEST(TableReader, FirstValuesAreThoseThatAreNotMissing) {
  std::string text = "a,b,c,d\n";
  for (int i = 0; i < 50; ++i) text += "NA,1,,?\n";
  text += "\"x,\"\"y\",2,,3\n";
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{40}, std::size_t{0}}) {
    TableOptions options;
    options.chunk_bytes = chunk;
    TableReader reader = TableReader::from_memory(text, "t.csv", options);
    EXPECT_EQ(reader.first_values(), (std::vector<std::string>{"x,\"y", "1", "", "3"}));
    EXPECT_EQ(reader.first_values(), (std::vector<std::string>{"x,\"y", "1", "", "3"}));
    EXPECT_EQ(read_all(reader).texts.size(), 51u);
  }
  EXPECT_EQ(TableReader::from_memory("a,b\n", "t.csv").first_values(),
            (std::vector<std::string>{"", ""}));
}

TEST(TableReader, FirstValuesLeaveFaultsToTheRead) {
  TableReader reader = TableReader::from_memory("a,b\nNA,1\n1,2,3\n", "t.csv");
  EXPECT_EQ(reader.first_values(), (std::vector<std::string>{"", "1"}));
  EXPECT_THROW(read_all(reader), DataError);
}

TEST(TableReader, FirstValuesAreLookedForInTheFirstMiBWhateverTheChunks) {
  for (const std::size_t chunk : {std::size_t{1} << 12, std::size_t{1} << 22}) {
    for (const int rows : {(1 << 19) - 1, 1 << 19}) {  // of two bytes
      std::string text = "a\n";
      for (int i = 0; i < rows; ++i) text += "?\n";
      text += "5\n";
      TableOptions options;
      options.chunk_bytes = chunk;
      TableReader reader = TableReader::from_memory(text, "t.csv", options);
      EXPECT_EQ(reader.first_values()[0], rows < 1 << 19 ? "5" : "");
    }
  }
}

TEST(TableReader, HeaderIsInferredFromNumbersInLineOne) {
  TableReader with = TableReader::from_memory("a,b\n1,\"x\"\"\"\n", "t.csv");
  EXPECT_TRUE(with.has_header());
  EXPECT_EQ(with.first_row(), (std::vector<std::string>{"1", "x\""}));
  EXPECT_EQ(with.find("b"), std::optional<std::size_t>(1));
  EXPECT_EQ(with.find("c"), std::nullopt);
  TableReader without = TableReader::from_memory("a,5\nb,6\n", "t.csv");
  EXPECT_FALSE(without.has_header());
  EXPECT_EQ(without.names(), (std::vector<std::string>{"column_1", "column_2"}));
  EXPECT_EQ(without.first_row(), (std::vector<std::string>{"a", "5"}));
  EXPECT_EQ(read_all(without).texts, (Texts{{"a", "5"}, {"b", "6"}}));
  TableOptions yes, no;
  yes.header = Header::yes;
  no.header = Header::no;
  EXPECT_EQ(read_text("1,2\n3,4\n", yes).texts, (Texts{{"3", "4"}}));
  EXPECT_EQ(read_text("a,b\nc,d\n", no).texts, (Texts{{"a", "b"}, {"c", "d"}}));
}

TEST(TableReader, DelimiterIsChosenByExtensionThenByLineOne) {
  const auto delimiter = [](std::string_view text, std::string name, TableOptions options = {}) {
    return TableReader::from_memory(text, std::move(name), options).delimiter();
  };
  EXPECT_EQ(delimiter("a,b\n", "t.csv"), ',');
  EXPECT_EQ(delimiter("a;b\n,,,\n", "t.csv"), ';');
  EXPECT_EQ(delimiter("a\tb\n", "t.csv"), '\t');
  EXPECT_EQ(delimiter("\"a;;\n;\",b\n", "t.csv"), ',');
  EXPECT_EQ(delimiter("a,b\n", "t.tsv"), '\t');
  EXPECT_EQ(delimiter("a,b\n", "t.tsv.gz"), '\t');
  EXPECT_EQ(delimiter("alone\n", "t.csv"), ',');
  TableOptions bar;
  bar.delimiter = '|';
  EXPECT_EQ(delimiter("a|b\n", "t.tsv", bar), '|');
  bar.delimiter = 'x';  // also the padding of the scanner
  EXPECT_EQ(read_text("axb\n1x2\n", bar).texts, (Texts{{"1", "2"}}));
  bar.delimiter = '"';
  EXPECT_THROW(delimiter("a\n", "t.csv", bar), ValueError);
}

TEST(TableReader, RealsAreCorrectlyRoundedAndSpecialValuesAreRead) {
  const Table t = read_text(
      "x\n0.1\n 2.5\t\n+3\n-0\n9007199254740993\n2.2250738585072011e-308\n1e-999\n"
      "1.7976931348623157e308\n\"4\"\nnan\n-NaN\nINF\n-inf\n+Infinity\n",
      {}, {{"x", ColumnKind::real}});
  std::vector<double> got;
  for (const auto& row : t.reals) got.push_back(row[0]);
  ASSERT_EQ(got.size(), 14u);
  const std::vector<double> want{0.1,
                                 2.5,
                                 3,
                                 -0.0,
                                 9007199254740992,
                                 0x0.fffffffffffffp-1022,
                                 0,
                                 std::numeric_limits<double>::max(),
                                 4};
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i], want[i]) << i;
  EXPECT_TRUE(std::signbit(got[3]));
  EXPECT_TRUE(std::isnan(got[9]) && std::isnan(got[10]));
  EXPECT_EQ(got[11], kInf);
  EXPECT_EQ(got[12], -kInf);
  EXPECT_EQ(got[13], kInf);
}

TEST(TableReader, IntegersKeepAllTheirBits) {
  const Table t = read_text("n\n9223372036854775807\n-9223372036854775808\n +7 \n007\n", {},
                            {{"n", ColumnKind::integer}});
  EXPECT_EQ(t.integers,
            (std::vector<std::vector<std::int64_t>>{{INT64_MAX}, {INT64_MIN}, {7}, {7}}));
}

}  // namespace
}  // namespace crossent::test
