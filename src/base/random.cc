#include "base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace sinter {
namespace {

std::array<uint32_t, 4> Block(uint64_t key, uint64_t stream, uint64_t index) {
  return Philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                 static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
}

uint64_t Join(uint32_t high, uint32_t low) { return (static_cast<uint64_t>(high) << 32) | low; }

__extension__ using Wide = unsigned __int128;
uint64_t MultiplyHigh(uint64_t a, uint64_t b) { return static_cast<uint64_t>((Wide{a} * b) >> 64); }

double Unit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

uint64_t RandomBits(uint64_t key, uint64_t stream, uint64_t index) {
  const auto block = Block(key, stream, index);
  return Join(block[1], block[0]);
}

double RandomUniform(uint64_t key, uint64_t stream, uint64_t index) {
  return Unit(RandomBits(key, stream, index));
}

double RandomNormal(uint64_t key, uint64_t stream, uint64_t index) {
  const auto block = Block(key, stream, index);
  const double u = 1.0 - Unit(Join(block[1], block[0]));  // in (0, 1]: the logarithm is finite
  const double v = Unit(Join(block[3], block[2]));
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

uint64_t RandomBelow(uint64_t key, uint64_t stream, uint64_t index, uint64_t n) {
  return MultiplyHigh(RandomBits(key, stream, index), n);
}

std::vector<int64_t> RandomPermutation(uint64_t key, uint64_t stream, int64_t n) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (uint64_t i = static_cast<uint64_t>(n); i > 1; --i) {
    std::swap(order[i - 1], order[RandomBelow(key, stream, i, i)]);
  }
  return order;
}

}  // namespace sinter
