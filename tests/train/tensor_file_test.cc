#include "train/tensor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>

#include "io/temporary_folder.h"

namespace crossent::test {
namespace {

using testing::HasSubstr;

const std::string kStart = R"({"__metadata__":{"crc32":"00000000")";

template <class T>
Tensor tensor(const std::string& name, std::vector<std::size_t> shape, std::vector<T> values) {
  return make_tensor<T>(name, std::move(shape), std::span<const T>(values));
}

TensorFile small_file() {
  TensorFile file;
  file.metadata = {{"format", "test"}, {"text", "quote \" backslash \\ line\n \xc3\xa9"}};
  file.tensors = {tensor<std::int64_t>("steps", {1}, {-7}), tensor<double>("a", {2}, {0.1, -1e300}),
                  tensor<float>("z", {1, 2}, {1.5F, -2}), tensor<std::uint8_t>("none", {0, 3}, {}),
                  tensor<std::uint8_t>("state", {3}, {1, 2, 255})};
  return file;
}

// A file with this header (its checksum put right) and data.
std::string file_of(std::string header, const std::string& data) {
  std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  bytes += header + data;
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08lx",
                ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  return bytes.replace(8 + 26, 8, digits);
}

std::string refusal(const std::string& bytes) {
  try {
    decode_tensors(bytes, "a.crossent");
  } catch (const DataError& error) {
    EXPECT_EQ(error.file, "a.crossent");
    return error.what();
  }
  return "accepted";
}

std::string refusal_of_tensors(const std::string& tensors, const std::string& data) {
  return refusal(file_of(kStart + "}" + tensors + "}", data));
}

TEST(TensorFile, KeepsNamesShapesValuesAndMetadata) {
  const TensorFile written = small_file();
  const TensorFile read = decode_tensors(encode_tensors(written), "a");
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const Tensor& expected : written.tensors) {
    ASSERT_NE(read.find(expected.name), nullptr) << expected.name;
    EXPECT_EQ(*read.find(expected.name), expected);
  }
  EXPECT_EQ(tensor_values<std::int64_t>(read, "steps", "a"), std::vector<std::int64_t>{-7});
  EXPECT_EQ(tensor_values<double>(read, "a", {2}, "a"), (std::vector<double>{0.1, -1e300}));
  EXPECT_EQ(tensor_values<float>(read, "z", {1, 2}, "a"), (std::vector<float>{1.5F, -2}));
  EXPECT_EQ(metadata_value(read, "format", "a"), "test");
}

TEST(TensorFile, GivesTheSameBytesForEveryOrderOfTensorsAlignedWidestFirst) {
  TensorFile file = small_file();
  const std::string bytes = encode_tensors(file);
  std::reverse(file.tensors.begin(), file.tensors.end());
  EXPECT_EQ(encode_tensors(file), bytes);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  EXPECT_EQ(header % 8, 0u);
  std::vector<std::string> names;
  for (const Tensor& found : decode_tensors(bytes, "a").tensors) names.push_back(found.name);
  EXPECT_EQ(names, (std::vector<std::string>{"steps", "a", "z", "none", "state"}));
}

TEST(TensorFile, HoldsNothingAtAll) {
  EXPECT_EQ(decode_tensors(encode_tensors({}), "a"), TensorFile{});
}

TEST(TensorFile, KeepsEveryBitOfNumbers) {
  const std::vector<double> values{std::numeric_limits<double>::quiet_NaN(), -0.0, 5e-324,
                                   -std::numeric_limits<double>::infinity()};
  TensorFile file;
  file.tensors = {tensor<double>("v", {4}, values)};
  const auto read = tensor_values<double>(decode_tensors(encode_tensors(file), "a"), "v", "a");
  EXPECT_EQ(std::memcmp(read.data(), values.data(), sizeof(double) * 4), 0);
}

RC_GTEST_PROP(TensorFile, KeepsAnyTexts, (std::map<std::string, std::string> texts)) {
  TensorFile file;
  const auto ascii = [](std::string text) {
    for (char& c : text) c = static_cast<char>(c & 127);
    return text;
  };
  for (const auto& [key, value] : texts) file.metadata["." + ascii(key)] = ascii(value);
  RC_ASSERT(decode_tensors(encode_tensors(file), "a") == file);
}

TEST(TensorFile, RefusesEveryTruncation) {
  const std::string bytes = encode_tensors(small_file());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THAT(refusal(bytes.substr(0, size)),
                size == 0 ? HasSubstr("the file is empty") : HasSubstr("truncated"))
        << size;
  EXPECT_EQ(refusal(bytes.substr(0, bytes.size() - 3)),
            "the file is truncated: 3 bytes are missing");
}

TEST(TensorFile, RefusesEveryFlippedBit) {
  const std::string bytes = encode_tensors(small_file());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = bytes;
      altered[i] = static_cast<char>(altered[i] ^ (1 << bit));
      EXPECT_NE(refusal(altered), "accepted") << i;
    }
  std::string altered = bytes;
  altered.back() ^= 1;
  EXPECT_EQ(refusal(altered), "the file was altered: its checksum is another");
}

