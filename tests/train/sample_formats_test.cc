// Samples of arrays, IDX files and LIBSVM text.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "io/gzip_support.h"
#include "io/idx_support.h"
#include "io/npy_support.h"
#include "io/temporary_folder.h"
#include "io/zip_support.h"
#include "train/sample_format.h"
#include "train/samples_support.h"

namespace crossent::test {
namespace {

using training::sample_format;
using training::SampleFormat;

class SampleFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view bytes) const {
    return folder_.write(name, bytes);
  }
  /// The error, without the folder.
  std::string error(const std::string& path, const SampleOptions& options) const {
    return shortened(error_of([&] { read_samples(path, options); }));
  }
  std::string error(const std::string& path, const Model& model, const SampleOptions& options,
                    bool need_targets) const {
    return shortened(error_of([&] { read_samples(path, model, options, need_targets); }));
  }
  std::string shortened(std::string text) const {
    const std::string folder = folder_.path().string() + "/";
    for (std::size_t at; (at = text.find(folder)) != std::string::npos;)
      text.erase(at, folder.size());
    return text;
  }
  std::string doubles(const std::string& name, const std::vector<double>& values,
                      const std::string& shape) const {
    return write(name, npy_file(npy_header("<f8", shape), bytes_of(values)));
  }
  std::string labels(const std::string& name, const std::vector<std::int64_t>& values) const {
    return write(name, npy_file(npy_header("<i8", "(" + std::to_string(values.size()) + ",)"),
                                bytes_of(values)));
  }

  const TemporaryFolder folder_;
  const Model model_{.inputs = {{.name = "feature_2"}, {.name = "feature_0"}},
                     .targets = {"label"},
                     .classes = {"-1", "2"}};
};

