#include "server/api/dataset_api.h"

#include <nlohmann/json.hpp>

#include "platform/data/dataset_version.h"
#include "platform/data/suspects.h"
#include "platform/serving/model_predictor.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

constexpr size_t kProfileLimit = size_t{64} << 20;

Result<Json> ProfileOf(Platform& platform, const DatasetVersion& version, const CancelToken& cancel) {
  const std::string name = ProfileName(version.id());
  if (const auto kept = platform.records().Get(kProfileKind, name)) {
    TRY(const Json spec, ParseJson(kept->spec));
    const auto digest = ParseSha256(spec.value("blob", ""));
    if (digest) {
      const auto text = platform.store().ReadText(*digest, kProfileLimit);
      if (text) return ParseJson(*text);
    }
  }
  TRY(const DatasetProfile profile, ProfileDataset(version, cancel));
  const SweepHold hold = platform.store().Hold();
  const std::string text = ProfileText(version.info(), profile);
  TRY(const BlobInfo blob, platform.store().Put(text));
  // Somebody else may have made it meanwhile: it is the same one.
  const auto made = platform.records().Create(std::string(kProfileKind), name,
                                              Json{{"blob", blob.digest.Hex()}}.dump(), "{}", "server");
  if (!made && made.error().code != ErrorCode::kAlreadyExists) return made.error();
  return ParseJson(text);
}

}  // namespace

std::string ProfileName(const Sha256Digest& version) { return version.Hex() + ".v3"; }

Result<Json> ShowProfile(Platform& platform, std::string_view ref, const CancelToken& cancel) {
  TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(ref));
  TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
  TRY(Json dataset, ParseJson(DatasetText(version->info())));
  TRY(Json profile, ProfileOf(platform, *version, cancel));
  return Json{
      {"version", VersionJson(found)}, {"dataset", std::move(dataset)}, {"profile", std::move(profile)}};
}

Result<Json> ShowSuspects(Platform& platform, std::string_view ref, std::string_view model,
                          const CancelToken& cancel) {
  TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(ref));
  TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
  HubModelSource models(platform.repositories(RepositoryKind::kModel), platform.store());
  TRY(LoadedModel loaded, models.Load(model));
  TRY(const auto predictor, ModelPredictor::Create(std::move(loaded)));
  TRY(const SuspectReport report, FindSuspectLabels(*version, *predictor, cancel));
  Json json = SuspectJson(report);
  json["version"] = VersionJson(found);
  json["model"] = predictor->ref();
  return json;
}

Result<std::string> ShowSamples(Platform& platform, std::string_view ref, std::string_view split,
                                const GridOptions& options) {
  TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(ref));
  TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
  TRY(const size_t index, version->SplitIndex(split));
  return SampleGrid(*version, index, options);
}

Result<std::string> ShowRow(Platform& platform, std::string_view ref, std::string_view split, int64_t row) {
  TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(ref));
  TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
  TRY(const size_t index, version->SplitIndex(split));
  return RowPicture(*version, index, row);
}

}  // namespace sinter
