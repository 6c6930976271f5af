#include "server/api/clean_api.h"

#include <nlohmann/json.hpp>

#include "platform/data/clean.h"
#include "platform/data/diff.h"
#include "server/api/repository_api.h"

namespace sinter {

Result<Json> CleanDataset(Platform& platform, std::string_view name, const Json& body, std::string_view who,
                          const CancelToken& cancel) {
  JsonReader reader(body, "clean");
  const std::string from = reader.String("from");
  const std::string yaml = reader.String("steps");
  const bool apply = reader.Bool("apply", false);
  TRY_STATUS(reader.Finish());
  TRY_STATUS(CheckRepositoryName(name));
  TRY(const std::vector<CleanStep> steps, ParseCleanSteps(yaml));
  Repositories& datasets = platform.repositories(RepositoryKind::kDataset);
  TRY(const RepositoryVersion found, datasets.Find(from));
  TRY(auto version, DatasetVersion::Open(platform.store(), found.id));
  Frame frame(std::move(version));
  TRY(const std::vector<StepReport> reports, ApplySteps(frame, steps, cancel));
  Json answer = {{"from", VersionJson(found)}, {"steps", StepReportsJson(reports)}, {"version", nullptr}};
  if (!apply) return answer;
  TRY_STATUS(platform.quotas().AdmitOnDisk(found.bytes));  // at most about as many again
  TRY(const Manifest base, datasets.ManifestOf(found));
  TRY(const ImportedDataset made, frame.Write(platform.store(), base));
  Json recorded = Json::array();
  for (const CleanStep& step : steps) recorded.push_back(CleanStepJson(step));
  Json details = {{"from", {{"ref", found.Ref()}, {"id", found.id.Hex()}}}, {"steps", std::move(recorded)}};
  // How new files come in stays as it was.
  const Json before = Json::parse(found.details, nullptr, false);
  if (before.is_object() && before.contains("import")) details["import"] = before["import"];
  TRY(const RepositoryVersion added, datasets.Add(name, made.manifest, details.dump(), who));
  answer["version"] = VersionJson(added);
  return answer;
}

Result<Json> DiffVersions(Platform& platform, std::string_view ref, std::string_view with,
                          std::string_view key, const CancelToken& cancel) {
  Repositories& datasets = platform.repositories(RepositoryKind::kDataset);
  TRY(const RepositoryVersion a, datasets.Find(ref));
  TRY(const RepositoryVersion b, datasets.Find(with));
  TRY(const auto before, DatasetVersion::Open(platform.store(), a.id));
  TRY(const auto after, DatasetVersion::Open(platform.store(), b.id));
  TRY(const DatasetDiff diff, DiffDatasets(*before, *after, key, cancel));
  Json json = DiffJson(diff);
  json["before"] = VersionJson(a);
  json["after"] = VersionJson(b);
  return json;
}

}  // namespace sinter
