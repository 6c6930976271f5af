// Services over HTTP: what clients of the protocol see, what is refused and how, and who may do what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <nlohmann/json.hpp>

#include "http_client.h"
#include "load_pictures.h"
#include "serving_home.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

const std::vector<uint8_t> kPicture{0, 255, 3, 9, 80, 0, 0, 17, 200, 1, 2, 3, 44, 0, 0, 128};

class ServingHttp : public ::testing::Test {
 protected:
  void SetUp() override {
    home_.AddModel("classifier", 1);
    home_.AddModel("classifier", 2);
    client_ = std::make_unique<HttpClient>(home_.port());
    bearer_ = fmt::format("Authorization: Bearer {}\r\n", home_.token());
  }
  Json Call(std::string_view method, std::string_view target, const Json& body, int expected) {
    const HttpReply reply = client_->Ask(method, fmt::format("/sinter/v1/services{}", target),
                                         body.is_null() ? "" : body.dump(), bearer_);
    EXPECT_EQ(reply.status, expected) << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }
  void Deploy(Json more = Json::object()) {
    more.update({{"name", "pictures"}, {"model", "classifier@1"}});
    Call("POST", "", more, 201);
  }
  static void ExpectNear(const Json& data, const std::vector<float>& expected) {
    ASSERT_EQ(data.size(), expected.size()) << data;
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(data[i].get<double>(), expected[i], 1e-6);
  }

  ServingHome home_;
  std::unique_ptr<HttpClient> client_;
  std::string bearer_;
};

TEST_F(ServingHttp, MetadataAndHealth) {
  EXPECT_EQ(client_->Get("/v2/health/live").status, 200);
  EXPECT_EQ(client_->Get("/v2/health/ready").status, 200);
  EXPECT_EQ(Json::parse(client_->Get("/v2").body)["extensions"][0], "binary_tensor_data");
  EXPECT_EQ(client_->Get("/v2/models/pictures").status, 404);
  Deploy();
  const Json metadata = Json::parse(client_->Get("/v2/models/pictures").body);
  EXPECT_EQ(metadata, Json::parse(R"({"name":"pictures","versions":["1"],"platform":"sinter",
    "inputs":[{"name":"pixels","datatype":"UINT8","shape":[-1,4,4]}],
    "outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,3]}]})"));
  EXPECT_EQ(client_->Get("/v2/models/pictures/ready").status, 200);
  EXPECT_EQ(client_->Get("/v2/models/pictures/versions/1").status, 200);
  EXPECT_EQ(client_->Get("/v2/models/pictures/versions/1/ready").status, 200);
  EXPECT_EQ(client_->Get("/v2/models/pictures/versions/2/ready").status, 404);
  EXPECT_EQ(Json::parse(client_->Post("/v2/repository/index", "{}").body)[0]["state"], "READY");
}

TEST_F(ServingHttp, AnswersEqualWhatTheModelGivesOffline) {
  Deploy();
  HttpReply reply = client_->Post("/v2/models/pictures/infer", PixelsRequest(kPicture));
  ASSERT_EQ(reply.status, 200) << reply.body;
  Json answer = Json::parse(reply.body);
  EXPECT_EQ(answer["model_name"], "pictures");
  EXPECT_EQ(answer["model_version"], "1");
  EXPECT_EQ(answer["outputs"][0]["shape"], (Json{1, 3}));
  ExpectNear(answer["outputs"][0]["data"], home_.Offline("classifier@1", kPicture));

  const std::string json =
      R"({"id":"7","inputs":[{"name":"pixels","shape":[2,4,4],"datatype":"UINT8","parameters":{"binary_data_size":32}}],)"
      R"("parameters":{"binary_data_output":true}})";
  const std::string pixels(kPicture.begin(), kPicture.end());
  reply = client_->Post("/v2/models/pictures/versions/1/infer", json + pixels + pixels,
                        fmt::format("Inference-Header-Content-Length: {}\r\n", json.size()));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const size_t length = std::stoul(reply.Header("Inference-Header-Content-Length"));
  answer = Json::parse(reply.body.substr(0, length));
  EXPECT_EQ(answer["id"], "7");
  EXPECT_EQ(answer["outputs"][0]["parameters"]["binary_data_size"], 24);
  ASSERT_EQ(reply.body.size(), length + 24);
  float values[6];
  std::memcpy(values, reply.body.data() + length, 24);
  const std::vector<float> expected = home_.Offline("classifier@1", kPicture);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(values[i], expected[i % 3], 1e-6);
}

