#include "engine/device/cpu/channel_blocks.h"

#include "engine/device/cpu/lanes.h"
#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

// One step of a transposition of B x B: squares of S x S off the diagonal change places.
template <int B, int S, class V, int... K>
SINTER_INLINE void Exchange(V& low, V& high, std::integer_sequence<int, K...>) {
  const V first = __builtin_shufflevector(low, high, ((K & S) != 0 ? B + K - S : K)...);
  high = __builtin_shufflevector(low, high, ((K & S) != 0 ? B + K : K + S)...);
  low = first;
}

template <int B, int S, class V>
SINTER_INLINE void Step(V* rows) {
#pragma GCC unroll 16
  for (int i = 0; i < B; ++i) {
    if ((i & S) == 0) Exchange<B, S>(rows[i], rows[i + S], std::make_integer_sequence<int, B>());
  }
}

// B rows of B floats, `from_apart` from each other, as columns.
template <int B>
SINTER_INLINE void Transpose(const float* from, int64_t from_apart, float* to, int64_t to_apart) {
  using L = Lanes<B>;
  typename L::Type rows[B];
#pragma GCC unroll 16
  for (int i = 0; i < B; ++i) L::Load(from + i * from_apart, rows[i]);
  Step<B, 1>(rows);
  Step<B, 2>(rows);
  Step<B, 4>(rows);
  if constexpr (B == 16) Step<B, 8>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < B; ++i) L::Store(rows[i], to + i * to_apart);
}

template <int B>
SINTER_INLINE void Block(const float* plain, int64_t area, float* blocked) {
  for (int64_t p = 0; p < area; p += B) {
    const int64_t at = p + B <= area ? p : area - B;
    Transpose<B>(plain + at, area, blocked + at * B, B);
  }
}

template <int B>
SINTER_INLINE void Unblock(const float* blocked, int64_t area, float* plain) {
  for (int64_t p = 0; p < area; p += B) {
    const int64_t at = p + B <= area ? p : area - B;
    Transpose<B>(blocked + at * B, B, plain + at, area);
  }
}

template <int B>
SINTER_INLINE void Pool(const float* blocked, int64_t width, int64_t rows, int64_t columns, float* pooled) {
  using L = Lanes<8>;  // wider comparisons are taken apart: see InLanes
  for (int64_t y = 0; y < rows; ++y) {
    const float* upper = blocked + 2 * y * width * B;
    const float* lower = upper + width * B;
    for (int64_t x = 0; x < columns; ++x, upper += 2 * B, lower += 2 * B, pooled += B) {
      for (int lane = 0; lane < B; lane += 8) {
        L::Type a, b, c, d, most;
        L::Load(upper + lane, a);
        L::Load(upper + B + lane, b);
        L::Load(lower + lane, c);
        L::Load(lower + B + lane, d);
        LargestOfFour(a, b, c, d, most);
        L::Store(most, pooled + lane);
      }
    }
  }
}

}  // namespace

bool MovesChannelBlocks(int64_t block, int64_t area) { return (block == 8 || block == 16) && area >= block; }

SINTER_CLONES void BlockChannels(int64_t block, const float* plain, int64_t area, float* blocked) {
  return block == 16 ? Block<16>(plain, area, blocked) : Block<8>(plain, area, blocked);
}
SINTER_CLONES void UnblockChannels(int64_t block, const float* blocked, int64_t area, float* plain) {
  return block == 16 ? Unblock<16>(blocked, area, plain) : Unblock<8>(blocked, area, plain);
}

SINTER_CLONES void PoolChannelBlocks(int64_t block, const float* blocked, int64_t width, int64_t rows,
                                     int64_t columns, float* pooled) {
  return block == 16 ? Pool<16>(blocked, width, rows, columns, pooled)
                     : Pool<8>(blocked, width, rows, columns, pooled);
}

}  // namespace sinter