TEST(TensorFile, RefusesBytesAfterTheEnd) {
  EXPECT_EQ(refusal(encode_tensors(small_file()) + "\n"), "the file has 1 bytes too many");
}

TEST(TensorFile, RefusesOtherFiles) {
  for (const char* const text :
       {"sepal,petal,species\n1,2,setosa\n", "\x93NUMPY\x01", "{}", "12345678x"})
    EXPECT_THAT(refusal(text),
                testing::AnyOf(HasSubstr("no model and no checkpoint"), HasSubstr("truncated")));
}

TEST(TensorFile, NamesTheModelFilesOfOthersByTheirContent) {
  // What the safetensors library writes has no checksum.
  const std::string header = R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}   )";
  EXPECT_THAT(refusal(std::string("\x38\0\0\0\0\0\0\0", 8) + header),
              HasSubstr("not one that crossent wrote"));
  const auto refusal_of_start = [](const std::string& start) {
    return refusal(start + std::string(20, 'x'));
  };
  EXPECT_THAT(refusal_of_start("\x08\x07\x12\x08"), HasSubstr("is an ONNX model"));
  EXPECT_THAT(refusal_of_start("\x08\x0a\x3a\x10"), HasSubstr("is an ONNX model"));
  EXPECT_THAT(refusal_of_start("PK\x03\x04"), HasSubstr("is a zip archive"));
  EXPECT_THAT(refusal_of_start("\x89HDF\r\n"), HasSubstr("is an HDF5 file"));
  EXPECT_THAT(refusal_of_start("\x80\x04\x95"), HasSubstr("is a Python pickle"));
}

TEST(TensorFile, RefusesAFileWithoutEndByItsFirstBytes) {
  EXPECT_THROW(read_tensors("/dev/zero"), DataError);
}

TEST(TensorFile, RefusesAHeaderLongerOrShorterThanTheFile) {
  std::string bytes = encode_tensors(small_file());
  bytes[7] = 0x10;  // 2^60 and more
  EXPECT_THAT(refusal(bytes), HasSubstr("truncated in its header"));
  std::memset(bytes.data(), 0, 8);
  EXPECT_THAT(refusal(bytes), HasSubstr("the header's length is 0"));
}

TEST(TensorFile, RefusesAHeaderThatIsNoJsonOrSaysThingsTwice) {
  EXPECT_THAT(refusal(file_of(kStart + "}", "")), HasSubstr("the header is no JSON"));
  EXPECT_THAT(refusal(file_of(kStart + R"(,"a":"1","a":"2"}})", "")),
              HasSubstr("the header holds \"a\" twice"));
  const std::string one = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(refusal_of_tensors("," + one + "," + one, ""),
              HasSubstr("the header holds \"a\" twice"));
  EXPECT_THAT(refusal(file_of(kStart + R"(,"a":1}})", "")),
              HasSubstr("value of \"a\" in the metadata is no text"));
  EXPECT_THAT(refusal(file_of(kStart + "}" + std::string(200000, '['), "")), HasSubstr("no JSON"));
}