TEST_F(ServingHttp, BadRequestsAreToldWhatIsWrong) {
  Deploy();
  auto error = [&](std::string_view body, int status, std::string_view more = "") {
    const HttpReply reply = client_->Post("/v2/models/pictures/infer", body, more);
    EXPECT_EQ(reply.status, status) << reply.body;
    const Json json = Json::parse(reply.body, nullptr, false);
    return json.is_object() && json["error"].is_string() ? json["error"].get<std::string>() : reply.body;
  };
  EXPECT_THAT(error("{", 400), HasSubstr("a string is needed"));
  EXPECT_THAT(error(R"({"inputs":[],"colour":1})", 400), HasSubstr("unknown field 'colour'"));
  EXPECT_THAT(error(R"({"inputs":[]})", 400), HasSubstr("input 'pixels' is missing"));
  auto input = [](std::string_view name, std::string_view shape, std::string_view datatype,
                  std::string_view data) {
    return fmt::format(R"({{"inputs":[{{"name":"{}","shape":{},"datatype":"{}","data":{}}}]}})", name, shape,
                       datatype, data);
  };
  EXPECT_THAT(error(input("pixel", "[1]", "UINT8", "[1]"), 400), HasSubstr("no input 'pixel'"));
  EXPECT_THAT(error(input("pixels", "[1]", "UINT8", "[1]"), 400), HasSubstr("must be u8["));
  EXPECT_THAT(error(input("pixels", "[1,1,1]", "FP32", "[1]"), 400), HasSubstr("f32[1,1,1] was given"));
  EXPECT_THAT(error(input("pixels", "[1,4,5]", "UINT8", "[]"), 400), HasSubstr("elements"));
  EXPECT_THAT(error(input("pixels", "[0,4,4]", "UINT8", "[]"), 400),
              HasSubstr("input 'pixels': N (dimension 0) is 0; it must be at least 1"));
  EXPECT_THAT(error(input("pixels", "[9000000000000]", "UINT8", "[1]"), 400),
              HasSubstr("more than the request"));
  EXPECT_THAT(error(input("pixels", "[1]", "UINT8", "[300]"), 400), HasSubstr("300 does not fit UINT8"));
  std::string asked = PixelsRequest(kPicture);
  asked.insert(asked.size() - 1, R"(,"outputs":[{"name":"nothing"}])");
  EXPECT_THAT(error(asked, 400), HasSubstr("no output 'nothing'"));
  EXPECT_THAT(error("{}", 400, "Inference-Header-Content-Length: many\r\n"), HasSubstr("a number of bytes"));
  EXPECT_THAT(error("{}", 400, "Inference-Header-Content-Length: 3\r\n"), HasSubstr("the body has 2 bytes"));
  EXPECT_THAT(error("{}", 422, "Content-Encoding: gzip\r\n"), HasSubstr("compressed"));
  const HttpReply unknown = client_->Post("/v2/models/pictures/versions/8/infer", PixelsRequest(kPicture));
  EXPECT_EQ(unknown.status, 404) << unknown.body;
  EXPECT_EQ(client_->Post("/v2/models/other/infer", PixelsRequest(kPicture)).status, 404);
  EXPECT_EQ(client_->Get("/v2/models/pictures/infer").status, 405);
  EXPECT_EQ(client_->Post("/v2/models/pictures/infer", PixelsRequest(kPicture)).status, 200)
      << "the connection and the service go on";
}

