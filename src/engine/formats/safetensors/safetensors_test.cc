#include "engine/formats/safetensors/safetensors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace sinter {
namespace {

std::string File(std::string_view header, std::string_view data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + std::string(header) + std::string(data);
}

Result<Safetensors> Read(const std::string& bytes) {
  // A copy of exactly this size, so that the address sanitizer sees a read past its end.
  auto owner = std::make_shared<std::vector<char>>(bytes.begin(), bytes.end());
  return ReadSafetensorsBytes(std::as_bytes(std::span(owner->data(), owner->size())), owner);
}

Safetensors Sample() {
  Safetensors sample;
  sample.tensors.emplace("weight", Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  sample.tensors.emplace("flags", Tensor::Of<bool>({3}, {true, false, true}));
  sample.tensors.emplace("step", Tensor::Scalar<int64_t>(-7));
  sample.tensors.emplace("bytes", Tensor::Of<uint8_t>({5}, {1, 2, 3, 4, 5}));
  sample.tensors.emplace("none", Tensor::Of<double>({0, 4}, {}));
  sample.metadata = {{"format", "pt"}, {"note", "\"quoted\" \u00fc"}};
  return sample;
}

TEST(Safetensors, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "a.safetensors";
  const Safetensors sample = Sample();
  ASSERT_TRUE(WriteSafetensors(sample, file));
  auto read = ReadSafetensors(file);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->metadata, sample.metadata);
  ASSERT_EQ(read->tensors.size(), sample.tensors.size());
  for (const auto& [name, tensor] : sample.tensors)
    EXPECT_TRUE(read->tensors.at(name).SameAs(tensor)) << name;
  ASSERT_TRUE(WriteSafetensors(*read, folder.path() / "b.safetensors"));
  EXPECT_EQ(*ReadFile(file), *ReadFile(folder.path() / "b.safetensors"));
}

TEST(Safetensors, TensorsAreViewsWhereTheyStandAligned) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "a.safetensors";
  ASSERT_TRUE(WriteSafetensors(Sample(), file));
  auto read = *ReadSafetensors(file);
  EXPECT_FALSE(read.tensors.at("weight").buffer()->writable()) << "a copy was made";
  // A header of odd length: floats at an odd address are copied, and right.
  auto odd = Read(
      File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )", std::string("\0\0\x80\x3f", 4)));
  ASSERT_TRUE(odd) << odd.error().ToString();
  EXPECT_EQ(odd->tensors.at("a").data<float>()[0], 1.0f);
}

struct Lie {
  const char* what;
  const char* header;
  size_t data;
  ErrorCode code;
  const char* says;
};

TEST(Safetensors, LiesAreNamed) {
  const Lie lies[] = {
      {"no JSON", "{", 0, ErrorCode::kCorrupt, "header"},
      {"no object", "[]", 0, ErrorCode::kCorrupt, "no JSON object"},
      {"no dtype", R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, ErrorCode::kCorrupt, "dtype"},
      {"no shape", R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, ErrorCode::kCorrupt, "shape"},
      {"no offsets", R"({"a":{"dtype":"F32","shape":[1]}})", 4, ErrorCode::kCorrupt, "data_offsets"},
      {"an unknown field", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4,
       ErrorCode::kCorrupt, "x"},
      {"eight-bit floats", R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})", 4,
       ErrorCode::kUnsupported, "F8_E4M3"},
      {"past the end", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, ErrorCode::kCorrupt,
       "ends at byte 8"},
      {"backwards", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, ErrorCode::kCorrupt,
       "[begin, end]"},
      {"negative", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4, ErrorCode::kCorrupt,
       "[begin, end]"},
      {"another size", R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}})", 4, ErrorCode::kCorrupt,
       "takes 12 bytes"},
      {"a negative dim", R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, ErrorCode::kCorrupt,
       "'a'"},
      {"dims that overflow", R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
       0, ErrorCode::kCorrupt, "'a'"},
      {"overlap",
       R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
       4, ErrorCode::kCorrupt, "overlap"},
      {"a hole", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})", 4, ErrorCode::kCorrupt, "hole"},
      {"bytes left over", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 4, ErrorCode::kCorrupt,
       "2 bytes follow"},
      {"twice",
       R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
       0, ErrorCode::kCorrupt, "header"},
      {"metadata that is no text", R"({"__metadata__":{"a":1}})", 0, ErrorCode::kCorrupt, "__metadata__"},
  };
  for (const Lie& lie : lies) {
    auto read = Read(File(lie.header, std::string(lie.data, '\1')));
    ASSERT_FALSE(read) << lie.what;
    EXPECT_EQ(read.error().code, lie.code) << lie.what << ": " << read.error().message;
    EXPECT_NE(read.error().message.find(lie.says), std::string::npos)
        << lie.what << ": " << read.error().message;
  }
  auto boolean = Read(File(R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\x02"));
  ASSERT_FALSE(boolean);
  EXPECT_EQ(boolean.error().code, ErrorCode::kCorrupt);
  auto length = Read(std::string(7, '\xff') + std::string("\x7f{}"));
  ASSERT_FALSE(length);
  EXPECT_NE(length.error().message.find("claims"), std::string::npos);
}

// Cut anywhere it is refused; with a bit flipped anywhere it is refused, or differs by no more than that bit.
TEST(Safetensors, CutsAndFlippedBits) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteSafetensors(Sample(), folder.path() / "a"));
  const std::string whole = *ReadFile(folder.path() / "a");
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(Read(whole.substr(0, n))) << n;
  for (size_t i = 0; i < whole.size() * 8; ++i) {
    std::string flipped = whole;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    (void)Read(flipped);  // the sanitizers watch
  }
}

TEST(Safetensors, WhatCannotBeWrittenIsRefused) {
  const TemporaryFolder folder;
  Safetensors text;
  text.tensors.emplace("names", Tensor::Strings({1}, {"a"}));
  auto written = WriteSafetensors(text, folder.path() / "a");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("names"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a"));
}

}  // namespace
}  // namespace sinter
