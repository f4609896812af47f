#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "io/temporary_folder.h"
#include "train/samples_support.h"

namespace crossent::test {
namespace {

const Model kModel{.inputs = {{.name = "x"}, {.name = "c", .levels = {"b", "r"}}},
                   .targets = {"y"},
                   .classes = {"0", "1"}};

/// Everything a stream delivered, in the order of the file.
struct Rows {
  Samples samples{};
  std::vector<std::string> kept{};
};

Rows read_all(SampleStream& stream, const std::vector<std::string>& keep) {
  std::map<std::int64_t, SampleStream::Block> blocks;
  std::mutex mutex;
  EXPECT_TRUE(stream.read(keep, [&](const SampleStream::Block& block) {
    EXPECT_GE(block.worker, 0);
    EXPECT_LT(block.worker, stream.workers());
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(blocks.emplace(block.first_row, block).second);
  }));
  Rows all;
  for (const auto& [first_row, block] : blocks) {
    EXPECT_EQ(first_row, static_cast<std::int64_t>(all.samples.rows));
    EXPECT_TRUE(block.samples.columns.empty());
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    all.samples.rows += block.samples.rows;
    append(all.samples.numbers, block.samples.numbers);
    append(all.samples.codes, block.samples.codes);
    append(all.samples.labels, block.samples.labels);
    append(all.kept, block.kept);
  }
  return all;
}

std::string long_table() {
  std::string text = "id,c,x,y,note\n";
  for (int i = 0; i < 60000; ++i)
    text += std::to_string(i) + (i % 3 ? ",r," : ",b,") + std::to_string(i) + ".5," +
            std::to_string(i % 2) + ",\"n, " + std::to_string(i) + "\"\n";
  return text;
}

TEST(SampleStream, HandsOverTheRowsOfATableInBlocks) {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.csv", long_table());
  for (const int threads : {1, 3}) {
    SampleStream stream(path, kModel, {.threads = threads});
    EXPECT_TRUE(stream.has_targets());
    EXPECT_EQ(stream.workers(), threads);
    EXPECT_EQ(stream.other_columns(), (std::vector<std::string>{"id", "note"}));
    const Rows all = read_all(stream, {"note", "c"});
    EXPECT_EQ(stream.rows(), 60000);
    const Samples whole = read_samples(path, kModel, {}, true);
    EXPECT_EQ(all.samples.numbers, whole.numbers);
    EXPECT_EQ(all.samples.codes, whole.codes);
    EXPECT_EQ(all.samples.labels, whole.labels);
    ASSERT_EQ(all.kept.size(), 120000u);
    for (std::size_t i = 0; i < 60000; ++i) {
      ASSERT_EQ(all.kept[2 * i], "n, " + std::to_string(i));
      ASSERT_EQ(all.kept[2 * i + 1], i % 3 ? "r" : "b");
    }
  }
}

TEST(SampleStream, TargetsMayBeAbsent) {
  const TemporaryFolder folder;
  SampleStream stream(folder.write("t.csv", "c,x\nr,1\n"), kModel, {});
  EXPECT_FALSE(stream.has_targets());
  const Rows all = read_all(stream, {});
  EXPECT_EQ(all.samples.rows, 1u);
  EXPECT_TRUE(all.samples.labels.empty());
}

TEST(SampleStream, ATableWithoutRowsHasNone) {
  const TemporaryFolder folder;
  SampleStream stream(folder.write("t.csv", "c,x\n"), kModel, {});
  EXPECT_EQ(read_all(stream, {}).samples.rows, 0u);
  EXPECT_EQ(stream.rows(), 0);
}

TEST(SampleStream, Refuses) {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.csv", "c,x,y\nr,1,0\nr,2,7\n");
  const auto error = [&](const std::vector<std::string>& keep) {
    return error_of([&] {
             SampleStream stream(path, kModel, {});
             stream.read(keep, [](const SampleStream::Block&) {});
           })
        .substr(path.size());
  };
  EXPECT_EQ(error({}), ":3:5+1: the model knows no class \"7\" (its classes are \"0\", \"1\")");
  EXPECT_EQ(error({"id"}),
            ":1:0+1: there is no column \"id\" (to keep) (its columns are \"c\", \"x\", \"y\")");
}

TEST(SampleStream, IsReadOnce) {
  SampleStream stream(kData + "iris.csv", Model{.inputs = {{.name = "sepal_width_cm"}}}, {});
  read_all(stream, {});
  EXPECT_THROW(stream.read({}, [](const SampleStream::Block&) {}), std::logic_error);
}

TEST(SampleStream, Stops) {
  const TemporaryFolder folder;
  std::atomic<bool> stop = false;
  SampleStream stream(folder.write("t.csv", long_table()), kModel, {.threads = 1, .stop = &stop});
  EXPECT_FALSE(stream.read({}, [&](const SampleStream::Block&) { stop = true; }));
  EXPECT_LT(stream.rows(), 60000);
}

}  // namespace
}  // namespace crossent::test
