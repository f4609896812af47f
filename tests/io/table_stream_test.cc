// Cutting, compression, memory and interruption of table reads.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "io/gzip_support.h"
#include "io/table_support.h"
#include "io/temporary_folder.h"

namespace crossent::test {
namespace {

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// Rows with quotes, embedded line ends, both kinds of line ends and empty fields.
std::string varied_text(int rows) {
  std::mt19937 random(5);
  std::string text = "id,\"a \"\"name\"\"\nof two lines\",p\r\n";
  for (int i = 0; i < rows; ++i) {
    const std::string end = random() % 3 ? "\n" : "\r\n";
    text += std::to_string(i) + ",";
    switch (random() % 4) {
      case 0:
        text += "\"x\n,\"\"" + std::to_string(i) + "\"\"\r\n\"";
        break;
      case 1:
        text += "\"\"";
        break;
      case 2:
        text += std::string(random() % 90, 'y');
    }
    text += ",0." + std::to_string(random()) + end;
  }
  return text;
}

bool operator==(const Table& a, const Table& b) {
  return a.names == b.names && a.reals == b.reals && a.integers == b.integers &&
         a.texts == b.texts && a.lines == b.lines;
}

TEST(TableStream, AnyCutGivesTheSameRows) {
  const std::string text = varied_text(60);
  TableOptions options;
  options.threads = 1;
  options.chunk_bytes = 1 << 20;
  const Table whole = read_text(text, options);
  EXPECT_EQ(whole.rows, 60);
  for (std::size_t chunk = 1; chunk <= 64; ++chunk) {
    options.chunk_bytes = chunk;
    options.threads = 1 + static_cast<int>(chunk % 3);
    options.max_block_values = 1 + chunk * 5 % 17;
    EXPECT_TRUE(read_text(text, options) == whole) << chunk;
    EXPECT_TRUE(read_text(text + "\n\r\n\n\r", options) == whole) << chunk;
    EXPECT_TRUE(read_text("\xef\xbb\xbf" + text, options) == whole) << chunk;
  }
}

// Rows with their lines, or the error.
std::string outcome_of(std::string_view text, const TableOptions& options) {
  std::string outcome = error_of(text, options);
  if (!outcome.empty()) return outcome;
  const Table table = read_text(text, options);
  for (std::size_t r = 0; r < table.lines.size(); ++r) {
    outcome += std::to_string(table.lines[r]);
    for (const std::string& field : table.texts[r]) outcome += "|" + field;
    outcome += "\n";
  }
  return outcome;
}

// Every text of up to five characters of those that decide where records and fields end.
TEST(TableStream, AnyCutOfAShortTextGivesTheSame) {
  constexpr std::string_view kCharacters = "\n\r\" ,";
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; texts[i].size() < 5; ++i)
    for (const char c : kCharacters) texts.push_back(texts[i] + c);
  ASSERT_EQ(texts.size(), 3906u);
  for (const std::size_t longest : {2u, 1u << 20})
    for (const std::string& text : texts) {
      TableOptions options;
      options.threads = 1;
      options.max_record_bytes = longest;
      const std::string whole = outcome_of(text, options);
      for (options.chunk_bytes = 1; options.chunk_bytes <= text.size(); ++options.chunk_bytes)
        ASSERT_EQ(outcome_of(text, options), whole)
            << testing::PrintToString(text) << " in pieces of " << options.chunk_bytes
            << ", records of up to " << longest;
    }
}

// The beginning has commas, semicolons come beyond the longest record that is allowed.
TEST(TableStream, AnyCutFindsTheSameFaultInARecordThatIsTooLong) {
  const std::string text = "a,\"b" + std::string(60, 'x') + "\"" + std::string(9, ';') + "\n1,2\n";
  std::vector<std::string> faults;
  for (const std::size_t bytes : {1, 7, 52, 4096}) {
    TableOptions options;
    options.max_record_bytes = 50;
    options.chunk_bytes = bytes;
    try {
      TableReader::from_memory(text, "t.csv", options);
      ADD_FAILURE() << "not refused";
    } catch (const DataError& e) {
      faults.push_back(e.what() + std::to_string(e.column));
    }
  }
  EXPECT_EQ(faults, std::vector<std::string>(4, faults[0]));
}

TEST(TableStream, CompressedFilesReadAsTheirText) {
  const TemporaryFolder folder;
  const std::string text = varied_text(20000);
  const Table want = read_text(text);
  const std::string_view half = std::string_view(text).substr(0, 100001),
                         rest = std::string_view(text).substr(100001);
  const auto read = [&](const std::string& name, const std::string& bytes) {
    Progress progress;
    TableOptions options;
    options.progress = &progress;
    TableReader reader(folder.write(name, bytes), options);
    const bool same = read_all(reader) == want;
    EXPECT_EQ(progress.bytes_total, bytes.size());
    EXPECT_EQ(progress.bytes_read, bytes.size());
    EXPECT_EQ(progress.rows, 20000u);
    EXPECT_EQ(reader.rows(), 20000);
    return same;
  };
  EXPECT_TRUE(read("plain", text));
  EXPECT_TRUE(read("a.gz", gzip(text)));
  EXPECT_TRUE(read("two members", gzip(half) + gzip("") + gzip(rest) + std::string(512, '\0')));
  EXPECT_TRUE(read("a.zst", zstd(text)));
  EXPECT_TRUE(read("two frames", zstd(half) + zstd(rest)));
}

TEST(TableStream, TruncatedOrDamagedCompressionIsAnErrorAfterTheRowsBeforeIt) {
  const std::string text = varied_text(20000);
  const auto error = [](std::string bytes) {
    return error_of(bytes, {}, {{"id", ColumnKind::integer}});
  };
  const std::string copy = " |  at 0 (copy or download the file again)";
  for (const std::size_t cut : {1u, 8u, 20u, 70'000u}) {
    const std::string gz = gzip(text), zst = zstd(text);
    EXPECT_EQ(error(gz.substr(0, gz.size() - cut)),
              "t.csv:0:0+1: the gzip data is truncated" + copy);
    EXPECT_EQ(error(zst.substr(0, zst.size() - cut)),
              "t.csv:0:0+1: the zstd data is truncated" + copy);
  }
  std::string gz = gzip(text);
  gz[gz.size() - 5] ^= 1;  // in the checksum
  EXPECT_EQ(error(gz), "t.csv:0:0+1: the gzip data is damaged: incorrect data check" + copy);
  EXPECT_EQ(error(gzip(text) + "garbage").substr(0, 39), "t.csv:0:0+1: the gzip data is damaged: ");
  // What is wrong in the text before the damage comes first.
  const std::string bad = gzip("id\noops\n" + text);
  EXPECT_EQ(error(bad.substr(0, bad.size() - 1)).substr(0, 10), "t.csv:2:1+");
}

TEST(TableStream, MemoryIsBoundedWhateverTheSize) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "large.csv").string();
  {
    std::ofstream file(path);
    file << "a,b,c\n";
    std::string block;
    for (int i = 0; i < 10000; ++i) block += "0.25,1,\"x\"\"y\"\n";
    for (int i = 0; i < 1100; ++i) file << block;  // 150 MB
  }
  rusage before{}, after{};
  TableOptions options;
  options.threads = 4;
  getrusage(RUSAGE_SELF, &before);
  TableReader reader(path, options);
  std::atomic<double> sum{0};
  const std::vector<Column> columns = {
      {"a", ColumnKind::real}, {"b", ColumnKind::integer}, {"c", ColumnKind::text}};
  reader.read(columns, [&](const TableBlock& block) {
    double part = 0;
    for (std::size_t i = 0; i < block.rows; ++i)
      part += block.reals(i, 0) + static_cast<double>(block.integers(1)[i]) +
              static_cast<double>(block.texts(2)[i].size());
    for (double seen = sum; !sum.compare_exchange_weak(seen, seen + part);) {
    }
  });
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(sum, 4.25 * 11'000'000);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 40 * 1024);  // kB
}

