#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

#include "crossent/dataset.h"
#include "io/npy_support.h"
#include "io/temporary_folder.h"

namespace crossent::test {
namespace {

// All elements as f64, in order.
std::vector<double> read_reals(ArrayReader& reader) {
  std::vector<double> values(static_cast<std::size_t>(reader.rows() * reader.cols()), -77);
  reader.read([&](const ArrayBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i)
      for (std::size_t j = 0; j < block.cols; ++j)
        values[(static_cast<std::size_t>(block.first_row) + i) * block.cols + j] = block.real(i, j);
  });
  return values;
}

std::vector<double> read_bytes(std::string_view bytes, const ArrayOptions& options = {}) {
  ArrayReader reader = ArrayReader::from_memory(bytes, "a.npy", options);
  return read_reals(reader);
}

std::string error_of(std::string_view bytes, const ArrayOptions& options = {}) {
  try {
    read_bytes(bytes, options);
  } catch (const DataError& e) {
    return e.file + ": " + e.what() + " (" + e.hint + ")";
  }
  return "";
}

template <class T>
void expect_type(const std::string& descr, ElementType type, const std::vector<T>& values,
                 const std::vector<double>& want) {
  const std::string shape = "(" + std::to_string(values.size()) + ",)";
  const std::string file = npy_file(npy_header(descr, shape), bytes_of(values));
  ArrayReader reader = ArrayReader::from_memory(file, "a.npy");
  EXPECT_EQ(reader.type(), type) << descr;
  EXPECT_EQ(reader.dimensions(), 1);
  EXPECT_EQ(reader.cols(), 1);
  EXPECT_EQ(read_reals(reader), want) << descr;
}

TEST(ArrayReader, ReadsEveryType) {
  expect_type<std::uint8_t>("|b1", ElementType::boolean, {0, 1}, {0, 1});
  expect_type<std::int8_t>("|i1", ElementType::i8, {-128, 127}, {-128, 127});
  expect_type<std::uint8_t>("|u1", ElementType::u8, {0, 255}, {0, 255});
  expect_type<std::int16_t>("<i2", ElementType::i16, {-32768, 1}, {-32768, 1});
  expect_type<std::uint16_t>("<u2", ElementType::u16, {65535}, {65535});
  expect_type<std::int32_t>("<i4", ElementType::i32, {INT32_MIN}, {-0x1p31});
  expect_type<std::uint32_t>("<u4", ElementType::u32, {UINT32_MAX}, {0x1p32 - 1});
  expect_type<std::int64_t>("<i8", ElementType::i64, {INT64_MIN}, {-0x1p63});
  expect_type<std::uint64_t>("<u8", ElementType::u64, {UINT64_MAX}, {0x1p64});
  expect_type<float>("<f4", ElementType::f32, {0.1f, -2}, {double{0.1f}, -2});
  expect_type<double>("<f8", ElementType::f64, {0.1, -2}, {0.1, -2});
  const double inf = std::numeric_limits<double>::infinity();
  expect_type<std::uint16_t>("<f2", ElementType::f16,
                             {0x3c00, 0xc500, 0x0001, 0x7bff, 0xfc00, 0x8000},
                             {1, -5, 0x1p-24, 65504, -inf, -0.0});
}

TEST(ArrayReader, BlocksKeepTheTypeAndTheOrderOfRows) {
  std::vector<float> values(1000 * 3);
  std::iota(values.begin(), values.end(), 0.5f);
  const std::string file = npy_file(npy_header("<f4", "(1000, 3)"), bytes_of(values));
  for (const std::size_t block_bytes : {1u, 12u, 25u, 4096u, 1u << 20})
    for (const int threads : {1, 3}) {
      ArrayOptions options;
      options.block_bytes = block_bytes;
      options.threads = threads;
      Progress progress;
      options.progress = &progress;
      ArrayReader reader = ArrayReader::from_memory(file, "a.npy", options);
      EXPECT_EQ(reader.dimensions(), 2);
      std::vector<float> got(values.size());
      EXPECT_TRUE(reader.read([&](const ArrayBlock& block) {
        EXPECT_EQ(block.type, ElementType::f32);
        EXPECT_LT(block.worker, threads);
        EXPECT_LE(block.rows, std::max<std::size_t>(1, block_bytes / 12));
        const auto view = block.view<float>();
        for (std::size_t i = 0; i < block.rows; ++i)
          for (std::size_t j = 0; j < 3; ++j)
            got[(static_cast<std::size_t>(block.first_row) + i) * 3 + j] = view(i, j);
      }));
      EXPECT_EQ(got, values);
      EXPECT_EQ(progress.rows, 1000u);
      EXPECT_EQ(progress.bytes_total, file.size());
      EXPECT_EQ(progress.bytes_read, file.size());
    }
}

TEST(ArrayReader, HeaderVersionsAndSpellings) {
  const std::string data = bytes_of(std::vector<double>{1, 2});
  for (const int version : {1, 2, 3})
    EXPECT_EQ(read_bytes(npy_file(npy_header("<f8", "(2,)"), data, version)),
              (std::vector<double>{1, 2}));
  const std::string spelled = "{\"shape\":(1L, 2L),\"descr\":\"<f8\",\"fortran_order\":False}";
  EXPECT_EQ(read_bytes(npy_file(spelled, data)), (std::vector<double>{1, 2}));
  EXPECT_EQ(read_bytes(npy_file(npy_header("<f8", "(0, 10)"), "")), std::vector<double>{});
  EXPECT_EQ(read_bytes(npy_file(npy_header("<f8", "(2,)", "True"), data)),
            (std::vector<double>{1, 2}));  // one dimension has one order
}

TEST(ArrayReader, RefusesByNameWhatItDoesNotRead) {
  const std::string data(48, '\0');
  const auto error = [&](const std::string& type, const std::string& shape,
                         const std::string& fortran = "False") {
    return error_of(npy_file(npy_header(type, shape, fortran), data));
  };
  EXPECT_EQ(error(">f8", "(6,)"),
            "a.npy: the array is big-endian (>f8) (save it as array.astype('<f8'))");
  EXPECT_EQ(error("<f8", "(2, 3)", "True"),
            "a.npy: the array is in Fortran order (save it as numpy.ascontiguousarray(array))");
  EXPECT_EQ(error("|O", "(6,)"),
            "a.npy: the array holds Python objects (save numbers: "
            "numpy.save(file, array.astype('float64')))");
  EXPECT_EQ(error("<c16", "(3,)"),
            "a.npy: elements of type \"<c16\" are not read (save booleans, "
            "integers, float16, float32 or float64)");
  EXPECT_EQ(error("<f8", "(1, 2, 3)"),
            "a.npy: the array has 3 dimensions (1, 2, 3) (reshape it to "
            "(rows, classes) or (rows,))");
  EXPECT_EQ(error("<f8", "()"),
            "a.npy: the array has 0 dimensions () (reshape it to (rows, classes) or (rows,))");
  EXPECT_EQ(error("<f8", "(6, 0)"), "a.npy: the array has no columns: its shape is (6, 0) ()");
  EXPECT_EQ(error("<f8", "(1, 100000000)"),
            "a.npy: a row of shape (1, 100000000) is longer than 64 MB (is the array transposed?)");
  EXPECT_EQ(
      error_of(npy_file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,)}", data)),
      "a.npy: the array holds records of several fields (save the numbers as an array of their "
      "own)");
  EXPECT_EQ(error_of(npy_file(npy_header("<f8", "(6,)"), data, 4)),
            "a.npy: NPY version 4 is not known (save it as version 1, 2 or 3)");
}

