#include "engine/comm/thread_group.h"

#include <gtest/gtest.h>

#include <thread>

namespace sinter {
namespace {

// Runs `work` once for each rank; a rank that fails leaves the group.
template <class Work>
std::vector<Status> RunRanks(ThreadGroup& group, Work work) {
  std::vector<Status> results(static_cast<size_t>(group.size()));
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(group.size()));
  for (int r = 0; r < group.size(); ++r) {
    threads.emplace_back([&, r] {
      Status& result = results[static_cast<size_t>(r)];
      result = work(group.rank(r));
      if (!result) group.Leave(r, result.error().message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
}

TEST(ThreadGroup, EveryKindOverManyRounds) {
  constexpr int kRanks = 4;
  ThreadGroup group(kRanks);
  const auto results = RunRanks(group, [&](Communicator& c) -> Status {
    for (int64_t round = 0; round < 50; ++round) {
      const int64_t me = c.rank() + round;
      Tensor sum = Tensor::Of<int64_t>({2}, {me, -me});
      TRY_STATUS(c.AllReduce(sum, Communicator::Reduce::kSum));
      EXPECT_EQ(sum.ToInts(), (std::vector<int64_t>{6 + 4 * round, -6 - 4 * round}));
      Tensor most = Tensor::Scalar<float>(static_cast<float>(me));
      TRY_STATUS(c.AllReduce(most, Communicator::Reduce::kMax));
      EXPECT_EQ(most.AsInt(0), 3 + round);
      Tensor all = *Tensor::Create(DType::kI64, {kRanks});
      TRY_STATUS(c.AllGather(Tensor::Of<int64_t>({1}, {me}), all));
      EXPECT_EQ(all.ToInts(), (std::vector<int64_t>{round, round + 1, round + 2, round + 3}));
      Tensor share = *Tensor::Create(DType::kI64, {1});
      TRY_STATUS(c.ReduceScatter(all, share, Communicator::Reduce::kMin));
      EXPECT_EQ(share.AsInt(0), me);
      Tensor root = Tensor::Scalar<int64_t>(me);
      TRY_STATUS(c.Broadcast(root, 2));
      EXPECT_EQ(root.AsInt(0), 2 + round);
      TRY_STATUS(c.Barrier());
    }
    return {};
  });
  for (const Status& result : results) EXPECT_TRUE(result) << result.error().ToString();
}

TEST(ThreadGroup, RanksThatDisagreeAreTold) {
  ThreadGroup group(2);
  const auto results = RunRanks(group, [&](Communicator& c) -> Status {
    Tensor data = c.rank() == 0 ? Tensor::Scalar<float>(1) : Tensor::Of<float>({2}, {1, 2});
    return c.AllReduce(data, Communicator::Reduce::kSum);
  });
  for (const Status& result : results) {
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("AllReduce 0 f32[2]"), std::string::npos) << result.error().message;
  }
}

TEST(ThreadGroup, WhoWaitsForARankThatLeftIsToldWhich) {
  ThreadGroup group(3);
  const auto results = RunRanks(group, [&](Communicator& c) -> Status {
    if (c.rank() == 1) return InvalidArgument("out of memory");
    return c.Barrier();
  });
  for (const int r : {0, 2}) {
    ASSERT_FALSE(results[static_cast<size_t>(r)]);
    EXPECT_EQ(results[static_cast<size_t>(r)].error().message, "rank 1 has left: out of memory");
  }
}

}  // namespace
}  // namespace sinter