TEST(TableStream, StopEndsAReadOfASilentPipe) {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string text = "p\n";
  for (int i = 0; i < 700; ++i) text += "1\n";
  std::atomic<bool> stop{false}, done{false};
  std::jthread writer([&] {
    std::ofstream out(pipe);
    out << text << std::flush;
    done.wait(false);  // silent, but open
  });
  TableOptions options;
  options.stop = &stop;
  options.chunk_bytes = 1000;
  options.threads = 2;
  TableReader reader(pipe, options);
  const std::vector<Column> columns = {{"p", ColumnKind::real}};
  EXPECT_FALSE(reader.read(columns, [&](const TableBlock&) { stop = true; }));
  EXPECT_THROW(TableReader(pipe, options), IoError);  // stopped before its header is read
  done = true;
  done.notify_all();
}

TEST(TableStream, StopEndsAReadWithinABlock) {
  std::string text = "p\n";
  for (int i = 0; i < 10000; ++i) text += "1\n";
  std::atomic<bool> stop{false};
  TableOptions options;
  options.stop = &stop;
  options.threads = 1;
  options.max_block_values = 10;
  TableReader reader = TableReader::from_memory(text, "t.csv", options);
  int calls = 0;
  const std::vector<Column> columns = {{"p", ColumnKind::real}};
  EXPECT_FALSE(reader.read(columns, [&](const TableBlock&) {
    if (++calls == 3) stop = true;
  }));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(reader.rows(), 30);
}

TEST(TableStream, WorkersRunAtTheSameTime) {
  std::string text = "p\n";
  for (int i = 0; i < 100; ++i) text += "1\n";
  TableOptions options;
  options.threads = 2;
  options.chunk_bytes = 16;
  TableReader reader = TableReader::from_memory(text, "t.csv", options);
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  const std::vector<Column> columns = {{"p", ColumnKind::real}};
  reader.read(columns, [&](const TableBlock&) {
    ++inside;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!met && std::chrono::steady_clock::now() < end)
      if (inside >= 2) met = true;
    --inside;
  });
  EXPECT_TRUE(met);
}

}  // namespace
}  // namespace crossent::test
