#include "io/libsvm.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace crossent::test {
namespace {

/// A source that gives a few bytes at a time.
class Trickle final : public io::ByteSource {
 public:
  Trickle(std::string_view bytes, std::size_t at_a_time) : rest_(bytes), most_(at_a_time) {}
  std::size_t read(char* out, std::size_t size) override {
    const std::size_t n = std::min({size, most_, rest_.size()});
    std::copy_n(rest_.data(), n, out);
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
  std::size_t most_;
};

/// The rows written out, "label column=value ...;".
std::string read_text(std::string_view text, std::size_t at_a_time = 1000000) {
  io::LibsvmReader reader(std::make_unique<Trickle>(text, at_a_time), "t.svm");
  std::string out;
  while (reader.next()) {
    out += reader.label();
    for (const auto& entry : reader.entries())
      out += " " + std::to_string(entry.column) + "=" + std::to_string(entry.value).substr(0, 4);
    out += ";";
  }
  EXPECT_FALSE(reader.next());
  return out;
}

std::string error_of(std::string_view text) {
  try {
    read_text(text);
  } catch (const DataError& e) {
    return e.file + ":" + std::to_string(e.line) + ":" + std::to_string(e.column) + "+" +
           std::to_string(e.width) + ": " + e.what() + " | " + e.excerpt + " (" + e.hint + ")";
  }
  return "";
}

TEST(Libsvm, ReadsRows) {
  const std::string text =
      "# a file\n"
      "+1 1:0.5 3:-2   # a row\r\n"
      "\n"
      "  -1\t1048576:1e2 \n"
      "7\n"
      "8 2:+3";
  for (const std::size_t at_a_time : {1, 3, 1000})
    EXPECT_EQ(read_text(text, at_a_time), "+1 0=0.50 2=-2.0;-1 1048575=100.;7;8 1=3.00;");
  EXPECT_EQ(read_text(""), "");
  EXPECT_EQ(read_text("#\n\n"), "");
}

TEST(Libsvm, ReadsLinesLongerThanItsBuffer) {
  std::string text = "1", want = "1";
  for (int i = 1; i <= 60000; ++i) {
    text += " " + std::to_string(i) + ":1";
    want += " " + std::to_string(i - 1) + "=1.00";
  }
  EXPECT_EQ(read_text(text + "\n" + text, 4096), want + ";" + want + ";");
}

TEST(Libsvm, PointsAtWhatIsWrong) {
  const std::string row = " (a row is \"label index:value ...\")";
  EXPECT_EQ(error_of("1 1:2\n1:2 2:3\n"),
            "t.svm:2:1+3: the line begins with \"1:2\" where a label is expected | 1:2 2:3" + row);
  EXPECT_EQ(error_of("1 1:2 x\n"), "t.svm:1:7+1: \"x\" is not index:value | 1 1:2 x" + row);
  const std::string indices = " (indices are the integers 1 to 1048576)";
  EXPECT_EQ(error_of("1 0:2\n"), "t.svm:1:3+1: \"0\" is no index of a column | 1 0:2" + indices);
  EXPECT_EQ(error_of("1 qid:2\n"),
            "t.svm:1:3+3: \"qid\" is no index of a column | 1 qid:2" + indices);
  EXPECT_EQ(error_of("1 1048577:2\n"),
            "t.svm:1:3+7: \"1048577\" is no index of a column | 1 1048577:2" + indices);
  EXPECT_EQ(error_of("1 :2\n"), "t.svm:1:3+2: \"\" is no index of a column | 1 :2" + indices);
  EXPECT_EQ(error_of("# a\n1 3:2 3:4\n"),
            "t.svm:2:7+1: index 3 follows index 3 | 1 3:2 3:4 (the indices of a row rise)");
  const std::string number =
      " (leave out what is 0; a missing value cannot be written in this format)";
  EXPECT_EQ(error_of("1 3:x\n"), "t.svm:1:5+1: \"x\" is not a finite number | 1 3:x" + number);
  EXPECT_EQ(error_of("1 3:\n"), "t.svm:1:3+2: \"\" is not a finite number | 1 3:" + number);
  EXPECT_EQ(error_of("1 3:nan\n").substr(0, 42), "t.svm:1:5+3: \"nan\" is not a finite number ");
  EXPECT_EQ(error_of("1 3:-inf\n").substr(0, 43), "t.svm:1:5+4: \"-inf\" is not a finite number ");
  EXPECT_EQ(error_of("1 3:1e999\n").substr(0, 44),
            "t.svm:1:5+5: \"1e999\" is not a finite number ");
}

}  // namespace
}  // namespace crossent::test