TEST_F(SampleFiles, ReadsAnArrayWithItsLabels) {
  const std::string x = doubles("x.npy", {1, 2, 3, 4, 5, 6}, "(2, 3)");
  const Samples samples = read_samples(x, {.targets = {labels("y.npy", {10, -9})}});
  EXPECT_EQ(names_of(samples), (std::vector<std::string>{"feature_0", "feature_1", "feature_2"}));
  EXPECT_EQ(samples.numbers, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(samples.targets, std::vector<std::string>{"label"});
  EXPECT_EQ(samples.classes, (std::vector<std::string>{"-9", "10"}));
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
  const Samples fewer = read_samples(x, {.ignore = {"feature_1"}});
  EXPECT_EQ(names_of(fewer), (std::vector<std::string>{"feature_0", "feature_2"}));
  EXPECT_EQ(fewer.numbers, (std::vector<double>{1, 3, 4, 6}));
  EXPECT_TRUE(fewer.targets.empty() && fewer.labels.empty());
}

TEST_F(SampleFiles, ReadsArraysOfOtherTypes) {
  const std::string bytes =
      write("u1.npy", npy_file(npy_header("|u1", "(2, 2)"), "\x01\x02\x03\xff"));
  EXPECT_EQ(read_samples(bytes, SampleOptions{}).numbers, (std::vector<double>{1, 2, 3, 255}));
  const std::string half = write(
      "f2.npy", npy_file(npy_header("<f2", "(1, 2)"), bytes_of<std::uint16_t>({0x3c00, 0xc100})));
  EXPECT_EQ(read_samples(half, SampleOptions{}).numbers, (std::vector<double>{1, -2.5}));
}

TEST_F(SampleFiles, ReadsMembersOfAnArchive) {
  const std::string x = npy_file(npy_header("<f8", "(2, 1)"), bytes_of<double>({1, 2}));
  const std::string y = npy_file(npy_header("<i4", "(2,)"), bytes_of<std::int32_t>({7, 5}));
  const std::string path = write("d.npz", zip_file({{"x.npy", x}, {"y.npy", y}}));
  const Samples samples = read_samples(path + "[x]", {.targets = {path + "[y]"}});
  EXPECT_EQ(samples.numbers, (std::vector<double>{1, 2}));
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(error(path, {}), "d.npz:0:0+1: the NPZ archive holds 2 arrays (name one of x, y)");
  EXPECT_EQ(error(path + "[z]", {}),
            "d.npz:0:0+1: the NPZ archive holds no array \"z\" (it holds x, y)");
}

TEST_F(SampleFiles, ArraysAreTheSameForEveryNumberOfThreads) {
  std::vector<double> values(300000);
  std::iota(values.begin(), values.end(), 0);
  std::vector<std::int64_t> classes(100000);
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::int64_t>(i % 7);
  const std::string x = doubles("x.npy", values, "(100000, 3)"), y = labels("y.npy", classes);
  for (const int threads : {1, 2, 3, 7}) {
    const Samples samples = read_samples(x, {.targets = {y}, .threads = threads});
    EXPECT_EQ(samples.numbers, values);
    for (std::size_t i = 0; i < classes.size(); ++i) ASSERT_EQ(samples.labels[i], classes[i]);
  }
}

TEST_F(SampleFiles, RefusesArrays) {
  const std::string x = doubles("x.npy", {1, 2, 3, 4, 5, 6}, "(2, 3)");
  const std::string y = labels("y.npy", {1, 2, 3});
  EXPECT_EQ(error(x, {.targets = {y}}),
            "y.npy:0:0+1: 3 labels for the 2 rows of x.npy (one label a row is expected)");
  EXPECT_EQ(error(x, {.targets = {x}}),
            "x.npy:0:0+1: labels have 3 columns (one label a row is expected: an array of shape "
            "(rows,))");
  EXPECT_EQ(error(x, {.targets = {write("y.csv", "y\n1\n2\n")}}),
            "y.csv:0:0+1: the labels of an array are expected in NPY, NPZ or IDX (name the file of "
            "the labels as the target)");
  EXPECT_EQ(error(x, {.targets = {y, y}}),
            "[read_samples] targets = 2 files: an array has one file of labels (use a table for "
            "several targets)");
  EXPECT_EQ(error(y, {}),
            "y.npy:0:0+1: the array has one dimension (rows of features need two: are these the "
            "labels?)");
  EXPECT_EQ(error(x, {.ignore = {"feature_3"}}),
            "x.npy:0:0+1: there is no column \"feature_3\" (ignored) (its columns are feature_0 to "
            "feature_2)");
  EXPECT_EQ(error(x, {.ignore = {"feature_0", "feature_1", "feature_2"}}),
            "x.npy:0:0+1: no column is left to learn from ()");
  EXPECT_EQ(error(x, {.text = {"feature_0"}}),
            "[read_samples] text names columns, but arrays hold numbers alone");
}

TEST_F(SampleFiles, RefusesElementsThatAreNotFinite) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error(doubles("inf.npy", {1, 2, 3, -inf}, "(2, 2)"), {.allow_missing = true}),
            "inf.npy:0:0+1: element [1][1] is -inf, not a finite number (correct the value or "
            "remove the row)");
  const std::string missing = doubles("nan.npy", {1, 2, nan, 3}, "(2, 2)");
  EXPECT_EQ(error(missing, {}),
            "nan.npy:0:0+1: element [1][0] is nan, not a finite number (fill it in or remove the "
            "row; --impute fills in the column's mean)");
  EXPECT_TRUE(std::isnan(read_samples(missing, {.allow_missing = true}).numbers[2]));
}

TEST_F(SampleFiles, ReadsAnArrayForAModel) {
  const std::string x = doubles("x.npy", {1, 2, 3, 4, 5, 6}, "(2, 3)");
  const std::string y = labels("y.npy", {2, -1});
  const Samples samples = read_samples(x, model_, {.targets = {y}}, true);
  EXPECT_EQ(samples.numbers, (std::vector<double>{3, 1, 6, 4}));
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(samples.classes, model_.classes);
  EXPECT_TRUE(read_samples(x, model_, {}, false).targets.empty());
  EXPECT_EQ(error(x, model_, {}, true),
            "x.npy:0:0+1: the labels of the array are needed (name the file of the labels as the "
            "target)");
  EXPECT_EQ(
      error(x, model_, {.targets = {labels("z.npy", {2, 3})}}, true),
      "z.npy:0:0+1: the model knows no class \"3\" (label[1]) (its classes are \"-1\", \"2\")");
  EXPECT_EQ(error(doubles("narrow.npy", {1, 2}, "(1, 2)"), model_, {}, false),
            "narrow.npy:0:0+1: there is no column \"feature_2\" (the model needs it) (an array's "
            "columns are feature_0, feature_1, ...)");
  SampleStream stream(x, model_, {});
  EXPECT_EQ(shortened(error_of([&] {
              stream.read(std::vector<std::string>{"id"}, [](const SampleStream::Block&) {});
            })),
            "x.npy:0:0+1: there is no column \"id\" (to keep) (arrays hold features alone)");
}

