#include "media/tables/npy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

#include "base/random.h"

namespace sinter {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

// A file with the given header, as any writer may word it.
std::string File(const std::string& header, std::string_view data, char version = 1) {
  std::string out = "\x93NUMPY";
  out += version;
  out += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> 8 * i & 0xff);
  return out + header + std::string(data);
}

template <class T>
std::string Raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> Numbers(const NpyArray& array) {
  std::vector<T> numbers(array.bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), array.bytes.data(), array.bytes.size());
  return numbers;
}

TEST(Npy, WhatIsWrittenIsRead) {
  const std::vector<std::vector<int64_t>> shapes = {{}, {3}, {2, 3}, {0, 5}, {1, 2, 3, 1, 2}};
  for (const auto& shape : shapes) {
    for (const NpyType type : {NpyType{'f', 4}, {'f', 2}, {'i', 8}, {'u', 1}, {'b', 1}}) {
      size_t bytes = static_cast<size_t>(type.bytes);
      for (const int64_t d : shape) bytes *= static_cast<size_t>(d);
      std::string data(bytes, '\0');
      for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(i * 7);
      const std::string header = NpyHeader(type, shape), file = header + data;
      EXPECT_EQ(header.size() % 64, 0u);
      EXPECT_EQ(header.back(), '\n');
      const auto array = DecodeNpy(Bytes(file));
      ASSERT_TRUE(array) << array.error().ToString();
      EXPECT_EQ(array->type, type);
      EXPECT_EQ(array->shape, shape);
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(array->bytes.data()), array->bytes.size()), data);
    }
  }
}

TEST(Npy, BothOrdersAndBothEnds) {
  const std::string data = Raw<int16_t>({0, 1, 2, 3, 4, 5});
  const auto fortran =
      DecodeNpy(Bytes(File("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", data)));
  ASSERT_TRUE(fortran) << fortran.error().ToString();
  EXPECT_EQ(Numbers<int16_t>(*fortran), (std::vector<int16_t>{0, 2, 4, 1, 3, 5}));
  const auto big =
      DecodeNpy(Bytes(File("{\"shape\": (2,3), \"fortran_order\": False, \"descr\": \">i2\"}", data, 2)));
  ASSERT_TRUE(big) << big.error().ToString();
  EXPECT_EQ(Numbers<int16_t>(*big), (std::vector<int16_t>{0, 0x100, 0x200, 0x300, 0x400, 0x500}));
}

TEST(Npy, BadInputSaysWhy) {
  auto error = [](const std::string& file) {
    const auto array = DecodeNpy(Bytes(file));
    return array ? std::string("none") : array.error().message;
  };
  auto header = [&](const std::string& text, size_t bytes) {
    return error(File(text, std::string(bytes, 'x')));
  };
  EXPECT_EQ(error("PK"), "it does not begin as an NPY file does");
  EXPECT_EQ(error(File("{}", "", 9)), "it is of version 9.0; 1.0 to 3.0 are read");
  EXPECT_EQ(error(std::string("\x93NUMPY\x01\x00\xff\xff{}", 12)),
            "its header is said to have 65535 bytes; 2 are left");
  EXPECT_EQ(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8), "its elements are '|O'");
  EXPECT_EQ(header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8), "its elements are '<c8'");
  EXPECT_EQ(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4),
            "its elements are records");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 8),
            "its shape (3) of f4 does not agree with the 8 bytes that follow");
  // A shape whose product overflows 64 bits agrees with nothing, and asks for no memory.
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 4),
            "its shape (4294967296,4294967296) of f4 does not agree with the 4 bytes that follow");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4),
            "its shape holds what is no size");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False}", 4),
            "its header lacks descr, fortran_order or shape");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", 4),
            "its header has 'more'");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", 4),
            "its fortran_order is neither True nor False");
}

TEST(Npy, DamagedFilesAreRefusedNotTrusted) {
  const int64_t shape[] = {4, 5};
  const std::string whole = NpyHeader({'f', 4}, shape) + std::string(80, 'x');
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(DecodeNpy(Bytes(whole.substr(0, size)))) << size;
  const auto seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (uint64_t i = 0; i < 5000; ++i) {
    std::string flipped = whole;
    flipped[RandomBelow(seed, 1, i, 128)] ^= static_cast<char>(1 << RandomBelow(seed, 2, i, 8));
    if (const auto array = DecodeNpy(Bytes(flipped))) {
      EXPECT_LE(array->bytes.size(), flipped.size());
    }
  }
}

}  // namespace
}  // namespace sinter
