#include "server/api/clean_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/append.h"
#include "platform/data/clean.h"
#include "platform/data/diff.h"
#include "platform/data/import_details.h"
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
  TRY(const RepositoryVersion added, AddCleaned(platform, name, found, frame, steps, {}, who));
  answer["version"] = VersionJson(added);
  return answer;
}

Result<RepositoryVersion> AddCleaned(Platform& platform, std::string_view name, const RepositoryVersion& from,
                                     const Frame& frame, const std::vector<CleanStep>& steps, NewVersion next,
                                     std::string_view who) {
  Repositories& datasets = platform.repositories(RepositoryKind::kDataset);
  TRY_STATUS(platform.quotas().AdmitOnDisk(from.bytes));  // at most about as many again
  TRY(const Manifest base, datasets.ManifestOf(from));
  TRY(ImportedDataset made, frame.Write(platform.store(), base));
  next.manifest = std::move(made.manifest);
  Json recorded = Json::array();
  for (const CleanStep& step : steps) recorded.push_back(CleanStepJson(step));
  Json details = Json::parse(next.details);
  details["from"] = {{"ref", from.Ref()}, {"id", from.id.Hex()}};
  details["steps"] = std::move(recorded);
  KeepImport(from, details);
  next.details = details.dump();
  return datasets.Commit(name, next, who);
}

namespace {

std::string SplitOr(const DatasetVersion& version, std::string split) {
  if (!split.empty()) return split;
  return version.info().splits.size() > 1 && version.SplitIndex("train") ? "train"
                                                                         : version.info().splits[0].name;
}

}  // namespace

Result<Json> AppendToDataset(Platform& platform, std::string_view name, const Json& body,
                             std::string_view who, const CancelToken& cancel) {
  JsonReader reader(body, "append");
  const std::string ref = reader.String("from");
  std::string split = reader.String("split", ""), to = reader.String("to", "");
  NewVersion next;
  next.message = reader.String("message", "");
  TRY_STATUS(reader.Finish());
  TRY_STATUS(CheckRepositoryName(name));
  const SweepHold hold = platform.store().Hold();
  Repositories& datasets = platform.repositories(RepositoryKind::kDataset);
  TRY(const RepositoryVersion base, datasets.Find(name));
  TRY(const RepositoryVersion from, datasets.Find(ref));
  TRY(const auto base_version, DatasetVersion::Open(platform.store(), base.id));
  TRY(const auto from_version, DatasetVersion::Open(platform.store(), from.id));
  split = SplitOr(*from_version, std::move(split));
  to = SplitOr(*base_version, std::move(to));
  TRY_STATUS(platform.quotas().AdmitOnDisk(base.bytes + from.bytes));
  TRY(const Manifest files, datasets.ManifestOf(base));
  auto appended = AppendRows(platform.store(), *base_version, files, *from_version, split, to, cancel);
  if (!appended) return std::move(appended).error().In(fmt::format("{} to {}", from.Ref(), base.Ref()));
  Json said = {{"ref", from.Ref()}, {"id", from.id.Hex()},    {"split", split},
               {"to", to},          {"rows", appended->rows}, {"left_out", appended->left_out}};
  Json details = {{"from", {{"ref", base.Ref()}, {"id", base.id.Hex()}}}, {"appended", said}};
  KeepImport(base, details);
  next.manifest = std::move(appended->made.manifest);
  next.details = details.dump();
  next.parent = base.commit;
  if (next.message.empty()) next.message = fmt::format("{} rows of {}", appended->rows, from.Ref());
  TRY(const RepositoryVersion made, datasets.Commit(name, next, who));
  said.erase("ref");
  said.erase("id");
  said["from"] = from.Ref();
  said["version"] = VersionJson(made);
  return said;
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
