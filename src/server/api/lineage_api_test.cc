#include "server/api/lineage_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;

// A small home: one data set, two runs on it, of which one made a model, which a service has.
TEST(LineageApi, FromDataToServiceAndBack) {
  TemporaryFolder folder;
  auto platform = *Platform::Open(folder.path() / "home");
  WriteSplit(folder.path(), "train", 12, 3);
  WriteSplit(folder.path(), "t10k", 6, 3);
  const auto imported = *ImportIdx(platform->store(), {*FindIdxSplits(folder.path()), {}});
  auto& data = platform->repositories(RepositoryKind::kDataset);
  const auto d1 = data.Add("d", imported.manifest, "", "ann");
  ASSERT_TRUE(d1) << d1.error().ToString();
  const auto r1 = *platform->runs().Create({"fit", "recipe", "d@1", d1->id, 1}, "ann");
  const auto r2 = *platform->runs().Create({"fit", "recipe", "d@1", d1->id, 1}, "ann");
  const BlobInfo file = *platform->store().Put("{}");
  const Manifest model =
      *Manifest::Make({{"model.onnx", file.size, file.digest}, {"signature.json", file.size, file.digest}});
  ASSERT_TRUE(platform->repositories(RepositoryKind::kModel)
                  .Add("m", model, Json{{"run", r1.id}}.dump(), "run " + r1.id));
  ServiceInfo service;
  service.name = "s";
  service.model = "m@1";
  service.current = {"1", "m@1"};
  service.next_revision = 2;
  ASSERT_TRUE(platform->records().Create(std::string(kServiceKind), "s", ServiceSpecText(service),
                                         ServiceStatusText(service), "ann"));
  auto steps = [&](std::string_view kind, std::string_view ref) {
    const auto shown = ShowLineage(*platform, kind, ref);
    std::vector<std::string> list;
    if (!shown) return std::vector<std::string>{shown.error().message};
    for (const Json& step : (*shown)["steps"])
      list.push_back(step["ref"].get<std::string>() + " " + step["distance"].dump());
    return list;
  };
  EXPECT_THAT(steps("model", "m"), ElementsAre("d@1 -2", r1.id + " -1", "m@1 0", "s@1 1"));
  EXPECT_THAT(steps("service", "s"), ElementsAre("d@1 -3", r1.id + " -2", "m@1 -1", "s@1 0"));
  const auto [early, late] = std::minmax(r1.id, r2.id);
  EXPECT_THAT(steps("dataset", "d@main"), ElementsAre("d@1 0", early + " 1", late + " 1", "m@1 2", "s@1 3"));
  EXPECT_THAT(steps("run", r2.id), ElementsAre("d@1 -1", r2.id + " 0"));
  EXPECT_FALSE(ShowLineage(*platform, "model", "other"));
  EXPECT_EQ(ShowLineage(*platform, "planet", "m").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sinter