TEST_F(SampleFiles, ReadsIdxImagesWithTheirLabels) {
  const std::string images = idx_file(8, {2, 2, 2}, std::string("\0\1\2\3\4\5\6\xff", 8));
  const std::string classes = idx_file(8, {2}, "\x07\x05");
  const std::string y = write("y-ubyte", classes);
  for (const std::string& x :
       {write("train-images-idx3-ubyte", images), write("x.idx", images), write("by magic", images),
        write("x-ubyte.gz", gzip(images)), write("by magic, packed", gzip(images))}) {
    const Samples samples = read_samples(x, {.targets = {y}});
    EXPECT_EQ(names_of(samples),
              (std::vector<std::string>{"feature_0", "feature_1", "feature_2", "feature_3"}));
    EXPECT_EQ(samples.numbers, (std::vector<double>{0, 1, 2, 3, 4, 5, 6, 255}));
    EXPECT_EQ(samples.classes, (std::vector<std::string>{"5", "7"}));
    EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
    EXPECT_EQ(samples.targets, std::vector<std::string>{"label"});
  }
}

TEST_F(SampleFiles, ReadsManyIdxImagesInBlocks) {
  std::string pixels;
  for (int i = 0; i < 300 * 1000; ++i) pixels += static_cast<char>(i % 251);
  const Samples samples =
      read_samples(write("x.idx", idx_file(8, {300, 10, 100}, pixels)), SampleOptions{});
  EXPECT_EQ(samples.rows, 300u);
  for (std::size_t i = 0; i < 300 * 1000; ++i) ASSERT_EQ(samples.numbers[i], i % 251);
}

TEST_F(SampleFiles, RefusesIdx) {
  const std::string x = write("x.idx", idx_file(8, {2, 2}, "abcd"));
  const std::string y = write("y.idx", idx_file(8, {3}, "\1\2\3"));
  EXPECT_EQ(error(x, {.targets = {y}}),
            "y.idx:0:0+1: 3 labels for the 2 rows of x.idx (one label a row is expected)");
  EXPECT_EQ(error(x, {.targets = {x}}),
            "x.idx:0:0+1: the labels are 2 x 2 uint8 (one integer a row is expected: are these the "
            "images?)");
  EXPECT_EQ(error(y, {}),
            "y.idx:0:0+1: the array is 3 uint8, of one dimension (rows of features need two: are "
            "these the labels?)");
  EXPECT_EQ(error(x, {.targets = {write("r.idx", idx_file(13, {2}, std::string(8, '\0')))}}),
            "r.idx:0:0+1: the labels are 2 float32 (one integer a row is expected: are these the "
            "images?)");
  EXPECT_EQ(error(write("other.idx", "a,b\n1,2\n"), {}).substr(0, 66),
            "other.idx:0:0+1: the file begins with 61 2c 62 0a, which is no IDX");
  EXPECT_EQ(error(write("short.idx", idx_file(8, {2, 2}, "abc")), {}).substr(0, 60),
            "short.idx:0:0+1: the header says 2 x 2 uint8, 4 bytes, but t");
}

TEST_F(SampleFiles, ReadsLibsvmText) {
  const std::string text = "+1 1:0.5 3:2\n-1 2:4 # a comment\n+1\n";
  for (const std::string& path :
       {write("a.libsvm", text), write("a.svm", text), write("a.svmlight.gz", gzip(text))}) {
    const Samples samples = read_samples(path, {.targets = {"label"}});
    EXPECT_EQ(samples.rows, 3u);
    EXPECT_EQ(names_of(samples), (std::vector<std::string>{"feature_0", "feature_1", "feature_2"}));
    EXPECT_EQ(samples.numbers, (std::vector<double>{0.5, 0, 2, 0, 4, 0, 0, 0, 0}));
    EXPECT_EQ(samples.classes, (std::vector<std::string>{"-1", "1"}));
    EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0, 1}));
    expect_same(read_samples(path, SampleOptions{}), samples);
  }
}

TEST_F(SampleFiles, ReadsLibsvmTextForAModel) {
  const std::string path = write("a.svm", "2 1:5 2:6 9:7\n-1\n");
  const Samples samples = read_samples(path, model_, {}, true);
  EXPECT_EQ(samples.numbers, (std::vector<double>{0, 5, 0, 0}));  // beyond the text: zeros
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
  const std::string placeholders = write("b.svm", "0 1:5\n0 3:1\n");
  EXPECT_TRUE(read_samples(placeholders, model_, {}, false).targets.empty());
  EXPECT_EQ(error(placeholders, model_, {}, true),
            "b.svm:1:1+1: the model knows no class \"0\" (its classes are \"-1\", \"2\")");
  EXPECT_EQ(error(placeholders, model_, {.targets = {"label"}}, false).substr(0, 12),
            "b.svm:1:1+1:");
}

