// kill -9 while people label: whatever was acknowledged is there, whole.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include <nlohmann/json.hpp>

#include "platform/labels/testing.h"

namespace sinter {
namespace {

constexpr int kItems = 400;

// Answers item after item, from the first that has none, and takes every seventh answer back to give it anew;
// says so each time that it is done.
[[noreturn]] void LabelForEver(const Path& folder, int report) {
  auto home = Home::Open(folder);
  if (!home) ::_exit(1);
  Repositories datasets(RepositoryKind::kDataset, **home);
  ColumnSource source;
  Labellings labellings((*home)->records(), (*home)->store(), datasets, source);
  while (true) {
    const auto next = labellings.Next("work", "ana", 1);
    if (!next) ::_exit(2);
    if ((*next)["items"].empty()) ::_exit(0);
    const int64_t item = (*next)["items"][0]["item"];
    const Json answer = {{"value", {{"class", item % 2 == 0 ? "cat" : "dog"}}}};
    if (!labellings.Answer("work", item, "ana", answer, "ana")) ::_exit(3);
    if (item % 7 == 0) {
      if (!labellings.Undo("work", "ana", "ana")) ::_exit(4);
      if (!labellings.Answer("work", item, "ana", answer, "ana")) ::_exit(5);
    }
    if (::write(report, &item, sizeof item) != sizeof item) ::_exit(6);
  }
}

TEST(LabellingsCrash, AcknowledgedAnswersAreThere) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  TemporaryFolder temporary;
  const Path folder = temporary.path() / "home";
  {
    auto home = *Home::Open(folder);
    ASSERT_TRUE(AddAnimals(*home, kItems));
    Repositories datasets(RepositoryKind::kDataset, *home);
    ColumnSource source;
    Labellings labellings(home->records(), home->store(), datasets, source);
    ASSERT_TRUE(labellings.Create("work", *ReadLabellingSpec({{"dataset", "animals"}}), "ann"));
  }
  std::set<int64_t> acknowledged;
  for (int round = 0; round < 10; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      LabelForEver(folder, ends[1]);
    }
    ::close(ends[1]);
    int64_t item = 0;
    for (int left = 1 + static_cast<int>(random() % 20); left > 0; --left) {
      ASSERT_EQ(::read(ends[0], &item, sizeof item), sizeof item);
      acknowledged.insert(item);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(ends[0], &item, sizeof item) == sizeof item) acknowledged.insert(item);
    ::close(ends[0]);

    auto home = *Home::Open(folder);
    Repositories datasets(RepositoryKind::kDataset, *home);
    ColumnSource source;
    Labellings labellings(home->records(), home->store(), datasets, source);
    const auto shown = labellings.Show("work");
    ASSERT_TRUE(shown) << shown.error().ToString();
    const auto answers = (*shown)["status"]["answers"].get<size_t>();
    EXPECT_GE(answers, acknowledged.size());
    // In each round one may have been given and not yet said.
    EXPECT_LE(answers, acknowledged.size() + static_cast<size_t>(round) + 1);
    for (const int64_t one : acknowledged) {
      const auto record = home->records().Get(kLabelKind, LabelRecordName{"work", one, "ana"}.ToString());
      ASSERT_TRUE(record) << one;
      const Json kept = *ParseJson(record->spec);
      EXPECT_EQ(kept["value"]["class"], one % 2 == 0 ? "cat" : "dog");
      EXPECT_FALSE(kept.contains("withdrawn")) << one;
    }
    // One that was in work may be withdrawn and not yet given anew: it is handed out again, and acknowledged
    // then.
  }
}

}  // namespace
}  // namespace sinter
