// The promise: no request fails because a model was replaced. Two hundred switches and rollbacks under
// constant load from another process; every answer equals what the revision that it names gives offline.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <nlohmann/json.hpp>

#include "http_client.h"
#include "load_pictures.h"
#include "serving_home.h"

extern char** environ;

namespace sinter {
namespace {

// The load generator, from its start to its report.
class LoadProcess {
 public:
  LoadProcess(uint16_t port, std::string service, int connections) {
    int in[2], out[2];
    SINTER_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = SINTER_LOAD, port_text = std::to_string(port), count = std::to_string(connections);
    char* arguments[] = {program.data(), port_text.data(), service.data(), count.data(), nullptr};
    SINTER_CHECK(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~LoadProcess() {
    if (pid_ > 0) Finish();
  }
  Json Finish() {
    close(in_);
    std::string text;
    char buffer[65536];
    for (ssize_t got = 0; (got = read(out_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    close(out_);
    waitpid(std::exchange(pid_, 0), nullptr, 0);
    return Json::parse(text, nullptr, false);
  }

 private:
  pid_t pid_ = 0;
  int in_ = -1, out_ = -1;
};

// How many requests the revision has answered.
uint64_t AnsweredBy(ServingHome& home, const std::string& revision) {
  for (const TrafficStats& stats : home.platform().services().Find("pictures")->Stats().revisions) {
    if (stats.revision == revision) return stats.succeeded;
  }
  return 0;
}

testing::AssertionResult WaitForAnswers(ServingHome& home, const std::string& revision, uint64_t more) {
  const uint64_t wanted = AnsweredBy(home, revision) + more;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (AnsweredBy(home, revision) < wanted) {
    if (std::chrono::steady_clock::now() > until)
      return testing::AssertionFailure() << "revision " << revision << " answers nothing";
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return testing::AssertionSuccess();
}

TEST(Rollout, TwoHundredSwitchesAndRollbacksUnderLoadLoseNothing) {
  constexpr int kCycles = 100;
  ServingHome home;
  const std::string v1 = home.AddModel("classifier", 1), v2 = home.AddModel("classifier", 2);
  HttpClient admin(home.port());
  const std::string bearer = fmt::format("Authorization: Bearer {}\r\n", home.token());
  auto call = [&](std::string_view path, const Json& body) {
    const HttpReply reply = admin.Post(fmt::format("/sinter/v1/services{}", path), body.dump(), bearer);
    EXPECT_LT(reply.status, 300) << reply.body;
    return Json::parse(reply.body, nullptr, false);
  };
  call("", {{"name", "pictures"}, {"model", v1}});
  LoadProcess load(home.port(), "pictures", 4);
  ASSERT_TRUE(WaitForAnswers(home, "1", 50));

  std::map<std::string, std::string> models{{"1", v1}};  // of every revision that there was
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const Json out = call("/pictures/rollout", {{"model", v2}});
    const std::string revision = out["current"]["revision"];
    models[revision] = out["current"]["model"];
    ASSERT_EQ(models[revision], v2);
    ASSERT_TRUE(WaitForAnswers(home, revision, 5)) << "cycle " << cycle;
    const Json back = call("/pictures/rollback", Json::object());
    ASSERT_EQ(back["current"]["revision"], "1");
    ASSERT_TRUE(WaitForAnswers(home, "1", 5)) << "cycle " << cycle;
  }
  const ServiceStats stats = home.platform().services().Find("pictures")->Stats();
  const Json report = load.Finish();
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["failed"], 0) << "of " << report["requests"] << ": " << report["failures"];
  EXPECT_GE(report["requests"].get<uint64_t>(), 10u * 2 * kCycles);
  EXPECT_EQ(stats.total.failed + stats.total.refused + stats.total.invalid + stats.total.cancelled, 0u);

  EXPECT_EQ(report["answers"].size(), models.size()) << "a revision that was current answered nobody";
  double worst = 0;
  for (const auto& [revision, pictures] : report["answers"].items()) {
    ASSERT_TRUE(models.contains(revision)) << revision;
    for (const auto& [picture, seen] : pictures.items()) {
      const std::vector<float> expected = home.Offline(models[revision], LoadPicture(std::stoul(picture)));
      ASSERT_EQ(seen["low"].size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        worst = std::max({worst, std::abs(seen["low"][i].get<double>() - static_cast<double>(expected[i])),
                          std::abs(seen["high"][i].get<double>() - static_cast<double>(expected[i]))});
      }
    }
  }
  // A batch may sum in another order than a single run; the two models differ by far more.
  EXPECT_LT(worst, 1e-6);
  const auto a = home.Offline(v1, LoadPicture(3)), b = home.Offline(v2, LoadPicture(3));
  EXPECT_GT(std::abs(a[0] - b[0]), 1e-3) << "the models must differ, or the test shows nothing";
  RecordProperty("requests", std::to_string(report["requests"].get<uint64_t>()));
  std::printf("%s requests, %d switches and rollbacks, none failed, largest difference %.2g\n",
              report["requests"].dump().c_str(), 2 * kCycles, worst);
}

// Rollouts, rollbacks, scalings and unloads in turn: 100 of them, or SINTER_LOAD_CHANGES.
TEST(Rollout, ChangesOfEveryKindUnderLoadLoseNothing) {
  const char* wanted = std::getenv("SINTER_LOAD_CHANGES");
  const int changes = wanted == nullptr ? 100 : std::atoi(wanted);
  ServingHome home;
  const std::string v1 = home.AddModel("classifier", 1), v2 = home.AddModel("classifier", 2);
  HttpClient admin(home.port());
  const std::string bearer = fmt::format("Authorization: Bearer {}\r\n", home.token());
  auto call = [&](std::string_view path, const Json& body) {
    const HttpReply reply = admin.Post(fmt::format("/sinter/v1/services{}", path), body.dump(), bearer);
    EXPECT_LT(reply.status, 300) << path << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  };
  // Each rollout goes through a canary of half the requests, as soon as it has answered five.
  const Json gates = {{"rollout", {{"strategy", "canary"}, {"shares", {50, 100}}, {"bake_s", 0}}},
                      {"budget", {{"minimum", 5}, {"p99_ms", 60000}}}};
  call("", {{"name", "pictures"}, {"model", v1}, {"gates", gates}});
  const auto service = home.platform().services().Find("pictures");
  const auto answered = [&] { return service->Stats().total.succeeded; };
  LoadProcess load(home.port(), "pictures", 4);
  std::map<std::string, std::string> models{{"1", v1}};
  for (int change = 0; change < changes; ++change) {
    SCOPED_TRACE(change);
    switch (change % 4) {
      case 0: {
        const Json out = call("/pictures/rollout", {{"model", change % 8 == 0 ? v2 : v1}});
        models[out["begun"]["to"]["revision"]] = out["begun"]["to"]["model"];
        const auto over = [&] {
          const auto rollout = home.platform().services().ShowRollout("pictures");
          return rollout && IsFinal(rollout->state);
        };
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!over()) {
          ASSERT_LT(std::chrono::steady_clock::now(), until) << "the rollout does not end";
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        ASSERT_EQ(home.platform().services().ShowRollout("pictures")->state, RolloutState::kDone);
        break;
      }
      case 1:
        call("/pictures/rollback", Json::object());
        break;
      case 2:
        ASSERT_TRUE(service->Current()->SetWorkers(1 + change / 4 % 3));
        call("/pictures/scaling", {{"most_workers", 3}, {"most_threads", 1 + change / 4 % 2}});
        service->Current()->SetThreads(1 + change / 4 % 3);
        break;
      default:
        call("/pictures/unload", Json::object());
    }
    const uint64_t before = answered();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (answered() < before + 5) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "nothing answers";
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  const ServiceStats stats = service->Stats();
  const Json report = load.Finish();
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["failed"], 0) << "of " << report["requests"] << ": " << report["failures"];
  EXPECT_EQ(stats.total.failed + stats.total.refused + stats.total.invalid + stats.total.cancelled, 0u);
  for (const auto& [revision, pictures] : report["answers"].items()) {
    ASSERT_TRUE(models.contains(revision)) << revision;
    for (const auto& [picture, seen] : pictures.items()) {
      const std::vector<float> expected = home.Offline(models[revision], LoadPicture(std::stoul(picture)));
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(seen["high"][i].get<double>(), static_cast<double>(expected[i]), 1e-6);
    }
  }
  std::printf("%s requests, %d changes, none failed\n", report["requests"].dump().c_str(), changes);
}

}  // namespace
}  // namespace sinter