TEST_F(SampleFiles, ReadsManyLibsvmRowsInBlocks) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "1 3:" + std::to_string(i) + "\n";
  const std::string path = write("a.svm", text);
  const Samples samples = read_samples(path, SampleOptions{});
  SampleStream stream(path, model_, {});
  std::int64_t next = 0;
  int blocks = 0;
  EXPECT_TRUE(stream.read({}, [&](const SampleStream::Block& block) {
    ASSERT_EQ(block.first_row, next);
    ++blocks;
    for (std::size_t r = 0; r < block.samples.rows; ++r, ++next)
      ASSERT_EQ(block.samples.numbers[2 * r], next);
  }));
  EXPECT_EQ(next, 50000);
  EXPECT_GT(blocks, 1);
  for (std::size_t i = 0; i < 50000; ++i) ASSERT_EQ(samples.numbers[3 * i + 2], i);
}

TEST_F(SampleFiles, RefusesLibsvmText) {
  const std::string path = write("a.svm", "1 2:1\n1 2:x\n");
  EXPECT_EQ(error(path, {}).substr(0, 44), "a.svm:2:5+1: \"x\" is not a finite number (lea");
  EXPECT_EQ(error(path, {.targets = {"y"}}),
            "a.svm:0:0+1: there is no column \"y\" (target) (the labels of LIBSVM text are named "
            "\"label\")");
  EXPECT_EQ(error(write("empty.svm", "# none\n"), {}), "empty.svm:0:0+1: the file has no rows ()");
  EXPECT_EQ(error(write("label.svm", "1 1:1\nn\xf6 1:1\n"), {}),
            "label.svm:2:1+2: the label is not UTF-8 (convert the file, as in: iconv -f LATIN1 -t "
            "UTF-8)");
}

TEST_F(SampleFiles, RefusesSparseRowsBeforeTheirZerosFillTheMemory) {
  constexpr std::size_t kColumns = 1 << 20;
  const std::size_t rows = training::half_of_memory() / (8 * kColumns) + 1;
  std::string wide = "1 1048576:1\n";
  for (std::size_t i = 1; i < rows; ++i) wide += "1 1:1\n";
  const std::string said = error(write("wide.svm", wide), {});
  EXPECT_TRUE(
      said.starts_with("wide.svm:0:0+1: " + std::to_string(rows) + " rows of 1048576 columns are "))
      << said;
  EXPECT_TRUE(said.ends_with(
      ", half of the memory (zeros are held too: number the columns without gaps, or take fewer "
      "rows)"))
      << said;
}

TEST_F(SampleFiles, CountsTheMemoryOfSparseRowsForAModelToo) {
  const std::string path = write("a.svm", "2 1:5\n2 1:1\n-1\n");
  const auto read = [&](std::size_t most_bytes) {
    const training::Schema schema{model_.inputs, model_.targets, model_.classes};
    return shortened(error_of([&] {
      training::gather(*training::open_source(path, {{}, schema, true, most_bytes}));
    }));
  };
  EXPECT_EQ(read(48), "");
  EXPECT_EQ(read(47).substr(0, 35), "a.svm:0:0+1: 3 rows of 2 columns ar");
}

TEST_F(SampleFiles, AreKnownByTheirBytesOrNames) {
  const std::string table = "a,b\n1,2\n";
  EXPECT_EQ(sample_format(write("a.csv", table)), SampleFormat::table);
  EXPECT_EQ(sample_format(write("a.csv.gz", gzip(table))), SampleFormat::table);
  EXPECT_EQ(sample_format(write("empty", "")), SampleFormat::table);
  EXPECT_EQ(sample_format(write("idx.csv", table)), SampleFormat::table);
  EXPECT_EQ(sample_format("-"), SampleFormat::table);
  EXPECT_EQ(sample_format("/dev/null"), SampleFormat::table);
  EXPECT_EQ(sample_format(doubles("a", {1}, "(1, 1)")), SampleFormat::array);
  EXPECT_EQ(sample_format("a.npz[x]"), SampleFormat::array);
  EXPECT_EQ(sample_format("a.svm.zst"), SampleFormat::libsvm);
  EXPECT_EQ(sample_format(write("a.dat", idx_file(14, {1}, "12345678"))), SampleFormat::idx);
}

}  // namespace
}  // namespace crossent::test