TEST(TensorFile, RefusesTensorsThatAreNotWhatTheySay) {
  const auto entry = [](const std::string& dtype, const std::string& shape,
                        const std::string& offsets) {
    return R"(,"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
           "}";
  };
  const auto refused = [&](const char* dtype, const char* shape, const char* offsets) {
    return refusal_of_tensors(entry(dtype, shape, offsets), "12345678");
  };
  EXPECT_EQ(refused("\"F64\"", "[1]", "[0,8]"), "accepted");
  EXPECT_EQ(refused("\"F64\"", "[]", "[0,8]"), "accepted");
  EXPECT_THAT(refused("\"BF16\"", "[4]", "[0,8]"), HasSubstr("has the type \"BF16\""));
  EXPECT_THAT(refused("\"F32\"", "[3]", "[0,8]"), HasSubstr("has 8 bytes, not those of F32 [3]"));
  EXPECT_THAT(refused("\"F32\"", "[1152921504606846976]", "[0,8]"), HasSubstr("not those of"));
  EXPECT_THAT(refused("\"U8\"", "[4294967296,4294967296,8]", "[0,8]"), HasSubstr("not those of"));
  // 2^64 + 8 bytes, that wrap around to 8.
  EXPECT_THAT(refused("\"F32\"", "[4611686018427387906]", "[0,8]"), HasSubstr("not those of"));
  EXPECT_THAT(refused("\"U8\"", "[3,6148914691236517208]", "[0,8]"), HasSubstr("not those of"));
  EXPECT_THAT(refused("\"F64\"", "[1]", "[0,1152921504606846976]"), HasSubstr("of 8 bytes"));
  EXPECT_THAT(refused("\"F64\"", "[1]", "[8,0]"), HasSubstr("lies at [8, 0)"));
  for (const char* const shape : {"[-1]", "[1.0]", "1", "[\"1\"]", "[36893488147419103232]"})
    EXPECT_THAT(refused("\"F64\"", shape, "[0,8]"), HasSubstr("is not described by")) << shape;
  for (const char* const offsets : {"[0]", "[0,8,8]", "[-8,8]", "null", "{}"})
    EXPECT_THAT(refused("\"F64\"", "[1]", offsets), HasSubstr("is not described by")) << offsets;
  EXPECT_THAT(refused("8", "[1]", "[0,8]"), HasSubstr("is not described by"));
  EXPECT_THAT(refusal_of_tensors(R"(,"a":[])", ""), HasSubstr("is not described by"));
}

TEST(TensorFile, RefusesTensorsThatOverlapOrLeaveGaps) {
  const auto refused = [](int begin, int end, int size) {
    const std::string first = R"(,"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    return refusal_of_tensors(first + R"(,"b":{"dtype":"U8","shape":[)" +
                                  std::to_string(end - begin) + R"(],"data_offsets":[)" +
                                  std::to_string(begin) + "," + std::to_string(end) + "]}",
                              std::string(static_cast<std::size_t>(size), 'x'));
  };
  EXPECT_EQ(refused(4, 8, 8), "accepted");
  EXPECT_EQ(refused(3, 8, 8), "tensor \"b\" begins at byte 3, the one before ends at 4");
  EXPECT_EQ(refused(5, 8, 8), "tensor \"b\" begins at byte 5, the one before ends at 4");
  EXPECT_EQ(refused(4, 6, 8), "the tensors end at byte 6 of 8");
}

TEST(TensorFile, NamesWhatATensorIsWhenAnotherIsWanted) {
  const TensorFile file = small_file();
  const auto what = [](auto&& wanted) -> std::string {
    try {
      wanted();
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(what([&] { tensor_values<float>(file, "b", "f"); }), "the file holds no tensor \"b\"");
  EXPECT_EQ(what([&] { tensor_values<float>(file, "a", "f"); }), "tensor \"a\" is F64, not F32");
  EXPECT_EQ(what([&] {
              tensor_values<double>(file, "a", {1, 2}, "f");
            }),
            "tensor \"a\" has the shape [2], not [1, 2]");
  EXPECT_EQ(what([&] { metadata_value(file, "x", "f"); }), "the metadata hold no \"x\"");
}

TEST(TensorFile, RefusesToWriteWhatCannotBeRead) {
  const auto what = [](const TensorFile& file) -> std::string {
    try {
      encode_tensors(file);
    } catch (const ValueError& error) {
      return error.what();
    }
    return "accepted";
  };
  TensorFile file = small_file();
  file.tensors.push_back(file.tensors[1]);
  EXPECT_EQ(what(file), "[encode_tensors] name \"a\" is there twice");
  file = small_file();
  file.tensors[1].shape = {3};
  EXPECT_EQ(what(file), "[encode_tensors] bytes of a are 16, not those of F64 [3]");
  file = small_file();
  file.tensors[1].dtype = "F16";
  EXPECT_THAT(what(file), HasSubstr("dtype of a = \"F16\""));
  file = small_file();
  file.metadata["crc32"] = "";
  EXPECT_THAT(what(file), HasSubstr("\"crc32\" is that of the checksum"));
  file = small_file();
  file.metadata["x"] = "\xff";
  EXPECT_THAT(what(file), HasSubstr("is not UTF-8"));
}

TEST(TensorFile, IsWrittenWholeAndReadBack) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "a.crossent").string();
  TensorFile file = small_file();
  // Longer than the pieces that a file is read in.
  file.tensors.push_back(tensor<float>("long", {300000}, std::vector<float>(300000, 0.5F)));
  write_tensors(file, path);
  EXPECT_EQ(encode_tensors(read_tensors(path)), encode_tensors(file));
  EXPECT_THROW(read_tensors((folder.path() / "none").string()), IoError);
  EXPECT_THROW(write_tensors(file, (folder.path() / "none" / "a").string()), IoError);
}

}  // namespace
}  // namespace crossent::test