TEST(ArrayReader, RefusesSizesThatTheFileDoesNotHold) {
  const std::string header = npy_header("<f8", "(6,)"),
                    hint = " (the file is truncated or damaged: copy or save it again)";
  EXPECT_EQ(error_of(npy_file(header, std::string(47, '\0'))),
            "a.npy: the header says 6 rows of 8 bytes, but the file holds 47 bytes of data" + hint);
  EXPECT_EQ(
      error_of(npy_file(npy_header("<f8", "(1152921504606846976, 10)"), "12345678")),
      "a.npy: the header says 1152921504606846976 rows of 80 bytes, but the file holds 8 bytes "
      "of data" +
          hint);
  EXPECT_EQ(
      error_of(npy_file(npy_header("|u1", "(18446744073709551615,)"), "1")),
      "a.npy: the header says 18446744073709551615 rows of 1 bytes, but the file holds 1 bytes "
      "of data" +
          hint);
  EXPECT_EQ(error_of(npy_file(header, std::string(49, '\0'))),
            "a.npy: the array ends after 48 bytes, but the file holds 49 bytes of data (save one "
            "array a file)");
}

TEST(ArrayReader, RefusesDamagedHeaders) {
  const std::string whole = npy_file(npy_header("<f8", "(1,)"), "12345678");
  EXPECT_EQ(error_of(""), "a.npy: the file is empty ()");
  EXPECT_EQ(error_of("id,label\n"), "a.npy: this is not an NPY file (save it with numpy.save)");
  for (const std::size_t n : {3u, 7u, 9u, 10u, 50u, 127u})
    EXPECT_EQ(error_of(std::string_view(whole).substr(0, n)),
              "a.npy: the NPY header is truncated (copy the file again)")
        << n;
  for (const char* text :
       {"", "{", "{'descr': '<f8'}", "{'shape': (1,", "{'descr': '<f8', 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} more"})
    EXPECT_EQ(error_of(npy_file(text, "12345678")),
              "a.npy: the NPY header is damaged (save the array again)")
        << text;
}