TEST_F(ServingHttp, AFullQueueAnswersAtOnceThatItIsFull) {
  Deploy({{"batching", {{"max_rows", 1}, {"queue", 1}}}});
  std::atomic<int> ok{0}, refused{0}, other{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      HttpClient client(home_.port());
      const std::string body = PixelsRequest(kPicture);
      for (int i = 0; i < 100 || (refused == 0 && i < 20'000); ++i) {
        const HttpReply reply = client.Post("/v2/models/pictures/infer", body);
        if (reply.status == 200) {
          ++ok;
        } else if (reply.status == 503 && reply.Header("Retry-After") == "1") {
          ++refused;
          EXPECT_THAT(reply.body, HasSubstr("wait already"));
        } else {
          ++other;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(ok, 0);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(other, 0);
  const Json stats = Json::parse(client_->Get("/sinter/v1/services/pictures/stats").body);
  EXPECT_EQ(stats["total"]["succeeded"], ok.load());
  EXPECT_EQ(stats["total"]["refused"], refused.load());
}

TEST_F(ServingHttp, TheLifeOfAServiceThroughItsOwnApi) {
  const std::string all = "/sinter/v1/services";
  EXPECT_EQ(client_->Post(all, R"({"name":"pictures","model":"classifier"})").status, 401);
  EXPECT_EQ(Call("POST", "", {{"name", "pictures"}, {"model", "nothing"}}, 404)["error"]["code"],
            "not_found");
  EXPECT_THAT(
      Call("POST", "", {{"name", "pictures"}, {"model", "classifier"}, {"batching", {{"rows", 1}}}}, 400)
          .dump(),
      HasSubstr("unknown field 'rows'"));
  Deploy();
  EXPECT_EQ(Call("POST", "", {{"name", "pictures"}, {"model", "classifier"}}, 409)["error"]["code"],
            "already_exists");
  EXPECT_EQ(Call("GET", "", nullptr, 200)["items"][0]["name"], "pictures");
  Json shown = Call("GET", "/pictures", nullptr, 200);
  EXPECT_EQ(shown["signature"]["classes"][1], "right");
  EXPECT_EQ(shown["inputs"][0]["datatype"], "UINT8");
  EXPECT_EQ(shown["history"][0]["decision"], "switch");
  EXPECT_GT(shown["history"][0]["figures"]["warm_runs"], 30);
  EXPECT_EQ(shown["applied_max_rows"], 32) << "rows of this model can share a run";

  Call("POST", "/pictures/rollback", nullptr, 409);
  shown = Call("POST", "/pictures/rollout", {{"model", "classifier@2"}}, 200);
  EXPECT_EQ(shown["current"], (Json{{"revision", "2"}, {"model", "classifier@2"}}));
  Json answer = Json::parse(client_->Post("/v2/models/pictures/infer", PixelsRequest(kPicture)).body);
  EXPECT_EQ(answer["model_version"], "2");
  ExpectNear(answer["outputs"][0]["data"], home_.Offline("classifier@2", kPicture));
  EXPECT_EQ(Json::parse(client_->Get("/v2/models/pictures").body)["versions"], (Json{"2", "1"}));

  home_.Restart();
  client_ = std::make_unique<HttpClient>(home_.port());
  bearer_ = fmt::format("Authorization: Bearer {}\r\n", home_.token());
  answer = Json::parse(client_->Post("/v2/models/pictures/infer", PixelsRequest(kPicture)).body);
  EXPECT_EQ(answer["model_version"], "2") << "what was served is served after a restart";
  shown = Call("POST", "/pictures/rollback", nullptr, 200);
  EXPECT_EQ(shown["current"]["revision"], "1");
  EXPECT_EQ(shown["history"].size(), 3u);
  Call("DELETE", "/pictures", nullptr, 200);
  Call("GET", "/pictures", nullptr, 404);
  EXPECT_EQ(client_->Post("/v2/models/pictures/infer", PixelsRequest(kPicture)).status, 404);
}

TEST_F(ServingHttp, RolloutsThroughTheOwnApi) {
  const auto gates = [](const char* text) { return Json{{"gates", Json::parse(text)}}; };
  Json refused = gates(R"({"budget":{"p99":1}})");
  refused.update({{"name", "pictures"}, {"model", "classifier@1"}});
  EXPECT_THAT(Call("POST", "", refused, 400).dump(),
              HasSubstr("service: gates: budget: unknown field 'p99'"));
  Deploy(gates(R"({"shadow":{"percent":100},"rollout":{"strategy":"canary"}})"));
  EXPECT_EQ(Call("GET", "/pictures", nullptr, 200)["gates"]["rollout"]["bake_s"], 60.0)
      << "defaults are shown";
  Call("GET", "/pictures/rollout", nullptr, 404);
  Call("POST", "/pictures/pause", Json::object(), 409);
  Call("POST", "/pictures/rollout", {{"model", "classifier@7"}}, 404);
  EXPECT_THAT(Call("POST", "/pictures/rollout", {{"model", "classifier@2"}, {"wait", true}}, 400).dump(),
              HasSubstr("wait for traffic"));
  const Json begun = Call("POST", "/pictures/rollout", {{"model", "classifier@2"}}, 200);
  EXPECT_EQ(begun["rollout"], "pictures/2");
  EXPECT_EQ(begun["current"]["revision"], "1");
  EXPECT_EQ(begun["begun"]["to"], (Json{{"revision", "2"}, {"model", "classifier@2"}}));
  EXPECT_THAT(Call("POST", "/pictures/rollout", {{"model", "classifier@2"}}, 409).dump(),
              HasSubstr("a rollout of service pictures is under way"));
  EXPECT_THAT(Call("POST", "/pictures/unload", Json::object(), 409).dump(), HasSubstr("is under way"));
  EXPECT_EQ(client_->Post("/sinter/v1/services/pictures/abort", "{}").status, 401);
  while (Call("GET", "/pictures/rollout", nullptr, 200)["state"] != "shadow") std::this_thread::yield();
  const std::string asked = PixelsRequest(kPicture);
  const std::string with_id = R"({"id":"mine",)" + asked.substr(1);
  EXPECT_EQ(Json::parse(client_->Post("/v2/models/pictures/infer", with_id).body)["model_version"], "1");
  Json rollout;
  do rollout = Call("GET", "/pictures/rollout", nullptr, 200);
  while (rollout["shadow"]["compared"] == 0);
  EXPECT_THAT(rollout["reason"].get<std::string>(), HasSubstr("too few"));
  const Json label = {{"items", {{{"id", "mine"}, {"label", 1}}, {{"id", "nobody's"}, {"label", 1}}}}};
  EXPECT_EQ(Call("POST", "/pictures/labels", label, 200)["used"], rollout["shadow"]["disagreed"]);
  EXPECT_EQ(Call("POST", "/pictures/pause", {{"reason", "lunch"}}, 200)["paused_from"], "shadow");
  EXPECT_EQ(Call("POST", "/pictures/resume", Json::object(), 200)["state"], "shadow");
  rollout = Call("POST", "/pictures/abort", {{"reason", "enough"}}, 200);
  EXPECT_EQ(rollout["state"], "aborted");
  EXPECT_EQ(rollout["history"].back()["by"], "local");
  EXPECT_EQ(Call("GET", "/pictures/rollouts/2", nullptr, 200)["history"], rollout["history"]) << "it is kept";
  Call("GET", "/pictures/rollouts/9", nullptr, 404);
  EXPECT_EQ(Call("GET", "/pictures/rollouts", nullptr, 200)["items"].size(), 1u);
  EXPECT_EQ(Call("GET", "/pictures/drift", nullptr, 409)["error"]["code"], "conflict") << "no golden set";
  EXPECT_EQ(client_->Get("/sinter/v1/services/pictures/cases").status, 401) << "users' data";
  EXPECT_EQ(Call("GET", "/pictures/cases", nullptr, 200)["kept"], 0);
  Call("POST", "/pictures/cases/export", {{"dataset", "hard"}}, 409);
  EXPECT_EQ(Call("POST", "/pictures/gates", Json::object(), 200)["gates"]["rollout"]["strategy"],
            "blue-green");
  EXPECT_EQ(Call("POST", "/pictures/rollout", {{"model", "classifier@2"}}, 200)["current"]["revision"], "3");
}

TEST_F(ServingHttp, AServiceThatIsNotOpenAsksForAToken) {
  Deploy({{"open", false}});
  const std::string body = PixelsRequest(kPicture);
  EXPECT_EQ(client_->Post("/v2/models/pictures/infer", body).status, 401);
  EXPECT_EQ(client_->Post("/v2/models/pictures/infer", body, "Authorization: Bearer hf_wrong\r\n").status,
            401);
  EXPECT_EQ(client_->Post("/v2/models/pictures/infer", body, bearer_).status, 200);
}

}  // namespace
}  // namespace sinter
