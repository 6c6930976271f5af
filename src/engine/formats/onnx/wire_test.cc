#include "engine/formats/onnx/wire.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Wire, WhatIsWrittenIsRead) {
  WireWriter inner, writer;
  inner.Bytes(1, "abc");
  writer.Int(1, -5);
  writer.Varint(2, 300);
  writer.Float(3, 1.5f);
  writer.Bytes(4, inner);
  const int64_t values[] = {1, -1, int64_t{1} << 40};
  writer.Ints(5, values);
  const std::string text = writer.out();
  WireReader reader(Bytes(text));
  EXPECT_EQ(reader.Next()->integer(), -5);
  EXPECT_EQ(reader.Next()->varint, 300u);
  EXPECT_EQ(reader.Next()->real(), 1.5f);
  const auto message = reader.Next();
  WireReader nested(message->bytes);
  EXPECT_EQ(nested.Next()->text(), "abc");
  std::vector<int64_t> read;
  ASSERT_TRUE(ForEachVarint(*reader.Next(), [&](uint64_t v) { read.push_back(static_cast<int64_t>(v)); }));
  EXPECT_EQ(read, std::vector<int64_t>(std::begin(values), std::end(values)));
  EXPECT_TRUE(reader.AtEnd());
}

TEST(Wire, RefusesWhatIsBroken) {
  auto error = [](const std::string& text) {
    WireReader reader(Bytes(text));
    auto field = reader.Next();
    return field ? std::string("none") : field.error().message;
  };
  EXPECT_EQ(error("\x08\x80"), "the message ends inside a number at byte 2");
  EXPECT_EQ(error("\x0A\x05hi"), "a field at byte 2 says 5 bytes; 2 are left (truncated?)");
  EXPECT_EQ(error(std::string("\x08") + std::string(11, '\xFF')),
            "a number of more than 64 bits before byte 11");
  EXPECT_EQ(error(std::string("\x02\x00", 2)), "field number 0 before byte 1");
  EXPECT_EQ(error("\x0B"), "wire type 3 before byte 1");
  EXPECT_EQ(error("\x0D\x01"), "a field at byte 1 says 4 bytes; 1 are left (truncated?)");
}

}  // namespace
}  // namespace sinter