TEST(ArrayReader, ReadsFilesAndPipes) {
  const TemporaryFolder folder;
  std::vector<double> values(5000);
  std::iota(values.begin(), values.end(), 0);
  const std::string bytes = npy_file(npy_header("<f8", "(5000,)"), bytes_of(values));
  ArrayReader reader(folder.write("a.npy", bytes));
  EXPECT_EQ(read_reals(reader), values);
  const std::string pipe = (folder.path() / "pipe").string();
  for (const std::size_t cut : {0u, 1u}) {
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::jthread writer(
        [&] { folder.write("pipe", std::string_view(bytes).substr(0, bytes.size() - cut)); });
    ArrayOptions options;
    options.block_bytes = 800;
    ArrayReader piped(pipe, options);
    if (cut == 0) {
      EXPECT_EQ(read_reals(piped), values);
    } else {
      std::int64_t rows = 0;
      std::mutex mutex;
      try {
        piped.read([&](const ArrayBlock& block) {
          const std::lock_guard lock(mutex);
          rows += static_cast<std::int64_t>(block.rows);
        });
        ADD_FAILURE() << "no throw";
      } catch (const DataError& e) {
        EXPECT_STREQ(e.what(), "the header says 5000 rows, but the data ends after row 4999");
      }
      EXPECT_EQ(rows, 4999);
    }
    writer.join();
    ::remove(pipe.c_str());
  }
}

TEST(ArrayReader, MissingFilesAndFoldersAreIoErrors) {
  const TemporaryFolder folder;
  const auto what = [](const std::string& path) -> std::string {
    try {
      ArrayReader reader(path);
    } catch (const IoError& e) {
      return e.what();
    }
    return "";
  };
  const std::string path = folder.path().string();
  EXPECT_EQ(what(path + "/no.npy"), "cannot open " + path + "/no.npy: No such file or directory");
  EXPECT_EQ(what(path), "cannot read " + path + ": Is a directory");
}

TEST(ArrayReader, StopsAndRethrowsTheFirstErrorOfTheCallback) {
  const std::string file = npy_file(npy_header("|u1", "(1000,)"), std::string(1000, 'x'));
  std::atomic<bool> stop{false};
  ArrayOptions options;
  options.block_bytes = 1;
  options.threads = 3;
  options.stop = &stop;
  ArrayReader failing = ArrayReader::from_memory(file, "a.npy", options);
  try {
    failing.read([](const ArrayBlock& block) {
      if (block.first_row >= 100) throw std::runtime_error(std::to_string(block.first_row));
    });
    ADD_FAILURE() << "no throw";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "100");
  }
  ArrayReader stopped = ArrayReader::from_memory(file, "a.npy", options);
  std::atomic<int> calls{0};
  EXPECT_FALSE(stopped.read([&](const ArrayBlock&) {
    ++calls;
    stop = true;
  }));
  EXPECT_LE(calls, 3);
}

TEST(Labels, KeepTheirWidthAndAllTheirBits) {
  const TemporaryFolder folder;
  const auto labels = [&](const std::string& type, const std::string& shape,
                          std::string_view data) {
    return read_labels(folder.write("y.npy", npy_file(npy_header(type, shape), data)));
  };
  const LabelArray u64 = labels("<u8", "(2,)", bytes_of(std::vector<std::uint64_t>{3, UINT64_MAX}));
  EXPECT_EQ(u64.size(), 2u);
  EXPECT_EQ(u64.labels()[0], 3);
  EXPECT_EQ(u64.labels().text(1), "18446744073709551615");
  const LabelArray i8 = labels("|i1", "(3, 1)", bytes_of(std::vector<std::int8_t>{-1, 0, 100}));
  EXPECT_EQ(i8.type(), ElementType::i8);
  EXPECT_EQ(i8.labels()[0], -1);
  EXPECT_EQ(i8.labels()[2], 100);
  std::vector<std::int32_t> many(300'000);
  std::iota(many.begin(), many.end(), -7);
  const LabelArray i32 = labels("<i4", "(300000,)", bytes_of(many));
  for (std::size_t i = 0; i < many.size(); i += 997) EXPECT_EQ(i32.labels()[i], many[i]);
  const auto refusal = [&](const std::string& type, const std::string& shape) -> std::string {
    try {
      labels(type, shape, std::string(16, '\0'));
    } catch (const DataError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("<f8", "(2,)"), "labels are of type float64");
  EXPECT_EQ(refusal("<i4", "(2, 2)"), "labels have 2 columns");
}

}  // namespace
}  // namespace crossent::test
