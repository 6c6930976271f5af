#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/mlflow/endpoints.h"
#include "server/api/mlflow/request.h"

namespace sinter {
namespace {

constexpr std::string_view kHere = "mlflow-artifacts:/";

Json EntryJson(const ArtifactEntry& entry, std::string_view folder) {
  Json json = {{"path", folder.empty() ? entry.name : fmt::format("{}/{}", folder, entry.name)},
               {"is_dir", entry.folder}};
  if (!entry.folder) json["file_size"] = entry.size;
  return json;
}

Result<std::string> FolderOf(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return std::string();
  return NormalisePath(path);
}

// What lies in a folder of the server's own artifacts; names are those within it.
Result<Json> ListHere(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string path = request.Text("path", "");
  TRY_STATUS(request.status());
  TRY(const std::string folder, FolderOf(path));
  Json files = Json::array();
  if (folder.empty()) return Json{{"files", files}};  // experiments are listed elsewhere
  TRY(const auto entries, call.tracking.artifacts.List(folder));
  for (const ArtifactEntry& entry : entries) files.push_back(EntryJson(entry, ""));
  return Json{{"files", std::move(files)}};
}

Result<Json> ListOfRun(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.AnyText("run_id", "run_uuid"), path = request.Text("path", "");
  TRY_STATUS(request.status());
  TRY(const TrackedRun run, call.tracking.runs.Get(id));
  return ListMlflowArtifacts(call.tracking, run.artifact_uri, path);
}

// A client that gets this answer sends the file in one piece, which is as good here: it is streamed to disk.
Result<Json> NoParts(const MlflowCall&) {
  return Unsupported("Multipart upload is not supported for the current artifact repository");
}

constexpr MlflowEndpoint kEndpoints[] = {
    {"GET", "/mlflow/artifacts/list", false, "What lies in a folder of a run's artifacts.", &ListOfRun},
    {"GET", "/mlflow-artifacts/artifacts", false, "What lies in a folder of artifacts.", &ListHere},
    {"POST", "/mlflow-artifacts/mpu/create/{path...}", true, "Says that files come in one piece.", &NoParts},
};

}  // namespace

Result<Json> ListMlflowArtifacts(Tracking& tracking, std::string_view root_uri, std::string_view path) {
  TRY(const std::string folder, FolderOf(path));
  Json files = Json::array();
  if (root_uri.starts_with(kHere)) {
    std::string root(root_uri.substr(kHere.size()));
    if (!folder.empty()) root += "/" + folder;
    TRY(const auto entries, tracking.artifacts.List(root));
    for (const ArtifactEntry& entry : entries) files.push_back(EntryJson(entry, folder));
  }
  return Json{{"root_uri", root_uri}, {"files", std::move(files)}};
}

std::span<const MlflowEndpoint> MlflowArtifactEndpoints() { return kEndpoints; }

}  // namespace sinter
